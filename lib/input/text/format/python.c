/* SPDX-License-Identifier: Apache-2.0 */
/* Tracebacks of Python (Lib/traceback.py and Python/traceback.c of CPython 2.7 to 3.14): the newest call
 * stands last, then the exception.
 *	Exception in thread Thread-1 (work):
 *	Traceback (most recent call last):
 *	  File "/src/app.py", line 12, in work
 *	    return find(key)
 *	           ~~~~^^^^^                      from 3.11
 *	  [Previous line repeated 996 more times]
 *	KeyError: 'a'
 *
 *	During handling of the above exception, another exception occurred:
 * and the next one follows. Exceptions that stand in a group have a margin; a group is printed before
 * what is in it:
 *	  + Exception Group Traceback (most recent call last):
 *	  |   File "/src/app.py", line 3, in <module>
 *	  | ExceptionGroup: two (2 sub-exceptions)
 *	  +-+---------------- 1 ----------------
 *	    | Traceback (most recent call last):
 *	    |   File ...
 *	    | ValueError: 1
 *	    +---------------- 2 ----------------
 *	    | TypeError: 2
 *	    +------------------------------------
 * Of code that does not compile there is no call: `  File "app.py", line 1`, and no first line.
 * The last exception that stands in no other is what happened. Whether it was caught, and only printed,
 * is not told: where the line above is the record of a logger, it was. */
#include "exception.h"

#include <string.h>

/* How far the exception may be from the calls, with lines of others between. */
#define NEAR 3

/* ---- lines ---- */

/* A line without the margin of a group. How a logger's prefix ends is not known for certain: there may be
 * a blank more than Python has printed. */
struct content {
	struct slice text;
	size_t margin; /* where it stands; 0: there is none */
	bool joint;    /* "+": a head, or a line between two exceptions */
};

static struct content content_of(struct slice line)
{
	struct content c = { .text = line };
	size_t at = exception_indent(line);

	if (at < 2 || at >= line.size || (line.at[at] != '|' && line.at[at] != '+'))
		return c;
	c.margin = at;
	c.joint = line.at[at] == '+';
	c.text = slice_from(line, at + 1);
	slice_skip(&c.text, " ");
	return c;
}

static bool is_head(struct slice s)
{
	s = slice_trim(s);
	return slice_is(s, "Traceback (most recent call last):") ||
	       slice_is(s, "Exception Group Traceback (most recent call last):");
}

/* "-+---------------- 1 ----------------", "------------------------------------" */
static bool is_between(const struct content *c)
{
	struct slice s = c->text;

	if (!c->joint)
		return false;
	slice_skip(&s, "-+");
	return slice_starts(s, "----------------");
}

/* Python's own frames end behind "line N" or with ", in NAME"; those of faulthandler and of OCaml go on
 * in other ways. */
static bool parse_frame(struct slice s, struct trace_frame *frame)
{
	uint64_t line;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (exception_indent(s) < 2)
		return false;
	s = slice_trim(s);
	if (!slice_skip(&s, "File \"") || !slice_until(&s, "\", line ", &frame->file) ||
	    !slice_dec(&s, &line) || line > INT32_MAX)
		return false;
	frame->line = (uint32_t)line;
	if (!slice_skip(&s, ", in ")) {
		frame->why = "the code did not compile";
		return !s.size;
	}
	frame->func = s;
	return s.size > 0;
}

static bool parse_repeated(struct slice s, uint64_t *times)
{
	s = slice_trim(s);
	return slice_skip(&s, "[Previous line repeated ") && slice_dec(&s, times) &&
	       slice_starts(s, " more time");
}

static bool is_type(struct slice s)
{
	return exception_is_name(s, ".<>") && !(s.at[0] >= '0' && s.at[0] <= '9') &&
	       s.at[s.size - 1] != '.';
}

/* As exceptions are mostly called. */
static bool is_usual_type(struct slice s)
{
	static const char *const ends[] = {
		"Error",     "Exception", "Warning",  "Interrupt", "Exit",      "Group",
		"Iteration", "Failure",   "NotFound", "Timeout",   "Cancelled", "Abort",
	};
	size_t i;

	if (slice_find(s, ".") != SIZE_MAX)
		return is_type(s);
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (slice_ends(s, ends[i]))
			return is_type(s);
	return false;
}

static bool parse_exception(struct slice s, struct slice *type, struct slice *message)
{
	return exception_split(slice_trim(s), is_type, type, message);
}

/* "During handling of the above exception, another exception occurred:" */
static bool is_link(struct slice s)
{
	s = slice_trim(s);
	return slice_is(s, "During handling of the above exception, another exception occurred:") ||
	       slice_is(s, "The above exception was the direct cause of the following exception:");
}

/* Thread, or object, of which the traceback is. */
static bool is_heading(struct slice line, bool *fatal, struct slice *thread)
{
	if (slice_skip(&line, "Exception in thread ")) {
		*fatal = true;
		*thread = line;
		return slice_drop(thread, ":") && !slice_starts(line, "\"");
	}
	*fatal = false;
	*thread = NO_SLICE;
	return slice_starts(line, "Exception ignored in: ") ||
	       slice_starts(line, "Exception ignored while ");
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;
	uint64_t times;
	struct content c = content_of(line);

	return parse_frame(c.text, &frame) || parse_repeated(c.text, &times);
}

static bool begins_another(struct slice line)
{
	struct content c = content_of(line);

	return is_head(c.text) || is_link(c.text);
}

/* ---- reading ---- */

struct reading {
	struct exception exception;
	size_t margin; /* the outermost one; 0: there is none yet */
	size_t main;
	bool open;     /* its exception is still to come */
	bool expected; /* another one follows */
};

static struct exception_part *begin_part(struct reading *r, size_t margin)
{
	struct exception_part *part = exception_part(&r->exception, NO_SLICE);

	if (!part)
		return NULL;
	part->reversed = true;
	r->open = true;
	r->expected = false;
	if (!r->margin)
		r->margin = margin;
	if (!margin || margin == r->margin)
		r->main = r->exception.count - 1;
	return part;
}

static bool is_caret(struct slice s)
{
	size_t i;

	s = slice_trim(s);
	for (i = 0; i < s.size; i++)
		if (!memchr("^~ ", s.at[i], 3))
			return false;
	return s.size > 0;
}

static bool followed_by_caret(struct trace *t)
{
	struct slice next;

	return trace_peek_at(t, 1, &next) && is_caret(content_of(next).text);
}

/* The statement below a frame, with what marks the part of it that failed; from 3.13 of several lines. */
static void read_source(struct trace *t, uint32_t number, size_t indent)
{
	struct slice line;
	struct content c;
	uint32_t lines = 0;

	while (trace_peek(t, &line)) {
		c = content_of(line);
		if (exception_indent(c.text) < indent || !slice_trim(c.text).size)
			break;
		if (is_caret(c.text) || slice_starts(slice_trim(c.text), "...<")) {
			trace_skip(t);
			continue;
		}
		if ((lines && !followed_by_caret(t)) ||
		    !trace_source_line(t, number + lines, slice_from(c.text, indent)))
			break;
		lines++;
		trace_skip(t);
	}
}

static void read_frame(struct trace *t, struct reading *r, struct trace_frame *frame)
{
	struct exception *e = &r->exception;
	struct slice line;

	trace_next(t, &line);
	read_source(t, frame->line, exception_indent(content_of(line).text) + 2);
	exception_frame(t, e, &e->parts[e->count - 1], frame);
}

/* Where nothing but the next exception tells its end: how many lines more the message has. */
static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0, filled = 0;
	bool ended = false;

	while (lines < EXCEPTION_LINES && trace_next(t, &line) && !is_frame(line)) {
		struct content c = content_of(line);

		ended = is_link(c.text) || is_between(&c);
		if (ended || is_head(c.text))
			break;
		lines++;
		if (slice_trim(c.text).size)
			filled = lines;
	}
	trace_return(t, start);
	return ended ? filled : 0;
}

static void read_exception(struct trace *t, struct reading *r, struct slice type,
			   struct slice message)
{
	struct exception *e = &r->exception;
	struct exception_part *part = &e->parts[e->count - 1];
	struct slice line;
	unsigned lines;

	trace_next(t, &line);
	part->head = content_of(line).text;
	part->type = type;
	part->message = message;
	r->open = false;
	for (lines = message_lines(t); lines && trace_next(t, &line); lines--)
		exception_more(part, content_of(line).text);
}

/* Is a frame, or an exception that is called so, still to come? Then this line is another's. */
static bool is_foreign(struct trace *t, struct slice type)
{
	struct slice line, later, message;
	unsigned i;

	if (is_usual_type(type))
		return false;
	for (i = 1; i <= NEAR && trace_peek_at(t, i, &line); i++) {
		struct content c = content_of(line);

		if (is_head(c.text) || is_link(c.text))
			break;
		if (is_frame(line) ||
		    (parse_exception(c.text, &later, &message) && is_usual_type(later)))
			return true;
	}
	return false;
}

/* Up to the exception, which lines of others may stand before. */
static bool pass_foreign(struct trace *t)
{
	struct slice line, type, message;
	unsigned i, passed;

	for (i = 1; i <= NEAR && trace_peek_at(t, i, &line); i++) {
		struct content c = content_of(line);

		if (is_head(c.text) || is_link(c.text))
			return false;
		if (!parse_exception(c.text, &type, &message) || !is_usual_type(type))
			continue;
		for (passed = 0; passed < i; passed++)
			trace_pass_line(t);
		return true;
	}
	return false;
}

/* A blank line, and what links the next exception to this one. */
static bool read_link(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned i;

	for (i = 0; i < NEAR && trace_next(t, &line); i++) {
		if (!is_link(content_of(line).text))
			continue;
		while (trace_peek(t, &line) && !slice_trim(content_of(line).text).size)
			trace_skip(t);
		if (trace_peek(t, &line) && is_head(content_of(line).text))
			return true;
	}
	trace_return(t, start);
	return false;
}

/* Once its calls are read: the exception; false: it is not there. */
static bool read_open(struct trace *t, struct reading *r, struct slice line)
{
	struct content c = content_of(line);
	struct slice type, message;
	bool is_one = parse_exception(c.text, &type, &message);

	if (!(is_one && is_usual_type(type)) && exception_goes_on(t, is_frame, begins_another))
		return true;
	if (is_one && !is_foreign(t, type)) {
		read_exception(t, r, type, message);
		return true;
	}
	return pass_foreign(t);
}

static bool read_line(struct trace *t, struct reading *r)
{
	struct exception *e = &r->exception;
	struct trace_frame frame;
	struct slice line;
	struct content c;
	uint64_t times;

	if (!trace_peek(t, &line))
		return false;
	c = content_of(line);
	if (is_head(c.text) && (r->expected || !e->count)) {
		trace_skip(t);
		return begin_part(r, c.margin) != NULL;
	}
	if (is_between(&c) && e->count) {
		trace_skip(t);
		/* the last of these lines ends the group */
		if (slice_find(c.text, "- ") == SIZE_MAX)
			return true;
		r->expected = trace_peek(t, &line) && is_head(content_of(line).text);
		return r->expected || begin_part(r, content_of(line).margin) != NULL;
	}
	if (parse_frame(c.text, &frame) && (r->open || !e->count)) {
		if (!e->count && !begin_part(r, c.margin))
			return false;
		read_frame(t, r, &frame);
		return true;
	}
	if (parse_repeated(c.text, &times) && r->open) {
		exception_repeat(e, &e->parts[e->count - 1], times);
		trace_skip(t);
		return true;
	}
	if (r->open)
		return read_open(t, r, line);
	r->expected = read_link(t);
	return r->expected;
}

static void read_traceback(struct trace *t)
{
	struct reading r = { .open = false };
	struct slice line, thread;
	uint32_t number = trace_place(t).line;
	bool fatal;

	r.exception.fatal = !exception_is_logged(t);
	if (trace_peek(t, &line) && is_heading(line, &fatal, &thread)) {
		r.exception.thread = thread;
		r.exception.fatal = fatal;
		trace_skip(t);
	}
	while (read_line(t, &r))
		;
	if (r.open)
		trace_truncated(t, trace_line_number(t), "the exception is missing");
	exception_emit(t, &r.exception, r.main, number);
}

/* ---- the format ---- */

/* A frame without a first line above it: another frame or an exception follows soon. */
static bool is_headless(struct trace *t)
{
	struct slice line, type, message;
	unsigned i;

	for (i = 1; i <= 2 + NEAR && trace_peek_at(t, i, &line); i++) {
		struct content c = content_of(line);

		if (is_frame(line) ||
		    (parse_exception(c.text, &type, &message) && is_usual_type(type)))
			return true;
	}
	return false;
}

static bool probe(struct trace *t)
{
	struct slice line, thread, type, message;
	bool fatal;
	unsigned i;

	if (!trace_peek(t, &line))
		return false;
	if (is_frame(line))
		return is_headless(t);
	trace_skip(t);
	if (is_heading(line, &fatal, &thread) && !trace_next(t, &line))
		return false;
	if (!is_head(content_of(line).text))
		return false;
	for (i = 0; i <= NEAR && trace_next(t, &line); i++) {
		struct content c = content_of(line);

		if (is_frame(line) ||
		    (parse_exception(c.text, &type, &message) && is_usual_type(type)))
			return true;
	}
	return false;
}

static const struct trace_mark marks[] = {
	{ "Traceback (most recent call last)", "", false },
	{ "+ Exception Group Traceback (", " ", false },
	{ "Exception in thread ", "", false },
	{ "Exception ignored in: ", "", false },
	{ "File \"", " ", false },
	{ "File \\\"", " ", false },   /* escaped */
	{ "File &quot;", " ", false }, /* of a page */
	{ NULL, NULL, false },
};

const struct trace_format trace_python = {
	.name = "python",
	.marks = marks,
	.probe = probe,
	.read = read_traceback,
};
