/* Panics of Rust and their backtraces.
 *	thread 'main' (4305) panicked at src/main.rs:1:35:
 *	index out of bounds
 *	stack backtrace:
 *	   0: app::take
 *	             at ./src/main.rs:1:35
 *	  15:     0x56025e65d22b - app::f::h565b61f2a7bd550c
 * Up to Rust 1.72 the first line was "thread 'main' panicked at 'MSG', FILE:L:C"; the number of the
 * thread came with 1.9x. anyhow prints "Stack backtrace:" with its errors. */
#include "native.h"

#include <stdlib.h>

#define MESSAGE_LINES 64

struct panic {
	struct slice name, place;
	struct slice message;  /* of one line; at NULL: the lines that follow */
	uint64_t tid;
	bool overflow;
};

static bool is_backtrace(struct slice line)
{
	return slice_is(line, "stack backtrace:") || slice_is(line, "Stack backtrace:");
}

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
	panic->message = (struct slice){ rest.at, quote - 1 };
	rest = (struct slice){ rest.at + quote, rest.size - quote };
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

/* ---- frames ---- */

/* "  15:     0xPC - FUNC", "  15: FUNC"; of calls that older versions print below the one number
 * only "FUNC", further to the right than any number. */
static bool parse_frame(struct slice line, struct slice *func, uint64_t *pc)
{
	struct slice rest = slice_trim(line);
	uint64_t number;

	*pc = 0;
	if (!slice_dec(&rest, &number) || !slice_skip(&rest, ": "))
		return false;
	rest = slice_trim(rest);
	if (slice_hex(&rest, pc) && !slice_skip(&rest, " - "))
		return false;
	*func = slice_trim(rest);
	return func->size > 0;
}

static bool is_hash(struct slice s)
{
	uint64_t value;

	s.size = s.size < 16 ? s.size : 16;
	return slice_hexdigits(&s, &value) && !s.size;
}

/* The name without what only tells builds apart: "::h" and "[...]" with 16 hex digits. */
static struct slice without_hashes(struct slice func, char *out)
{
	struct slice rest;
	size_t size = 0, at;

	if (func.size > 19) {
		rest = (struct slice){ func.at + func.size - 19, 19 };
		if (slice_skip(&rest, "::h") && is_hash(rest))
			func.size -= 19;
	}
	for (at = 0; at < func.size; at++) {
		rest = (struct slice){ func.at + at + 1, func.size - at - 1 };
		if (func.at[at] == '[' && rest.size > 16 && rest.at[16] == ']' && is_hash(rest))
			at += 17;
		else
			out[size++] = func.at[at];
	}
	return (struct slice){ out, size };
}

/* Calls that were inlined repeat the address; so do those of a recursion, which repeat the
 * function, too. */
static bool is_inlined(struct trace *t, struct slice func, uint64_t pc)
{
	struct slice line, next;
	uint64_t next_pc;

	return pc && trace_peek(t, &line) && parse_frame(line, &next, &next_pc) && next_pc == pc &&
	       (next.size != func.size || memcmp(next.at, func.at, func.size) != 0);
}

static bool read_frame(struct trace *t)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice line, func;
	FREE_AT_END char *name = NULL;

	if (!trace_peek(t, &line) || !parse_frame(line, &func, &frame.pc))
		return false;
	trace_skip(t);
	if (slice_is(func, "<unknown>")) {
		frame.why = "Rust found no symbol for it";
	} else {
		name = xmalloc(func.size + 1);
		frame.func = without_hashes(func, name);
	}
	if (trace_peek(t, &line) && (line = slice_trim(line), slice_skip(&line, "at "))) {
		trace_skip(t);
		if (!slice_place(line, &frame.file, &frame.line, &frame.column))
			frame.file = line;
	}
	frame.inlined = is_inlined(t, func, frame.pc);
	trace_push_frame(t, &frame);
	return true;
}

/* Newest versions say below what they left out, older ones above how to get it. */
static void skip_note(struct trace *t)
{
	struct slice line;

	if (trace_peek(t, &line) && (slice_starts(line, "note: Some details are omitted") ||
				     slice_starts(line, "note: run with `RUST_BACKTRACE") ||
				     slice_starts(line, "note: Run with `RUST_BACKTRACE")))
		trace_skip(t);
}

static bool read_backtrace(struct trace *t)
{
	struct slice line;

	skip_note(t);
	if (!trace_peek(t, &line) || !is_backtrace(line))
		return false;
	trace_skip(t);
	while (read_frame(t))
		;
	if (trace_at_end(t) && !trace_pushed(t))
		trace_truncated(t, trace_line_number(t), "the backtrace is missing");
	skip_note(t);
	return true;
}

/* ---- panics ---- */

static bool ends_message(struct slice line)
{
	return is_backtrace(line) || slice_starts(line, "note: run with `RUST_BACKTRACE");
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

	while (lines < MESSAGE_LINES && trace_peek(t, &line) && !parse_panic(line, &next) && !ended) {
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

/* malloc'ed; NULL when there is none */
static char *read_message(struct trace *t, const struct panic *panic)
{
	unsigned lines;
	struct slice line;
	char *text, *longer;

	if (panic->message.at)
		return xasprintf("%.*s", (int)(panic->message.size & 0xffff), panic->message.at);
	text = NULL;
	for (lines = message_lines(t); lines && trace_next(t, &line); lines--) {
		longer = xasprintf("%s%s%.*s", text ? text : "", text ? "\n" : "",
				   (int)(line.size & 0xffff), line.at);
		free(text);
		text = longer;
	}
	return text;
}

static void set_cause(struct trace *t, const struct panic *panic, const char *message)
{
	struct builder *b = trace_builder(t);
	struct stk_cause *cause;
	const char *title;

	if (panic->overflow)
		title = builder_str(b, "stack overflow");
	else
		title = builder_fmt(b, "panicked at %.*s: %.*s", (int)(panic->place.size & 0xffff),
				    panic->place.at, message ? (int)strcspn(message, "\n") : 0,
				    message ? message : "");
	trace_title(t, (struct slice){ title, strlen(title) });
	if (!trace_cause(t, &cause))
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
	struct stk_task *task;
	struct slice line;

	trace_skip(t);
	if (!panic->overflow)
		message = read_message(t, panic);
	else if (trace_peek(t, &line) && slice_starts(line, "fatal runtime error: "))
		trace_skip(t);
	set_cause(t, panic, message);
	if (!read_backtrace(t))
		push_place(t, panic);
	task = trace_task(t, STK_THREAD);
	task->id = panic->tid;
	task->tid = (uint32_t)panic->tid;
	task->name = trace_str(t, panic->name);
	task->state = builder_str(trace_builder(t), panic->overflow ? "stack overflow" : "panicked");
	task->flags = STK_TASK_CRASHED;
}

/* A backtrace that a program has printed. */
static void read_bare(struct trace *t)
{
	if (read_backtrace(t) && trace_pushed(t))
		(void)trace_task(t, STK_TRACE);
}

static bool probe(struct trace *t)
{
	struct slice line, func;
	struct panic panic;
	uint64_t pc;

	if (!trace_next(t, &line))
		return false;
	if (parse_panic(line, &panic))
		return true;
	return is_backtrace(line) && trace_next(t, &line) && parse_frame(line, &func, &pc);
}

static void read_rust(struct trace *t)
{
	struct slice line;
	struct panic panic;

	if (trace_peek(t, &line) && parse_panic(line, &panic))
		read_panic(t, &panic);
	else
		read_bare(t);
}

static const struct trace_mark marks[] = {
	{ "thread '", "", false },
	{ "stack backtrace:", "", false },
	{ "Stack backtrace:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_rust = { "rust", marks, probe, read_rust };
