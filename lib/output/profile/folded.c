/* SPDX-License-Identifier: Apache-2.0 */
/* Folded stacks: `root;...;leaf COUNT`, what flame graph tools read. */
#include "../text.h"

#include <stdlib.h>
#include <string.h>

/* The separator cannot be escaped in this format; control bytes are escaped as everywhere. */
static void put_name(struct out *out, const char *name)
{
	const char *semicolon;

	while ((semicolon = strchr(name, ';'))) {
		out_textn(out, name, (size_t)(semicolon - name));
		out_char(out, ':');
		name = semicolon + 1;
	}
	out_text(out, name);
}

static void put_frame(struct out *out, const struct stk_dump *dump, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &dump->locs[frame->loc];
	const struct stk_module *module = text_module(dump, loc);

	if (frame->flags & STK_FRAME_SIGNAL) {
		out_str(out, WORD_SIGNAL_FRAME);
	} else if (loc->func) {
		put_name(out, loc->func);
	} else if (module) {
		put_name(out, path_base(module->path));
		if (loc->offset) {
			out_char(out, '+');
			out_hex(out, loc->offset, 1);
		}
	} else {
		out_fmt(out, "(%s)", why_text[WHY_NO_MODULE]);
	}
	if (loc->inlined)
		out_str(out, "_[i]");
}

/* Outermost frame first. What was left out is a frame too, so that its callees do not seem to
 * be called by somebody else. */
static void put_stack(struct out *out, const struct stk_dump *dump, const struct stk_stack *stack)
{
	uint32_t i = stack->count;

	if (stack->elided && stack->elided_at >= stack->count)
		out_str(out, stack->count ? "(left out);" : "(left out)");
	while (i--) {
		put_frame(out, dump, &dump->frames[stack->frames[i]]);
		if (stack->elided && i == stack->elided_at)
			out_str(out, ";(left out)");
		if (i)
			out_char(out, ';');
	}
	if (!stack->count && !stack->elided)
		out_str(out, "(no stack)");
}

/* A stack's line, without its count. */
struct line {
	size_t at, size;
	const char *text;
	uint64_t count;
};

static int by_text(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);

	return order ? order : a->size < b->size ? -1 : a->size > b->size;
}

/* Different stacks may give one line: their counts are added up. */
static void put_lines(struct out *out, const struct line *lines, size_t count)
{
	size_t i;
	uint64_t sum = 0;

	for (i = 0; i < count; i++) {
		sum += lines[i].count;
		if (i + 1 < count && !by_text(&lines[i], &lines[i + 1]))
			continue;
		out_bytes(out, lines[i].text, lines[i].size);
		out_char(out, ' ');
		out_dec(out, sum);
		out_char(out, '\n');
		sum = 0;
	}
}

static void write_folded(const struct stk_dump *dump, const struct stk_style *style,
			 struct out *out)
{
	FREE_AT_END struct line *lines = xcalloc((size_t)dump->nstacks + 1, sizeof(*lines));
	size_t count = 0;
	struct out text;
	uint32_t i;

	(void)style;
	for (i = 0; i < dump->ntasks; i++)
		lines[dump->tasks[i].stack].count++;
	out_init(&text, -1);
	for (i = 0; i < dump->nstacks; i++) {
		if (!lines[i].count)
			continue;
		lines[count] = (struct line){ .at = text.used, .count = lines[i].count };
		put_stack(&text, dump, &dump->stacks[i]);
		lines[count].size = text.used - lines[count].at;
		count++;
	}
	for (i = 0; i < count; i++)
		lines[i].text = text.buffer + lines[i].at;
	qsort(lines, count, sizeof(*lines), by_text);
	put_lines(out, lines, count);
	out_deinit(&text);
}

const struct output output_folded = {
	.format = {
		.name = "folded",
		.summary = "a line per stack with its count, for flame graph tools",
		.hide_runtime = false,
	},
	.listed = true,
	.write = write_folded,
};
