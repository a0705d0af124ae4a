/* SPDX-License-Identifier: Apache-2.0 */
/* What the user named as text becomes a dump: paths, the bytes of each, what is said of all. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

/* What was printed for a terminal is read as if it had been for a file. */
static struct slice without_colours(struct trace *t, struct slice bytes)
{
	char *copy = xmalloc(bytes.size);

	memcpy(copy, bytes.at, bytes.size);
	builder_keep(t->b, free, copy);
	return (struct slice){ copy, slice_without_colours(copy, bytes.size) };
}

/* Logs of Windows. */
static struct slice without_utf16(struct trace *t, struct slice bytes)
{
	char *copy;

	if (!text_is_utf16(bytes))
		return bytes;
	copy = xmalloc(bytes.size / 2 * 3);
	builder_keep(t->b, free, copy);
	return (struct slice){ copy, text_decode_utf16(bytes, copy) };
}

static void read_bytes(struct trace *t, const struct marks *marks, const char *source,
		       struct slice bytes)
{
	struct text_needs needs;

	bytes = without_utf16(t, bytes);
	needs = text_needs(bytes);
	t->bytes = bytes;
	t->html = needs.entities;
	t->source = builder_str(t->b, source);
	t->place = (struct trace_place){ .line = 1 };
	t->floor = 0;
	t->nunread = 0;
	t->found = false;
	t->refused = NULL;
	t->first_report = builder_nreports(t->b);
	if (trace_read_binary(t) || t->refused)
		return;
	if (needs.colours)
		t->bytes = without_colours(t, bytes);
	trace_read_lines(t, marks);
}

static void describe_target(struct trace *t, size_t npaths)
{
	struct stk_target *target = builder_target(t->b);
	uint32_t i;

	if (t->restored && npaths == 1)
		return;
	target->kind = STK_TARGET_TEXT;
	target->name = npaths == 1 ? t->source : builder_fmt(t->b, "%zu files", npaths);
	for (i = 0; i < builder_ntasks(t->b); i++) {
		if (builder_task_at(t->b, i)->kind == STK_GOROUTINE)
			target->goroutines++;
		else
			target->threads++;
	}
}

static const char *source_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

static struct stk_error *read_paths(struct trace *t, const struct marks *marks,
				    const char *const *paths, size_t npaths)
{
	struct stk_error *err;
	struct source source;
	size_t found = 0, i;

	for (i = 0; i < npaths; i++) {
		err = source_open(t->b, paths[i], trace_wants(t, STK_WANT_TEXT), &source);
		if (err)
			return err;
		read_bytes(t, marks, source_name(paths[i]), source.bytes);
		source_close(&source);
		found += t->found;
		if (!t->found && npaths == 1 && t->refused)
			return error_create(STK_FAILED, "'%s': %s", source_name(paths[i]),
					    t->refused);
		if (!t->found && npaths > 1)
			builder_note(t->b, STK_NOTE_TEXT_UNPARSED, t->source,
				     "there is no trace in it");
	}
	if (found)
		return NULL;
	if (npaths == 1 && t->nunread)
		return error_create(STK_FAILED,
				    "'%s' holds no trace that stk reads; "
				    "line %u looks like a stack of %s",
				    source_name(paths[0]), t->unread_line, t->unread_language);
	return npaths == 1 ? error_create(STK_FAILED, "'%s' holds no trace", source_name(paths[0]))
			   : error_create(STK_FAILED, "none of %zu files holds a trace", npaths);
}

static void trace_init(struct trace *t, struct builder *b, unsigned want)
{
	*t = (struct trace){ .b = b, .want = want };
	intern_init(&t->memo, &t->memo_keys);
}

static void trace_deinit(struct trace *t)
{
	build_deinit(t);
	lines_deinit(t);
}

bool trace_bytes(struct builder *b, const char *source, struct slice bytes, unsigned want)
{
	FREE_AT_END struct marks *marks = trace_marks();
	struct trace t;

	trace_init(&t, b, want);
	read_bytes(&t, marks, source, bytes);
	describe_target(&t, 1);
	trace_deinit(&t);
	return t.found;
}

struct stk_error *input_text(const char *const *paths, size_t npaths, const struct stk_files *files,
			     const struct stk_want *want, struct builder *b)
{
	FREE_AT_END struct marks *marks = trace_marks();
	struct stk_error *err;
	struct trace t;

	trace_init(&t, b, want ? want->what : 0);
	err = read_paths(&t, marks, paths, npaths);
	if (!err)
		describe_target(&t, npaths);
	if (!err && (t.nmappings || (files && files->nexes)))
		err = trace_symbolize(b, files, want, t.mappings, t.nmappings);
	trace_deinit(&t);
	return err;
}
