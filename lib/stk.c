/* SPDX-License-Identifier: Apache-2.0 */
/* The public verbs: each is a builder, an input or an analysis, and the dump. */
#include "include/stk.h"

#include <string.h>

#include "analyze/analyze.h"
#include "base/base.h"
#include "input/input.h"
#include "model/model.h"
#include "output/output.h"

STK_API void stk_error_free(struct stk_error *err)
{
	error_drop(err);
}

/* What was cut while it was mapped is zeros now. Which of several dumps at a time read it is not known:
 * all of them say so. */
static void note_lost(struct builder *b)
{
	unsigned count = lost_pages(), i;

	for (i = 0; i < count && i < LOST_PATHS; i++)
		builder_note(b, STK_NOTE_FILE_SHRANK, lost_path(i),
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

/* What can be said of the cause when every stack is known. */
static struct stk_error *conclude(struct stk_error *err, struct builder *b,
				  const struct stk_want *want)
{
	if (!err && want->what & STK_WANT_CAUSE)
		analyze_signature(b);
	return err;
}

STK_API struct stk_error *stk_core(const char *path, const struct stk_files *files,
				   const struct stk_want *want, struct stk_dump **ret)
{
	struct builder *b = builder_open();

	return finish(conclude(input_core(path, files, want, b), b, want), b, ret);
}

STK_API struct stk_error *stk_pid(uint64_t pid, const struct stk_pause *pause,
				  const struct stk_files *files, const struct stk_want *want,
				  struct stk_dump **ret)
{
	struct builder *b = builder_open();

	return finish(input_live(pid, pause, files, want, b), b, ret);
}

STK_API struct stk_error *stk_text(const char *const *paths, size_t npaths,
				   const struct stk_files *files, const struct stk_want *want,
				   struct stk_dump **ret)
{
	struct builder *b = builder_open();

	return finish(conclude(input_text(paths, npaths, files, want, b), b, want), b, ret);
}

STK_API struct stk_error *stk_addresses(const char *exe, const uint64_t *addresses, size_t count,
					const struct stk_files *files, const struct stk_want *want,
					struct stk_dump **ret)
{
	struct builder *b = builder_open();

	return finish(input_file(exe, addresses, count, files, want, b), b, ret);
}

STK_API struct stk_error *stk_filter(const struct stk_dump *dump, const struct stk_filter *filter,
				     struct stk_dump **ret)
{
	struct builder *b = builder_derive(dump);

	return finish(analyze_filter(dump, filter, b), b, ret);
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

STK_API struct stk_error *stk_write(const struct stk_dump *dump, const char *format,
				    const struct stk_style *style, int fd)
{
	const struct output *output = output_find(format);
	struct stk_error *err;
	struct out out;

	if (!output)
		return error_create(STK_USAGE, "unknown format '%s'", format);
	out_init(&out, fd);
	out.colour = style->colour;
	output->write(dump, style, &out);
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
