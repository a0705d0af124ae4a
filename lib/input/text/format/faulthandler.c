/* SPDX-License-Identifier: Apache-2.0 */
/* What Python prints of its threads when it dies (Python/traceback.c and Modules/faulthandler.c of
 * CPython 3.3 to 3.14): the newest call stands first.
 *	Fatal Python error: Segmentation fault
 *
 *	Current thread 0x00007f1f2b7ff6c0 [worker] (most recent call first):
 *	  File "/src/app.py", line 5 in find
 *	  ...
 *	Thread 0x00007f1f2c000740 (most recent call first):
 *	  <no Python frame>
 *
 *	Current thread's C stack trace (most recent call first):          from 3.14
 *	  Binary file "/usr/bin/python3", at _Py_DumpStack+0x44 [0x55d0c2a3b1f4]
 *
 *	Extension modules: numpy.core._multiarray_umath (total: 1)
 * "..." stands where there are more than 100 frames. "Timeout (0:00:10)!" is dump_traceback_later()'s. */
#include "exception.h"

#include "death.h"

#include <signal.h>

static bool parse_frame(struct slice s, struct trace_frame *frame)
{
	uint64_t line = 0;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	s = slice_trim(s);
	if (!slice_skip(&s, "File \"") || !slice_until(&s, "\", line ", &frame->file) ||
	    (!slice_skip(&s, "???") && !slice_dec(&s, &line)) || line > INT32_MAX ||
	    !slice_skip(&s, " in "))
		return false;
	frame->line = (uint32_t)line;
	frame->func = s;
	return s.size > 0;
}

/* `Binary file "PATH", at FUNC+0xOFF [0xPC]` */
static bool parse_native(struct slice s, struct trace_frame *frame)
{
	struct slice func, offset;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	s = slice_trim(s);
	if (!slice_skip(&s, "Binary file \"") || !slice_until(&s, "\"", &frame->module))
		return false;
	if (slice_skip(&s, ", at ") && slice_until(&s, "+", &func)) {
		offset = s;
		if (!slice_hex(&s, func.size ? &frame->func_offset : &frame->offset) ||
		    offset.at == s.at)
			return false;
		if (func.size)
			frame->func = func;
		else
			frame->why = "Python found no symbol for it";
	} else {
		frame->why = "Python found no symbol for it";
	}
	return slice_skip(&s, " [") && slice_hex(&s, &frame->pc) && slice_is(s, "]");
}

struct header {
	uint64_t id;
	struct slice name;
	bool current, native;
};

static bool parse_header(struct slice s, struct header *h)
{
	*h = (struct header){ .name = NO_SLICE };
	h->native = slice_is(s, "Current thread's C stack trace (most recent call first):");
	if (h->native)
		return true;
	h->current = slice_skip(&s, "Current thread ");
	if ((!h->current && !slice_skip(&s, "Thread ")) || !slice_hex(&s, &h->id))
		return false;
	if (slice_skip(&s, " [") && !slice_until(&s, "]", &h->name))
		return false;
	return slice_is(s, " (most recent call first):") ||
	       slice_is(s, " [garbage collecting] (most recent call first):");
}

static bool is_fatal(struct slice s)
{
	return slice_starts(s, "Fatal Python error: ");
}

static bool is_timeout(struct slice s)
{
	return slice_starts(s, "Timeout (") && slice_ends(s, ")!");
}

static bool is_none(struct slice s)
{
	s = slice_trim(s);
	return slice_is(s, "<no Python frame>") || slice_is(s, "<invalid frame>") ||
	       slice_is(s, "<truncated rest of calls>");
}

static bool is_own(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame) || parse_native(line, &frame) || is_none(line) ||
	       slice_is(line, "  ...");
}

static bool is_header(struct slice line)
{
	struct header h;

	return parse_header(line, &h);
}

static bool begins_another(struct slice line)
{
	return is_fatal(line) || is_timeout(line);
}

static bool is_head(struct slice line)
{
	return is_header(line) || begins_another(line);
}

/* ---- why ---- */

/* faulthandler's words for the signals that it catches. */
static int signal_of(struct slice what)
{
	static const struct {
		const char *words;
		int number;
	} signals[] = {
		{ "Segmentation fault", SIGSEGV },
		{ "Aborted", SIGABRT },
		{ "Bus error", SIGBUS },
		{ "Illegal instruction", SIGILL },
		{ "Floating point exception", SIGFPE },
		{ "Floating-point exception", SIGFPE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (slice_is(what, signals[i].words))
			return signals[i].number;
	return 0;
}

/* "Fatal Python error: [FUNC: ]MSG", "Python runtime state: initialized" */
static void read_cause(struct trace *t, int *number, bool *fatal)
{
	struct slice line, what;
	struct stk_cause *cause;

	trace_next(t, &line);
	what = line;
	*fatal = slice_skip(&what, "Fatal Python error: ");
	*number = signal_of(what);
	trace_title(t, line);
	if (*fatal && trace_cause(t, &cause)) {
		if (*number)
			death_describe(t, cause, *number, NO_SLICE);
		else
			cause->text = trace_str(t, line);
		cause->message = trace_str(t, line);
	}
	while (trace_peek(t, &line) &&
	       (!slice_trim(line).size || slice_starts(line, "Python runtime state: ")))
		trace_skip(t);
}

/* ---- threads ---- */

static void read_frames(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	while (exception_goes_on(t, is_own, is_head) && trace_peek(t, &line)) {
		if (parse_frame(line, &frame) || parse_native(line, &frame))
			trace_push_frame(t, &frame);
		else if (!slice_is(slice_trim(line), "<no Python frame>"))
			trace_elided(t, STK_NONE);
		trace_skip(t);
	}
}

static void read_thread(struct trace *t, const struct header *h, int number, bool fatal)
{
	struct stk_task *task;

	trace_skip(t);
	read_frames(t);
	task = trace_task(t, h->native ? STK_TRACE : STK_THREAD);
	task->id = h->id;
	task->name = trace_str(t, h->name);
	if (h->native)
		trace_more(t, builder_ntasks(trace_builder(t)) - 1)->header =
			builder_str(trace_builder(t), "the current thread's C stack");
	if (!h->current)
		return;
	task->flags = fatal ? STK_TASK_CRASHED : STK_TASK_CURRENT;
	task->signal = (uint8_t)(fatal ? number : 0);
}

static void read_threads(struct trace *t)
{
	bool fatal = false, any = false;
	struct trace_place place;
	struct slice line;
	struct header h;
	int number = 0;

	if (trace_peek(t, &line) && (is_fatal(line) || is_timeout(line)))
		read_cause(t, &number, &fatal);
	for (;;) {
		place = trace_place(t);
		while (trace_peek(t, &line) && !slice_trim(line).size)
			trace_skip(t);
		if (!exception_goes_on(t, is_header, begins_another) || !trace_peek(t, &line) ||
		    !parse_header(line, &h))
			break;
		read_thread(t, &h, number, fatal);
		any = true;
	}
	trace_return(t, place);
	if (!any && fatal)
		trace_task(t, STK_THREAD)->flags = STK_TASK_CRASHED;
	if (trace_peek_at(t, 1, &line) && slice_starts(line, "Extension modules: ")) {
		trace_skip(t);
		trace_skip(t);
		slice_skip(&line, "Extension modules: ");
		builder_fact(trace_builder(t), "python", "extension modules", trace_str(t, line));
	}
}

static bool probe(struct trace *t)
{
	struct slice line, next;
	struct header h;
	unsigned i;

	if (!trace_next(t, &line))
		return false;
	if (is_fatal(line))
		return true;
	for (i = 0; is_timeout(line) && i < 3; i++)
		if (!trace_next(t, &line))
			return false;
	return parse_header(line, &h) && (!trace_next(t, &next) || is_own(next) || is_head(next));
}

static const struct trace_mark marks[] = {
	{ "Fatal Python error: ", "", false },
	{ "Current thread", "", false },
	{ "Thread 0x", "", false },
	{ "Timeout (", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_faulthandler = {
	.name = "faulthandler",
	.marks = marks,
	.probe = probe,
	.read = read_threads,
};
