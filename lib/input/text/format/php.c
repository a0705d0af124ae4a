/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and exceptions of PHP 5 to 8 (Zend/zend_exceptions.c), Xdebug's traces of them, and Laravel's log.
 *	PHP Fatal error:  Uncaught App\StoreException: no such key in /src/Store.php:12
 *	Stack trace:
 *	#0 /src/app.php(40): App\Store->find('a', Array)
 *	#1 [internal function]: {closure}(1)
 *	#2 {main}
 *
 *	Next RuntimeException: cannot load in /src/app.php:41
 *	Stack trace:
 *	#0 {main}
 *	  thrown in /src/app.php on line 41
 * A place is where the function was called, that is, where the next one was: the newest function was where
 * the exception was thrown. What caused an exception stands before it. Xdebug has the oldest call first:
 *	PHP Stack trace:
 *	PHP   1. {main}() /src/app.php:0
 *	PHP   2. App\Store->find($key = 'a') /src/app.php:40
 *	Call Stack:
 *	    0.0001     389760   1. {main}() /src/app.php:0 */
#include "exception.h"

#include <string.h>

#define MESSAGE 16 /* lines of a message */

struct place {
	struct slice file;
	uint32_t line;
};

/* ---- frames ---- */

/* The name before its arguments; closures have brackets in theirs: "{closure:App\f():12}(1)". */
static struct slice function_of(struct slice s)
{
	size_t closure = slice_find(s, "{closure"), from = 0, open;

	if (closure != SIZE_MAX && slice_find(slice_from(s, closure), "}") != SIZE_MAX)
		from = closure + slice_find(slice_from(s, closure), "}");
	open = slice_find(slice_from(s, from), "(");
	return open == SIZE_MAX ? s : slice_to(s, from + open);
}

/* "#N FILE(LINE): FUNC(ARGS)", "#N [internal function]: FUNC(ARGS)", "#N {main}" */
static bool parse_frame(struct slice line, uint64_t *number, struct slice *func,
			struct place *place)
{
	struct slice rest = slice_trim(line), digits;
	uint64_t value;
	size_t colon;

	*place = (struct place){ NO_SLICE, 0 };
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " "))
		return false;
	*func = rest;
	if (slice_is(rest, "{main}"))
		return true;
	if (slice_skip(&rest, "[internal function]: ")) {
		*func = function_of(rest);
		return func->size > 0;
	}
	colon = slice_find(rest, "): ");
	if (colon == SIZE_MAX)
		return false;
	digits = slice_to(rest, colon);
	*func = function_of(slice_from(rest, colon + 3));
	place->file = digits;
	colon = slice_rfind(digits, '(');
	if (colon == SIZE_MAX || !colon)
		return false;
	place->file.size = colon;
	digits = slice_from(digits, colon + 1);
	if (!slice_dec(&digits, &value) || digits.size || value > INT32_MAX)
		return false;
	place->line = (uint32_t)value;
	return func->size > 0;
}

/* "[PHP ]  N. FUNC(ARGS) FILE:LINE", with time and memory before it in "Call Stack:" */
static bool parse_xdebug(struct slice line, uint64_t *number, struct slice *func,
			 struct place *place)
{
	struct slice rest = slice_trim(line), time;
	uint32_t column;
	uint64_t memory;
	size_t blank;

	if (!slice_skip(&rest, "PHP ") && slice_until(&rest, " ", &time)) {
		if (slice_find(time, ".") == SIZE_MAX || !time.size || time.at[0] < '0' ||
		    time.at[0] > '9')
			return false;
		rest = slice_trim(rest);
		if (!slice_dec(&rest, &memory))
			return false;
	}
	rest = slice_trim(rest);
	if (!slice_dec(&rest, number) || !slice_skip(&rest, ". "))
		return false;
	blank = slice_rfind(rest, ' ');
	if (blank == SIZE_MAX ||
	    !slice_place(slice_from(rest, blank + 1), &place->file, &place->line, &column))
		return false;
	*func = function_of(slice_to(rest, blank));
	return func->size > 0;
}

static bool is_frame(struct slice line)
{
	struct slice func;
	struct place place;
	uint64_t number;

	return parse_frame(line, &number, &func, &place);
}

static bool is_xdebug(struct slice line)
{
	struct slice func;
	struct place place;
	uint64_t number;

	return parse_xdebug(line, &number, &func, &place);
}

/* ---- heads ---- */

static bool is_stack(struct slice s)
{
	s = slice_trim(s);
	return slice_is(s, "Stack trace:") || slice_is(s, "[stacktrace]");
}

static bool is_call_stack(struct slice s)
{
	s = slice_trim(s);
	return slice_is(s, "PHP Stack trace:") || slice_is(s, "Call Stack:");
}

/* " in FILE:LINE", " in FILE on line N" at the end */
static bool split_place(struct slice *s, struct place *place)
{
	struct slice rest = *s, before, last = NO_SLICE, number;
	uint32_t column;
	uint64_t value;
	size_t at;

	while (slice_until(&rest, " in ", &before))
		last = rest;
	if (!last.at)
		return false;
	at = slice_find(last, " on line ");
	if (at != SIZE_MAX) {
		number = slice_from(last, at + 9);
		if (!slice_dec(&number, &value) || value > INT32_MAX)
			return false;
		*place = (struct place){ slice_to(last, at), (uint32_t)value };
	} else if (!slice_place(last, &place->file, &place->line, &column)) {
		return false;
	}
	s->size = (size_t)(last.at - s->at) - 4;
	return true;
}

static bool is_type(struct slice s)
{
	return exception_is_name(s, "\\@.:/$") && !(s.at[0] >= '0' && s.at[0] <= '9');
}

struct head {
	struct slice type, message;
	bool fatal, certain; /* certain: no other line could be this one */
};

/* "[PHP ]Fatal error: ", which may stand behind what a logger has put before it. */
static bool skip_level(struct slice *s, struct head *head)
{
	static const char *const levels[] = {
		"Fatal error", "Recoverable fatal error", "Parse error", "Warning", "Notice",
		"Deprecated",
	};
	struct slice rest;
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		at = slice_find(*s, levels[i]);
		if (at == SIZE_MAX)
			continue;
		rest = slice_from(*s, at + strlen(levels[i]));
		slice_skip(&rest, "</b>");
		if (!slice_skip(&rest, ":"))
			continue;
		*s = slice_trim(rest);
		head->fatal = i < 3;
		return true;
	}
	return false;
}

/* "exception 'TYPE' with message 'MESSAGE'" of PHP 5 */
static bool parse_old(struct slice s, struct head *head)
{
	if (!slice_skip(&s, "exception '") || !slice_until(&s, "' with message '", &head->type))
		return false;
	slice_drop(&s, "'");
	head->message = s;
	return true;
}

static bool parse_head(struct slice line, struct head *head)
{
	struct slice rest = slice_trim(line);
	bool uncaught, next;

	*head = (struct head){ .certain = false };
	head->certain = skip_level(&rest, head);
	uncaught = slice_skip(&rest, "Uncaught ");
	next = slice_skip(&rest, "Next ");
	if (parse_old(rest, head) || exception_split(rest, is_type, &head->type, &head->message)) {
		head->certain |= uncaught || next;
		return true;
	}
	head->type = NO_SLICE;
	head->message = rest;
	return head->certain;
}

static bool is_certain(struct slice line)
{
	struct head head;

	return parse_head(line, &head) && head.certain;
}

/* One that was made text: "TYPE: MESSAGE", with a type that is called as they mostly are. */
static bool is_exception(struct slice line)
{
	struct head head;

	return parse_head(line, &head) && head.type.at &&
	       (slice_ends(head.type, "Exception") || slice_ends(head.type, "Error") ||
		slice_find(head.type, "\\") != SIZE_MAX);
}

static bool is_next(struct slice line)
{
	return slice_starts(slice_trim(line), "Next ") && is_certain(line);
}

static unsigned above(struct trace_above *above)
{
	struct slice line, message;
	struct place place;
	unsigned at, own = 0;

	while (trace_above_line(above, own, &line) && (is_frame(line) || is_stack(line)))
		own++;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++)
		if (is_certain(line))
			return at + 1;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++)
		if (is_exception(line))
			return at + 1;
	if (!trace_above_line(above, own, &line))
		return own;
	message = line;
	return own + (split_place(&message, &place) || slice_find(line, "[object] (") != SIZE_MAX);
}

/* ---- reading ---- */

struct reading {
	struct exception exception;
	struct place place; /* where the next function was */
};

static void add_frame(struct trace *t, struct reading *r, struct slice func,
		      const struct place *place)
{
	struct exception *e = &r->exception;
	struct trace_frame frame = TRACE_FRAME_INIT;

	frame.func = func;
	frame.file = r->place.file;
	frame.line = r->place.line;
	if (!frame.file.at)
		frame.why = "PHP itself called what follows";
	exception_frame(t, e, &e->parts[e->count - 1], &frame);
	r->place = *place;
}

/* The lines of the message up to "Stack trace:", and where it was thrown. */
static void read_message(struct trace *t, struct reading *r, struct exception_part *part)
{
	struct slice line, last = part->message;
	bool quoted = slice_find(part->head, "exception '") != SIZE_MAX;
	unsigned lines;

	r->place = (struct place){ NO_SLICE, 0 };
	if (split_place(&part->message, &r->place)) {
		if (quoted)
			slice_drop(&part->message, "'");
		return;
	}
	for (lines = 0; lines < MESSAGE && trace_peek(t, &line); lines++) {
		if (is_stack(line) || is_call_stack(line) || is_frame(line))
			break;
		last = line;
		trace_skip(t);
		if (split_place(&last, &r->place)) {
			lines = MESSAGE;
			if (quoted)
				slice_drop(&last, "'");
		}
		exception_more(part, last);
	}
}

static bool read_head(struct trace *t, struct reading *r)
{
	struct exception_part *part;
	struct slice line;
	struct head head;

	trace_next(t, &line);
	if (!parse_head(line, &head))
		head = (struct head){ .message = slice_trim(line) };
	part = exception_part(&r->exception, slice_trim(line));
	if (!part)
		return false;
	part->type = head.type;
	part->message = head.message;
	r->exception.fatal |= head.fatal;
	read_message(t, r, part);
	return true;
}

static void read_frames(struct trace *t, struct reading *r)
{
	uint64_t number, expected = 0;
	struct slice line, func;
	struct place place;

	while (exception_goes_on(t, is_frame, is_certain) && trace_peek(t, &line) &&
	       parse_frame(line, &number, &func, &place) && number >= expected) {
		struct exception *e = &r->exception;

		if (number > expected)
			exception_elided(&e->parts[e->count - 1], number - expected);
		trace_skip(t);
		add_frame(t, r, func, &place);
		expected = number + 1;
		if (slice_is(func, "{main}"))
			break;
	}
}

/* Xdebug's, the oldest call first: the place of each is that of its caller. */
static void read_xdebug(struct trace *t, struct reading *r)
{
	struct exception *e = &r->exception;
	struct place thrown = r->place, place;
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice line, func;
	uint64_t number;

	e->parts[e->count - 1].reversed = true;
	while (exception_goes_on(t, is_xdebug, is_certain) && trace_peek(t, &line) &&
	       parse_xdebug(line, &number, &func, &place)) {
		trace_skip(t);
		if (frame.func.at) {
			frame.file = place.file;
			frame.line = place.line;
			exception_frame(t, e, &e->parts[e->count - 1], &frame);
		}
		frame.func = func;
	}
	if (!frame.func.at)
		return;
	frame.file = thrown.file;
	frame.line = thrown.line;
	exception_frame(t, e, &e->parts[e->count - 1], &frame);
}

/* An empty line, and the exception that this one caused. */
static bool goes_on(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;

	while (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
	if (trace_peek(t, &line) && is_next(line))
		return true;
	trace_return(t, start);
	return false;
}

static void skip_thrown(struct trace *t)
{
	struct slice line;

	if (trace_peek(t, &line) && slice_starts(slice_trim(line), "thrown in "))
		trace_skip(t);
}

static void read_error(struct trace *t)
{
	struct reading r = { .place = { NO_SLICE, 0 } };
	uint32_t number = trace_place(t).line;
	struct slice line;

	do {
		if (trace_peek(t, &line) &&
		    (is_stack(line) || is_call_stack(line) || is_frame(line))) {
			if (!exception_part(&r.exception, is_call_stack(line) ? line : NO_SLICE))
				break;
		} else if (!read_head(t, &r)) {
			break;
		}
		if (trace_peek(t, &line) && !is_frame(line) &&
		    exception_goes_on(t, is_stack, is_certain))
			trace_skip(t);
		if (trace_peek(t, &line) && is_call_stack(line)) {
			trace_skip(t);
			read_xdebug(t, &r);
		} else {
			read_frames(t, &r);
		}
	} while (goes_on(t));
	skip_thrown(t);
	exception_emit(t, &r.exception, 0, number);
}

static bool probe(struct trace *t)
{
	struct slice line, rest;
	struct place place;
	unsigned lines;

	for (lines = 0; lines <= MESSAGE && trace_next(t, &line); lines++) {
		if (is_stack(line) || is_call_stack(line))
			return trace_next(t, &line) && (is_frame(line) || is_xdebug(line) ||
							(trace_next(t, &line) && is_frame(line)));
		if (is_frame(line))
			return true;
		rest = line;
		if (!lines && !is_certain(line) && !is_exception(line) &&
		    !split_place(&rest, &place) && slice_find(line, "[object] (") == SIZE_MAX)
			return false;
	}
	return false;
}

static const struct trace_mark marks[] = {
	{ "Stack trace:", "PH ", true }, { "[stacktrace]", "", true },
	{ "Call Stack:", "", true },     { "#0 /", "", true },
	{ "#0 {main}", "", true },       { "#0 [internal function]: ", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_php = {
	.name = "php",
	.marks = marks,
	.probe = probe,
	.read = read_error,
	.above = above,
};
