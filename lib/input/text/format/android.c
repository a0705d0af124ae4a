/* SPDX-License-Identifier: Apache-2.0 */
/* Tombstones of Android, and the stacks of its logs.
 *	pid: 4711, tid: 4713, name: worker  >>> com.example.app <<<
 *	signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0000000000000010
 *	Abort message: 'index out of range'
 *	backtrace:
 *	      #00 pc 000000000001f2a4  /system/lib64/libc.so (abort+36) (BuildId: 12ab)
 *	      #01 pc 00000000000005f0  /data/app/base.apk!libapp.so (offset 0x1000) (app::find(int)+12)
 * Other threads follow, each below "--- --- ---" and a line with pid and tid. The addresses are
 * those of the calls (libunwindstack steps back). */
#include "death.h"

#include <string.h>

/* From the line with pid to the first frame; and from a stack to the next thread. */
#define LINES_BETWEEN 4096
#define LINES_OF_MAPS 100000

/* ---- frames ---- */

/* " (BuildId: 12ab)" at the end, taken off. */
static void drop_build_id(struct slice *s, struct trace_frame *frame)
{
	static const char start[] = " (BuildId: ";
	size_t at = slice_find(*s, start);

	if (at == SIZE_MAX || !slice_ends(*s, ")"))
		return;
	frame->build_id = slice_between(*s, at + sizeof(start) - 1, s->size - 1);
	s->size = at;
}

/* "abort+36", and "art::Thread::Run(void*)+36" */
static void set_symbol(struct slice symbol, struct trace_frame *frame)
{
	size_t plus = slice_rfind(symbol, '+');
	struct slice offset;

	if (plus != SIZE_MAX) {
		offset = slice_from(symbol, plus + 1);
		if (slice_dec(&offset, &frame->func_offset) && !offset.size)
			symbol.size = plus;
		else
			frame->func_offset = UINT64_MAX;
	}
	frame->func = symbol;
	frame->why = NULL;
}

static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), map;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	frame->flags = STK_FRAME_ACTIVATION;
	frame->why = "the system found no symbol for it";
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " pc ") ||
	    !slice_hexdigits(&rest, &frame->offset) || !slice_skip(&rest, "  "))
		return false;
	rest = slice_trim(rest);
	drop_build_id(&rest, frame);
	if (!slice_until(&rest, " (", &frame->module)) {
		frame->module = rest;
		return rest.size > 0;
	}
	/* where the library stands in its package */
	if (slice_skip(&rest, "offset ") && slice_until(&rest, ")", &map) &&
	    !slice_skip(&rest, " ("))
		return true;
	slice_drop(&rest, ")");
	set_symbol(rest, frame);
	return true;
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;
	uint64_t number;

	return parse_frame(line, &number, &frame);
}

/* ---- heads ---- */

struct process {
	uint64_t pid, tid;
	struct slice name, command;
};

static bool parse_process(struct slice line, struct process *ret)
{
	struct slice rest = slice_trim(line);

	*ret = (struct process){ .name = NO_SLICE };
	if (!slice_skip(&rest, "pid: ") || !slice_dec(&rest, &ret->pid))
		return false;
	if (slice_skip(&rest, ", tid: ") && !slice_dec(&rest, &ret->tid))
		return false;
	if (slice_skip(&rest, ", name: ") && !slice_until(&rest, "  >>> ", &ret->name))
		return false;
	slice_skip(&rest, "  >>> ");
	ret->command = rest;
	return slice_drop(&ret->command, " <<<");
}

/* "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10" */
static bool take_signal(struct trace *t, struct slice line, int *signal)
{
	struct slice rest = slice_trim(line), name, code = NO_SLICE, before;
	struct stk_cause *cause;
	uint64_t number;

	if (!slice_skip(&rest, "signal ") || !slice_dec(&rest, &number) || number > 127 ||
	    !slice_skip(&rest, " (") || !slice_until(&rest, ")", &name))
		return false;
	*signal = (int)number;
	if (!trace_cause(t, &cause))
		return true;
	cause->code = (int)slice_number_behind(rest, "code ");
	if (slice_until(&rest, "(", &before))
		slice_until(&rest, ")", &code);
	death_describe(t, cause, *signal, code);
	if (slice_until(&rest, "fault addr ", &before))
		cause->has_address = slice_hex(&rest, &cause->address);
	return true;
}

static bool take_message(struct trace *t, struct slice line)
{
	line = slice_trim(line);
	if (slice_starts(line, "Cause: ")) {
		builder_statement(trace_builder(t), trace_str(t, line), "the report");
		return true;
	}
	if (!slice_skip(&line, "Abort message: '"))
		return false;
	slice_drop(&line, "'");
	if (!builder_cause(trace_builder(t))->message)
		builder_cause(trace_builder(t))->message = trace_str(t, line);
	return true;
}

/* ---- stacks ---- */

static bool is_other(struct slice line)
{
	struct process process;

	return parse_process(line, &process);
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct trace_frame frame;
	uint64_t number;

	(void)t;
	if (parse_frame(line, &number, &frame))
		return trace_judge_number(number, *(const uint64_t *)expected);
	line = slice_trim(line);
	return is_other(line) || slice_starts(line, "--- --- ---") ||
			       slice_starts(line, "*** *** ***")
		       ? TRACE_LINE_END
		       : TRACE_LINE_OTHER;
}

static void read_frames(struct trace *t)
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
}

/* Is there a frame between this head and the next? */
static bool has_frames(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line = NO_SLICE;
	unsigned lines;
	bool found = false;

	trace_skip(t);
	for (lines = 0; lines < LINES_BETWEEN && !found && trace_peek(t, &line); lines++) {
		found = is_frame(line);
		if (is_other(line))
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	return found;
}

/* The lines between a head and its frames: what is not understood stays as text. */
static void read_facts(struct trace *t, int *signal)
{
	struct slice line;

	while (trace_peek(t, &line) && !is_frame(line)) {
		if (take_signal(t, line, signal) || take_message(t, line) ||
		    slice_is(slice_trim(line), "backtrace:") || !slice_trim(line).size)
			trace_skip(t);
		else
			trace_pass_line(t);
	}
}

static void read_thread(struct trace *t, const struct process *process, bool first)
{
	struct stk_task *task;
	int signal = 0;

	trace_skip(t);
	read_facts(t, &signal);
	read_frames(t);
	task = trace_task(t, STK_THREAD);
	task->id = process->tid ? process->tid : process->pid;
	task->tid = (uint32_t)task->id;
	task->name = trace_str(t, process->name);
	task->signal = (uint8_t)signal;
	if (first)
		task->flags = STK_TASK_CRASHED;
}

/* Passes what stands between two threads of a process: memory, maps, open files, a rule. false: no
 * other follows. */
static bool next_thread(struct trace *t, uint64_t pid)
{
	struct trace_place start = trace_place(t);
	struct process process;
	struct slice line;
	unsigned lines;
	bool ruled = false;

	for (lines = 0; lines < LINES_OF_MAPS && trace_peek(t, &line); lines++) {
		if (parse_process(line, &process)) {
			if (!ruled || process.pid != pid || !has_frames(t))
				break;
			trace_pass(t, start, trace_place(t));
			return true;
		}
		line = slice_trim(line);
		ruled = slice_starts(line, "--- --- ---");
		if (slice_starts(line, "*** *** ***"))
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	return false;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct process process;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line))
		return false;
	if (parse_process(line, &process))
		return has_frames(t);
	return parse_frame(line, &number, &frame) && !number;
}

static void read_tombstone(struct trace *t)
{
	struct stk_target *target = builder_target(trace_builder(t));
	struct process process;
	struct slice line;
	bool first = true;

	if (!trace_peek(t, &line))
		return;
	if (!parse_process(line, &process)) {
		read_frames(t);
		(void)trace_task(t, STK_TRACE);
		return;
	}
	trace_title(t, slice_trim(line));
	if (!target->pid) {
		target->pid = process.pid;
		target->command = trace_str(t, process.command);
	}
	do {
		if (!trace_peek(t, &line) || !parse_process(line, &process))
			break;
		read_thread(t, &process, first);
		first = false;
	} while (next_thread(t, process.pid));
}

static const struct trace_mark marks[] = {
	{ "#00 pc ", " ", false },
	{ "pid: ", " ", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_tombstone = {
	.name = "android",
	.marks = marks,
	.probe = probe,
	.read = read_tombstone,
};
