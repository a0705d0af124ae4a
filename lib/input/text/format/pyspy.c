/* SPDX-License-Identifier: Apache-2.0 */
/* What py-spy 0.3 and 0.4 dump (print_traces of its dump.rs).
 *	Process 4711: python3 app.py --port 80
 *	Python v3.11.2 (/usr/bin/python3.11)
 *
 *	Thread 4711 (active+gil): "MainThread"
 *	    find (app.py:12)
 *	        Arguments:                       with --locals
 *	            key: "a"
 *	        Locals:
 *	            i: 3
 *	    _PyEval_Vector (python3.11)          with --native
 *	Thread 0x7F1F2B7FF6C0 (idle)
 *	    wait (threading.py:320)
 *	    Called from: 4711 ...                with --subprocesses, Process lines again */
#include "exception.h"

#include <stdlib.h>

static bool parse_process(struct slice s, uint64_t *pid, struct slice *command)
{
	if (!slice_skip(&s, "Process ") || !slice_dec(&s, pid) || !slice_skip(&s, ": "))
		return false;
	*command = s;
	return s.size > 0;
}

static bool is_version(struct slice s)
{
	return slice_skip(&s, "Python v") && s.size && s.at[0] >= '0' && s.at[0] <= '9' &&
	       slice_ends(s, ")");
}

struct header {
	uint64_t id;
	struct slice state, name;
};

static bool parse_header(struct slice s, struct header *h)
{
	static const char *const states[] = { "idle", "active", "active+gil", "idle+gil" };
	size_t i;

	*h = (struct header){ .name = NO_SLICE };
	if (!slice_skip(&s, "Thread ") || (!slice_hex(&s, &h->id) && !slice_dec(&s, &h->id)) ||
	    !slice_skip(&s, " (") || !slice_until(&s, ")", &h->state))
		return false;
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (slice_is(h->state, states[i]))
			break;
	if (i == ARRAY_SIZE(states))
		return false;
	if (!s.size)
		return true;
	if (!slice_skip(&s, ": \"") || !slice_drop(&s, "\""))
		return false;
	h->name = s;
	return true;
}

/* "NAME (FILE:LINE)", "NAME (MODULE)" */
static bool parse_frame(struct slice s, struct trace_frame *frame)
{
	size_t open;
	struct slice place;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (exception_indent(s) < 4 || exception_indent(s) > 6)
		return false;
	s = slice_trim(s);
	open = slice_ends(s, ")") ? slice_rfind(s, '(') : SIZE_MAX;
	if (open == SIZE_MAX || open < 2 || s.at[open - 1] != ' ')
		return false;
	place = slice_between(s, open + 1, s.size - 1);
	frame->func = slice_to(s, open - 1);
	if (frame->func.at[0] == '(' || slice_find(place, "(") != SIZE_MAX)
		return false;
	if (!slice_place(place, &frame->file, &frame->line, &frame->column))
		frame->module = place;
	return place.size > 0;
}

static bool is_frame(struct slice s)
{
	struct trace_frame frame;

	return parse_frame(s, &frame);
}

static bool is_head(struct slice s)
{
	struct header h;
	struct slice command;
	uint64_t pid;

	return parse_header(s, &h) || parse_process(s, &pid, &command) ||
	       slice_find(s, "(most recent call ") != SIZE_MAX;
}

/* ---- variables ---- */

static bool is_section(struct slice s, bool *arguments)
{
	if (exception_indent(s) < 8)
		return false;
	s = slice_trim(s);
	*arguments = slice_is(s, "Arguments:");
	return *arguments || slice_is(s, "Locals:");
}

/* With frames that have variables, all of them; without STK_WANT_DETAIL they are not kept. */
static void read_values(struct trace *t, struct trace_frame *frame)
{
	struct stk_value *values = NULL;
	size_t cap = 0;
	struct slice line, name;
	bool arguments = false;

	while (trace_peek(t, &line) && exception_indent(line) >= 8) {
		if (!is_section(line, &arguments)) {
			line = slice_trim(line);
			if (!slice_until(&line, ": ", &name))
				break;
			values = grow(values, &cap, frame->nvalues + 1, sizeof(*values));
			values[frame->nvalues++] = (struct stk_value){
				.name = trace_str(t, name),
				.type = builder_str(trace_builder(t), ""),
				.text = trace_str(t, line),
				.argument = arguments,
			};
		}
		trace_skip(t);
	}
	frame->values = builder_array(trace_builder(t), values, frame->nvalues, sizeof(*values));
	free(values);
}

/* ---- the dump ---- */

static void read_thread(struct trace *t, const struct header *h)
{
	struct trace_frame frame;
	struct stk_task *task;
	struct slice line;

	trace_skip(t);
	while (exception_goes_on(t, is_frame, is_head) && trace_peek(t, &line)) {
		parse_frame(line, &frame);
		trace_skip(t);
		read_values(t, &frame);
		trace_push_frame(t, &frame);
	}
	task = trace_task(t, STK_THREAD);
	task->id = h->id;
	task->tid = h->id <= INT32_MAX ? (uint32_t)h->id : 0;
	task->name = trace_str(t, h->name);
	task->state = trace_str(t, h->state);
	if (slice_starts(h->state, "active"))
		task->flags = STK_TASK_RUNNING;
}

static void read_process(struct trace *t, struct slice line, uint64_t pid, struct slice command)
{
	struct stk_target *target = builder_target(trace_builder(t));

	trace_title(t, line);
	if (!target->pid) {
		target->pid = pid;
		target->command_line = trace_str(t, command);
	}
	trace_skip(t);
	if (trace_peek(t, &line) && is_version(line)) {
		slice_skip(&line, "Python v");
		builder_fact(trace_builder(t), "python", "version", trace_str(t, line));
		trace_skip(t);
	}
}

static void read_dump(struct trace *t)
{
	struct trace_place place;
	struct slice line, command;
	struct header h;
	uint64_t pid;

	for (;;) {
		place = trace_place(t);
		while (trace_peek(t, &line) && !slice_trim(line).size)
			trace_skip(t);
		if (!trace_peek(t, &line))
			break;
		if (parse_header(line, &h))
			read_thread(t, &h);
		else if (parse_process(line, &pid, &command))
			read_process(t, line, pid, command);
		else
			break;
	}
	trace_return(t, place);
}

static bool probe(struct trace *t)
{
	struct slice line, next, command;
	struct header h;
	uint64_t pid;

	if (!trace_next(t, &line))
		return false;
	if (parse_process(line, &pid, &command))
		return trace_next(t, &next) && is_version(next);
	return parse_header(line, &h) && (!trace_next(t, &next) || is_frame(next) || is_head(next));
}

/* "Thread 7 has finished" is none, of which logs are full. */
static bool fits(struct slice line, size_t at)
{
	struct slice rest = slice_from(line, at);
	uint64_t id;

	if (!slice_skip(&rest, "Thread "))
		return true;
	return (slice_hex(&rest, &id) || slice_dec(&rest, &id)) && slice_starts(rest, " (");
}

static const struct trace_mark marks[] = {
	{ "Process ", "", false },
	{ "Thread ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_pyspy = {
	.name = "py-spy",
	.marks = marks,
	.probe = probe,
	.read = read_dump,
	.fits = fits,
};
