/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a file, one or more lines each: as `addr2line -aipf` prints them. */
#include "text.h"

static void put_marks(struct out *out, const struct stk_frame *frame)
{
	if (frame->flags & STK_FRAME_FORCED)
		out_fmt(out, " (%s)", words_row(&words_frame_flag, STK_FRAME_FORCED)->text);
}

static void put_column(struct out *out, const struct stk_loc *loc)
{
	if (!loc->file || !loc->line || !loc->column)
		return;
	out_paint(out, OUT_FILE);
	out_char(out, ':');
	out_dec(out, loc->column);
	out_paint(out, OUT_PLAIN);
}

static void put_source(struct out *out, const struct stk_loc *loc)
{
	uint32_t i;

	for (i = 0; loc->source && i < loc->source->count; i++) {
		uint32_t line = loc->source->first + i;

		out_fmt(out, "%s %6u: ", line == loc->line ? "  =>" : "    ", line);
		text_source_line(out, loc->source->lines[i]);
		out_char(out, '\n');
	}
}

static void put_address(struct out *out, const struct stk_dump *dump, const struct stk_task *task,
			const struct stk_style *style)
{
	const struct stk_stack *stack = &dump->stacks[task->stack];
	uint32_t i;

	if (!stack->count)
		out_str(out, "(not in the file)\n");
	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = &dump->frames[stack->frames[i]];
		const struct stk_loc *loc = &dump->locs[frame->loc];

		if (i) {
			out_str(out, " (inlined by) ");
		} else {
			out_paint(out, OUT_DIM);
			text_address(out, dump, frame->pc);
			out_paint(out, OUT_PLAIN);
			out_str(out, ": ");
		}
		text_function_at(out, dump, loc, 0);
		if (style->verbose)
			put_column(out, loc);
		put_marks(out, frame);
		out_char(out, '\n');
		put_source(out, loc);
	}
}

static void write_addr(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	uint32_t i;

	for (i = 0; i < dump->ntasks; i++)
		put_address(out, dump, &dump->tasks[i], style);
}

const struct output output_addr = {
	.format = {
		.name = "addr",
		.summary = "function, file and line of addresses",
	},
	.write = write_addr,
};
