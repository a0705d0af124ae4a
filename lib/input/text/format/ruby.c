/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of Ruby 1.9 to 3.4 (error.c, eval_error.c), in both orders, and lists of frames in logs.
 *	app.rb:12:in `find': no such key (KeyError)              'App::Store#find' from 3.4
 *		from app.rb:40:in `block in load'
 *		 ... 9993 levels...
 *		from app.rb:44:in `<main>'
 *	app.rb:9:in `fetch': not there (IndexError)              what caused it
 *		from app.rb:12:in `find'
 * Ruby 2.5 to 2.7 on a terminal:
 *	Traceback (most recent call last):
 *		1: from app.rb:44:in `<main>'
 *	app.rb:12:in `find': no such key (KeyError)
 * A crash of Ruby itself has "-- Ruby level backtrace information ----", the newest call last. */
#include "exception.h"

#define MESSAGE 16 /* lines of a message that only the frames below it end */

/* "FILE:LINE:in `FUNC'"; s is left behind it */
static bool take_place(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s, place;
	uint32_t column;
	size_t end;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_until(&rest, ":in ", &place) || !rest.size ||
	    (rest.at[0] != '`' && rest.at[0] != '\'') ||
	    !slice_place(place, &frame->file, &frame->line, &column) || column)
		return false;
	rest = slice_from(rest, 1);
	end = slice_find(rest, "'");
	if (end == SIZE_MAX || !end)
		return false;
	frame->func = slice_to(rest, end);
	*s = slice_from(rest, end + 1);
	/* what has a blank in it begins with a logger's prefix */
	return slice_find(frame->file, " ") == SIZE_MAX;
}

/* "from PLACE", "12: from PLACE" */
static bool parse_from(struct slice line, struct trace_frame *frame, bool *numbered)
{
	struct slice rest = slice_trim(line);
	uint64_t number;

	*numbered = slice_dec(&rest, &number) && slice_skip(&rest, ": ");
	return exception_indent(line) && slice_skip(&rest, "from ") && take_place(&rest, frame) &&
	       !rest.size;
}

/* "PLACE: MESSAGE (TYPE)"; of several lines, the type is at the end of the first one. */
static bool parse_head(struct slice line, struct trace_frame *frame, struct slice *type,
		       struct slice *message)
{
	struct slice rest = slice_trim(line);
	size_t open;

	*type = NO_SLICE;
	if (!take_place(&rest, frame) || !slice_skip(&rest, ": "))
		return false;
	*message = rest;
	open = slice_ends(rest, ")") ? slice_rfind(rest, '(') : SIZE_MAX;
	if (open == SIZE_MAX)
		return slice_is(rest, "unhandled exception");
	*type = slice_between(rest, open + 1, rest.size - 1);
	*message = slice_trim(slice_to(rest, open));
	return exception_is_name(*type, ":#<>");
}

/* A frame alone on its line. */
static bool parse_bare(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	return take_place(&rest, frame) && !rest.size;
}

/* " ... 9993 levels..." */
static bool parse_levels(struct slice line, uint64_t *count)
{
	line = slice_trim(line);
	return slice_skip(&line, "... ") && slice_dec(&line, count) && slice_is(line, " levels...");
}

static bool is_traceback(struct slice line)
{
	return slice_is(slice_trim(line), "Traceback (most recent call last):");
}

static bool is_level(struct slice line)
{
	return slice_starts(slice_trim(line), "-- Ruby level backtrace information ---");
}

static bool is_head(struct slice line)
{
	struct trace_frame frame;
	struct slice type, message;

	return parse_head(line, &frame, &type, &message);
}

static bool begins_another(struct slice line)
{
	return is_head(line) || is_traceback(line) || is_level(line);
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;
	uint64_t count;
	bool numbered;

	return parse_from(line, &frame, &numbered) || parse_levels(line, &count);
}

static bool is_bare(struct slice line)
{
	struct trace_frame frame;

	return parse_bare(line, &frame);
}

/* ---- reading ---- */

static void add_frames(struct trace *t, struct exception *e, bool (*own)(struct slice line))
{
	struct exception_part *part = &e->parts[e->count - 1];
	struct trace_frame frame;
	struct slice line;
	uint64_t count;
	bool numbered;

	while (exception_goes_on(t, own, begins_another) && trace_peek(t, &line)) {
		if (parse_levels(line, &count))
			exception_elided(part, count);
		else if (parse_from(line, &frame, &numbered) || parse_bare(line, &frame))
			exception_frame(t, e, part, &frame);
		trace_skip(t);
	}
}

/* How many lines the message has besides the first: up to the frames. */
static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < MESSAGE && trace_next(t, &line) && !begins_another(line)) {
		ended = is_frame(line);
		if (ended)
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

static bool read_head(struct trace *t, struct exception *e)
{
	struct exception_part *part;
	struct trace_frame frame;
	struct slice line, type, message;
	unsigned lines;

	trace_next(t, &line);
	if (!parse_head(line, &frame, &type, &message))
		return false;
	part = exception_part(e, slice_trim(line));
	if (!part)
		return false;
	part->type = type;
	part->message = message;
	e->fatal = true;
	exception_frame(t, e, part, &frame);
	for (lines = message_lines(t); lines && trace_next(t, &line); lines--)
		exception_more(part, line);
	return true;
}

static bool is_numbered(struct slice line)
{
	struct trace_frame frame;
	bool numbered;

	return parse_from(line, &frame, &numbered) && numbered;
}

/* How many lines stand before the frames of what this exception caused; 0: it caused none. */
static unsigned lines_to_next(struct trace *t)
{
	struct slice line;
	unsigned lines;

	for (lines = 0; lines < MESSAGE && trace_peek_at(t, lines, &line); lines++) {
		if (is_numbered(line))
			return lines + 1;
		if (begins_another(line) || is_bare(line))
			break;
	}
	return 0;
}

/* Of a terminal: frames first, then what happened. false: that is missing. */
static bool read_upwards(struct trace *t, struct exception *e)
{
	struct exception_part *part = exception_part(e, NO_SLICE);
	struct trace_frame frame;
	struct slice line;
	bool numbered;

	if (!part)
		return false;
	part->reversed = true;
	e->fatal = true;
	while (exception_goes_on(t, is_frame, begins_another) && trace_peek(t, &line)) {
		if (parse_from(line, &frame, &numbered))
			exception_frame(t, e, part, &frame);
		trace_skip(t);
	}
	if (!exception_goes_on(t, is_head, is_traceback) || !trace_peek(t, &line))
		return false;
	parse_head(line, &frame, &part->type, &part->message);
	part->head = line;
	exception_frame(t, e, part, &frame);
	trace_skip(t);
	return true;
}

/* Above each other stand what caused an exception and the exception. */
static void read_reversed(struct trace *t, struct exception *e)
{
	struct slice line;
	unsigned lines;

	if (trace_peek(t, &line) && is_traceback(line))
		trace_skip(t);
	do {
		if (!read_upwards(t, e)) {
			trace_truncated(t, trace_line_number(t), "the exception is missing");
			return;
		}
		lines = lines_to_next(t);
		for (; lines > 1 && trace_next(t, &line); lines--)
			exception_more(&e->parts[e->count - 1], line);
	} while (lines);
}

/* Frames alone, below a line that says what happened. */
static void read_list(struct trace *t, struct exception *e)
{
	struct exception_part *part;
	struct slice line, above;
	bool level = trace_peek(t, &line) && is_level(line);

	part = exception_part(e, NO_SLICE);
	part->reversed = level;
	e->fatal = level;
	if (level) {
		part->message = SLICE("Ruby itself crashed");
		trace_skip(t);
	} else if (trace_above(t, &above) && slice_trim(above).size) {
		trace_title(t, slice_trim(above));
	}
	add_frames(t, e, is_bare);
}

static void read_exception(struct trace *t)
{
	struct exception e = { 0 };
	uint32_t number = trace_place(t).line;
	struct slice line;
	bool reversed;

	if (!trace_peek(t, &line))
		return;
	reversed = is_traceback(line) || is_numbered(line);
	if (reversed) {
		read_reversed(t, &e);
	} else if (is_head(line)) {
		while (trace_peek(t, &line) && is_head(line) && read_head(t, &e))
			add_frames(t, &e, is_frame);
	} else if (is_level(line) || is_bare(line)) {
		read_list(t, &e);
	} else {
		exception_part(&e, NO_SLICE);
		add_frames(t, &e, is_frame);
	}
	/* what happened stands first and what caused it behind it, or the other way */
	exception_emit(t, &e, reversed || !e.count ? 0 : e.count - 1, number);
}

static bool probe(struct trace *t)
{
	struct slice line, next;

	if (!trace_next(t, &line))
		return false;
	if (is_head(line) || is_frame(line))
		return true;
	if (!trace_next(t, &next))
		return false;
	if (is_traceback(line))
		return is_frame(next) || (trace_next(t, &next) && is_frame(next));
	return (is_level(line) || is_bare(line)) && is_bare(next);
}

#define PATH "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%~:<>()\t"

static const struct trace_mark marks[] = {
	{ ":in `", PATH, false },
	{ ":in '", PATH, false },
	{ ":in |'", PATH, false },    /* of TeamCity */
	{ ":in &#39;", PATH, false }, /* of a page */
	{ "Traceback (most recent call last)", "", false },
	{ "-- Ruby level backtrace information", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_ruby = {
	.name = "ruby",
	.marks = marks,
	.probe = probe,
	.read = read_exception,
};
