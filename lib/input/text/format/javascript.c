/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of JavaScript as V8 prints them (Node.js, Deno, Bun's and Chromium's consoles; the grammar is in
 * v8/src/objects/call-site-info.cc, the rest in node/lib/internal/util/inspect.js and node_errors.cc).
 *	/src/app.js:3
 *	  throw new StoreError("no such key");
 *	  ^
 *
 *	StoreError: no such key
 *	    at find (/src/app.js:3:9)
 *	    at async Promise.all (index 0)
 *	    ... 4 lines matching cause stack trace ...
 *	    at node:internal/main/run_main_module:23:47 {
 *	  code: 'ENOKEY',
 *	  [cause]: TypeError [ERR_INVALID_ARG_TYPE]: not a string
 *	      at new Key (file:///src/key.mjs:9:11)
 *	}
 *
 *	Node.js v18.19.0
 * The lines in the middle are in the cause's stack as well. The innermost cause comes first. */
#include "exception.h"

#include <string.h>

#define MESSAGE 16      /* lines of a message that only the frames below it end */
#define PROPERTIES 128u /* lines of an error's own properties */

/* ---- frames ---- */

/* A place that is more than a time of day. */
static bool is_file(struct slice s)
{
	size_t i;

	for (i = 0; i < s.size; i++)
		if (memchr("/.<[:\\", s.at[i], 6))
			return true;
	return slice_starts(s, "repl") || slice_starts(s, "REPL");
}

/* "/src/app.js:3:9", "node:vm:209:10", "<anonymous>", "native", "index 0" */
static bool parse_location(struct slice s, bool bracketed, struct trace_frame *frame)
{
	struct slice rest = s;
	uint64_t number;

	if (slice_place(s, &frame->file, &frame->line, &frame->column) && is_file(frame->file) &&
	    (frame->column || bracketed))
		return true;
	frame->file = NO_SLICE;
	frame->line = frame->column = 0;
	frame->why = "V8 knows no place of it";
	if (slice_skip(&rest, "index ") && slice_dec(&rest, &number) && !rest.size)
		return bracketed;
	if (slice_starts(s, "wasm://")) {
		frame->file = s;
		frame->why = NULL;
		return true;
	}
	return slice_is(s, "<anonymous>") || (bracketed && slice_is(s, "native"));
}

static bool parse_frame(struct slice line, struct trace_frame *frame, bool *opens)
{
	struct slice rest = slice_trim(line), func;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "at "))
		return false;
	*opens = slice_drop(&rest, " {");
	/* of what stands in an array */
	slice_drop(&rest, ",");
	if (!slice_ends(rest, ")") || !slice_until(&rest, " (", &func)) {
		struct slice place = rest;

		slice_skip(&place, "async ");
		frame->why = "the function has no name";
		return parse_location(place, false, frame);
	}
	rest.size--;
	frame->func = func;
	/* "at 0x401136: find (app.c:12)" is Valgrind's */
	return func.size && slice_find(func, ": ") == SIZE_MAX && parse_location(rest, true, frame);
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;
	bool opens;

	return parse_frame(line, &frame, &opens);
}

/* "... 4 lines matching cause stack trace ..." */
static bool parse_matching(struct slice line, uint64_t *count)
{
	line = slice_trim(line);
	return slice_skip(&line, "... ") && slice_dec(&line, count) &&
	       slice_starts(line, " lines matching cause stack trace ...");
}

static bool is_own(struct slice line)
{
	uint64_t count;

	return is_frame(line) || parse_matching(line, &count);
}

/* ---- heads ---- */

/* NAME or NAME [CODE] */
static bool is_type(struct slice s)
{
	static const char *const ends[] = {
		"Error",   "Exception", "Warning", "Rejection",
		"Failure", "Trace",     "Timeout", "Abort",
	};
	size_t code = slice_find(s, " ["), i;

	if (code != SIZE_MAX && slice_ends(s, "]"))
		s = slice_to(s, code);
	if (!exception_is_name(s, "$.") || s.at[0] < 'A' || s.at[0] > 'Z')
		return false;
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (slice_ends(s, ends[i]))
			return true;
	return false;
}

struct head {
	struct slice type, message;
	bool uncaught, cause;
};

/* What consoles, Node and inspect() put before an error. */
static void skip_words(struct slice *s, struct head *head)
{
	static const char *const words[] = {
		"error: ",   "(in promise) ", "Unhandled rejection ", "Unhandled Rejection: ",
		"[cause]: ", "[errors]: ["
	};
	struct slice rest = *s, inner;
	size_t i;

	head->uncaught = slice_skip(s, "Uncaught ");
	if (slice_skip(&rest, "(node:") && slice_until(&rest, ") ", &inner))
		*s = rest;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (slice_skip(s, words[i])) {
			head->cause |= slice_is(slice_string(words[i]), "[cause]: ");
			head->uncaught |= slice_skip(s, "Uncaught ");
		}
	rest = *s;
	if (slice_skip(&rest, "[DEP") && slice_until(&rest, "] ", &inner))
		*s = rest;
}

static bool parse_head(struct slice line, struct head *head)
{
	struct slice rest = slice_trim(line);

	*head = (struct head){ .cause = false };
	skip_words(&rest, head);
	return exception_split(rest, is_type, &head->type, &head->message);
}

static bool is_head(struct slice line)
{
	struct head head;

	return parse_head(line, &head);
}

/* "2024-01-02 ERROR Error: boom": the error with which a record ends. */
static bool find_error(struct slice line, struct head *head)
{
	struct slice rest = line, word;

	while (slice_until(&rest, " ", &word)) {
		if (slice_find(rest, "Error") == SIZE_MAX)
			return false;
		if (parse_head(rest, head))
			return true;
	}
	return false;
}

static bool is_any_head(struct slice line)
{
	struct head head;

	return is_head(line) || find_error(line, &head);
}

/* An error that is called otherwise: "Failed: it did". Only right above a frame. */
static bool is_other_head(struct slice line)
{
	struct slice type, rest = slice_trim(line);

	return slice_until(&rest, ": ", &type) && exception_is_name(type, "$.");
}

/* ---- where it begins ---- */

static bool is_caret(struct slice s)
{
	size_t i;

	s = slice_trim(s);
	for (i = 0; i < s.size; i++)
		if (s.at[i] != '^')
			return false;
	return s.size > 0;
}

static bool is_place(struct slice s)
{
	struct slice file;
	uint32_t line, column;

	return slice_place(s, &file, &line, &column) && is_file(file);
}

/* "FILE:LINE", the line, "^" and perhaps an empty line above the error that ended the program. */
static unsigned heading_lines(struct trace_above *above, unsigned at)
{
	struct slice line;
	unsigned first = at;

	if (trace_above_line(above, at, &line) && !slice_trim(line).size)
		at++;
	if (!trace_above_line(above, at, &line) || !is_caret(line) ||
	    !trace_above_line(above, at + 2, &line) || !is_place(line))
		return 0;
	return at + 3 - first;
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	struct head head;
	unsigned own = 0, at;

	while (trace_above_line(above, own, &line) && is_own(line))
		own++;
	if (trace_above_line(above, own, &line) && !is_head(line) && find_error(line, &head))
		return own + 1;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++) {
		if (is_head(line))
			return at + 1 + heading_lines(above, at + 1);
		if (is_own(line))
			break;
	}
	if (trace_above_line(above, own, &line) && is_other_head(line))
		return own + 1 + heading_lines(above, own + 1);
	return own;
}

/* ---- reading ---- */

struct reading {
	struct exception exception;
	size_t main;
	unsigned depth;  /* of the brackets in which properties stand */
	uint64_t passed; /* bit N: the line that opened the one at depth N stays text */
};

static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < MESSAGE && trace_next(t, &line) && !is_head(line)) {
		ended = is_own(line);
		if (ended)
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

/* false: there are too many */
static bool read_head(struct trace *t, struct reading *r, const struct head *head)
{
	struct exception *e = &r->exception;
	struct exception_part *part;
	struct slice line;
	unsigned lines;

	trace_next(t, &line);
	part = exception_part(e, slice_trim(line));
	if (!part)
		return false;
	part->type = head->type;
	part->message = head->message;
	e->fatal |= head->uncaught;
	if (head->cause)
		r->main = e->count - 1;
	for (lines = message_lines(t); lines && trace_next(t, &line); lines--)
		exception_more(part, line);
	return true;
}

static bool read_frame(struct trace *t, struct reading *r)
{
	struct exception *e = &r->exception;
	struct trace_frame frame;
	struct slice line;
	uint64_t count;
	bool opens = false;

	if (!trace_peek(t, &line) || !is_own(line) || (!e->count && !exception_part(e, NO_SLICE)))
		return false;
	if (parse_frame(line, &frame, &opens))
		exception_frame(t, e, &e->parts[e->count - 1], &frame);
	else if (parse_matching(line, &count))
		exception_elided(&e->parts[e->count - 1], count);
	r->depth += opens;
	trace_skip(t);
	return true;
}

static void read_frames(struct trace *t, struct reading *r)
{
	while (exception_goes_on(t, is_own, is_any_head) && read_frame(t, r))
		if (r->depth)
			break;
}

static bool ends_object(struct slice s)
{
	s = slice_trim(s);
	return slice_is(s, "}") || slice_is(s, "},") || slice_is(s, "]") || slice_is(s, "],");
}

/* Properties of the error, which stay text, and the errors among them. */
static void read_properties(struct trace *t, struct reading *r)
{
	struct slice line, next;
	struct head head;
	unsigned lines;

	for (lines = 0; r->depth && lines < PROPERTIES && trace_peek(t, &line); lines++) {
		if (is_own(line)) {
			read_frame(t, r);
		} else if (parse_head(line, &head) &&
			   (head.cause || (trace_peek_at(t, 1, &next) && is_own(next)))) {
			if (!read_head(t, r, &head))
				return;
		} else if (ends_object(line)) {
			if (r->passed >> (--r->depth & 63) & 1)
				trace_pass_line(t);
			else
				trace_skip(t);
			r->passed &= ~(1ull << (r->depth & 63));
		} else {
			if (slice_ends(line, "{") || slice_ends(line, "["))
				r->passed |= 1ull << (r->depth++ & 63);
			trace_pass_line(t);
		}
	}
}

/* The frames that are left out of an error's stack are in its cause's, behind the one before them. */
static void fill_matching(struct exception *e, struct exception_part *part,
			  const struct exception_part *cause)
{
	uint32_t at = part->elided_at, count = part->elided, i;
	uint32_t *frames;

	if (!at || !count || count > cause->count || e->total > LIMIT_FRAMES - count)
		return;
	for (i = 0; i + count < cause->count; i++)
		if (cause->frames[i] == part->frames[at - 1])
			break;
	if (i + count >= cause->count)
		return;
	frames = grow(part->frames, &part->cap, part->count + count, sizeof(*frames));
	memmove(frames + at + count, frames + at, (part->count - at) * sizeof(*frames));
	memcpy(frames + at, cause->frames + i + 1, count * sizeof(*frames));
	part->frames = frames;
	part->count += count;
	part->elided = 0;
	e->total += count;
}

/* What Node prints before an error that nobody caught: it stays text. */
static void read_heading(struct trace *t, struct exception *e)
{
	struct slice line, caret;

	if (!trace_peek(t, &line) || !is_place(line) || is_head(line) ||
	    !trace_peek_at(t, 2, &caret) || !is_caret(caret))
		return;
	e->fatal = true;
	trace_pass_line(t);
	trace_pass_line(t);
	trace_pass_line(t);
	if (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
}

/* "Node.js v18.19.0" behind an empty line: it died. */
static void read_version(struct trace *t, struct exception *e)
{
	struct slice line;
	unsigned ahead = trace_peek(t, &line) && !slice_trim(line).size;

	if (!trace_peek_at(t, ahead, &line) || !slice_skip(&line, "Node.js v"))
		return;
	for (; ahead + 1; ahead--)
		trace_skip(t);
	e->fatal = true;
	builder_fact(trace_builder(t), "node", "version", trace_str(t, line));
}

static void read_first(struct trace *t, struct reading *r)
{
	struct slice line, type;
	struct head head;

	if (!trace_peek(t, &line) || is_own(line))
		return;
	if (!parse_head(line, &head) && !find_error(line, &head)) {
		line = slice_trim(line);
		head = (struct head){ .message = line };
		if (slice_until(&line, ": ", &type))
			head = (struct head){ .type = type, .message = line };
	}
	read_head(t, r, &head);
}

static void read_error(struct trace *t)
{
	struct reading r = { .depth = 0 };
	uint32_t number = trace_place(t).line;
	size_t i;

	read_heading(t, &r.exception);
	read_first(t, &r);
	read_frames(t, &r);
	read_properties(t, &r);
	read_version(t, &r.exception);
	for (i = r.exception.count; i-- > 1;)
		fill_matching(&r.exception, &r.exception.parts[i - 1], &r.exception.parts[i]);
	exception_emit(t, &r.exception, r.main, number);
}

static bool probe(struct trace *t)
{
	struct slice line, caret;
	unsigned lines;

	if (!trace_peek(t, &line))
		return false;
	if (is_place(line) && !is_own(line) && trace_peek_at(t, 2, &caret) && is_caret(caret))
		for (lines = 0; lines < 4 && !is_head(line) && trace_peek(t, &line); lines++)
			if (!is_head(line))
				trace_skip(t);
	if (!trace_next(t, &line))
		return false;
	for (lines = is_head(line) ? MESSAGE : 1; lines; lines--) {
		if (is_own(line))
			return true;
		if (!trace_next(t, &line) || (!is_own(line) && is_any_head(line)))
			return false;
	}
	return is_own(line);
}

static const struct trace_mark marks[] = {
	{ "  at ", " ", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_javascript = {
	.name = "javascript",
	.marks = marks,
	.probe = probe,
	.read = read_error,
	.above = above,
};
