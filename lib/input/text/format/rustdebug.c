/* SPDX-License-Identifier: Apache-2.0 */
/* std::backtrace::Backtrace of Rust as "{:?}" shows it, which is how errors that hold one are logged:
 *	Error { kind: Io, backtrace: Backtrace [{ fn: "app::read", file: "./src/main.rs", line: 8 }, ...] }
 * "{:#?}" puts each frame into a line of its own. */
#include "rust.h"

static const char start[] = "Backtrace [";

/* The text behind KEY up to the next quote; NO_SLICE when it is not there. */
static struct slice quoted_after(struct slice *s, const char *key)
{
	struct slice rest = *s, text;

	if (!slice_skip(&rest, key) || !slice_until(&rest, "\"", &text))
		return NO_SLICE;
	*s = rest;
	return text;
}

/* `{ fn: "NAME"[, file: "FILE"][, line: N] }` */
static bool take_frame(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s;
	uint64_t line = 0;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	rest = slice_trim(rest);
	if (!slice_skip(&rest, "{ fn: "))
		return false;
	if (slice_skip(&rest, "<unknown>"))
		frame->why = "Rust found no symbol for it";
	else if (!(frame->func = quoted_after(&rest, "\"")).at)
		return false;
	frame->file = quoted_after(&rest, ", file: \"");
	if (slice_skip(&rest, ", line: ") && slice_dec(&rest, &line) && line <= INT32_MAX)
		frame->line = (uint32_t)line;
	if (!slice_skip(&rest, " }"))
		return false;
	slice_skip(&rest, ",");
	*s = rest;
	return true;
}

static bool find_start(struct slice line, struct slice *before, struct slice *rest)
{
	*rest = line;
	return slice_until(rest, start, before);
}

static bool probe(struct trace *t)
{
	struct slice line, before, rest;
	struct trace_frame frame;

	if (!trace_next(t, &line) || !find_start(line, &before, &rest))
		return false;
	if (!slice_trim(rest).size && !trace_next(t, &rest))
		return false;
	return take_frame(&rest, &frame);
}

/* Does the list go on in the next line? Then it is taken. */
static bool next_line(struct trace *t, struct slice *line)
{
	struct trace_frame frame;
	struct slice rest;

	if (!trace_peek(t, line))
		return false;
	rest = *line;
	if (!take_frame(&rest, &frame) && !slice_starts(slice_trim(*line), "]"))
		return false;
	trace_skip(t);
	return true;
}

static void read_backtrace(struct trace *t)
{
	struct slice line, before, rest;
	struct trace_frame frame;

	trace_next(t, &line);
	find_start(line, &before, &rest);
	trace_title(t, slice_trim(before));
	for (;;) {
		while (take_frame(&rest, &frame))
			trace_push_frame(t, &frame);
		rest = slice_trim(rest);
		slice_skip(&rest, "]");
		/* what stands behind the bracket is the error's */
		if (rest.size)
			trace_split(t, line, (size_t)(rest.at - line.at));
		if (rest.size || slice_ends(slice_trim(line), "]") || !next_line(t, &line))
			break;
		rest = line;
	}
	(void)trace_task(t, STK_TRACE);
}

static const struct trace_mark marks[] = {
	{ "Backtrace [", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_rustdebug = {
	.name = "rust",
	.marks = marks,
	.probe = probe,
	.read = read_backtrace,
};
