/* SPDX-License-Identifier: Apache-2.0 */
/* Boost's stacktrace and C++23's of libstdc++, as they print themselves, a line a frame:
 *	 0# app::find(int) at /src/store.cc:46
 *	 1# 0x000055555555526e in ./app
 *	 2# __libc_start_main in /lib/x86_64-linux-gnu/libc.so.6
 *	   3#      at :0 */
#include "../text.h"

/* " at FILE:LINE", which is " at :0" where it is not known, taken off. */
static void drop_place(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s, before, place = NO_SLICE;

	while (slice_until(&rest, " at ", &before))
		place = rest;
	if (!place.at)
		return;
	before = slice_to(*s, (size_t)(place.at - s->at) - 4);
	if (slice_is(place, ":0") || slice_place(place, &frame->file, &frame->line, &frame->column))
		*s = before;
}

/* " [0x401136]" of newer libstdc++ */
static void drop_address(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_rfind(*s, '[');
	struct slice inner;

	if (open == SIZE_MAX || !open || s->at[open - 1] != ' ' || !slice_ends(*s, "]"))
		return;
	inner = slice_between(*s, open + 1, s->size - 1);
	if (slice_hex(&inner, &frame->pc) && !inner.size)
		s->size = open - 1;
	else
		frame->pc = 0;
}

static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), before, module = NO_SLICE, from;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_skip(&rest, "# "))
		return false;
	/* the blank belongs to " at " where there is no name */
	rest = (struct slice){ rest.at - 1, rest.size + 1 };
	drop_address(&rest, frame);
	drop_place(&rest, frame);
	rest = slice_trim(rest);
	for (from = rest; !frame->file.at && slice_until(&from, " in ", &before);)
		module = from;
	if (module.size) {
		frame->module = module;
		rest.size -= module.size + 4;
	}
	if (slice_hex(&rest, &frame->pc) || !rest.size) {
		frame->why = "the program found no symbol for it";
		return !rest.size && (frame->pc || !module.size);
	}
	frame->func = rest;
	return true;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	return trace_next(t, &line) && parse_frame(line, &number, &frame) && !number;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct trace_frame frame;
	uint64_t number;

	(void)t;
	if (!parse_frame(line, &number, &frame))
		return TRACE_LINE_OTHER;
	return trace_judge_number(number, *(const uint64_t *)expected);
}

static void read_stack(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number, expected = 0;

	do {
		while (trace_peek(t, &line) && parse_frame(line, &number, &frame) &&
		       trace_number(t, number, &expected)) {
			trace_skip(t);
			trace_push_frame(t, &frame);
		}
	} while (trace_gap(t, judge_frame, &expected));
	(void)trace_task(t, STK_TRACE);
}

static const struct trace_mark marks[] = {
	{ " 0# ", " ", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_stacktrace = {
	.name = "stacktrace",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
};
