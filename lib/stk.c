/* SPDX-License-Identifier: Apache-2.0 */
/* The public verbs: each is a builder, an input or an analysis, and the dump. */
#include "include/stk.h"

#include <string.h>

#include "analyze/analyze.h"
#include "analyze/triage/triage.h"
#include "base/base.h"
#include "input/input.h"
#include "model/model.h"
#include "output/output.h"

STK_API void stk_error_free(struct stk_error *err)
{
	error_drop(err);
}

/* ---- what callers ask for ---- */

/* Copies a request of a caller, who may have been compiled with another version of this header: what
 * he does not know stays as `ret` has it, and what we do not know must not have been set. NULL asks for
 * nothing special. */
static struct stk_error *take_request(const void *given, const char *name, void *ret, size_t known)
{
	const unsigned char *bytes = given;
	size_t size, i;

	if (!given)
		return NULL;
	memcpy(&size, given, sizeof(size));
	if (size <= sizeof(size))
		return error_create(STK_USAGE, "a struct %s was not made by %s_init()", name, name);
	for (i = known; i < size; i++)
		if (bytes[i])
			return error_create(STK_USAGE,
					    "a struct %s asks for what this libstk does not know "
					    "(version " STK_VERSION ")",
					    name);
	memcpy(ret, given, size < known ? size : known);
	memcpy(ret, &known, sizeof(known));
	return NULL;
}

/* Each request of the struct stk_NAME, or what the header's stk_NAME_init() makes. */
#define TAKE(name, given, ret) \
	(stk_##name##_init(ret), take_request(given, "stk_" #name, ret, sizeof(*(ret))))

struct request {
	struct stk_files files;
	struct stk_want want;
};

static struct stk_error *take_both(const struct stk_files *files, const struct stk_want *want,
				   struct request *ret)
{
	struct stk_error *err = TAKE(files, files, &ret->files);

	return err ? err : TAKE(want, want, &ret->want);
}

/* ---- the verbs ---- */

/* What was cut while it was mapped is zeros now. Which of several dumps at a time read it is not known:
 * all of them say so. */
static void note_lost(struct builder *b)
{
	unsigned count = lost_pages(), i;

	for (i = 0; i < count && i < LOST_PATHS; i++)
		builder_note(
			b, STK_NOTE_FILE_SHRANK, lost_path(i),
			"the file became shorter, or could not be read, while it was read; what was "
			"there is taken as zeros");
}

/* A finished dump, or the error and no builder. */
static struct stk_error *finish(struct stk_error *err, struct builder *b, struct stk_dump **ret)
{
	if (err) {
		builder_close(b);
		return err;
	}
	note_lost(b);
	*ret = builder_finish(b);
	return NULL;
}

/* What can be said when every stack is known. */
static struct stk_error *conclude(struct stk_error *err, struct builder *b,
				  const struct stk_want *want)
{
	if (err)
		return err;
	/* nothing has happened to a process that lives */
	if (want->what & STK_WANT_CAUSE && builder_target(b)->kind != STK_TARGET_PROCESS)
		analyze_signature(b);
	if (want->what & STK_WANT_WAITS && !builder_has_graph(b))
		analyze_waits(b);
	return NULL;
}

STK_API struct stk_error *stk_open(const char *name, unsigned accept, const struct stk_pause *pause,
				   const struct stk_files *files, const struct stk_want *want,
				   struct stk_dump **ret)
{
	struct request r;
	struct stk_pause own;
	struct input_request input = { name, &own, &r.files, &r.want };
	struct stk_error *err = take_both(files, want, &r);
	struct builder *b;

	if (!err)
		err = TAKE(pause, pause, &own);
	if (err)
		return err;
	if (!accept)
		accept = INPUT_BIT(PROCESS) | INPUT_BIT(CORE) | INPUT_BIT(TEXT);
	b = builder_open();
	err = conclude(input_build(&input, accept, b), b, &r.want);
	return finish(err, b, ret);
}

STK_API struct stk_error *stk_identify(const char *name, enum stk_target_kind *ret)
{
	return input_identify(name, ret);
}

STK_API struct stk_error *stk_core(const char *path, const struct stk_files *files,
				   const struct stk_want *want, struct stk_dump **ret)
{
	return stk_open(path, INPUT_BIT(CORE), NULL, files, want, ret);
}

STK_API struct stk_error *stk_pid(uint64_t pid, const struct stk_pause *pause,
				  const struct stk_files *files, const struct stk_want *want,
				  struct stk_dump **ret)
{
	struct request r;
	struct stk_pause own;
	struct stk_error *err = take_both(files, want, &r);
	struct builder *b;

	if (!err)
		err = TAKE(pause, pause, &own);
	if (err)
		return err;
	b = builder_open();
	err = conclude(input_live(pid, &own, &r.files, &r.want, b), b, &r.want);
	return finish(err, b, ret);
}

STK_API struct stk_error *stk_text(const char *const *paths, size_t npaths,
				   const struct stk_files *files, const struct stk_want *want,
				   struct stk_dump **ret)
{
	struct request r;
	struct stk_error *err = take_both(files, want, &r);
	struct builder *b;

	if (err)
		return err;
	b = builder_open();
	err = input_text(paths, npaths, &r.files, &r.want, b);
	if (npaths == 1)
		err = input_explain(err, paths[0]);
	return finish(conclude(err, b, &r.want), b, ret);
}

STK_API struct stk_error *stk_addresses(const char *exe, const uint64_t *addresses, size_t count,
					const struct stk_files *files, const struct stk_want *want,
					struct stk_dump **ret)
{
	struct request r;
	struct stk_error *err = take_both(files, want, &r);
	struct builder *b;

	if (err)
		return err;
	b = builder_open();
	return finish(input_file(exe, addresses, count, &r.files, &r.want, b), b, ret);
}

STK_API struct stk_error *stk_filter(const struct stk_dump *dump, const struct stk_filter *filter,
				     struct stk_dump **ret)
{
	struct stk_filter own;
	struct stk_error *err = TAKE(filter, filter, &own);
	struct builder *b;

	if (err)
		return err;
	b = builder_derive(dump);
	return finish(analyze_filter(dump, &own, b), b, ret);
}

STK_API struct stk_error *stk_group(const struct stk_dump *dump, enum stk_group_key key,
				    struct stk_dump **ret)
{
	struct builder *b = builder_derive(dump);

	analyze_group(dump, key, b);
	return finish(NULL, b, ret);
}

static void free_merged(void *dump)
{
	stk_free(dump);
}

STK_API struct stk_error *stk_diff(const struct stk_dump *const *dumps, size_t count,
				   enum stk_group_key key, struct stk_dump **ret)
{
	struct builder *b = builder_open();
	struct stk_dump *merged;

	analyze_merge(dumps, count, b);
	merged = builder_finish(b);
	b = builder_derive(merged);
	builder_compared(b, merged->compared, merged->ncompared);
	builder_keep(b, free_merged, merged);
	analyze_group(merged, key, b);
	return finish(NULL, b, ret);
}

STK_API struct stk_error *stk_waits(const struct stk_dump *const *dumps, size_t count,
				    struct stk_dump **ret)
{
	struct builder *b = builder_open();

	analyze_merge(dumps, count, b);
	analyze_waits(b);
	return finish(NULL, b, ret);
}

STK_API struct stk_error *stk_write(const struct stk_dump *dump, const char *format,
				    const struct stk_style *style, int fd)
{
	const struct output *output = output_find(format);
	struct stk_style own;
	struct stk_error *err = TAKE(style, style, &own);
	struct out out;

	if (err)
		return err;
	if (!output)
		return error_create(STK_USAGE, "unknown format '%s'", format);
	out_init(&out, fd);
	out.colour = own.colour;
	output->write(dump, &own, &out);
	err = out_finish(&out);
	out_deinit(&out);
	return err;
}

STK_API char *stk_escape(const char *text)
{
	struct out out;

	out_init(&out, -1);
	out_text(&out, text);
	out_char(&out, '\0');
	return out.buffer;
}

STK_API char *stk_crash_key(const char *path, const struct stk_files *files)
{
	struct stk_want want = { .size = sizeof(want), .what = STK_WANT_KEY | STK_WANT_CAUSE };
	struct stk_dump *dump;
	char *key = NULL;
	struct stk_error *err = stk_core(path, files, &want, &dump);

	if (err) {
		error_drop(err);
		return NULL;
	}
	if (dump->cause.address_signature)
		key = xstrdup(dump->cause.address_signature);
	stk_free(dump);
	return key;
}

STK_API char *stk_crash_line_as(const char *line, const char *path)
{
	return triage_line_as(line, path);
}
