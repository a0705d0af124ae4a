/* SPDX-License-Identifier: Apache-2.0 */
/* Julia (src/signal-handling.c, base/errorshow.jl): a signal, its frames inlined calls first, and
 * exceptions.
 *	[1234] signal 11 (1): Segmentation fault          ("signal (11.1): " before 1.11)
 *	in expression starting at /src/a.jl:3
 *	unsafe_load at ./pointer.jl:119 [inlined]
 *	jl_toplevel_eval_flex at /build/src/toplevel.c:925
 *	unknown function (ip: 0x7f2b5c0f1d2a) at /usr/lib/libfoo.so
 *	__libc_start_main at /lib/libc.so.6 (unknown line)
 *	Allocations: 1234 (Pool: 12; Big: 1); GC: 0
 * and
 *	ERROR: LoadError: BoundsError: attempt to access 3-element Vector{Int64} at index [4]
 *	Stacktrace:
 *	 [1] getindex
 *	   @ ./essentials.jl:13 [inlined]
 *	 [2] f(x::Int64)
 *	   @ Main /src/a.jl:2
 *	 [3] top-level scope at /src/a.jl:5                (before 1.6) */
#include "report.h"

/* "FILE:LINE [inlined]" */
static bool parse_place(struct slice s, struct trace_frame *frame)
{
	frame->inlined = slice_drop(&s, " [inlined]");
	if (slice_drop(&s, " (unknown line)")) {
		frame->module = s;
		return s.size > 0;
	}
	return slice_find(s, " ") == SIZE_MAX &&
	       slice_place(s, &frame->file, &frame->line, &frame->column);
}

static size_t find_last(struct slice s, const char *text)
{
	size_t at, found = SIZE_MAX, from = 0;

	while ((at = slice_find(slice_from(s, from), text)) != SIZE_MAX) {
		found = from + at;
		from = found + 1;
	}
	return found;
}

/* "NAME at FILE:LINE" */
static bool parse_call(struct slice rest, struct trace_frame *frame)
{
	size_t at = find_last(rest, " at ");
	struct slice inner = rest;

	if (slice_skip(&inner, "unknown function (ip: ")) {
		if (!slice_hex(&inner, &frame->pc) || !slice_skip(&inner, ")"))
			return false;
		if (slice_skip(&inner, " at "))
			frame->module = inner;
		frame->why = "not symbolized";
		return !inner.size || frame->module.at;
	}
	if (at == SIZE_MAX || !at)
		return false;
	frame->func = slice_to(rest, at);
	return parse_place(slice_from(rest, at + 4), frame);
}

/* " [1] getindex": an exception's */
static bool parse_numbered(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	if (!slice_skip(&rest, "[") || !slice_dec(&rest, number) || !slice_skip(&rest, "] ") ||
	    !rest.size)
		return false;
	if (!parse_call(rest, frame)) {
		*frame = (struct trace_frame)TRACE_FRAME_INIT;
		frame->func = slice_trim(rest);
	}
	return true;
}

/* "   @ Main /src/a.jl:2" */
static bool parse_detail(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), module;

	if (!slice_skip(&rest, "@ ") || frame->file.at)
		return false;
	if (slice_find(rest, " ") != SIZE_MAX && !slice_starts(rest, "./") &&
	    !slice_starts(rest, "/") && slice_find(rest, " [inlined]") != slice_find(rest, " "))
		slice_until(&rest, " ", &module);
	return parse_place(slice_trim(rest), frame);
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	/* a frame of a signal stands at the beginning of its line */
	return parse_numbered(line, frame, number) ||
	       (!slice_starts(rest, "in expression starting at ") &&
		!slice_starts(rest, "ERROR: ") && parse_call(rest, frame));
}

static bool is_signal(struct slice line)
{
	struct slice rest = slice_trim(line), before;
	uint64_t number;

	if (slice_skip(&rest, "[") && !(slice_dec(&rest, &number) && slice_skip(&rest, "] ")))
		return false;
	if (!slice_skip(&rest, "signal "))
		return false;
	slice_skip(&rest, "(");
	return slice_dec(&rest, &number) && slice_until(&rest, "): ", &before) &&
	       death_signal_described(rest);
}

static bool is_error(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "ERROR: ") || slice_starts(line, "caused by: ");
}

static bool is_head(struct slice line)
{
	struct slice rest = slice_trim(line);

	return is_signal(line) || is_error(line) || slice_is(rest, "Stacktrace:") ||
	       slice_starts(rest, "in expression starting at ") ||
	       slice_starts(rest, "Allocations: ");
}

static void read_signal(struct report *r, struct slice line)
{
	struct slice words = line, before;
	uint64_t pid;

	slice_until(&words, "): ", &before);
	report_signal(r, line, death_signal_described(words), words);
	if (slice_skip(&line, "[") && slice_dec(&line, &pid) &&
	    !builder_target(trace_builder(r->t))->pid)
		builder_target(trace_builder(r->t))->pid = pid;
}

static enum report_line read_head(struct report *r, struct slice line)
{
	if (is_signal(line)) {
		if (r->stacks)
			return REPORT_OVER;
		read_signal(r, line);
		return REPORT_TAKEN;
	}
	if (is_error(line)) {
		if (r->stacks && !slice_starts(line, "caused by: "))
			return REPORT_OVER;
		report_say(r, line);
		r->header = line;
		return REPORT_TAKEN;
	}
	if (!slice_starts(line, "in expression starting at "))
		return REPORT_TEXT;
	report_remark(r, line);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame,
				      .detail = parse_detail,
				      .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 8, 3 };

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_peek(t, &line) && is_head(line) && report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static unsigned count_above(struct trace_above *above)
{
	return report_count_above(above, 8, is_error);
}

static const struct trace_mark marks[] = {
	{ "signal (", "", false },
	{ "] signal 1", "[0123456789", false }, /* 11, 10 */
	{ "] signal 4 ", "[0123456789", false },
	{ "] signal 6 ", "[0123456789", false },
	{ "] signal 7 ", "[0123456789", false },
	{ "] signal 8 ", "[0123456789", false },
	{ "in expression starting at ", "", false },
	{ "Stacktrace:", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_julia = {
	.name = "julia",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
