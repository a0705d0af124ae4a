/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of Delve, with the source and the variables that "bt -full" shows below them. */
#include "dlv.h"
#include "call.h"

#include <stdlib.h>

/* Of the variables and the source of a frame. */
#define LINES_OF_FRAME 10000

/* "libc.so.6+0x27305 [stripped]", how stk shows a function that it does not know */
static bool parse_unnamed(struct slice s, struct trace_frame *frame)
{
	static const char *const reasons[] = {
		"stripped",
		"no file of this module here",
		"the file here is of another build",
		"no symbol covers it",
		"no debug information",
		"no function of Go's table is here",
		"Go's function table is missing",
	};
	size_t open = slice_find(s, " ["), i;
	struct slice reason = NO_SLICE;

	if (open != SIZE_MAX && slice_drop(&s, "]")) {
		reason = slice_from(s, open + 2);
		s.size = open;
	}
	if (!call_module(s, frame))
		return false;
	frame->why = "stk found no symbol for it";
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (slice_is(reason, reasons[i]))
			frame->why = reasons[i];
	return true;
}

/* "0  0x000000000045b1a1 in FUNC"; stk leaves the address out where there is none. */
bool dlv_parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(dlv_without_prompt(line));

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_skip(&rest, "  "))
		return false;
	if (slice_hex(&rest, &frame->pc) && !slice_skip(&rest, " in "))
		return false;
	frame->inlined = slice_drop(&rest, " (inlined)");
	if (slice_is(rest, "<signal handler called>"))
		frame->flags = STK_FRAME_SIGNAL;
	else if (slice_is(rest, "???") || slice_is(rest, "?"))
		frame->why = "Delve found no symbol for it";
	else if (!parse_unnamed(rest, frame))
		frame->func = rest;
	return rest.size > 0;
}

static bool is_place(struct slice line)
{
	struct slice place = slice_trim(line), file;
	uint32_t number, column;

	return (slice_starts(line, " ") || slice_starts(line, "\t")) && slice_skip(&place, "at ") &&
	       slice_place(place, &file, &number, &column);
}

/* Is this an address and a function, so that no log line looks like it? */
bool dlv_is_frame(struct slice line, uint64_t *number)
{
	struct trace_frame frame;

	return dlv_parse_frame(line, number, &frame) && frame.pc;
}

static enum trace_line judge_place(struct trace *t, struct slice line, const void *arg)
{
	struct dlv_header header;
	uint64_t number;

	(void)t, (void)arg;
	if (is_place(line))
		return TRACE_LINE_OWN;
	return dlv_is_frame(line, &number) || dlv_header(dlv_without_prompt(line), &header)
		       ? TRACE_LINE_END
		       : TRACE_LINE_OTHER;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct dlv_header header;
	uint64_t number;

	(void)t;
	if (dlv_is_frame(line, &number))
		return number && number < *(const uint64_t *)expected
			       ? TRACE_LINE_END
			       : trace_judge_number(number, *(const uint64_t *)expected);
	return dlv_header(dlv_without_prompt(line), &header) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

bool dlv_take_place(struct trace *t, struct trace_frame *frame)
{
	struct slice line;
	uint32_t column;

	if (trace_peek(t, &line) && frame->pc && !slice_starts(slice_trim(line), "at ") &&
	    !slice_starts(slice_trim(line), "from "))
		trace_small_gap(t, judge_place, NULL);
	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (slice_skip(&line, "at ")) {
		frame->file = line;
		slice_place(line, &frame->file, &frame->line, &column);
	} else if (slice_skip(&line, "from ")) {
		frame->module = line;
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* Delve repeats the address for calls that were inlined; a recursion repeats the function, too. */
static bool is_inlined(struct trace *t, const struct trace_frame *frame)
{
	struct trace_frame next;
	struct slice line;
	uint64_t number;

	return frame->pc && frame->func.at && trace_peek(t, &line) &&
	       dlv_parse_frame(line, &number, &next) && number && next.pc == frame->pc &&
	       next.func.at &&
	       (next.func.size != frame->func.size ||
		memcmp(next.func.at, frame->func.at, next.func.size) != 0);
}

/* What stk shows with a frame: "=> 46: return *p;" */
static bool take_source(struct trace *t, struct slice line)
{
	uint64_t number;

	line = slice_trim(line);
	slice_skip(&line, "=> ");
	line = slice_trim(line);
	if (!slice_dec(&line, &number) || number > INT32_MAX || !slice_skip(&line, ":"))
		return false;
	slice_skip(&line, " ");
	return trace_source_line(t, (uint32_t)number, line);
}

struct values {
	struct stk_value *list;
	size_t count, cap;
};

static bool take_value(struct trace *t, struct values *values, struct slice line)
{
	struct slice name, text = slice_trim(line);

	if (!slice_until(&text, " = ", &name) || slice_find(name, " ") != SIZE_MAX)
		return false;
	if (!trace_wants(t, STK_WANT_DETAIL))
		return true;
	values->list = grow(values->list, &values->cap, values->count + 1, sizeof(*values->list));
	values->list[values->count++] =
		(struct stk_value){ .name = trace_str(t, name),
				    .type = builder_str(trace_builder(t), ""),
				    .text = trace_str(t, text) };
	return true;
}

/* Variables and source lines below a frame, further to the right than its place. */
static void take_details(struct trace *t, struct trace_frame *frame)
{
	struct values values = { NULL, 0, 0 };
	struct slice line;
	unsigned lines;

	for (lines = 0; lines < LINES_OF_FRAME && trace_peek(t, &line); lines++) {
		if (!slice_starts(line, "    ") ||
		    !(take_source(t, line) || take_value(t, &values, line)))
			break;
		trace_skip(t);
	}
	frame->values = builder_array(trace_builder(t), values.list, values.count,
				      sizeof(*values.list));
	frame->nvalues = (uint32_t)values.count;
	free(values.list);
}

static bool read_frame(struct trace *t, uint64_t *expected)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line) || !dlv_parse_frame(line, &number, &frame) || number < *expected)
		return false;
	trace_skip(t);
	if (number > *expected)
		trace_elided(t, (uint32_t)(number - *expected));
	*expected = number + 1;
	dlv_take_place(t, &frame);
	take_details(t, &frame);
	frame.inlined = frame.inlined || is_inlined(t, &frame);
	trace_push_frame(t, &frame);
	return true;
}

/* "... 87 frames left out", "... more frames left out"; "(truncated)" of Delve */
static bool take_elision(struct trace *t, uint64_t *expected)
{
	struct slice line;
	uint64_t count;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (slice_is(line, "(truncated)") || slice_is(line, "... more frames left out")) {
		trace_elided(t, STK_NONE);
	} else if (slice_skip(&line, "... ") && slice_dec(&line, &count) && count < STK_NONE &&
		   (slice_is(line, " frames left out") || slice_is(line, " frame left out"))) {
		trace_elided(t, (uint32_t)count);
		*expected += count;
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* "... frames 3-12: the 2 frames above, 5 more times", how stk shows a recursion */
static bool take_repetition(struct trace *t, uint64_t *expected)
{
	struct slice line;
	uint64_t first, last, period = 1, times;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (!slice_skip(&line, "... frames ") || !slice_dec(&line, &first) ||
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

/* "(no stack)", "(stack ends here: memory at 0x7ffe is not readable)" */
static bool take_end(struct trace *t)
{
	struct slice line, before;
	uint64_t address = 0;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (!slice_drop(&line, ")"))
		return false;
	if (slice_until(&line, "0x", &before))
		slice_hexdigits(&line, &address);
	else
		before = line;
	if (slice_starts(before, "(stack ends here: no unwind information"))
		trace_end(t, STK_END_NO_UNWIND, address);
	else if (slice_starts(before, "(stack ends here: memory at"))
		trace_end(t, STK_END_UNREADABLE, address);
	else if (slice_starts(before, "(stack ends here: the next frame"))
		trace_end(t, STK_END_LOOP, 0);
	else if (slice_starts(before, "(stack cut here"))
		trace_end(t, STK_END_LIMIT, 0);
	else if (!slice_is(before, "(no stack"))
		return false;
	trace_skip(t);
	return true;
}

void dlv_frames(struct trace *t)
{
	uint64_t expected = 0;

	while (read_frame(t, &expected) || take_elision(t, &expected) ||
	       take_repetition(t, &expected) || trace_gap(t, judge_frame, &expected))
		;
	take_end(t);
}
