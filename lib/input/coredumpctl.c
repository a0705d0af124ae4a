/* What systemd-coredump logs, and coredumpctl info prints.
 *	Process 738 (app) of user 1000 dumped core.
 *
 *	Module libc.so.6 with build-id 93ac61ec
 *	Stack trace of thread 738:
 *	#0  0x000055668fbe1126 compute (app + 0x1126)
 *	#1  0x00007ffff7df9305 n/a (libc.so.6 + 0x27305)
 *	ELF object binary architecture: AMD x86-64
 * coredumpctl adds fields (" Signal: 11 (SEGV)"), and the message is indented. Before systemd 244
 * the module stood without an offset. */
#include "native.h"

/* Modules, fields and blank lines of one message. */
#define LINES 100000

static bool parse_thread(struct slice line, uint64_t *tid)
{
	line = slice_trim(line);
	return slice_skip(&line, "Stack trace of thread ") && slice_dec(&line, tid) &&
	       slice_is(line, ":");
}

static bool parse_process(struct slice line, uint64_t *pid, struct slice *name)
{
	struct slice rest = slice_trim(line);

	slice_skip(&rest, "Message: ");
	return slice_skip(&rest, "Process ") && slice_dec(&rest, pid) && slice_skip(&rest, " (") &&
	       slice_until(&rest, ") of user ", name) && slice_ends(rest, " dumped core.");
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);
	uint64_t number;
	size_t open;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, &number))
		return false;
	rest = slice_trim(rest);
	if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, " ") || !slice_drop(&rest, ")"))
		return false;
	open = slice_rfind(rest, '(');
	if (open == SIZE_MAX || !open || rest.at[open - 1] != ' ')
		return false;
	frame->func = (struct slice){ rest.at, open - 1 };
	if (slice_is(frame->func, "n/a")) {
		frame->func = NO_SLICE;
		frame->why = "systemd-coredump found no symbol for it";
	}
	rest = (struct slice){ rest.at + open + 1, rest.size - open - 1 };
	if (slice_is(rest, "n/a") || slice_starts(rest, "n/a + "))
		return true;
	if (!native_module(rest, frame))
		frame->module = rest;
	return true;
}

static void read_thread(struct trace *t, uint64_t tid)
{
	struct trace_frame frame;
	struct stk_task *task;
	struct slice line;

	trace_skip(t);
	while (trace_peek(t, &line) && parse_frame(line, &frame)) {
		trace_skip(t);
		trace_push_frame(t, &frame);
	}
	task = trace_task(t, STK_THREAD);
	task->id = tid;
	task->tid = (uint32_t)tid;
}

static bool is_module(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "Module ") || slice_starts(line, "Found module ") ||
	       slice_starts(line, "ELF object binary architecture: ");
}

/* Modules and blank lines up to the next stack; they stay as text. false: none follows. */
static bool skip_to_thread(struct trace *t, uint64_t *tid)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines;

	for (lines = 0; lines < LINES && trace_peek(t, &line); lines++) {
		if (parse_thread(line, tid)) {
			trace_pass(t, start, trace_place(t));
			return true;
		}
		if (slice_trim(line).size && !is_module(line))
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	return false;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line, name;
	uint64_t pid;

	if (!trace_next(t, &line))
		return false;
	if (parse_process(line, &pid, &name))
		return skip_to_thread(t, &pid);
	return parse_thread(line, &pid) && (!trace_peek(t, &line) || parse_frame(line, &frame));
}

static void read_dump(struct trace *t)
{
	uint64_t pid, tid;
	struct slice line, name;
	uint32_t first = builder_ntasks(trace_builder(t));

	if (trace_peek(t, &line) && parse_process(line, &pid, &name)) {
		line = slice_trim(line);
		slice_skip(&line, "Message: ");
		trace_title(t, line);
		trace_skip(t);
	}
	while (skip_to_thread(t, &tid))
		read_thread(t, tid);
	/* the thread that crashed is the first */
	if (builder_ntasks(trace_builder(t)) > first)
		builder_task_at(trace_builder(t), first)->flags |= STK_TASK_CRASHED;
}

static const struct trace_mark marks[] = {
	{ "Stack trace of thread ", "", false },
	{ "Process ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_coredumpctl = { "systemd-coredump", marks, probe, read_dump };
