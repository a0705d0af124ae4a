/* SPDX-License-Identifier: Apache-2.0 */
/* What Swift prints when a program dies: the backtracer of 5.9 to 6 (swift-backtrace,
 * stdlib/public/Backtracing), and the runtime before it (stdlib/public/runtime/Errors.cpp).
 *	app/main.swift:3: Fatal error: no such key
 *
 *	*** Program crashed: Illegal instruction at 0x000055d0c2a3b1f4 ***
 *
 *	Thread 0 "app" crashed:
 *
 *	0                  0x000055d0c2a3b1f4 find(_:) + 45 in app at /src/main.swift:3:5
 *	1 [ra]             0x000055d0c2a3b2a0 main + 12 in app at /src/main.swift:9:1
 *	2 [ra] [system]    0x00007f1f2bc27305 __libc_start_main in libc.so.6
 * Before:
 *	Fatal error: no such key: file app/main.swift, line 3
 *	Current stack trace:
 *	0    libswiftCore.so                    0x00007f1f2b7ff6c0 swift_reportError + 50
 *	1    app                                0x000055d0c2a3b1f4 find(_:) + 45 */
#include "exception.h"

#include "death.h"

#include <signal.h>

#define NEAR 4 /* lines between the parts of a report */

/* ---- frames ---- */

/* "FUNC + OFF", "FUNC" */
static void split_offset(struct slice s, struct trace_frame *frame)
{
	struct slice rest = s, before, last = NO_SLICE;
	uint64_t offset;

	while (slice_until(&rest, " + ", &before))
		last = rest;
	frame->func = s;
	if (!last.at || !slice_dec(&last, &offset) || last.size)
		return;
	frame->func_offset = offset;
	frame->func = slice_to(s, (size_t)(before.at - s.at) + before.size);
}

/* "N [ra] [inlined] 0xPC FUNC + OFF in MODULE [at FILE:LINE:COL]" */
static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), word, call;
	size_t at;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_starts(rest, " "))
		return false;
	rest = slice_trim(rest);
	while (slice_skip(&rest, "[") && slice_until(&rest, "]", &word)) {
		frame->inlined |= slice_is(word, "inlined");
		rest = slice_trim(rest);
	}
	if (!slice_hex(&rest, &frame->pc)) {
		if (!frame->inlined)
			return false;
	} else if (!slice_skip(&rest, " ")) {
		return false;
	}
	rest = slice_trim(rest);
	if (!slice_until(&rest, " in ", &call))
		return false;
	at = slice_find(rest, " at ");
	frame->module = at == SIZE_MAX ? rest : slice_to(rest, at);
	if (at != SIZE_MAX)
		slice_place(slice_from(rest, at + 4), &frame->file, &frame->line, &frame->column);
	split_offset(call, frame);
	return call.size && frame->module.size;
}

/* "N    MODULE                    0xPC FUNC + OFF" */
static bool parse_old(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), module;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_starts(rest, "  "))
		return false;
	rest = slice_trim(rest);
	if (!slice_until(&rest, " ", &module))
		return false;
	rest = slice_trim(rest);
	frame->module = module;
	if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, " ") || !rest.size)
		return false;
	split_offset(rest, frame);
	return true;
}

static bool parse_any(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	return parse_frame(line, number, frame) || parse_old(line, number, frame);
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;
	uint64_t number;

	return parse_any(line, &number, &frame);
}

/* ---- heads ---- */

/* "*** Program crashed: WHAT at 0xADDRESS ***"; the first ones had a picture of a bomb before it */
static bool parse_crash(struct slice line, struct slice *what)
{
	struct slice before;

	if (!slice_until(&line, "Program crashed: ", &before))
		return false;
	slice_drop(&line, " ***");
	*what = line;
	return line.size > 0;
}

/* `Thread 0 "app" crashed:`, "Thread 1:" */
static bool parse_thread(struct slice line, uint64_t *number, struct slice *name, bool *crashed)
{
	struct slice rest = slice_trim(line);

	*name = NO_SLICE;
	if (!slice_skip(&rest, "Thread ") || !slice_dec(&rest, number))
		return false;
	if (slice_skip(&rest, " \"") && !slice_until(&rest, "\"", name))
		return false;
	*crashed = slice_is(rest, " crashed:");
	return *crashed || slice_is(rest, ":");
}

static bool is_old(struct slice line)
{
	return slice_is(slice_trim(line), "Current stack trace:");
}

static bool is_thread(struct slice line)
{
	struct slice name;
	uint64_t number;
	bool crashed;

	return parse_thread(line, &number, &name, &crashed);
}

static bool begins_another(struct slice line)
{
	struct slice what;

	return is_thread(line) || is_old(line) || parse_crash(line, &what);
}

/* "FILE:LINE: Fatal error: TEXT", "Fatal error: TEXT: file FILE, line N" */
static bool parse_message(struct slice line, struct slice *message)
{
	struct slice rest = line, before;

	if (!slice_until(&rest, "Fatal error: ", &before))
		return false;
	*message = rest;
	return true;
}

/* ---- reading ---- */

static int signal_of(struct slice what)
{
	static const struct {
		const char *words;
		int number;
	} signals[] = {
		{ "Illegal instruction", SIGILL },
		{ "Bad pointer dereference", SIGSEGV },
		{ "Segmentation fault", SIGSEGV },
		{ "Aborted", SIGABRT },
		{ "Bus error", SIGBUS },
		{ "System trap", SIGTRAP },
		{ "Floating point exception", SIGFPE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (slice_starts(what, signals[i].words))
			return signals[i].number;
	return 0;
}

static void set_cause(struct trace *t, struct slice what, struct slice message, int number)
{
	struct stk_cause *cause;
	struct slice before;

	trace_title(t, message.at ? message : what);
	if (!trace_cause(t, &cause))
		return;
	if (number)
		death_describe(t, cause, number, NO_SLICE);
	else
		cause->text = trace_str(t, what.at ? what : message);
	cause->message = trace_str(t, message.at ? message : what);
	if (number && slice_until(&what, " at ", &before))
		cause->has_address = slice_hex(&what, &cause->address);
}

static bool is_source(struct slice line)
{
	line = slice_trim(line);
	return slice_find(line, "│") != SIZE_MAX;
}

static void read_frames(struct trace *t)
{
	uint64_t number, expected = 0;
	struct trace_frame frame;
	struct slice line;

	for (;;) {
		while (trace_peek(t, &line) && (!slice_trim(line).size || is_source(line)) &&
		       trace_pushed(t))
			is_source(line) ? trace_pass_line(t) : trace_skip(t);
		if (!exception_goes_on(t, is_frame, begins_another) || !trace_peek(t, &line) ||
		    !parse_any(line, &number, &frame) || number < expected)
			return;
		if (number > expected)
			trace_elided(t, (uint32_t)(number - expected));
		trace_skip(t);
		trace_push_frame(t, &frame);
		expected = number + 1;
	}
}

static void read_thread(struct trace *t, int signal)
{
	struct stk_task *task;
	struct slice line, name = NO_SLICE;
	uint64_t number = 0;
	bool crashed = true;

	if (trace_next(t, &line))
		(void)parse_thread(line, &number, &name, &crashed);
	while (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
	read_frames(t);
	task = trace_task(t, STK_THREAD);
	task->id = number;
	task->name = trace_str(t, name);
	task->flags = crashed ? STK_TASK_CRASHED : 0;
	task->signal = (uint8_t)(crashed ? signal : 0);
}

static bool goes_on(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;

	while (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
	if (exception_goes_on(t, is_thread, NULL))
		return true;
	trace_return(t, start);
	return false;
}

static void read_report(struct trace *t)
{
	struct slice line, message = NO_SLICE, what = NO_SLICE;
	int number = 0;
	unsigned i;

	for (i = 0; i <= NEAR && trace_peek(t, &line) && !is_thread(line) && !is_old(line); i++) {
		if (!message.at && parse_message(line, &message))
			trace_skip(t);
		else if (!what.at && parse_crash(line, &what))
			trace_skip(t);
		else if (!slice_trim(line).size)
			trace_skip(t);
		else
			trace_pass_line(t);
	}
	number = signal_of(what);
	if (message.at || what.at)
		set_cause(t, what, message, number);
	if (trace_peek(t, &line) && is_old(line)) {
		read_thread(t, 0);
		return;
	}
	while (goes_on(t))
		read_thread(t, number);
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned i;

	for (i = 0; i <= NEAR && trace_next(t, &line); i++)
		if (is_thread(line) || is_old(line))
			break;
	for (i = 0; i <= NEAR && trace_next(t, &line); i++)
		if (is_frame(line))
			return true;
	return false;
}

/* The message of Swift's own and the crash stand above the first thread. */
static unsigned above(struct trace_above *above)
{
	struct slice line, what;
	unsigned at, found = 0;

	for (at = 0; at < NEAR && trace_above_line(above, at, &line); at++)
		if (parse_message(line, &what) || parse_crash(line, &what))
			found = at + 1;
	return found;
}

static size_t column(struct slice line)
{
	size_t at = line.size;

	if (slice_ends(line, "Current stack trace:"))
		return line.size - (sizeof("Current stack trace:") - 1);
	if (slice_ends(line, "*** Program crashed:"))
		return line.size - (sizeof("*** Program crashed:") - 1);
	while (at && !slice_starts(slice_from(line, at), "Thread ") &&
	       !slice_starts(slice_from(line, at), "Program crashed:"))
		at--;
	return at;
}

static const struct trace_mark marks[] = {
	{ "crashed:", "", true },
	{ "Current stack trace:", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_swift = {
	.name = "swift",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = above,
	.column = column,
};
