/* SPDX-License-Identifier: Apache-2.0 */
/* Panics and errors of Rust, with their backtraces.
 *	thread 'main' (4305) panicked at src/main.rs:1:35:
 *	index out of bounds
 *	stack backtrace:
 *	   0: app::take
 * Up to Rust 1.72 the first line was "thread 'main' panicked at 'MSG', FILE:L:C"; the number of the
 * thread came with 1.9x. anyhow and eyre print "Error: MSG", what caused it, and "Stack backtrace:"
 * or the place; color-eyre and color-backtrace put a box around it:
 *	The application panicked (crashed).
 *	Message:  index out of bounds
 *	Location: src/main.rs:1
 *
 *	  ━━━━━━━━━━━━━━━━━━ BACKTRACE ━━━━━━━━━━━━━━━━━━
 *	                ⋮ 5 frames hidden ⋮
 *	   6: app::take::h565b61f2a7bd550c
 *	      at src/main.rs:1 */
#include "rust.h"

#include <stdlib.h>

#define MESSAGE_LINES 64

struct panic {
	struct slice name, place;
	struct slice message; /* of one line; at NULL: the lines that follow */
	uint64_t tid;
	bool overflow;
};

/* What follows "panicked at ". */
static bool parse_place(struct slice rest, struct panic *panic)
{
	size_t quote = slice_rfind(rest, '\'');

	if (!slice_skip(&rest, "'")) {
		panic->place = rest;
		return slice_drop(&panic->place, ":");
	}
	if (quote == SIZE_MAX || !quote)
		return false;
	panic->message = slice_to(rest, quote - 1);
	rest = slice_from(rest, quote);
	panic->place = rest;
	return slice_skip(&panic->place, ", ");
}

static bool parse_panic(struct slice line, struct panic *ret)
{
	struct slice rest = line, file;
	uint32_t number, column;

	*ret = (struct panic){ .message = NO_SLICE };
	if (!slice_skip(&rest, "thread '") || !slice_until(&rest, "' ", &ret->name))
		return false;
	if (slice_skip(&rest, "(") && (!slice_dec(&rest, &ret->tid) || !slice_skip(&rest, ") ")))
		return false;
	ret->overflow = slice_is(rest, "has overflowed its stack");
	if (ret->overflow)
		return true;
	return slice_skip(&rest, "panicked at ") && parse_place(rest, ret) &&
	       slice_place(ret->place, &file, &number, &column);
}

/* ---- panics ---- */

static bool ends_message(struct slice line)
{
	return rust_is_backtrace(line) || slice_starts(line, "note: run with `RUST_BACKTRACE");
}

/* How many lines the message has. It may hold anything; where nothing tells its end, it is a line
 * and those of assert_eq!, which are indented. */
static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	struct panic next;
	unsigned lines = 0, certain = 0;
	bool ended = false;

	while (lines < MESSAGE_LINES && trace_peek(t, &line) && !parse_panic(line, &next) &&
	       !ended) {
		ended = ends_message(line);
		if (ended)
			certain = lines;
		else if (!lines || (certain == lines && slice_starts(line, " ")))
			certain = lines + 1;
		lines++;
		trace_skip(t);
	}
	trace_return(t, start);
	return certain;
}

/* malloc'ed; NULL when there is none. `whole`: the cause has room for more than the first line. */
static char *read_message(struct trace *t, const struct panic *panic, bool whole)
{
	unsigned lines;
	struct slice line;
	char *text, *longer;

	if (panic->message.at)
		return xasprintf("%.*s", (int)(panic->message.size & 0xffff), panic->message.at);
	text = NULL;
	for (lines = message_lines(t); lines && trace_peek(t, &line); lines--) {
		if (text && !whole) {
			trace_pass_line(t);
			continue;
		}
		longer = xasprintf("%s%s%.*s", text ? text : "", text ? "\n" : "",
				   (int)(line.size & 0xffff), line.at);
		free(text);
		text = longer;
		trace_skip(t);
	}
	return text;
}

/* `cause` NULL: an earlier report has said it. */
static void set_cause(struct trace *t, const struct panic *panic, const char *message,
		      struct stk_cause *cause)
{
	struct builder *b = trace_builder(t);
	const char *title;

	if (panic->overflow)
		title = builder_str(b, "stack overflow");
	else
		title = builder_fmt(b, "panicked at %.*s: %.*s", (int)(panic->place.size & 0xffff),
				    panic->place.at, message ? (int)strcspn(message, "\n") : 0,
				    message ? message : "");
	trace_title(t, slice_string(title));
	if (!cause)
		return;
	cause->text = title;
	cause->message = builder_str(b, message);
}

/* Without a backtrace there is still the place of the panic. */
static void push_place(struct trace *t, const struct panic *panic)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	if (panic->overflow)
		return;
	frame.why = "no backtrace was asked for";
	slice_place(panic->place, &frame.file, &frame.line, &frame.column);
	trace_push_frame(t, &frame);
}

static void read_panic(struct trace *t, const struct panic *panic)
{
	FREE_AT_END char *message = NULL;
	struct stk_cause *cause = NULL;
	struct stk_task *task;
	struct slice line;

	(void)trace_cause(t, &cause);
	trace_skip(t);
	if (!panic->overflow)
		message = read_message(t, panic, cause != NULL);
	else if (trace_peek(t, &line) && slice_starts(line, "fatal runtime error: "))
		trace_skip(t);
	set_cause(t, panic, message, cause);
	if (!rust_backtrace(t))
		push_place(t, panic);
	task = trace_task(t, STK_THREAD);
	task->id = panic->tid;
	task->tid = (uint32_t)panic->tid;
	task->name = trace_str(t, panic->name);
	task->state = builder_str(trace_builder(t),
				  panic->overflow ? "stack overflow" : "panicked");
	task->flags = STK_TASK_CRASHED;
}

/* ---- errors ---- */

/* How far the backtrace may be from "Error:". */
#define ERROR_LINES 64

/* What stands between: blank lines, headings, and below these what is indented. */
static bool is_error_part(struct slice line)
{
	return !line.size || line.at[0] == ' ' || line.at[0] == '\t' || slice_ends(line, ":");
}

static bool is_location(struct slice line)
{
	return slice_is(slice_trim(line), "Location:");
}

/* How many lines there are before the backtrace or, without one, to the place; 0: it is no error
 * of theirs. */
static unsigned error_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line, file;
	unsigned lines, found = 0;
	uint32_t number, column;

	for (lines = 1; lines < ERROR_LINES && trace_next(t, &line); lines++) {
		if (lines > 1 && (rust_is_backtrace(line) || rust_is_box(line))) {
			found = lines - 1;
			break;
		}
		if (lines > 1 && !is_error_part(line))
			break;
		if (is_location(line) && trace_peek(t, &line) &&
		    slice_place(slice_trim(line), &file, &number, &column))
			found = lines + 1;
	}
	trace_return(t, start);
	return found;
}

static bool is_error(struct slice line)
{
	return slice_starts(line, "Error:");
}

/* "Error: MSG"; color-eyre numbers what went wrong, below a line that has only "Error:". */
static struct slice error_text(struct trace *t, struct slice line)
{
	struct slice next;
	uint64_t number;

	line = slice_trim(line);
	if (!slice_is(line, "Error:") || !trace_peek_at(t, 1, &next))
		return line;
	next = slice_trim(next);
	if (slice_dec(&next, &number) && slice_skip(&next, ": "))
		return next;
	return line;
}

/* The lines of an error, but for what of them becomes a place. */
static void read_error(struct trace *t, struct panic *panic)
{
	unsigned lines = error_lines(t), at;
	struct slice line, title;
	struct stk_cause *cause = NULL;
	char *text = NULL, *longer;

	trace_peek(t, &line);
	title = error_text(t, line);
	trace_title(t, title);
	(void)trace_cause(t, &cause);
	for (at = 0; at < lines && trace_peek(t, &line); at++) {
		if (at && !cause)
			trace_pass_line(t);
		else
			trace_skip(t);
		longer = xasprintf("%s%s%.*s", text ? text : "", text ? "\n" : "",
				   (int)(line.size & 0xffff), line.at);
		free(text);
		text = longer;
		if (is_location(line) && trace_peek(t, &line))
			panic->place = slice_trim(line);
	}
	if (cause) {
		cause->text = trace_str(t, title);
		cause->message = builder_str(trace_builder(t), text);
	}
	free(text);
}

/* "The application panicked (crashed).", "Message:  MSG", "Location: FILE:LINE" */
static void read_application(struct trace *t, struct panic *panic)
{
	struct slice line, text = NO_SLICE;
	struct stk_cause *cause = NULL;
	const char *message = NULL;
	unsigned lines;

	(void)trace_cause(t, &cause);
	trace_skip(t);
	for (lines = 0; lines < MESSAGE_LINES && trace_peek(t, &line); lines++) {
		text = line;
		if (slice_skip(&text, "Location: ")) {
			trace_skip(t);
			panic->place = text;
			break;
		}
		if (!message && !slice_skip(&text, "Message:  "))
			break;
		if (message && !cause) {
			trace_pass_line(t);
			continue;
		}
		trace_skip(t);
		message = message ? builder_fmt(trace_builder(t), "%s\n%.*s", message,
						(int)(text.size & 0xffff), text.at)
				  : trace_str(t, text);
	}
	set_cause(t, panic, message, cause);
}

static bool is_application(struct slice line)
{
	return slice_is(line, "The application panicked (crashed).");
}

static void skip_blank(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;

	while (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
	if (!trace_peek(t, &line) || !rust_is_box(line))
		trace_return(t, start);
}

static void add_box(struct trace *t, struct slice heading, bool crashed)
{
	struct stk_task *task = trace_task(t, STK_TRACE);

	if (crashed)
		task->flags = STK_TASK_CRASHED;
	trace_more(t, builder_ntasks(trace_builder(t)) - 1)->header = trace_str(t, heading);
}

/* A stack below a head, or one that a program has printed without any. */
static void read_stacks(struct trace *t, const struct panic *panic, bool crashed)
{
	struct slice heading;
	bool any = false;

	for (skip_blank(t); rust_box(t, &heading); skip_blank(t)) {
		add_box(t, heading, crashed && heading.at[0] == 'B');
		any |= heading.at[0] == 'B';
	}
	if (any)
		return;
	if (!rust_backtrace(t) && !rust_frames(t) && panic->place.size)
		push_place(t, panic);
	if (trace_pushed(t))
		trace_task(t, STK_TRACE)->flags = crashed ? STK_TASK_CRASHED : 0;
}

/* ---- the format ---- */

/* Frames without any head: "{}" of std's Backtrace, "{:?}" of the crate's. */
static bool is_bare(struct trace *t, struct slice first)
{
	struct slice second;
	uint64_t pc;

	if (!slice_skip(&first, "   0: "))
		return false;
	first = slice_trim(first);
	if (slice_hex(&first, &pc))
		return slice_starts(first, " - ");
	return trace_peek(t, &second) &&
	       (slice_starts(second, "             at ") ||
		(slice_find(first, "::") != SIZE_MAX && rust_is_frame(t)));
}

static bool probe(struct trace *t)
{
	struct slice line, next;
	struct panic panic;

	if (!trace_peek(t, &line))
		return false;
	if (parse_panic(line, &panic))
		return true;
	if (is_error(line))
		return error_lines(t) > 0;
	trace_skip(t);
	if (is_application(line))
		return trace_peek(t, &next) && slice_starts(next, "Message:  ");
	if (rust_is_backtrace(line))
		return rust_is_frame(t) || rust_leads(t);
	return rust_is_box(line) || is_bare(t, line);
}

static void read_rust(struct trace *t)
{
	struct slice line;
	struct panic panic;

	if (!trace_peek(t, &line))
		return;
	if (parse_panic(line, &panic)) {
		read_panic(t, &panic);
		return;
	}
	panic = (struct panic){ .message = NO_SLICE };
	if (is_application(line)) {
		read_application(t, &panic);
		read_stacks(t, &panic, true);
	} else if (is_error(line)) {
		read_error(t, &panic);
		read_stacks(t, &panic, false);
	} else {
		read_stacks(t, &panic, false);
	}
}

static const struct trace_mark marks[] = {
	{ "thread '", "", false },         { "thread &#39;", "", false }, /* of a page */
	{ "thread |'", "", false },                                       /* of TeamCity */
	{ "stack backtrace:", "", false }, { "Stack backtrace:", "", false },
	{ "Error:", "", false },           { "The application panicked (crashed).", "", false },
	{ "━ BACKTRACE ━", "━ ", false },  { "━ SPANTRACE ━", "━ ", false },
	{ "   0: ", "", false },           { NULL, NULL, false },
};

const struct trace_format trace_rust = {
	.name = "rust",
	.marks = marks,
	.probe = probe,
	.read = read_rust,
};
