/* SPDX-License-Identifier: Apache-2.0 */
/* The failure signal handlers of glog and abseil.
 *	*** Aborted at 1795252434 (unix time) try "date -d @1795252434" if you are using GNU date ***
 *	PC: @           0x401126 compute()
 *	*** SIGSEGV (@0x0) received by PID 12 (TID 0x7f8) from PID 0; stack trace: ***
 *	    @     0x7f3aedf1205f (unknown)
 *	    @           0x401136        144  main
 * abseil has no first line, puts PC: behind "*** SIGSEGV received at time=1700000000 on cpu 5 ***",
 * and has a column with the size of the frame ("(unknown)", too). What was interrupted, at PC:,
 * need not be in the stack. */
#include "death.h"

/* Lines of others between its own. */
#define MAX_OTHERS 64

static bool is_time(struct slice line)
{
	return slice_skip(&line, "*** Aborted at ") && slice_find(line, " (unix time)") != SIZE_MAX;
}

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

/* abseil's column with the size of the frame, in blanks. */
static void skip_size(struct slice *s)
{
	struct slice rest = *s;
	uint64_t size;

	if ((slice_skip(&rest, "(unknown)") || slice_dec(&rest, &size)) && slice_starts(rest, "  "))
		*s = slice_trim(rest);
}

/* "@     0x7f3aedf1205f  [144  ]FUNC", what may be behind "PC: " */
static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "@ "))
		return false;
	rest = slice_trim(rest);
	if ((!slice_hex(&rest, &frame->pc) && !slice_skip(&rest, "(nil)")) ||
	    !slice_skip(&rest, " "))
		return false;
	rest = slice_trim(rest);
	skip_size(&rest);
	if (slice_is(rest, "(unknown)"))
		frame->why = "the program found no symbol for it";
	else
		frame->func = rest;
	return true;
}

/* "@          ... and at least 12 more frames" */
static bool parse_more(struct slice line, uint64_t *count)
{
	line = slice_trim(line);
	if (!slice_skip(&line, "@ "))
		return false;
	line = slice_trim(line);
	return slice_skip(&line, "... and at least ") && slice_dec(&line, count);
}

static bool is_more_line(struct slice line)
{
	uint64_t count;

	return parse_more(line, &count);
}

static bool take_more(struct trace *t, struct slice line)
{
	uint64_t count;

	if (!parse_more(line, &count))
		return false;
	trace_elided(t, count < STK_NONE ? (uint32_t)count : STK_NONE);
	return true;
}

static bool parse_pc(struct slice line, struct trace_frame *frame)
{
	return slice_skip(&line, "PC: ") && parse_frame(line, frame);
}

static bool is_check(struct slice line)
{
	return slice_starts(line, "*** Check failure stack trace: ***");
}

/* Frames have no numbers, but none is without a head. */
static enum trace_line judge_frame(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame;
	struct slice name;

	(void)t, (void)arg;
	if (parse_frame(line, &frame) || is_more_line(line))
		return TRACE_LINE_OWN;
	return slice_starts(line, "*** Aborted at ") || parse_title(line, &name) ||
			       is_check(line) || parse_pc(line, &frame)
		       ? TRACE_LINE_END
		       : TRACE_LINE_OTHER;
}

/* A head behind another. */
static enum trace_line judge_head(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame;
	struct slice name;

	(void)t, (void)arg;
	if (parse_title(line, &name) || parse_pc(line, &frame) || is_check(line))
		return TRACE_LINE_OWN;
	return slice_starts(line, "*** ") || parse_frame(line, &frame) ? TRACE_LINE_END
								       : TRACE_LINE_OTHER;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line, name, next;

	if (!trace_next(t, &line))
		return false;
	if (is_time(line)) {
		trace_small_gap(t, judge_head, NULL);
		if (!trace_next(t, &line))
			return false;
	}
	if (parse_title(line, &name) || parse_pc(line, &frame))
		return true;
	/* the line above says what failed; a blank one may be between */
	if (!is_check(line) && (!trace_next(t, &line) || !is_check(line)) &&
	    (line.size || !trace_next(t, &line) || !is_check(line)))
		return false;
	return !trace_peek(t, &next) || parse_frame(next, &frame) ||
	       trace_gap(t, judge_frame, NULL);
}

/* ---- a dump ---- */

struct dump {
	struct trace_frame pc; /* what was interrupted; pc.pc 0: unknown */
	uint64_t id;
	uint32_t tid; /* 0: it is a pthread_t */
	int signal;
	bool crashed;
};

static void read_signal(struct trace *t, struct dump *dump, struct slice line, struct slice name)
{
	struct slice tid = line, before;
	struct stk_cause *cause;
	bool first = trace_cause(t, &cause);

	trace_title(t, line);
	dump->crashed = true;
	dump->signal = death_signal(name);
	if (slice_until(&tid, "(TID ", &before) && !slice_hex(&tid, &dump->id) &&
	    slice_dec(&tid, &dump->id))
		dump->tid = (uint32_t)dump->id;
	if (slice_number_behind(line, "received by PID "))
		builder_target(trace_builder(t))->pid = slice_number_behind(line,
									    "received by PID ");
	if (slice_number_behind(line, "received at time="))
		death_time(t, "abseil", slice_number_behind(line, "received at time="));
	if (!first)
		return;
	death_describe(t, cause, dump->signal, NO_SLICE);
	/* of a signal that was sent, glog shows who sent it; the address is none */
	cause->sender_pid = (uint32_t)slice_number_behind(line, ") from PID ");
	if (!cause->sender_pid && slice_until(&line, "(@", &before))
		cause->has_address = slice_hex(&line, &cause->address);
}

/* "F20261121 09:13:54.199826 14500 app.cc:4] Check failed: c == 1": what stands behind the bracket,
 * or the whole line. */
static struct slice message_of(struct slice line, uint64_t *tid)
{
	struct slice rest = line, head, date, when;
	size_t at;

	if (!slice_until(&rest, "] ", &head))
		return line;
	for (at = 0; at + 1 < head.size; at++)
		if (head.at[at] == 'F' && head.at[at + 1] >= '0' && head.at[at + 1] <= '9' &&
		    (!at || head.at[at - 1] == ' '))
			break;
	head = slice_from(head, at);
	if (!slice_until(&head, " ", &date) || !slice_until(&head, " ", &when))
		return line;
	head = slice_trim(head);
	return slice_dec(&head, tid) ? rest : line;
}

static void read_failure(struct trace *t, struct dump *dump, struct slice line)
{
	struct stk_cause *cause;

	dump->crashed = true;
	line = message_of(line, &dump->id);
	dump->tid = (uint32_t)dump->id;
	trace_title(t, line);
	if (!trace_cause(t, &cause))
		return;
	cause->text = trace_str(t, line);
	cause->message = trace_str(t, line);
}

/* Is the line behind the next the head of a stack? A blank one may be between. */
static bool is_above_check(struct trace *t)
{
	struct slice line;

	return trace_peek_at(t, 1, &line) &&
	       (is_check(line) || (!line.size && trace_peek_at(t, 2, &line) && is_check(line)));
}

/* Time, PC: and signal, in whichever order; "*** Check failure stack trace: ***". */
static void read_heads(struct trace *t, struct dump *dump)
{
	struct trace_frame frame;
	struct slice line, name;

	while (trace_peek(t, &line)) {
		if (is_time(line) && !dump->crashed)
			death_time(t, "glog", slice_number_behind(line, "*** Aborted at "));
		else if (parse_title(line, &name) && !dump->crashed)
			read_signal(t, dump, line, name);
		else if (parse_pc(line, &frame) && !dump->pc.pc)
			dump->pc = frame;
		else if (is_check(line))
			trace_title(t, line);
		else if (!dump->crashed && is_above_check(t))
			read_failure(t, dump, line);
		else if (trace_small_gap(t, judge_head, NULL))
			continue;
		else
			break;
		trace_skip(t);
	}
}

/* glog where it does not know the register says 0x0; and often the frame comes again. */
static bool has_pc(struct trace *t, const struct dump *dump)
{
	struct trace_place start = trace_place(t);
	struct trace_frame frame;
	bool again = !dump->pc.pc;
	unsigned others = 0;
	struct slice line;

	while (!again && others < MAX_OTHERS && trace_next(t, &line) &&
	       !slice_starts(line, "*** ")) {
		others += !parse_frame(line, &frame);
		again = frame.pc == dump->pc.pc;
	}
	trace_return(t, start);
	return !again;
}

static void read_frames(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	while (trace_peek(t, &line)) {
		if (parse_frame(line, &frame))
			trace_push_frame(t, &frame);
		else if (trace_gap(t, judge_frame, NULL))
			continue;
		else if (!take_more(t, line))
			break;
		trace_skip(t);
	}
}

static void read_dump(struct trace *t)
{
	struct dump dump = { .pc = TRACE_FRAME_INIT };
	struct stk_task *task;

	read_heads(t, &dump);
	if (has_pc(t, &dump)) {
		dump.pc.flags |= STK_FRAME_ACTIVATION;
		trace_push_frame(t, &dump.pc);
	}
	read_frames(t);
	task = trace_task(t, STK_THREAD);
	task->id = dump.id;
	task->tid = dump.tid;
	task->flags = STK_TASK_CRASHED;
	task->signal = (uint8_t)dump.signal;
}

static const struct trace_mark marks[] = {
	{ "*** Aborted at ", "", false },
	{ "*** SIG", "", false },
	{ "PC: @", "", false },
	{ "*** Check failure stack trace: ***", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_glog = {
	.name = "glog",
	.marks = marks,
	.probe = probe,
	.read = read_dump,
};
