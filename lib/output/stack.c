/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of a stack in the default format: Delve's `stack`, folded. */
#include "text.h"

#include <string.h>

/* A stack that is being written, line by line. */
struct stack_lines {
	struct out *out;
	const struct stk_dump *dump;
	const struct stk_stack *stack;
	const struct stk_detail *detail; /* NULL or parallel to the frames */
	const struct stk_style *style;
	uint32_t width; /* of the numbers */
};

static uint32_t digits_of(uint32_t number)
{
	uint32_t digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

/* Frames that were left out keep their numbers, where it is known how many they are. */
static uint32_t number_of(const struct stk_stack *stack, uint32_t index)
{
	bool behind = stack->elided != STK_NONE && index >= stack->elided_at;

	return index + (behind ? stack->elided : 0);
}

static void indent(const struct stack_lines *s)
{
	out_pad(s->out, s->width + 2);
}

static void numbered(const struct stack_lines *s, uint32_t number)
{
	out_pad(s->out, s->width - digits_of(number));
	out_dec(s->out, number);
	out_str(s->out, "  ");
}

static void put_arguments(const struct stack_lines *s, uint32_t index)
{
	if (!s->detail || !s->detail[index].args)
		return;
	out_char(s->out, '(');
	out_text(s->out, s->detail[index].args);
	out_char(s->out, ')');
}

static void put_mark(struct out *out, const char *mark)
{
	if (mark)
		out_fmt(out, " (%s)", mark);
}

static void put_marks(struct out *out, const struct stk_frame *frame, const struct stk_loc *loc)
{
	if (loc->inlined)
		put_mark(out, WORD_INLINED);
	put_mark(out, words_row(&words_how, frame->how)->text);
	if (frame->flags & STK_FRAME_FORCED)
		put_mark(out, words_row(&words_frame_flag, STK_FRAME_FORCED)->text);
}

/* What a line of `style->width` leaves for the function. */
static uint32_t function_columns(const struct stack_lines *s, const struct stk_frame *frame)
{
	uint32_t address = s->dump->target.word == 4 ? sizeof("0x01234567 in ") - 1
						     : sizeof("0x0123456789abcdef in ") - 1;
	uint32_t used = s->width + 2 + (text_has_pc(frame) ? address : 0);

	if (!s->style->width)
		return 0;
	return s->style->width > used + 24 ? s->style->width - used : 24;
}

static void put_head(const struct stack_lines *s, uint32_t index, const struct stk_frame *frame,
		     const struct stk_loc *loc)
{
	numbered(s, number_of(s->stack, index));
	if (text_has_pc(frame)) {
		out_paint(s->out, OUT_DIM);
		text_address(s->out, s->dump, frame->pc);
		out_paint(s->out, OUT_PLAIN);
		out_str(s->out, " in ");
	}
	if (frame->flags & STK_FRAME_SIGNAL) {
		out_str(s->out, WORD_SIGNAL_FRAME "\n");
		return;
	}
	text_function(s->out, s->dump, loc, function_columns(s, frame));
	put_arguments(s, index);
	put_marks(s->out, frame, loc);
	out_char(s->out, '\n');
}

/* at FILE:LINE, or the module when there is no file to name. */
static void put_where(const struct stack_lines *s, const struct stk_loc *loc)
{
	const struct stk_module *module = text_module(s->dump, loc);

	if (loc->file) {
		indent(s);
		out_str(s->out, "at ");
		text_place(s->out, loc);
	} else if (loc->func && module) {
		indent(s);
		out_str(s->out, "from ");
		out_paint(s->out, OUT_FILE);
		out_text(s->out, module->path);
		out_paint(s->out, OUT_PLAIN);
	} else {
		return;
	}
	out_char(s->out, '\n');
}

static void put_source(const struct stack_lines *s, const struct stk_loc *loc)
{
	const struct stk_source *source = loc->source;
	uint32_t width, i;

	if (!source || !source->count)
		return;
	width = digits_of(source->first + source->count - 1);
	for (i = 0; i < source->count; i++) {
		uint32_t line = source->first + i;

		indent(s);
		out_str(s->out, line == loc->line ? "=> " : "   ");
		out_pad(s->out, width - digits_of(line));
		out_dec(s->out, line);
		out_char(s->out, ':');
		if (*source->lines[i])
			out_char(s->out, ' ');
		text_source_line(s->out, source->lines[i]);
		out_char(s->out, '\n');
	}
}

static void put_disasm(const struct stack_lines *s, const struct stk_loc *loc)
{
	uint32_t i;

	for (i = 0; loc->disasm && i < loc->disasm->count; i++) {
		const struct stk_insn *insn = &loc->disasm->insns[i];

		indent(s);
		out_str(s->out, insn->current ? "=> " : "   ");
		out_paint(s->out, OUT_DIM);
		text_address(s->out, s->dump, insn->address);
		out_paint(s->out, OUT_PLAIN);
		out_str(s->out, "  ");
		text_source_line(s->out, insn->text);
		out_char(s->out, '\n');
	}
}

/* As Delve's -full does: arguments, then locals. */
static void put_values(const struct stack_lines *s, const struct stk_detail *detail, bool arguments)
{
	uint32_t i;

	for (i = 0; i < detail->nvalues; i++) {
		if (detail->values[i].argument != arguments)
			continue;
		indent(s);
		out_str(s->out, "    ");
		out_text(s->out, detail->values[i].name);
		out_str(s->out, " = ");
		out_text(s->out, detail->values[i].text);
		out_char(s->out, '\n');
	}
}

static void put_frame(const struct stack_lines *s, uint32_t index)
{
	const struct stk_frame *frame = &s->dump->frames[s->stack->frames[index]];
	const struct stk_loc *loc = &s->dump->locs[frame->loc];

	put_head(s, index, frame, loc);
	if (frame->flags & STK_FRAME_SIGNAL)
		return;
	put_where(s, loc);
	if (s->detail) {
		put_values(s, &s->detail[index], true);
		put_values(s, &s->detail[index], false);
	}
	put_source(s, loc);
	put_disasm(s, loc);
}

static void put_gap(const struct stack_lines *s)
{
	indent(s);
	out_str(s->out, "... ");
	if (s->stack->elided == STK_NONE)
		out_str(s->out, "more frames");
	else
		text_count(s->out, s->stack->elided, "frame");
	out_str(s->out, " left out\n");
}

/* The first round of a run was printed; this line stands for the others. */
static void put_run(const struct stack_lines *s, const struct stk_run *run)
{
	uint32_t first = number_of(s->stack, run->at) + run->period;
	uint32_t last = first + run->period * (run->times - 1) - 1;

	indent(s);
	out_fmt(s->out, "... frames %u-%u: the ", first, last);
	if (run->period > 1)
		out_fmt(s->out, "%u frames", run->period);
	else
		out_str(s->out, "frame");
	out_fmt(s->out, " above, %u more times\n", run->times - 1);
}

static void put_end(const struct stack_lines *s)
{
	const char *text = words_row(&words_end, s->stack->end)->text, *at;

	if (!text)
		return;
	indent(s);
	out_char(s->out, '(');
	at = strchr(text, '@');
	if (at) {
		out_fmt(s->out, "%.*s", (int)(at - text), text);
		out_hex(s->out, s->stack->end_address, 1);
		text = at + 1;
	}
	out_str(s->out, text);
	if (s->stack->end == STK_END_UNREADABLE)
		out_str(s->out, s->dump->target.kind == STK_TARGET_CORE ? WORD_NOT_IN_CORE
									: WORD_NOT_READABLE);
	out_str(s->out, ")\n");
}

static bool is_folded(const struct stack_lines *s, uint32_t index)
{
	return s->style->level < STK_LEVEL_SYSTEM &&
	       s->dump->frames[s->stack->frames[index]].flags & STK_FRAME_INTERPRETER;
}

/* One line for what an interpreter does between the frames of its program, up to `to` or a place
 * where frames were left out. Returns the first that is not folded. */
static uint32_t put_folded(const struct stack_lines *s, uint32_t index, uint32_t to)
{
	uint32_t first = index;

	do
		index++;
	while (index < to && is_folded(s, index) &&
	       !(s->stack->elided && index == s->stack->elided_at));
	indent(s);
	out_paint(s->out, OUT_DIM);
	out_str(s->out, "... ");
	if (index - first > 1)
		out_fmt(s->out, "frames %u-%u", number_of(s->stack, first),
			number_of(s->stack, index - 1));
	else
		out_fmt(s->out, "frame %u", number_of(s->stack, first));
	out_str(s->out, WORD_FOLDED);
	out_paint(s->out, OUT_PLAIN);
	out_char(s->out, '\n');
	return index;
}

/* Where a fold must end that begins at i: at an end of a run's first round. */
static uint32_t fold_limit(const struct stk_run *run, uint32_t i, uint32_t to)
{
	uint32_t at = !run ? to : i < run->at ? run->at : run->at + run->period;

	return at < to ? at : to;
}

/* Frames [from, to), each run once. */
static void put_frames(const struct stack_lines *s, uint32_t to, const struct stk_run *runs,
		       size_t nruns)
{
	size_t run = 0;
	uint32_t i = 0;

	while (i < to) {
		if (s->stack->elided && i == s->stack->elided_at)
			put_gap(s);
		if (is_folded(s, i))
			i = put_folded(s, i, fold_limit(run < nruns ? &runs[run] : NULL, i, to));
		else
			put_frame(s, i++);
		if (run < nruns && i == runs[run].at + runs[run].period) {
			put_run(s, &runs[run]);
			i += runs[run].period * (runs[run].times - 1);
			run++;
		}
	}
	if (s->stack->elided && s->stack->elided_at >= to)
		put_gap(s);
}

/* Were the rounds at a and b called with the same values? Strings are interned. */
static bool same_round(const struct stk_detail *a, const struct stk_detail *b, uint32_t period)
{
	uint32_t i, j;

	for (i = 0; i < period; i++) {
		if (a[i].args != b[i].args || a[i].nvalues != b[i].nvalues)
			return false;
		for (j = 0; j < a[i].nvalues; j++)
			if (a[i].values[j].text != b[i].values[j].text)
				return false;
	}
	return true;
}

/* A round whose values are shown and differ is no repetition: runs are cut between such rounds. */
static size_t cut_runs(const struct stk_detail *detail, const struct stk_run *runs, size_t nruns,
		       struct stk_run **ret)
{
	size_t count = 0, cap = 0, i;

	for (i = 0; i < nruns; i++) {
		const struct stk_run *run = &runs[i];
		const struct stk_detail *at = detail + run->at;
		uint32_t first = 0, round;

		for (round = 1; round <= run->times; round++) {
			if (round < run->times && same_round(at + (round - 1) * run->period,
							     at + round * run->period, run->period))
				continue;
			if (round - first > 1) {
				*ret = grow(*ret, &cap, count + 1, sizeof(**ret));
				(*ret)[count++] = (struct stk_run){ run->at + first * run->period,
								    run->period, round - first };
			}
			first = round;
		}
	}
	return count;
}

void text_stack(struct out *out, const struct stk_dump *dump, const struct stk_stack *stack,
		const struct stk_detail *detail, const struct stk_style *style)
{
	struct stack_lines s = { out, dump, stack, detail, style, 1 };
	FREE_AT_END struct stk_run *runs = NULL, *cut = NULL;
	size_t nruns = stk_stack_runs(dump, stack, &runs);

	if (stack->count)
		s.width = digits_of(number_of(stack, stack->count - 1));
	if (detail)
		nruns = cut_runs(detail, runs, nruns, &cut);
	put_frames(&s, stack->count, detail ? cut : runs, nruns);
	put_end(&s);
}
