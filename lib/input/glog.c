/* The failure signal handlers of glog and abseil.
 *	*** SIGSEGV (@0x0) received by PID 12 (TID 0x7f8) from PID 0; stack trace: ***
 *	PC: @           0x401126 compute()
 *	    @     0x7f3aedf1205f (unknown)
 *	    @           0x401136        144  main
 * abseil's first line is "*** SIGSEGV received at time=1700000000 on cpu 5 ***", and it has a
 * column with the size of the frame. The line with PC: repeats the frame that was interrupted. */
#include "native.h"

static bool parse_title(struct slice line, struct slice *name)
{
	struct slice rest = line;
	size_t end;

	if (!slice_skip(&rest, "*** SIG") || !slice_ends(rest, " ***"))
		return false;
	end = slice_find(rest, " ");
	if (slice_find(rest, " received ") == SIZE_MAX)
		return false;
	*name = (struct slice){ rest.at - 3, end + 3 };
	return true;
}

/* "@     0x7f3aedf1205f  [144  ]FUNC", what may be behind "PC: " */
static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), sized;
	uint64_t size;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "@ "))
		return false;
	rest = slice_trim(rest);
	if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, " "))
		return false;
	rest = sized = slice_trim(rest);
	if (slice_dec(&sized, &size) && slice_starts(sized, "  "))
		rest = slice_trim(sized);
	if (slice_is(rest, "(unknown)"))
		frame->why = "the program found no symbol for it";
	else
		frame->func = rest;
	return true;
}

static bool is_more(struct trace *t, struct slice line)
{
	uint64_t count;

	line = slice_trim(line);
	if (!slice_skip(&line, "@ "))
		return false;
	line = slice_trim(line);
	if (!slice_skip(&line, "... and at least ") || !slice_dec(&line, &count))
		return false;
	trace_elided(t, count < STK_NONE ? (uint32_t)count : STK_NONE);
	return true;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line, name;

	if (!trace_next(t, &line))
		return false;
	if (parse_title(line, &name))
		return true;
	return (slice_skip(&line, "PC: ") || trace_peek_at(t, 0, &line)) && parse_frame(line, &frame);
}

static void read_frames(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	while (trace_peek(t, &line)) {
		if (parse_frame(line, &frame))
			trace_push_frame(t, &frame);
		else if (!is_more(t, line))
			break;
		trace_skip(t);
	}
}

static void read_dump(struct trace *t)
{
	struct slice line, name, tid;
	struct trace_frame frame;
	struct stk_task *task;
	uint64_t id = 0;
	int number = 0;

	trace_peek(t, &line);
	if (parse_title(line, &name)) {
		number = native_cause(t, line, name, NO_SLICE);
		tid = line;
		if (slice_until(&line, "(TID ", &tid) && !slice_hex(&line, &id))
			slice_dec(&line, &id);
		trace_skip(t);
	} else if (!slice_starts(line, "PC: ")) {
		/* "*** Check failure stack trace: ***" */
		trace_title(t, line);
		trace_skip(t);
	}
	if (trace_peek(t, &line) && slice_skip(&line, "PC: ") && parse_frame(line, &frame)) {
		trace_skip(t);
		/* the signal's own frames come first in what follows; alone it is all there is */
		if (!trace_peek(t, &line) || !slice_starts(slice_trim(line), "@ "))
			trace_push_frame(t, &frame);
	}
	read_frames(t);
	task = trace_task(t, STK_THREAD);
	task->id = id;
	task->flags = STK_TASK_CRASHED;
	task->signal = (uint8_t)number;
}

static const struct trace_mark marks[] = {
	{ "*** SIG", "", false },
	{ "PC: @", "", false },
	{ "*** Check failure stack trace: ***", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_glog = { "glog", marks, probe, read_dump };
