/* SPDX-License-Identifier: Apache-2.0 */
/* What folly's symbolizer prints: of a fatal signal (SignalHandler.cpp), and of the exceptions that
 * were in flight (ExceptionTracer.cpp).
 *	*** Aborted at 1612434399 (Unix time, try 'date -d @1612434399') ***
 *	*** Signal 11 (SIGSEGV) (0x0) received by PID 12 (pthread TID 0x7f47) (linux TID 13)
 *	    (code: address not mapped to object), stack trace: ***        in one line
 *	    @ 0000000000401136 app::find(int)
 *	                       /src/store.cc:46
 *	                       -> /src/main.cc
 * The third line is the file that was compiled, where the second is a header. Frames of the
 * tracer stand below "Exception type: std::runtime_error (9 frames)". */
#include "death.h"

static bool is_time(struct slice line)
{
	return slice_skip(&line, "*** Aborted at ") &&
	       slice_find(line, " (Unix time, ") != SIZE_MAX;
}

/* A number in hex behind `key`. */
static bool hex_after(struct slice line, const char *key, uint64_t *ret)
{
	struct slice before;

	return slice_until(&line, key, &before) && slice_hex(&line, ret);
}

static bool is_signal(struct slice line)
{
	uint64_t number;

	return slice_skip(&line, "*** Signal ") && slice_dec(&line, &number) &&
	       slice_find(line, ") received by PID ") != SIZE_MAX &&
	       slice_find(line, "stack trace: ***") != SIZE_MAX;
}

/* It is logged, and only the first line has what glog puts before. */
static bool is_exception(struct slice *line)
{
	size_t at = slice_find(*line, "Exception type: ");

	if (at == SIZE_MAX || (!slice_ends(*line, " frames)") && !slice_ends(*line, " frame)")) ||
	    (at && !slice_ends(slice_to(*line, at), "] ")))
		return false;
	*line = slice_from(*line, at);
	return true;
}

static bool is_async(struct slice line)
{
	return slice_is(line, "*** Check failure async stack trace: ***");
}

/* Where the stack of a coroutine hangs. */
static bool is_root(struct slice line)
{
	return slice_starts(line, "*** First async stack ");
}

/* ---- frames ---- */

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), digits;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "@ "))
		return false;
	digits = rest;
	if (!slice_hexdigits(&rest, &frame->pc) || digits.size - rest.size < 8 ||
	    (rest.size && rest.at[0] != ' '))
		return false;
	rest = slice_trim(rest);
	if (!rest.size || slice_is(rest, "(unknown)") || slice_is(rest, "(not found)"))
		frame->why = "folly found no symbol for it";
	else
		frame->func = rest;
	return true;
}

static bool is_head(struct slice line)
{
	return is_time(line) || is_signal(line) || is_exception(&line) || is_async(line);
}

/* Frames have no numbers, but none is without a head. */
static enum trace_line judge_frame(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame;

	(void)t, (void)arg;
	if (parse_frame(line, &frame))
		return TRACE_LINE_OWN;
	return is_head(line) || is_root(line) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static bool is_place(struct slice line)
{
	struct slice file;
	uint32_t number, column;

	if (!slice_starts(line, "            "))
		return false;
	line = slice_trim(line);
	return slice_starts(line, "-> ") || slice_place(line, &file, &number, &column);
}

static enum trace_line judge_place(struct trace *t, struct slice line, const void *arg)
{
	if (judge_frame(t, line, arg) != TRACE_LINE_OTHER)
		return TRACE_LINE_END;
	return is_place(line) ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static bool take_place(struct trace *t, struct trace_frame *frame)
{
	struct slice line;

	if (trace_peek(t, &line) && !slice_starts(line, "            "))
		trace_small_gap(t, judge_place, NULL);
	if (!trace_peek(t, &line) || !slice_starts(line, "            "))
		return false;
	line = slice_trim(line);
	if (!slice_starts(line, "-> ") &&
	    !slice_place(line, &frame->file, &frame->line, &frame->column))
		return false;
	/* the file that was compiled; where the place is not known, it is all there is */
	if (slice_skip(&line, "-> ") && !frame->file.at)
		frame->file = line;
	trace_skip(t);
	return true;
}

static void read_frames(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	do {
		while (trace_peek(t, &line) && parse_frame(line, &frame)) {
			trace_skip(t);
			while (take_place(t, &frame))
				;
			trace_push_frame(t, &frame);
		}
	} while (trace_gap(t, judge_frame, NULL));
}

/* ---- heads ---- */

/* The text between "(code: " and ")". */
static struct slice code_of(struct slice line)
{
	struct slice before, code;

	if (slice_until(&line, "(code: ", &before) && slice_until(&line, ")", &code))
		return code;
	return NO_SLICE;
}

static void set_cause(struct trace *t, struct slice line, int number)
{
	struct slice code = code_of(line);
	struct stk_cause *cause;
	bool sent = slice_find(line, "(maybe from PID ") != SIZE_MAX;

	if (!trace_cause(t, &cause))
		return;
	death_describe(t, cause, number, code);
	if (sent) {
		cause->sender_pid = (uint32_t)slice_number_behind(line, "(maybe from PID ");
		cause->sender_uid = (uint32_t)slice_number_behind(line, ", UID ");
	} else {
		cause->has_address = hex_after(line, ") (0x", &cause->address) ||
				     hex_after(line, ") (", &cause->address);
	}
}

static void read_signal(struct trace *t)
{
	struct stk_task *task;
	struct slice line;
	uint64_t tid;
	int number;

	trace_next(t, &line);
	number = (int)(slice_number_behind(line, "*** Signal ") & 0x7f);
	trace_title(t, line);
	set_cause(t, line, number);
	builder_target(trace_builder(t))->pid = slice_number_behind(line, " received by PID ");
	tid = slice_number_behind(line, "(linux TID ");
	if (trace_peek(t, &line) && slice_is(line, "(error retrieving stack trace)"))
		trace_skip(t);
	read_frames(t);
	task = trace_task(t, STK_THREAD);
	task->id = tid;
	task->tid = (uint32_t)tid;
	task->flags = STK_TASK_CRASHED;
	task->signal = (uint8_t)number;
}

static enum trace_line judge_root(struct trace *t, struct slice line, const void *arg)
{
	if (is_root(line))
		return TRACE_LINE_OWN;
	return judge_frame(t, line, arg) == TRACE_LINE_OTHER ? TRACE_LINE_OTHER : TRACE_LINE_END;
}

/* "*** Aborted at" is glog's, too: that of folly stands above its signal. */
static enum trace_line judge_signal(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame;

	(void)t, (void)arg;
	if (is_signal(line))
		return TRACE_LINE_OWN;
	return is_head(line) || slice_starts(line, "*** ") || parse_frame(line, &frame)
		       ? TRACE_LINE_END
		       : TRACE_LINE_OTHER;
}

/* The stack below a head that says what it is of. */
static void read_other(struct trace *t)
{
	struct slice line, root;

	trace_next(t, &line);
	(void)is_exception(&line);
	trace_title(t, line);
	if (trace_peek(t, &root) && (is_root(root) || trace_small_gap(t, judge_root, NULL))) {
		trace_peek(t, &root);
		line = root;
		trace_skip(t);
	}
	read_frames(t);
	(void)trace_task(t, STK_TRACE);
	trace_more(t, builder_ntasks(trace_builder(t)) - 1)->header = trace_str(t, line);
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	if (is_time(line)) {
		trace_small_gap(t, judge_signal, NULL);
		if (!trace_next(t, &line))
			return false;
	}
	if (is_signal(line))
		return true;
	if ((!is_exception(&line) && !is_async(line)) || !trace_peek(t, &line))
		return false;
	if (!is_root(line) && trace_small_gap(t, judge_root, NULL))
		trace_peek(t, &line);
	if (is_root(line))
		trace_skip(t);
	return trace_peek(t, &line) &&
	       (parse_frame(line, &frame) || trace_gap(t, judge_frame, NULL));
}

static void read_dump(struct trace *t)
{
	struct slice line;

	if (trace_peek(t, &line) && is_time(line)) {
		death_time(t, "folly", slice_number_behind(line, "*** Aborted at "));
		trace_skip(t);
		trace_small_gap(t, judge_signal, NULL);
	}
	if (trace_peek(t, &line) && is_signal(line))
		read_signal(t);
	else
		read_other(t);
}

static const struct trace_mark marks[] = {
	{ "*** Aborted at ", "", false },
	{ "*** Signal ", "", false },
	{ "Exception type: ", "", false },
	{ "*** Check failure async stack trace: ***", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_folly = {
	.name = "folly",
	.marks = marks,
	.probe = probe,
	.read = read_dump,
};
