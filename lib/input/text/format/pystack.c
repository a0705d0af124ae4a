/* SPDX-License-Identifier: Apache-2.0 */
/* What pystack 1 prints of a process or a core (traceback_formatter.py): the newest call stands last.
 *	Traceback for thread 4711 (python3) [Has the GIL] (most recent call last):
 *	    (C) File "../csu/libc-start.c", line 58, in __libc_start_call_main (/lib/libc.so.6)
 *	    (Python) File "/src/app.py", line 40, in <module>
 *	        main()
 *	      Arguments:                         with --locals
 *	        key: 'a'
 *	      Locals:
 *	        i: 3
 *	The frame stack for thread 4714 is empty */
#include "exception.h"

#include <stdlib.h>

struct header {
	uint64_t tid;
	struct slice name, state;
	bool empty;
};

static bool parse_header(struct slice s, struct header *h)
{
	struct slice rest;

	*h = (struct header){ .name = NO_SLICE };
	if (slice_skip(&s, "The frame stack for thread ")) {
		h->empty = true;
		return slice_dec(&s, &h->tid) && slice_is(s, " is empty");
	}
	if (!slice_skip(&s, "Traceback for thread ") || !slice_dec(&s, &h->tid) ||
	    !slice_drop(&s, " (most recent call last):"))
		return false;
	rest = slice_trim(s);
	if (slice_skip(&rest, "(") && !slice_until(&rest, ")", &h->name))
		return false;
	rest = slice_trim(rest);
	if (slice_skip(&rest, "[") && slice_drop(&rest, "]") && rest.size)
		h->state = rest;
	return true;
}

/* `(Python) File "PATH", line N, in FUNC`; native ones name their module behind that. */
static bool parse_frame(struct slice s, struct trace_frame *frame)
{
	uint64_t line = 0;
	size_t open;
	bool python;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	s = slice_trim(s);
	python = slice_skip(&s, "(Python) File \"");
	if ((!python && !slice_skip(&s, "(C) File \"")) ||
	    !slice_until(&s, "\", line ", &frame->file) ||
	    (!slice_dec(&s, &line) && !slice_skip(&s, "?")) || line > INT32_MAX ||
	    !slice_skip(&s, ", in "))
		return false;
	frame->line = (uint32_t)line;
	if (slice_is(frame->file, "???"))
		frame->file = NO_SLICE;
	open = !python && slice_ends(s, ")") ? slice_rfind(s, '(') : SIZE_MAX;
	if (open != SIZE_MAX && open > 1 && s.at[open - 1] == ' ') {
		frame->module = slice_between(s, open + 1, s.size - 1);
		s = slice_to(s, open - 1);
	}
	frame->func = s;
	return s.size > 0;
}

static bool is_frame(struct slice s)
{
	struct trace_frame frame;

	return parse_frame(s, &frame);
}

static bool is_head(struct slice s)
{
	struct header h;

	return parse_header(s, &h);
}

/* ---- what stands below a frame ---- */

static bool is_section(struct slice s, bool *arguments)
{
	s = slice_trim(s);
	*arguments = slice_is(s, "Arguments:");
	return *arguments || slice_is(s, "Locals:");
}

/* Variables are those of one frame, those that are kept here are of all places alike: they stay text. */
static void pass_values(struct trace *t)
{
	struct slice line, name;
	bool arguments;

	if (!trace_peek(t, &line) || !is_section(line, &arguments))
		return;
	while (trace_peek(t, &line) && !is_frame(line) && exception_indent(line) >= 6 &&
	       (is_section(line, &arguments) || slice_until(&line, ": ", &name)))
		trace_pass_line(t);
}

static void read_frames(struct trace *t, struct exception *e, struct exception_part *part)
{
	struct trace_frame frame;
	struct slice line, next;
	bool section;

	while (exception_goes_on(t, is_frame, is_head) && trace_peek(t, &line)) {
		parse_frame(line, &frame);
		trace_skip(t);
		if (trace_peek(t, &next) && exception_indent(next) >= exception_indent(line) + 4 &&
		    !is_section(next, &section) &&
		    trace_source_line(t, frame.line, slice_trim(next)))
			trace_skip(t);
		exception_frame(t, e, part, &frame);
		pass_values(t);
	}
}

static void read_thread(struct trace *t, const struct header *h)
{
	struct exception e = { 0 };
	struct exception_part *part = exception_part(&e, NO_SLICE);
	struct builder *b = trace_builder(t);
	uint32_t number = trace_place(t).line, task = builder_ntasks(b);

	part->reversed = true;
	trace_skip(t);
	read_frames(t, &e, part);
	e.id = h->tid;
	e.thread = h->name;
	e.state = trace_str(t, h->state);
	exception_emit(t, &e, 0, number);
	builder_task_at(b, task)->tid = (uint32_t)h->tid;
}

static void read_dump(struct trace *t)
{
	struct trace_place place;
	struct slice line;
	struct header h;

	for (;;) {
		place = trace_place(t);
		while (trace_peek(t, &line) && !slice_trim(line).size)
			trace_skip(t);
		if (!trace_peek(t, &line) || !parse_header(line, &h))
			break;
		read_thread(t, &h);
	}
	trace_return(t, place);
}

static bool probe(struct trace *t)
{
	struct slice line;
	struct header h;

	return trace_next(t, &line) && parse_header(line, &h);
}

static const struct trace_mark marks[] = {
	{ "Traceback for thread ", "", false },
	{ "The frame stack for thread ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_pystack = {
	.name = "pystack",
	.marks = marks,
	.probe = probe,
	.read = read_dump,
};
