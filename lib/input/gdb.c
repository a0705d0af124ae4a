/* Backtraces of gdb: bt, bt full, thread apply all bt; of gstack and RHEL's pstack, which are gdb.
 *	Program terminated with signal SIGSEGV, Segmentation fault.
 *	#0  compute (result=0x0) at threads.c:46
 *	[Current thread is 1 (Thread 0x7ffff75cd6c0 (LWP 22120))]
 *
 *	Thread 2 (Thread 0x7ffff7a1d6c0 (LWP 6827) "io"):
 *	#0  0x00007ffff7aed545 in __GI___clock_nanosleep (id=0) at ../sysdeps/x.c:48
 *	#1  0x0000555555555287 in worker () from /lib/libworker.so
 * On a terminal gdb wraps long lines; they go on after four blanks. "bt full" puts the variables
 * of a frame below it, after eight blanks a block. */
#include "native.h"

#include <stdlib.h>

/* How far gdb's own lines may reach from the signal to the stacks. */
#define LINES_AFTER_SIGNAL 64
/* A value is a line, or with "set print pretty" some. */
#define LINES_OF_FRAME 10000

struct session {
	uint64_t current;     /* LWP of the thread that a stack without a head is of; 0 unknown */
	uint64_t number;      /* gdb's number of the one that died; 0 unknown */
	int signal;           /* that it died of */
	bool may_crash;       /* no stack has been marked yet */
	uint32_t first;       /* task of the report */
	uint32_t stop;        /* frame that gdb showed when it stopped; STK_NONE ... */
	const char *stop_args; /* ... and its arguments */
	struct { char *at; size_t size, cap; } line; /* a frame's lines, joined */
	struct stk_value *values;
	size_t nvalues, values_cap;
};

struct header {
	uint64_t number, lwp;
	struct slice name;
};

/* Prompts stand before what a script printed. */
static struct slice without_prompt(struct slice line)
{
	while (slice_skip(&line, "(gdb) "))
		;
	return line;
}

static bool next_line(struct trace *t, struct slice *line)
{
	if (!trace_peek(t, line))
		return false;
	*line = without_prompt(*line);
	return true;
}

/* ---- lines ---- */

static uint64_t id_after(struct slice line, const char *what)
{
	uint64_t id = 0;
	size_t at = slice_find(line, what);

	if (at == SIZE_MAX)
		return 0;
	line = (struct slice){ line.at + at + strlen(what), line.size - at - strlen(what) };
	return slice_dec(&line, &id) ? id : 0;
}

/* "Thread 2 (Thread 0x7f.. (LWP 12) "name"):", "Thread 1 (LWP 12):", "Thread 1 (process 12):",
 * "Thread 1 (Thread 12.14):" of a remote target. */
static bool is_header(struct slice line, struct header *ret)
{
	struct slice rest = line, before;

	*ret = (struct header){ .name = NO_SLICE };
	if (!slice_skip(&rest, "Thread ") || !slice_dec(&rest, &ret->number))
		return false;
	/* "1.2": of several inferiors */
	if (slice_skip(&rest, ".") && !slice_dec(&rest, &ret->number))
		return false;
	if (!slice_skip(&rest, " (") || !slice_drop(&rest, "):"))
		return false;
	ret->lwp = id_after(rest, "LWP ");
	if (!ret->lwp)
		ret->lwp = id_after(rest, "process ");
	if (!ret->lwp && slice_find(rest, "Thread 0x") == SIZE_MAX)
		ret->lwp = id_after(rest, ".");
	if (slice_until(&rest, "\"", &before) && slice_rfind(rest, '"') != SIZE_MAX)
		ret->name = (struct slice){ rest.at, slice_rfind(rest, '"') };
	return true;
}

/* "Program terminated with signal SIGSEGV, ...", "Thread 3 "x" received signal SIGABRT, ..." */
static bool parse_signal(struct slice line, struct slice *name, struct slice *what)
{
	struct slice rest = line, before;

	if (!slice_starts(line, "Program ") && !slice_starts(line, "Thread "))
		return false;
	if (!slice_until(&rest, " terminated with signal ", &before) &&
	    !slice_until(&rest, " received signal ", &before))
		return false;
	if (!slice_until(&rest, ",", name) || !slice_starts(*name, "SIG"))
		return false;
	slice_drop(&rest, ".");
	*what = slice_trim(rest);
	return true;
}

static bool is_signal(struct slice line)
{
	struct slice name, what;

	return parse_signal(line, &name, &what);
}

static bool frame_number(struct slice *line, uint64_t *number)
{
	struct slice rest = *line;

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_starts(rest, " "))
		return false;
	*line = slice_trim(rest);
	return true;
}

/* What follows the number: "[0xPC in ]FUNC (ARGS)[ at FILE:LINE| from LIB]". */
static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = line, func;
	uint32_t column;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (slice_is(line, "<signal handler called>")) {
		frame->flags = STK_FRAME_SIGNAL;
		return true;
	}
	if (slice_hex(&rest, &frame->pc) && !slice_skip(&rest, " in "))
		return false;
	if (!native_call(&rest, true, &func, &frame->args))
		return false;
	if (slice_is(func, "??"))
		frame->why = "gdb found no symbol for it";
	else
		frame->func = func;
	if (slice_skip(&rest, " at ")) {
		frame->file = rest;
		(void)slice_place(rest, &frame->file, &frame->line, &column);
		return true;
	}
	if (slice_skip(&rest, " from ")) {
		frame->module = rest;
		return true;
	}
	return !rest.size && slice_starts(line, "0x");
}

static bool is_frame(struct slice line, uint64_t *number)
{
	struct slice rest = line;

	return frame_number(&rest, number);
}

/* ---- a frame ---- */

static void take_line(struct session *s, struct slice line)
{
	s->line.at = grow(s->line.at, &s->line.cap, s->line.size + line.size + 1, 1);
	if (s->line.size)
		s->line.at[s->line.size++] = ' ';
	memcpy(s->line.at + s->line.size, line.at, line.size);
	s->line.size += line.size;
}

static bool is_pager(struct slice line)
{
	return slice_starts(line, "---Type <return>") || slice_starts(line, "--Type <RET>");
}

static void take_wrapped(struct trace *t, struct session *s)
{
	struct slice line;

	while (trace_peek(t, &line) && s->line.size < LIMIT_STRING) {
		if (slice_starts(line, "    ") && !slice_starts(line, "        "))
			take_line(s, slice_trim(line));
		else if (!is_pager(line))
			return;
		trace_skip(t);
	}
}

static void add_value(struct trace *t, struct session *s, struct slice line)
{
	bool starts = !s->nvalues || (line.size > 8 && line.at[8] != ' ' && line.at[8] != '}');
	struct slice name;

	line = slice_trim(line);
	if (starts && slice_until(&line, " = ", &name)) {
		s->values = grow(s->values, &s->values_cap, s->nvalues + 1, sizeof(*s->values));
		s->values[s->nvalues++] = (struct stk_value){
			.name = trace_str(t, name), .type = builder_str(trace_builder(t), ""),
			.text = trace_str(t, line) };
	} else if (s->nvalues) {
		struct stk_value *last = &s->values[s->nvalues - 1];

		if (strlen(last->text) < LIMIT_STRING)
			last->text = builder_fmt(trace_builder(t), "%s %.*s", last->text,
						 (int)(line.size < LIMIT_STRING ? line.size
									       : LIMIT_STRING),
						 line.at);
	}
}

static bool is_variable(struct slice line, bool in_value)
{
	return slice_starts(line, "        ") &&
	       (in_value || slice_find(line, " = ") != SIZE_MAX);
}

/* What "bt full" says of the variables. */
static void take_variables(struct trace *t, struct session *s, struct trace_frame *frame)
{
	struct slice line;
	unsigned lines;

	s->nvalues = 0;
	for (lines = 0; lines < LINES_OF_FRAME && trace_peek(t, &line); lines++) {
		if (is_variable(line, s->nvalues)) {
			if (trace_wants(t, STK_WANT_DETAIL))
				add_value(t, s, line);
			else
				s->nvalues = 1;
		} else if (!slice_is(line, "No locals.") &&
			   !slice_starts(line, "No symbol table info available.") && !is_pager(line)) {
			break;
		}
		trace_skip(t);
	}
	if (!trace_wants(t, STK_WANT_DETAIL))
		return;
	frame->values = builder_array(trace_builder(t), s->values, s->nvalues, sizeof(*s->values));
	frame->nvalues = (uint32_t)s->nvalues;
}

/* gdb prints no address for a frame that has the one of the frame inside it: that call was
 * inlined (frame_show_address). What a signal interrupted may have none for another reason. */
static bool is_inlined(struct trace *t, const struct trace_frame *frame)
{
	struct slice line;
	uint64_t number;

	if (frame->flags & STK_FRAME_SIGNAL || !trace_peek(t, &line))
		return false;
	return frame_number(&line, &number) && number && !slice_starts(line, "0x") &&
	       !slice_starts(line, "<");
}

struct stack_state {
	uint64_t pc;      /* of the calls that were inlined so far; 0 none */
	bool inlined, signalled;
};

static void push_frame(struct trace *t, struct stack_state *state, struct trace_frame *frame)
{
	if (!frame->pc && state->inlined)
		frame->pc = state->pc;
	frame->inlined = is_inlined(t, frame);
	if (state->signalled)
		frame->flags |= STK_FRAME_ACTIVATION;
	state->signalled = frame->flags & STK_FRAME_SIGNAL;
	state->inlined = frame->inlined;
	state->pc = frame->pc;
	trace_push_frame(t, frame);
}

/* "Backtrace stopped: previous frame identical to this frame (corrupt stack?)" */
static bool is_stop(struct trace *t, struct slice line)
{
	struct slice before;
	uint64_t address;

	if (slice_starts(line, "(More stack frames follow...)")) {
		trace_elided(t, STK_NONE);
		return true;
	}
	if (!slice_skip(&line, "Backtrace stopped: "))
		return false;
	if (slice_find(line, "identical to this frame") != SIZE_MAX)
		trace_end(t, STK_END_LOOP, 0);
	else if (slice_until(&line, "Cannot access memory at address ", &before) &&
		 slice_hex(&line, &address))
		trace_end(t, STK_END_UNREADABLE, address);
	else
		trace_note(t, STK_NOTE_STACK_UNREADABLE, trace_line_number(t) + 1,
			   trace_str(t, line));
	return true;
}

/* One frame with its wrapped lines and variables; false: it is none, and is left. */
static bool read_frame(struct trace *t, struct session *s, struct slice line,
		       struct stack_state *state)
{
	struct trace_place start = trace_place(t);
	struct trace_frame frame;

	s->line.size = 0;
	take_line(s, line);
	trace_skip(t);
	take_wrapped(t, s);
	if (parse_frame((struct slice){ s->line.at, s->line.size }, &frame)) {
		take_variables(t, s, &frame);
		push_frame(t, state, &frame);
		return true;
	}
	if (trace_at_end(t)) {
		trace_truncated(t, trace_line_number(t), "a frame has no end");
		return true;
	}
	trace_unparsed(t, trace_line_number(t), "not a frame of gdb");
	trace_return(t, start);
	return false;
}

static void read_frames(struct trace *t, struct session *s)
{
	struct stack_state state = { 0 };
	struct slice line;
	uint64_t number, expected = 0;

	while (next_line(t, &line)) {
		if (is_pager(line) || is_stop(t, line)) {
			trace_skip(t);
			continue;
		}
		if (!frame_number(&line, &number) || number < expected)
			break;
		if (number > expected)
			trace_elided(t, number - expected < STK_NONE ? (uint32_t)(number - expected)
								     : STK_NONE);
		if (!read_frame(t, s, line, &state))
			break;
		expected = number + 1;
	}
}

/* ---- stacks ---- */

static void mark_crashed(struct session *s, struct stk_task *task)
{
	if (!s->may_crash)
		return;
	task->flags |= STK_TASK_CRASHED;
	task->signal = (uint8_t)s->signal;
	s->may_crash = false;
}

/* The stack that was read, as a task; one that was there before ("bt" and then "thread apply all
 * bt") is not counted again. `id` 0: unknown. */
static struct stk_task *add_stack(struct trace *t, struct session *s, uint64_t id)
{
	struct builder *b = trace_builder(t);
	struct stk_task *task;
	uint32_t i;

	for (i = s->first; i < builder_ntasks(b); i++) {
		task = builder_task_at(b, i);
		if ((!id || !task->id || task->id == id) && trace_again(t, i)) {
			task->id = id ? id : task->id;
			return task;
		}
	}
	task = trace_task(t, STK_THREAD);
	task->id = id;
	return task;
}

static void read_thread(struct trace *t, struct session *s)
{
	struct header header;
	struct stk_task *task;
	struct slice line;

	trace_next(t, &line);
	is_header(without_prompt(line), &header);
	read_frames(t, s);
	task = add_stack(t, s, header.lwp ? header.lwp : header.number);
	task->tid = (uint32_t)header.lwp;
	task->name = trace_str(t, header.name);
	if (s->current ? s->current == task->id : s->number && s->number == header.number)
		mark_crashed(s, task);
}

/* A stack of "bt": the current thread's; false: there is none after all. */
static bool read_current(struct trace *t, struct session *s)
{
	struct stk_task *task;

	read_frames(t, s);
	if (!trace_pushed(t))
		return false;
	task = add_stack(t, s, s->current);
	task->tid = (uint32_t)task->id;
	if (s->signal)
		mark_crashed(s, task);
	return true;
}

/* Passes what gdb says between the signal and the stacks; false: no stack follows. */
static bool skip_to_stack(struct trace *t, struct session *s)
{
	struct trace_place start = trace_place(t);
	struct header header;
	struct slice line;
	uint64_t number;
	unsigned lines;

	for (lines = 0; lines < LINES_AFTER_SIGNAL && next_line(t, &line); lines++) {
		if (is_header(line, &header) || (is_frame(line, &number) && !number)) {
			trace_pass(t, start, trace_place(t));
			return true;
		}
		if (is_signal(line))
			break;
		if (slice_starts(line, "[Current thread is ") || slice_starts(line, "[Switching to "))
			s->current = id_after(line, "LWP ");
		trace_skip(t);
	}
	trace_return(t, start);
	return false;
}

/* Is the next frame another of the same stack? Its variables may stand before. */
static bool goes_on(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct header header;
	struct slice line;
	uint64_t number;
	unsigned lines;
	bool found = false;

	for (lines = 0; lines < LINES_AFTER_SIGNAL && !found && next_line(t, &line); lines++) {
		found = is_frame(line, &number);
		if (is_header(line, &header) || is_signal(line))
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	return found && number;
}

static void set_stop(struct trace *t, struct session *s, const struct trace_frame *frame)
{
	s->stop = trace_frame(t, frame);
	s->stop_args = trace_str(t, frame->args);
}

/* The stop itself: gdb shows the frame that it stopped in, and again in the stack that follows. */
static void read_signal(struct trace *t, struct session *s)
{
	struct slice line, name, what, command;
	struct trace_place start;
	struct trace_frame frame;
	uint64_t number;
	bool is_one;

	if (trace_above(t, &command) && slice_skip(&command, "Core was generated by `") &&
	    slice_drop(&command, "'."))
		builder_target(trace_builder(t))->command_line = trace_str(t, command);
	trace_next(t, &line);
	line = without_prompt(line);
	parse_signal(line, &name, &what);
	s->number = id_after(line, "Thread ");
	if (!s->number)
		s->number = 1;
	s->current = 0;
	s->signal = native_cause(t, line, name, what);
	s->may_crash = true;
	if (!skip_to_stack(t, s))
		return;
	start = trace_place(t);
	if (!next_line(t, &line) || !frame_number(&line, &number))
		return;
	s->line.size = 0;
	take_line(s, line);
	trace_skip(t);
	take_wrapped(t, s);
	is_one = parse_frame((struct slice){ s->line.at, s->line.size }, &frame);
	/* a longer stack is no repetition, and the only frame is the only stack */
	if (!is_one || goes_on(t) || !skip_to_stack(t, s))
		trace_return(t, start);
	else
		set_stop(t, s, &frame);
}

/* Does the task begin with the frame that gdb stopped in? */
static bool has_stop(struct trace *t, const struct session *s, const struct stk_task *task)
{
	struct builder *b = trace_builder(t);
	const struct stk_stack *stack = builder_stack_at(b, task->stack);
	const struct stk_loc *first, *stop = builder_loc_at(b, builder_frame_at(b, s->stop)->loc);

	if (!stack->count || (task->detail && task->detail[0].args != s->stop_args))
		return false;
	first = builder_loc_at(b, builder_frame_at(b, stack->frames[0])->loc);
	return first->func == stop->func && first->file == stop->file && first->line == stop->line;
}

/* Where no stack begins with that frame, it is one. */
static void keep_stop(struct trace *t, const struct session *s)
{
	struct trace_frame stop = TRACE_FRAME_INIT;
	struct stk_task *task;
	uint32_t i;

	if (s->stop == STK_NONE)
		return;
	for (i = s->first; i < builder_ntasks(trace_builder(t)); i++)
		if (has_stop(t, s, builder_task_at(trace_builder(t), i)))
			return;
	stop.args = (struct slice){ s->stop_args, s->stop_args ? strlen(s->stop_args) : 0 };
	trace_push(t, s->stop, &stop);
	task = trace_task(t, STK_THREAD);
	task->id = s->current;
	task->tid = (uint32_t)s->current;
	task->signal = (uint8_t)s->signal;
}

static bool is_own(struct slice line)
{
	struct header header;
	uint64_t number;

	return !slice_trim(line).size || is_header(line, &header) || is_signal(line) ||
	       (is_frame(line, &number) && !number && slice_starts(line, "#0  "));
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct header header;
	struct slice line;
	struct session s = { .line = { NULL, 0, 0 } };
	bool is_one;

	if (!trace_next(t, &line))
		return false;
	line = without_prompt(line);
	if (is_header(line, &header) || is_signal(line))
		return true;
	if (!slice_skip(&line, "#0  "))
		return false;
	take_line(&s, line);
	take_wrapped(t, &s);
	is_one = parse_frame((struct slice){ s.line.at, s.line.size }, &frame);
	free(s.line.at);
	return is_one;
}

static void read_stacks(struct trace *t)
{
	struct session s = { .first = builder_ntasks(trace_builder(t)), .stop = STK_NONE };
	struct header header;
	struct slice line;

	while (next_line(t, &line) && is_own(line)) {
		if (is_header(line, &header))
			read_thread(t, &s);
		else if (is_signal(line))
			read_signal(t, &s);
		else if (!slice_starts(line, "#"))
			trace_skip(t);
		else if (!read_current(t, &s))
			break;
	}
	keep_stop(t, &s);
	free(s.line.at);
	free(s.values);
}

static const struct trace_mark marks[] = {
	{ "Thread ", "", false },
	{ "Program ", "", false },
	{ "#0  ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_gdb = { "gdb", marks, probe, read_stacks };
