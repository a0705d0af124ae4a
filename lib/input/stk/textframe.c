/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of stk's own text: their marks, what stands below them, and the lines that stand for
 * others. What the marks are, model/words.h says. */
#include "textframe.h"
#include "../text/format/call.h"
#include "../text/format/gotext.h"

#include <stdlib.h>

/* ---- a frame ---- */

static bool drop_mark(struct slice *s, const char *mark)
{
	struct slice rest = *s;

	if (!mark || !slice_drop(&rest, ")") || !slice_drop(&rest, mark) ||
	    !slice_drop(&rest, " ("))
		return false;
	*s = rest;
	return true;
}

/* The marks behind the function, from the last on. */
static void drop_marks(struct slice *s, struct trace_frame *frame)
{
	unsigned i;

	if (drop_mark(s, words_row(&words_frame_flag, STK_FRAME_FORCED)->text))
		frame->flags |= STK_FRAME_FORCED;
	for (i = 0; i < words_how.count; i++)
		if (drop_mark(s, words_how.list[i].text))
			frame->how = (uint16_t)words_how.list[i].value;
	frame->inlined = drop_mark(s, WORD_INLINED);
}

static const char *known_why(struct slice text)
{
	unsigned i;

	for (i = 0; i < WHY_COUNT; i++)
		if (slice_is(text, why_text[i]))
			return why_text[i];
	return NULL;
}

/* "(not in any module)": a bracket around all of it, which a function's name has not. */
static bool parse_reason(struct trace *t, struct slice s, struct trace_frame *frame)
{
	struct slice inner;

	if (!call_brackets(&s, &inner) || s.size)
		return false;
	frame->why = known_why(inner);
	if (!frame->why)
		frame->why = trace_str(t, inner);
	return true;
}

/* "libc.so.6+0x27305 [stripped]"; without the place in it only where the reason is one of stk's. */
static bool parse_unnamed(struct trace *t, struct slice s, struct trace_frame *frame)
{
	struct slice file = s, reason = NO_SLICE, rest = s, before;

	while (slice_until(&rest, " [", &before)) {
		reason = rest;
		file.size = (size_t)(rest.at - s.at) - 2;
	}
	if (reason.at && !slice_drop(&reason, "]"))
		return false;
	if (call_module(file, frame)) {
		frame->why = reason.at ? trace_str(t, reason) : NULL;
		return true;
	}
	frame->why = reason.at ? known_why(reason) : NULL;
	frame->module = file;
	return frame->why != NULL;
}

/* Go's functions have the words of their arguments behind them; what has a "::" is none. */
static void take_arguments(struct slice *s, struct trace_frame *frame)
{
	size_t depth = 0, at;

	if (!slice_ends(*s, ")") || slice_find(*s, "::") != SIZE_MAX)
		return;
	for (at = s->size; at-- > 0;) {
		depth += s->at[at] == ')';
		if (s->at[at] == '(' && !--depth)
			break;
	}
	if (at == SIZE_MAX || !at || s->at[at - 1] == '.')
		return;
	frame->args = slice_between(*s, at + 1, s->size - 1);
	s->size = at;
}

void own_function(struct trace *t, struct slice s, bool go, struct trace_frame *frame)
{
	drop_marks(&s, frame);
	if (parse_reason(t, s, frame) || parse_unnamed(t, s, frame))
		return;
	frame->module = NO_SLICE;
	frame->offset = 0;
	if (go) {
		take_arguments(&s, frame);
		frame->flags |= go_frame_flags(s);
	}
	frame->func = s;
}

/* "0  0x000000000045b1a1 in FUNC"; the address is left out where there is none. */
bool own_frame(struct trace *t, struct slice line, bool go, uint64_t *number,
	       struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_skip(&rest, "  "))
		return false;
	if (slice_hex(&rest, &frame->pc) && !slice_skip(&rest, " in "))
		return false;
	if (slice_is(rest, WORD_SIGNAL_FRAME))
		frame->flags = STK_FRAME_SIGNAL;
	else
		own_function(t, rest, go, frame);
	return rest.size > 0;
}

/* ---- what stands below a frame ---- */

bool own_line(struct trace *t, struct slice *ret)
{
	if (!trace_peek(t, ret))
		return false;
	*ret = slice_trim(*ret);
	return ret->size > 0;
}

void own_place(struct trace *t, struct trace_frame *frame)
{
	struct slice line;
	uint32_t column;

	if (!own_line(t, &line))
		return;
	if (slice_skip(&line, "at ")) {
		frame->file = line;
		slice_place(line, &frame->file, &frame->line, &column);
	} else if (slice_skip(&line, "from ")) {
		frame->module = line;
	} else {
		return;
	}
	trace_skip(t);
}

/* "=> 46: return *p;" */
static bool take_source(struct trace *t, struct slice line)
{
	uint64_t number;

	slice_skip(&line, "=> ");
	line = slice_trim(line);
	if (!slice_dec(&line, &number) || number > INT32_MAX || !slice_skip(&line, ":"))
		return false;
	slice_skip(&line, " ");
	return trace_source_line(t, (uint32_t)number, line);
}

struct below {
	struct stk_value *values;
	struct stk_insn *insns;
	size_t nvalues, values_cap, ninsns, insns_cap;
};

/* "=> 0x000000000045b1a1  mov eax, ebx" */
static bool take_insn(struct trace *t, struct below *below, struct slice line)
{
	bool current = slice_skip(&line, "=> ");
	uint64_t address;

	line = slice_trim(line);
	if (!slice_hex(&line, &address) || !slice_skip(&line, "  "))
		return false;
	if (!trace_wants(t, STK_WANT_DISASM))
		return true;
	below->insns = grow(below->insns, &below->insns_cap, below->ninsns + 1,
			    sizeof(*below->insns));
	below->insns[below->ninsns++] = (struct stk_insn){ address, trace_str(t, line), current };
	return true;
}

static bool take_value(struct trace *t, struct below *below, struct slice line)
{
	struct slice name;

	if (!slice_until(&line, " = ", &name) || slice_find(name, " ") != SIZE_MAX)
		return false;
	if (!trace_wants(t, STK_WANT_DETAIL))
		return true;
	below->values = grow(below->values, &below->values_cap, below->nvalues + 1,
			     sizeof(*below->values));
	below->values[below->nvalues++] =
		(struct stk_value){ .name = trace_str(t, name),
				    .type = builder_str(trace_builder(t), ""),
				    .text = trace_str(t, line) };
	return true;
}

/* Variables, source lines and instructions, further to the right than the place. */
static void take_below(struct trace *t, struct trace_frame *frame)
{
	struct below below = { .values = NULL };
	struct stk_disasm *disasm;
	struct slice line;
	uint32_t lines;

	for (lines = 0; lines < LIMIT_FRAMES && trace_peek(t, &line); lines++) {
		if (!slice_starts(line, "    "))
			break;
		line = slice_trim(line);
		if (!take_source(t, line) && !take_insn(t, &below, line) &&
		    !take_value(t, &below, line))
			break;
		trace_skip(t);
	}
	frame->values = builder_array(trace_builder(t), below.values, below.nvalues,
				      sizeof(*below.values));
	frame->nvalues = (uint32_t)below.nvalues;
	if (below.ninsns) {
		disasm = builder_alloc(trace_builder(t), sizeof(*disasm));
		disasm->count = (uint32_t)below.ninsns;
		disasm->insns = builder_array(trace_builder(t), below.insns, below.ninsns,
					      sizeof(*below.insns));
		frame->disasm = disasm;
	}
	free(below.values);
	free(below.insns);
}

static bool read_frame(struct trace *t, bool go, uint64_t *expected)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line) || !own_frame(t, line, go, &number, &frame) || number < *expected)
		return false;
	trace_skip(t);
	if (number > *expected)
		trace_elided(t, number - *expected < STK_NONE ? (uint32_t)(number - *expected)
							      : STK_NONE);
	*expected = number + 1;
	if (!(frame.flags & STK_FRAME_SIGNAL)) {
		own_place(t, &frame);
		take_below(t, &frame);
	}
	trace_push_frame(t, &frame);
	return true;
}

/* ---- lines that stand for frames ---- */

/* "... 87 frames left out", "... more frames left out" */
static bool take_elision(struct trace *t, uint64_t *expected)
{
	struct slice line;
	uint64_t count;

	if (!own_line(t, &line) || !slice_skip(&line, "... "))
		return false;
	if (slice_is(line, "more frames left out")) {
		trace_elided(t, STK_NONE);
	} else if (slice_dec(&line, &count) && count < STK_NONE &&
		   (slice_is(line, " frames left out") || slice_is(line, " frame left out"))) {
		trace_elided(t, (uint32_t)count);
		*expected += count;
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* "... frames 3-12: the 2 frames above, 5 more times", a recursion */
static bool take_repetition(struct trace *t, uint64_t *expected)
{
	struct slice line;
	uint64_t first, last, period = 1, times;

	if (!own_line(t, &line) || !slice_skip(&line, "... frames ") || !slice_dec(&line, &first) ||
	    !slice_skip(&line, "-") || !slice_dec(&line, &last) || !slice_skip(&line, ": the "))
		return false;
	if (slice_dec(&line, &period))
		slice_skip(&line, " ");
	if ((!slice_skip(&line, "frames above, ") && !slice_skip(&line, "frame above, ")) ||
	    !slice_dec(&line, &times) || !period || last < first || last - first >= LIMIT_FRAMES ||
	    (last - first + 1) / period != times || !trace_repeat(t, (uint32_t)period, times))
		return false;
	*expected = last + 1;
	trace_skip(t);
	return true;
}

/* "(stack ends here: memory at 0x7ffe is not readable)" */
static bool take_end(struct trace *t)
{
	struct slice line;
	unsigned i;

	if (!own_line(t, &line) || !slice_skip(&line, "(") || !slice_drop(&line, ")"))
		return false;
	for (i = 0; i < words_end.count; i++) {
		const char *text = words_end.list[i].text, *at = text ? strchr(text, '@') : NULL;
		struct slice rest = line;
		uint64_t address = 0;
		size_t before = at ? (size_t)(at - text) : 0;

		if (!text || (at ? line.size < before || memcmp(text, line.at, before) != 0
				 : !slice_is(line, text)))
			continue;
		if (at) {
			rest = slice_from(line, before);
			if (!slice_hex(&rest, &address) || !slice_skip(&rest, at + 1))
				continue;
		}
		trace_end(t, (enum stk_end)words_end.list[i].value, address);
		trace_skip(t);
		return true;
	}
	return false;
}

/* The next frame behind lines of others. */
static enum trace_line judge_frame(struct trace *t, struct slice line, const void *arg)
{
	const uint64_t *expected = arg;
	struct trace_frame frame;
	uint64_t number;

	if (own_frame(t, line, false, &number, &frame) && frame.pc)
		return number && number >= *expected ? TRACE_LINE_OWN : TRACE_LINE_END;
	line = slice_trim(line);
	slice_skip(&line, "* ");
	return slice_starts(line, "Thread ") || slice_starts(line, "Goroutine ") ? TRACE_LINE_END
										 : TRACE_LINE_OTHER;
}

void own_frames(struct trace *t, bool go)
{
	uint64_t expected = 0;

	while (read_frame(t, go, &expected) || take_elision(t, &expected) ||
	       take_repetition(t, &expected) || trace_gap(t, judge_frame, &expected))
		;
	take_end(t);
}
