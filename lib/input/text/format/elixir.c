/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of Elixir 1.0 to 1.18 (Exception.format of lib/exception.ex; lib/logger).
 *	** (App.StoreError) no such key
 *	    (app 0.1.0) lib/store.ex:12: App.Store.find/1
 *	    (stdlib 4.2) lists.erl:1462: :lists.foldl/3
 *	    (elixir) lib/enum.ex:1: anonymous fn/2 in App.run/0
 *	    app.exs:44: (file)
 * "** (exit) an exception was raised:" has another one in it, indented. */
#include "exception.h"

#define MESSAGE 16 /* lines of a message that only the frames below it end */

/* "App.Store.find(1, 2)"; "(file)" and "anonymous fn/2 in App.run/0" have none. */
static struct slice without_arguments(struct slice s)
{
	size_t open = slice_ends(s, ")") ? slice_find(s, "(") : SIZE_MAX;

	return open == SIZE_MAX || !open ? s : slice_to(s, open);
}

/* "stdlib 4.2" */
static bool is_version(struct slice s)
{
	struct slice name;

	return slice_until(&s, " ", &name) && exception_is_name(name, "") && s.size &&
	       s.at[0] >= '0' && s.at[0] <= '9';
}

/* "[(APP VERSION)] FILE:LINE: FUNCTION" */
static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), app = NO_SLICE, place;
	uint32_t column;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (exception_indent(line) < 4)
		return false;
	if (slice_skip(&rest, "(") && !slice_until(&rest, ") ", &app))
		return false;
	if (!slice_until(&rest, ": ", &place)) {
		/* no file is known of it: "(stdlib 4.2) :ets.lookup(:none, 1)" */
		frame->func = without_arguments(rest);
		return slice_starts(slice_trim(line), "(") && is_version(app) &&
		       slice_find(frame->func, ".") != SIZE_MAX &&
		       slice_find(frame->func, " ") == SIZE_MAX;
	}
	frame->func = without_arguments(rest);
	return slice_place(place, &frame->file, &frame->line, &column) && !column && rest.size &&
	       slice_find(frame->file, " ") == SIZE_MAX && slice_find(frame->file, ".") != SIZE_MAX;
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame);
}

/* "** (TYPE) MESSAGE" */
static bool parse_head(struct slice line, struct slice *type, struct slice *message)
{
	struct slice rest = slice_trim(line);

	if (!slice_skip(&rest, "** (") || !slice_until(&rest, ")", type) || !type->size)
		return false;
	*message = slice_trim(rest);
	return true;
}

static bool is_head(struct slice line)
{
	struct slice type, message;

	return parse_head(line, &type, &message);
}

/* Frames whose head is further up, where the message has several lines. */
static unsigned above(struct trace_above *above)
{
	struct slice line;
	unsigned own = 0, at;

	while (trace_above_line(above, own, &line) && is_frame(line))
		own++;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++)
		if (is_head(line))
			return at + 1;
	return own;
}

static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < MESSAGE && trace_next(t, &line)) {
		ended = is_frame(line) || is_head(line);
		if (ended)
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

/* false: the stack of this one is that of the one that stands in it */
static bool read_head(struct trace *t, struct exception *e, struct slice type, struct slice message)
{
	struct exception_part *part;
	struct slice line;
	unsigned lines;

	trace_next(t, &line);
	part = exception_part(e, slice_trim(line));
	if (!part)
		return false;
	part->type = type;
	part->message = message;
	for (lines = message_lines(t); lines && trace_next(t, &line); lines--)
		exception_more(part, line);
	return true;
}

static void read_exception(struct trace *t)
{
	struct exception e = { 0 };
	struct trace_frame frame;
	struct slice line, type, message;
	uint32_t number = trace_place(t).line;

	e.fatal = !exception_is_logged(t);
	while (trace_peek(t, &line) && parse_head(line, &type, &message) &&
	       (!e.count || exception_indent(line)) && read_head(t, &e, type, message))
		;
	if (!e.count)
		exception_part(&e, NO_SLICE);
	while (exception_goes_on(t, is_frame, is_head) && trace_peek(t, &line) &&
	       parse_frame(line, &frame)) {
		exception_frame(t, &e, &e.parts[e.count - 1], &frame);
		trace_skip(t);
	}
	/* the innermost is what happened */
	exception_emit(t, &e, e.count - 1, number);
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned lines;

	if (!trace_next(t, &line))
		return false;
	for (lines = is_head(line) ? MESSAGE : 0; lines && !is_frame(line); lines--)
		if (!trace_next(t, &line))
			return false;
	return is_frame(line);
}

static const struct trace_mark marks[] = {
	{ "** (", " ", false },
	{ ".ex:", "", true },
	{ ".exs:", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_elixir = {
	.name = "elixir",
	.marks = marks,
	.probe = probe,
	.read = read_exception,
	.above = above,
};
