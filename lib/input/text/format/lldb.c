/* SPDX-License-Identifier: Apache-2.0 */
/* Backtraces of lldb: bt, bt all.
 *	* thread #1, name = 'app', stop reason = signal SIGSEGV
 *	  * frame #0: 0x000055555555526e app`compute(result=0x0000000000000000) at app.c:46:9
 *	    frame #1: 0x00007ffff7edb8ec libc.so.6`__clone3 + 44
 *	    frame #2: 0x00007ffff7edb8f0 app`main [inlined] run(n=1) at app.c:3:1 [opt] */
#include "call.h"
#include "death.h"

struct header {
	uint64_t number, tid;
	struct slice name, reason;
	bool current;
};

/* The value of " KEY = " up to the next comma, quotes around it taken off. */
static struct slice field(struct slice line, const char *key)
{
	struct slice value, before;
	size_t at, depth = 0;

	if (!slice_until(&line, key, &before))
		return NO_SLICE;
	if (slice_skip(&line, "'"))
		return slice_until(&line, "'", &value) ? value : line;
	/* a comma in brackets is the value's */
	for (at = 0; at < line.size && (depth || line.at[at] != ','); at++)
		depth += (line.at[at] == '(') - (line.at[at] == ')' && depth);
	line.size = at;
	return line;
}

static bool parse_header(struct slice line, struct header *ret)
{
	struct slice rest = line, tid;

	*ret = (struct header){ .name = NO_SLICE };
	slice_skip(&rest, "(lldb) ");
	ret->current = slice_skip(&rest, "* ");
	if (!ret->current)
		slice_skip(&rest, "  ");
	if (!slice_skip(&rest, "thread #") || !slice_dec(&rest, &ret->number) ||
	    (rest.size && rest.at[0] != ',' && rest.at[0] != ':'))
		return false;
	ret->name = field(rest, "name = ");
	ret->reason = field(rest, "stop reason = ");
	tid = field(rest, "tid = ");
	if (tid.at && !slice_hex(&tid, &ret->tid))
		slice_dec(&tid, &ret->tid);
	return true;
}

/* ---- frames ---- */

/* Where " at FILE:LINE" of the line itself stands: function pointers among the arguments have
 * theirs. */
static bool drop_place(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s, before, file;
	size_t at = SIZE_MAX;

	while (slice_until(&rest, " at ", &before))
		at = (size_t)(rest.at - s->at);
	if (at == SIZE_MAX)
		return false;
	rest = slice_from(*s, at);
	if (!slice_place(rest, &file, &frame->line, &frame->column))
		return false;
	frame->file = file;
	s->size = at - 4;
	return true;
}

/* "FUNC(ARGS)", "FUNC + 44", "FUNC [inlined] INNER(ARGS)" */
static void parse_function(struct slice s, struct trace_frame *frame)
{
	struct slice outer, offset, func, args;
	size_t plus;

	while (slice_until(&s, " [inlined] ", &outer))
		frame->inlined = true;
	plus = slice_rfind(s, '+');
	if (plus != SIZE_MAX && plus && s.at[plus - 1] == ' ') {
		offset = slice_trim(slice_from(s, plus + 1));
		if (slice_dec(&offset, &frame->func_offset) && !offset.size)
			s.size = plus - 1;
		else
			frame->func_offset = UINT64_MAX;
	}
	frame->func = s;
	outer = s;
	if (call_split(&outer, false, &func, &args) && !outer.size) {
		frame->func = func;
		frame->args = args;
	}
	if (slice_starts(frame->func, "___lldb_unnamed_symbol")) {
		frame->func = NO_SLICE;
		frame->why = "lldb found no symbol for it";
	}
}

static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	slice_skip(&rest, "* ");
	if (!slice_skip(&rest, "frame #") || !slice_dec(&rest, number) ||
	    !slice_skip(&rest, ": ") || !slice_hex(&rest, &frame->pc))
		return false;
	rest = slice_trim(rest);
	while (slice_drop(&rest, " [opt]") || slice_drop(&rest, " [artificial]"))
		;
	drop_place(&rest, frame);
	if (slice_until(&rest, "`", &frame->module) && rest.size)
		parse_function(rest, frame);
	else
		frame->why = "lldb found no symbol for it";
	return true;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct trace_frame frame;
	struct header header;
	uint64_t number;

	(void)t;
	if (parse_frame(line, &number, &frame))
		return trace_judge_number(number, *(const uint64_t *)expected);
	return parse_header(line, &header) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static void read_frames(struct trace *t)
{
	uint64_t number, expected = 0;
	struct trace_frame frame;
	struct slice line;

	while (trace_peek(t, &line)) {
		if (!parse_frame(line, &number, &frame)) {
			if (trace_gap(t, judge_frame, &expected))
				continue;
			break;
		}
		if (!trace_number(t, number, &expected))
			break;
		trace_skip(t);
		trace_push_frame(t, &frame);
	}
	if (trace_at_end(t) && !trace_pushed(t))
		trace_truncated(t, trace_line_number(t), "the stack is missing");
}

/* ---- threads ---- */

/* "SIGSEGV: invalid address (fault address: 0x10)"; of newer lldb "SIGSEGV: address not mapped to
 * object (fault address=0x10)", "SIGABRT: sent by tkill system call (sender pid=12, uid=1000)" */
static void set_cause(struct trace *t, struct slice title, int signal, struct slice what)
{
	struct slice before, address = what;
	struct stk_cause *cause;

	trace_title(t, title);
	if (!trace_cause(t, &cause))
		return;
	death_describe(t, cause, signal, what);
	if (slice_until(&address, "fault address: ", &before) ||
	    slice_until(&address, "fault address=", &before))
		cause->has_address = slice_hex(&address, &cause->address);
	cause->sender_pid = (uint32_t)slice_number_behind(what, "sender pid=");
	cause->sender_uid = (uint32_t)slice_number_behind(what, "uid=");
}

static void set_reason(struct trace *t, struct stk_task *task, const struct header *header,
		       struct slice line)
{
	struct slice name = header->reason, what = NO_SLICE, before;

	if (!name.at)
		return;
	slice_skip(&name, "signal ");
	if (slice_starts(name, "SIG")) {
		before = name;
		if (slice_until(&before, ": ", &name))
			what = before;
		task->signal = (uint8_t)death_signal(name);
		if (!header->current || !task->signal)
			return;
		task->flags |= STK_TASK_CRASHED;
		slice_skip(&line, "* ");
		set_cause(t, line, task->signal, what);
	} else if (!slice_is(name, "0") && !slice_is(name, "none")) {
		task->state = trace_str(t, header->reason);
	}
}

static void read_thread(struct trace *t, const struct header *header, struct slice line)
{
	struct stk_task *task;

	trace_skip(t);
	read_frames(t);
	task = trace_task(t, STK_THREAD);
	task->id = header->tid ? header->tid : header->number;
	task->tid = (uint32_t)header->tid;
	task->name = trace_str(t, header->name);
	if (header->current)
		task->flags = STK_TASK_CURRENT;
	set_reason(t, task, header, line);
}

static enum trace_line judge_thread(struct trace *t, struct slice line, const void *arg)
{
	struct header header;
	uint64_t number;
	struct trace_frame frame;

	(void)t, (void)arg;
	if (parse_header(line, &header) && !header.current)
		return TRACE_LINE_OWN;
	return header.current || parse_frame(line, &number, &frame) ? TRACE_LINE_END
								    : TRACE_LINE_OTHER;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct header header;
	struct slice line;
	uint64_t number, expected = 0;

	return trace_next(t, &line) && parse_header(line, &header) &&
	       (!trace_peek(t, &line) || parse_frame(line, &number, &frame) ||
		trace_gap(t, judge_frame, &expected));
}

static void read_lldb(struct trace *t)
{
	struct slice line;
	struct header header;

	do {
		while (trace_peek(t, &line) && parse_header(line, &header))
			read_thread(t, &header, line);
	} while (trace_small_gap(t, judge_thread, NULL));
}

static const struct trace_mark marks[] = {
	{ "* thread #", "", false },
	{ "  thread #", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_lldb = {
	.name = "lldb",
	.marks = marks,
	.probe = probe,
	.read = read_lldb,
};
