/* SPDX-License-Identifier: Apache-2.0 */
/* Backtraces of gdb: bt, bt full, thread apply all bt; of gstack and RHEL's pstack, which are gdb.
 *	Program terminated with signal SIGSEGV, Segmentation fault.
 *	#0  compute (result=0x0) at threads.c:46
 *	[Current thread is 1 (Thread 0x7ffff75cd6c0 (LWP 22120))]
 *
 *	Thread 2 (Thread 0x7ffff7a1d6c0 (LWP 6827) "io"):
 *	#0  0x00007ffff7aed545 in __GI___clock_nanosleep (id=0) at ../sysdeps/x.c:48
 *	#1  0x0000555555555287 in worker () from /lib/libworker.so
 *
 *	[Switching to thread 2 (Thread 0x7ffff7a1d6c0 (LWP 6827))]
 *	#0  0x00007ffff7aed545 in __GI___clock_nanosleep (id=0) at ../sysdeps/x.c:48
 * The frames are read by gdbframe.c. */
#include "gdb.h"
#include "death.h"

#include <stdlib.h>

/* How far gdb's own lines may reach from the signal to the stacks. */
#define LINES_AFTER_SIGNAL 64
/* No thread has this number. */
#define ANY UINT64_MAX

struct session {
	uint64_t current;      /* LWP of the thread that a stack without a head is of; 0 unknown */
	uint64_t number;       /* gdb's number of the one that died; 0 unknown */
	int signal;            /* that it died of */
	bool may_crash;        /* no stack has been marked yet */
	bool switched;         /* to a thread that need not be the one that died, which is ... */
	uint64_t died;         /* ... this LWP; 0 unknown */
	uint32_t first;        /* task of the report */
	uint32_t stop;         /* frame that gdb showed when it stopped; STK_NONE ... */
	const char *stop_args; /* ... and its arguments */
	struct gdb_lines lines;
	struct map stacks; /* those of the report, for add_stack() */
};

struct header {
	uint64_t number, lwp;
	struct slice name;
};

/* ---- lines ---- */

static uint64_t id_after(struct slice line, const char *what)
{
	uint64_t id = 0;
	size_t at = slice_find(line, what);

	if (at == SIZE_MAX)
		return 0;
	line = slice_from(line, at + strlen(what));
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

/* "[Switching to thread 2 (Thread 0x7f.. (LWP 12))]": what "thread 2" says in a session. The
 * other, "[Switching to Thread 0x7f.. (LWP 12)]", is part of a stop. */
static bool is_switch(struct slice line)
{
	uint64_t number;

	return slice_skip(&line, "[Switching to thread ") && slice_dec(&line, &number);
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

/* The key of a stack and whose it is; `id` 0: of a thread without a name. */
static uint64_t key_of(uint64_t stack, uint64_t id)
{
	return stack ^ id * 0x9e3779b97f4a7c15ull;
}

/* Of these the first is the thread itself, the second has no name so far, the third any. */
static bool find_again(struct trace *t, const struct session *s, uint64_t stack, uint64_t id,
		       uint32_t *task)
{
	const uint64_t keys[] = { key_of(stack, id), key_of(stack, 0), key_of(stack, ANY) };
	uint64_t found;
	size_t i;

	for (i = 0; i < (id ? 2 : ARRAY_SIZE(keys)); i++) {
		if (!map_get(&s->stacks, keys[i], &found))
			continue;
		*task = (uint32_t)found;
		if ((!id || !builder_task_at(trace_builder(t), *task)->id || i == 0) &&
		    trace_again(t, *task))
			return true;
	}
	return false;
}

/* The stack that was read, as a task; one that was there before ("bt" and then "thread apply all
 * bt") is not counted again. `id` 0: unknown. */
static struct stk_task *add_stack(struct trace *t, struct session *s, uint64_t id)
{
	uint64_t stack = trace_hash(t);
	struct stk_task *task;
	uint32_t index;

	if (!find_again(t, s, stack, id, &index)) {
		index = builder_ntasks(trace_builder(t));
		(void)trace_task(t, STK_THREAD);
	}
	task = builder_task_at(trace_builder(t), index);
	if (id)
		task->id = id;
	map_put(&s->stacks, key_of(stack, task->id), index);
	map_put(&s->stacks, key_of(stack, ANY), index);
	return task;
}

static void read_thread(struct trace *t, struct session *s)
{
	struct header header;
	struct stk_task *task;
	struct slice line;

	trace_next(t, &line);
	is_header(gdb_without_prompt(line), &header);
	gdb_read_frames(t, &s->lines);
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

	gdb_read_frames(t, &s->lines);
	if (!trace_pushed(t))
		return false;
	task = add_stack(t, s, s->current);
	task->tid = (uint32_t)task->id;
	if (s->signal && (!s->switched || (s->died && s->died == s->current)))
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

	for (lines = 0; lines < LINES_AFTER_SIGNAL && gdb_next_line(t, &line); lines++) {
		if (is_header(line, &header) || (gdb_is_frame(line, &number) && !number)) {
			trace_pass(t, start, trace_place(t));
			return true;
		}
		if (is_signal(line) || is_switch(line))
			break;
		if (slice_starts(line, "[Current thread is ") ||
		    slice_starts(line, "[Switching to "))
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

	for (lines = 0; lines < LINES_AFTER_SIGNAL && !found && gdb_next_line(t, &line); lines++) {
		found = gdb_is_frame(line, &number);
		if (is_header(line, &header) || is_signal(line) || is_switch(line))
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

/* gdb shows the frame that a thread stopped in, and again in the stack that follows. */
static void read_stop(struct trace *t, struct session *s)
{
	struct trace_place start;
	struct trace_frame frame;
	struct slice line;
	uint64_t number;
	bool is_one;

	if (!skip_to_stack(t, s))
		return;
	start = trace_place(t);
	if (!gdb_next_line(t, &line) || !gdb_frame_number(&line, &number))
		return;
	s->lines.line.size = 0;
	gdb_take_line(&s->lines, line);
	trace_skip(t);
	gdb_take_wrapped(t, &s->lines);
	is_one = gdb_parse_frame((struct slice){ s->lines.line.at, s->lines.line.size }, &frame);
	/* a longer stack is no repetition, and the only frame is the only stack */
	if (!is_one || goes_on(t) || !skip_to_stack(t, s))
		trace_return(t, start);
	else
		set_stop(t, s, &frame);
}

static void read_signal(struct trace *t, struct session *s)
{
	struct slice line, name, what, command;

	if (trace_above(t, &command) && slice_skip(&command, "Core was generated by `") &&
	    slice_drop(&command, "'."))
		builder_target(trace_builder(t))->command_line = trace_str(t, command);
	trace_next(t, &line);
	line = gdb_without_prompt(line);
	parse_signal(line, &name, &what);
	s->number = id_after(line, "Thread ");
	if (!s->number)
		s->number = 1;
	s->current = 0;
	s->switched = false;
	s->signal = death_by_signal(t, line, name, what);
	s->may_crash = true;
	read_stop(t, s);
}

/* Does the task begin with the frame that gdb stopped in? */
static bool has_stop(struct trace *t, const struct session *s, const struct stk_task *task)
{
	struct builder *b = trace_builder(t);
	const struct stk_stack *stack = builder_stack_at(b, task->stack);
	const struct stk_loc *first, *stop = builder_loc_at(b, builder_frame_at(b, s->stop)->loc);

	if (!stack->count || (task->detail && task->detail[0].args != s->stop_args))
		return false;
	if (s->current && task->id && task->id != s->current)
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
	task->signal = s->switched ? 0 : (uint8_t)s->signal;
}

static enum trace_line judge_first(struct trace *t, struct slice line, const void *arg)
{
	struct header header;
	uint64_t number;

	(void)t, (void)arg;
	line = gdb_without_prompt(line);
	if (gdb_is_frame(line, &number))
		return number ? TRACE_LINE_END : TRACE_LINE_OWN;
	return is_header(line, &header) || is_switch(line) || is_signal(line) ? TRACE_LINE_END
									      : TRACE_LINE_OTHER;
}

/* false: it says nothing of where that thread is. */
static bool read_switch(struct trace *t, struct session *s)
{
	struct trace_place start = trace_place(t);
	struct slice line, next;
	uint64_t number;

	trace_next(t, &line);
	if (!gdb_next_line(t, &next) ||
	    ((!gdb_is_frame(next, &number) || number) && !trace_gap(t, judge_first, NULL))) {
		trace_return(t, start);
		return false;
	}
	keep_stop(t, s);
	s->stop = STK_NONE;
	if (!s->switched)
		s->died = s->current;
	s->switched = true;
	s->current = id_after(gdb_without_prompt(line), "LWP ");
	read_stop(t, s);
	return true;
}

static bool is_own(struct slice line)
{
	struct header header;
	uint64_t number;

	return !slice_trim(line).size || is_header(line, &header) || is_signal(line) ||
	       is_switch(line) ||
	       (gdb_is_frame(line, &number) && !number && slice_starts(line, "#0  "));
}

/* Another thread, behind what gdb or others have printed between. */
static enum trace_line judge_part(struct trace *t, struct slice line, const void *arg)
{
	struct header header;
	uint64_t number;

	(void)t, (void)arg;
	line = gdb_without_prompt(line);
	if (is_header(line, &header) || is_switch(line))
		return TRACE_LINE_OWN;
	return is_signal(line) || gdb_is_frame(line, &number) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct header header;
	struct slice line;
	struct gdb_lines s = { .nvalues = 0 };
	bool is_one;

	if (!trace_next(t, &line))
		return false;
	line = gdb_without_prompt(line);
	if (is_header(line, &header) || is_signal(line) || is_switch(line))
		return true;
	if (!slice_skip(&line, "#0  "))
		return false;
	gdb_take_line(&s, line);
	gdb_take_wrapped(t, &s);
	is_one = gdb_parse_frame((struct slice){ s.line.at, s.line.size }, &frame);
	gdb_lines_deinit(&s);
	return is_one;
}

static void read_stacks(struct trace *t)
{
	struct session s = { .first = builder_ntasks(trace_builder(t)), .stop = STK_NONE };
	struct header header;
	struct slice line;
	bool more = true;

	while (more && gdb_next_line(t, &line) &&
	       (is_own(line) || trace_small_gap(t, judge_part, NULL))) {
		gdb_next_line(t, &line);
		if (is_header(line, &header))
			read_thread(t, &s);
		else if (is_signal(line))
			read_signal(t, &s);
		else if (is_switch(line))
			more = read_switch(t, &s);
		else if (!slice_starts(line, "#"))
			trace_skip(t);
		else
			more = read_current(t, &s);
	}
	keep_stop(t, &s);
	gdb_lines_deinit(&s.lines);
	map_deinit(&s.stacks);
}

/* Of "Thread 7 has finished" logs are full: a header goes on with a bracket, a stop has a signal. */
static bool fits(struct slice line, size_t at)
{
	struct slice rest = slice_from(line, at);
	uint64_t number;

	if (!slice_starts(rest, "Thread ") && !slice_starts(rest, "Program "))
		return true;
	if (slice_skip(&rest, "Thread ") && slice_dec(&rest, &number) &&
	    (!slice_skip(&rest, ".") || slice_dec(&rest, &number)) && slice_starts(rest, " ("))
		return true;
	return slice_find(rest, " signal ") != SIZE_MAX;
}

static const struct trace_mark marks[] = {
	{ "Thread ", "", false }, { "Program ", "", false }, { "[Switching to thread ", "", false },
	{ "#0  ", "", false },    { NULL, NULL, false },
};

const struct trace_format trace_gdb = {
	.name = "gdb",
	.marks = marks,
	.probe = probe,
	.read = read_stacks,
	.fits = fits,
};
