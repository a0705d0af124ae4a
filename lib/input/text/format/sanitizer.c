/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of the sanitizers of gcc and clang (compiler-rt/lib/sanitizer_common/
 * sanitizer_stacktrace_printer.cpp): a head, then stacks, each under a line that says whose it is,
 * then a summary.
 *	==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x4c
 *	READ of size 4 at 0x602 thread T0
 *	    #0 0x4c7f in use /src/a.c:7:10
 *	    #1 0x7f24 in __libc_start_main (/lib/libc.so.6+0x2724) (BuildId: 93ac)
 * ThreadSanitizer's frames have no address: "#0 use /src/a.c:7 (a.out+0x4c7f)". */
#include "sanitizer.h"

#include <signal.h>

/* How many stacks one report may have: a leak report has one per leak. */
#define MAX_STACKS 100000u
/* Lines that belong to no stack: a report whose summary was lost must end somewhere. */
#define MAX_BETWEEN 64u

struct report {
	struct trace *t;
	struct slice head;           /* of the stack that is being collected */
	struct slice last;           /* the last heading; at NULL: it has been used ... */
	struct trace_place from, to; /* ... where it stands ... */
	bool unused;                 /* ... and it is of no use so far */
	uint64_t expected;           /* number of the next frame */
	uint32_t stacks;
	bool collecting;
};

/* ---- stacks ---- */

/* "thread T12", "Thread T1 (tid=5, running) created by": 0 when it names none. */
static uint64_t thread_of(struct slice head)
{
	struct slice before;
	uint64_t id = 0;

	if (slice_until(&head, "hread T", &before))
		slice_dec(&head, &id);
	return id;
}

static void close_stack(struct report *r)
{
	struct builder *b = trace_builder(r->t);
	struct stk_task *task;

	if (!r->collecting)
		return;
	r->collecting = false;
	task = trace_task(r->t, STK_TRACE);
	task->id = thread_of(r->head);
	if (!r->stacks++)
		task->flags |= STK_TASK_CRASHED;
	if (!r->head.at)
		return;
	slice_drop(&r->head, ":");
	trace_more(r->t, builder_ntasks(b) - 1)->header = trace_str(r->t, r->head);
}

/* What the report says of the address, beside its stacks. */
static bool keep_remark(struct report *r, struct slice line)
{
	/* clang-format off */
	static const char *const pieces[] = {
		" is located ", "Location is ", "The signal is caused by", "Hint: ", "HINT: ",
		"Cause: ", "DEDUP_TOKEN: ", " this variable", "Cycle in lock order", " heap chunk; ",
		"First 16 instruction bytes", "To change the out-of-memory limit",
	};
	/* clang-format on */
	struct slice before, rest = line;
	size_t i;

	/* "==12==" */
	if (slice_starts(rest, "==") && slice_until(&rest, "==", &before) &&
	    slice_until(&rest, "==", &before))
		line = rest;
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		if (slice_find(line, pieces[i]) != SIZE_MAX) {
			builder_statement(trace_builder(r->t), trace_str(r->t, line), "the report");
			return true;
		}
	return false;
}

/* A heading without a stack stays as text. */
static void pass_last(struct report *r)
{
	if (r->unused)
		trace_pass(r->t, r->from, r->to);
	r->unused = false;
}

/* Does another part of a report begin here? */
static bool is_part(struct slice line)
{
	return sanitizer_is_head(line) || sanitizer_is_heading(line) ||
	       sanitizer_is_summary(line) || sanitizer_is_last(line);
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	uint64_t number;

	(void)t;
	if (sanitizer_is_frame(line, &number))
		return number && number >= *(const uint64_t *)expected ? TRACE_LINE_OWN
								       : TRACE_LINE_END;
	return is_part(line) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

/* The line that trace_peek() gave, between stacks. */
static void take_other(struct report *r, struct slice line)
{
	struct trace_place from = trace_place(r->t);

	if (!line.size) {
		trace_skip(r->t);
		return;
	}
	/* a remark heads no stack, but for "... is located in stack of thread T0 at offset 40 in frame" */
	if (keep_remark(r, line) && !slice_ends(line, "in frame") && !slice_ends(line, ":")) {
		trace_skip(r->t);
		return;
	}
	if (!sanitizer_is_heading(line)) {
		trace_pass_line(r->t);
		return;
	}
	trace_skip(r->t);
	pass_last(r);
	r->last = line;
	r->from = from;
	r->to = trace_place(r->t);
	r->unused = !slice_ends(line, "in frame");
}

static void begin_stack(struct report *r, uint64_t number)
{
	r->head = r->last;
	r->last = NO_SLICE;
	r->unused = false;
	r->collecting = true;
	r->expected = 0;
	if (number)
		trace_truncated(r->t, trace_line_number(r->t) + 1,
				"the stack has lost its beginning");
}

/* Takes the line that trace_peek() gave. */
static void take_line(struct report *r, struct slice line)
{
	struct trace_frame frame;
	uint64_t number;

	if (!sanitizer_frame(line, &number, &frame)) {
		if (r->collecting && trace_gap(r->t, judge_frame, &r->expected))
			return;
		close_stack(r);
		take_other(r, slice_trim(line));
		return;
	}
	if (r->collecting && (!number || number < r->expected))
		close_stack(r);
	if (!r->collecting)
		begin_stack(r, number);
	trace_number(r->t, number, &r->expected);
	trace_skip(r->t);
	trace_push_frame(r->t, &frame);
}

/* One stack, up to the line behind it. */
static void read_one(struct report *r)
{
	struct slice line;
	uint64_t number;

	while (trace_peek(r->t, &line)) {
		if (!sanitizer_is_frame(line, &number)) {
			if (!r->collecting || !trace_gap(r->t, judge_frame, &r->expected))
				break;
			continue;
		}
		if (r->collecting && (!number || number < r->expected))
			break;
		take_line(r, line);
	}
	close_stack(r);
}

/* ---- what follows the summary ---- */

static bool is_shadow(struct slice line)
{
	/* clang-format off */
	static const char *const starts[] = {
		"Shadow ", "=>0x", "0x", "Addressable:", "Partially ", "Heap ", "Freed heap", "Stack ",
		"Global ", "Poisoned ", "Container ", "Array cookie", "Intra object", "ASan internal",
		"Left alloca", "Right alloca", "Memory tags", "Tags for", "To describe", "NOTE: ",
		"See https://clang.llvm.org/", "Registers where the failure occurred", "Shadow gap",
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(line, starts[i]))
			return true;
	return !line.size;
}

static bool take_command(struct trace *t, struct slice line)
{
	if (!slice_skip(&line, "Command: "))
		return false;
	builder_target(trace_builder(t))->command_line = trace_str(t, slice_trim(line));
	return true;
}

/* What follows the summary: the shadow memory, and in reports of signals the threads. */
static void read_tail(struct report *r)
{
	struct slice line, next;
	unsigned n;

	for (n = 0; n < MAX_BETWEEN && trace_peek(r->t, &line); n++) {
		if (sanitizer_is_last(line)) {
			close_stack(r);
			pass_last(r);
			trace_skip(r->t);
			return;
		}
		bool heads = sanitizer_is_heading(line) && trace_peek_at(r->t, 1, &next) &&
			     sanitizer_is_first(next);

		if (heads || r->collecting || (r->last.at && sanitizer_is_first(line))) {
			take_line(r, line);
			n = 0;
			continue;
		}
		line = slice_trim(line);
		if (!is_shadow(line) && !take_command(r->t, line))
			break;
		trace_skip(r->t);
	}
	close_stack(r);
	pass_last(r);
}

/* ---- a report ---- */

static struct slice title_of(struct slice head)
{
	struct slice before;

	if (!slice_until(&head, "ERROR: ", &before))
		slice_until(&head, "WARNING: ", &before);
	return slice_trim(head);
}

/* "AddressSanitizer: heap-use-after-free", without what only this run has. */
static struct slice kind_of(struct slice title)
{
	static const char *const ends[] = { " on address ", " on unknown address ", " in thread T",
					    " (pc 0x", " (pid=" };
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		at = slice_find(title, ends[i]);
		if (at != SIZE_MAX)
			title.size = at;
	}
	return title;
}

/* "SEGV on unknown address 0x10 (pc 0x55dc bp 0x7ffd sp 0x7ffd T0)" */
static void say_signal(struct trace *t, struct stk_cause *cause, struct slice title)
{
	struct slice tool, rest = title, name;
	int i;

	if (!slice_until(&rest, ": ", &tool) || !slice_until(&rest, " on unknown address", &name))
		return;
	for (i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && slice_is(name, sigabbrev_np(i)))
			break;
	if (i == NSIG)
		return;
	cause->signal = i;
	cause->signal_name = death_signal_name(t, i);
	cause->text = builder_fmt(trace_builder(t), "%s (%.*s)", cause->signal_name,
				  (int)(tool.size & 0xff), tool.at);
	slice_skip(&rest, " ");
	cause->has_address = slice_hex(&rest, &cause->address);
}

static void say_cause(struct trace *t, struct slice title)
{
	struct stk_cause *cause;

	if (!trace_cause(t, &cause))
		return;
	cause->message = trace_str(t, title);
	cause->text = trace_str(t, kind_of(title));
	say_signal(t, cause, title);
}

/* "==12==ERROR: ", or behind the title "(pid=12)" */
static void say_process(struct trace *t, struct slice line)
{
	struct stk_target *target = builder_target(trace_builder(t));
	uint64_t pid = slice_number_behind(line, "(pid=");

	if (slice_skip(&line, "=="))
		slice_dec(&line, &pid);
	if (!target->pid)
		target->pid = pid;
}

/* Where there is no stack the summary may say where it was. */
static void push_summary(struct report *r, struct slice line)
{
	struct trace_frame frame;

	if (r->stacks || r->collecting)
		return;
	r->head = r->last;
	r->collecting = true;
	if (sanitizer_summary(line, &frame))
		trace_push_frame(r->t, &frame);
}

static void read_report(struct trace *t)
{
	struct report r = { .t = t };
	struct slice line;
	unsigned between = 0;
	uint64_t number;

	if (!trace_next(t, &line))
		return;
	say_process(t, line);
	r.last = title_of(line);
	trace_title(t, r.last);
	say_cause(t, r.last);
	while (r.stacks < MAX_STACKS && between < MAX_BETWEEN && trace_peek(t, &line)) {
		if (sanitizer_is_summary(line)) {
			push_summary(&r, line);
			close_stack(&r);
			pass_last(&r);
			trace_skip(t);
			read_tail(&r);
			return;
		}
		if (sanitizer_is_head(line) || (sanitizer_is_last(line) && r.stacks + r.collecting))
			break;
		take_line(&r, line);
		between = sanitizer_is_frame(line, &number) || !slice_trim(line).size ? 0
										      : between + 1;
	}
	close_stack(&r);
	pass_last(&r);
	if (trace_at_end(t))
		trace_truncated(t, trace_line_number(t), "the report has no summary");
}

static bool probe_report(struct trace *t)
{
	struct slice line;
	unsigned n;

	if (!trace_next(t, &line) || !sanitizer_is_head(line))
		return false;
	for (n = 0; n < MAX_BETWEEN && trace_next(t, &line); n++) {
		if (sanitizer_is_first(line) || sanitizer_is_summary(line))
			return true;
		/* what follows is another's */
		if (sanitizer_is_head(line))
			return false;
	}
	return false;
}

/* "==7==ERROR: ", and older "==7== ERROR: ". */
#define PID "=0123456789"
#define CHECK "=0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:"

static const struct trace_mark asan_marks[] = {
	{ "ERROR: AddressSanitizer: ", PID, false },
	{ "ERROR: LeakSanitizer: ", PID, false },
	{ "ERROR: HWAddressSanitizer: ", PID, false },
	{ "ERROR: UndefinedBehaviorSanitizer: ", PID, false },
	{ "ERROR: MemorySanitizer: ", PID, false },
	{ "ERROR: ThreadSanitizer: ", PID, false },
	{ "ERROR: RealtimeSanitizer: ", PID, false },
	{ "ERROR: TypeSanitizer: ", PID, false },
	{ "WARNING: MemorySanitizer: ", PID, false },
	{ "WARNING: NumericalStabilitySanitizer: ", PID, false },
	{ "== ERROR: AddressSanitizer: ", PID, false },
	{ "== ERROR: LeakSanitizer: ", PID, false },
	{ "== WARNING: MemorySanitizer: ", PID, false },
	{ "== ERROR: libFuzzer: ", PID, false },
	{ "Sanitizer: CHECK failed: ", CHECK, false },
	{ "Sanitizer CHECK failed: ", CHECK, false },
	{ "*** GWP-ASan detected a memory error ***", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_asan = {
	.name = "sanitizer",
	.marks = asan_marks,
	.probe = probe_report,
	.read = read_report,
};

static const struct trace_mark tsan_marks[] = {
	{ "WARNING: ThreadSanitizer: ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_tsan = {
	.name = "tsan",
	.marks = tsan_marks,
	.probe = probe_report,
	.read = read_report,
};

/* ---- UBSan: "FILE:LINE:COLUMN: runtime error: MESSAGE", with or without a stack ---- */

static bool split_runtime_error(struct slice line, struct trace_frame *frame)
{
	size_t at = slice_find(line, ": runtime error: ");
	struct slice place;

	if (at == SIZE_MAX)
		return false;
	place = slice_to(line, at);
	/* Go says "panic: runtime error: " with no place before it; with a blank or a quote it is within
	 * what a logger made of it. */
	if (slice_find(place, " ") != SIZE_MAX || slice_find(place, "\"") != SIZE_MAX)
		return false;
	return slice_place(place, &frame->file, &frame->line, &frame->column) && frame->line;
}

static bool probe_ubsan(struct trace *t)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice line;

	return trace_next(t, &line) && split_runtime_error(slice_trim(line), &frame);
}

/* "0x7ffe: note: pointer points here", the bytes there, and the mark below them. */
static bool is_ubsan_note(struct slice line)
{
	size_t at;

	if (slice_find(line, ": note: ") != SIZE_MAX || slice_find(line, "vptr for ") != SIZE_MAX ||
	    slice_find(line, "<memory cannot be printed>") != SIZE_MAX)
		return true;
	for (at = 0; at < line.size; at++)
		if (!memchr("0123456789abcdef ^~?", line.at[at], 20))
			return false;
	return line.size && line.at[0] == ' ' && slice_trim(line).size;
}

/* The stack of an error, behind what else may stand below it. */
static enum trace_line judge_first(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	uint64_t number;

	(void)t, (void)arg;
	if (sanitizer_is_frame(line, &number))
		return number ? TRACE_LINE_END : TRACE_LINE_OWN;
	if (is_ubsan_note(line))
		return TRACE_LINE_OWN;
	return sanitizer_is_head(line) || sanitizer_is_summary(line) || sanitizer_is_last(line) ||
			       split_runtime_error(slice_trim(line), &frame)
		       ? TRACE_LINE_END
		       : TRACE_LINE_OTHER;
}

static void read_ubsan(struct trace *t)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct report r = { .t = t };
	struct slice line;

	if (!trace_next(t, &line) || !split_runtime_error(slice_trim(line), &frame))
		return;
	r.last = slice_trim(line);
	trace_title(t, r.last);
	say_cause(t, r.last);
	do {
		while (trace_peek(t, &line) && is_ubsan_note(line))
			trace_pass_line(t);
	} while (!sanitizer_is_first(line) && trace_small_gap(t, judge_first, NULL));
	if (trace_peek(t, &line) && sanitizer_is_first(line))
		read_one(&r);
	if (!r.collecting && !r.stacks) {
		/* Without print_stacktrace=1 the place is all there is. */
		frame.flags = STK_FRAME_ACTIVATION;
		frame.why = "the report names no function";
		r.head = r.last;
		r.collecting = true;
		trace_push_frame(t, &frame);
	}
	close_stack(&r);
	while (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
	if (trace_peek(t, &line) && slice_starts(slice_trim(line), "SUMMARY: "))
		trace_skip(t);
}

static const struct trace_mark ubsan_marks[] = {
	{ ": runtime error: ", /* behind a path and two numbers */
	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_ubsan = {
	.name = "ubsan",
	.marks = ubsan_marks,
	.probe = probe_ubsan,
	.read = read_ubsan,
};

/* ---- a stack alone: __sanitizer_print_stack_trace(), a report that has lost its head ---- */

static bool probe_stack(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	return trace_next(t, &line) && sanitizer_bare_frame(line, &number, &frame);
}

/* Moves to the next heading that has a stack. */
static bool at_heading(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line, next;

	while (trace_peek(t, &line) && !slice_trim(line).size)
		trace_skip(t);
	if (trace_peek(t, &line) && sanitizer_is_heading(line) && trace_peek_at(t, 1, &next) &&
	    sanitizer_is_first(next))
		return true;
	trace_return(t, start);
	return false;
}

static void read_stack(struct trace *t)
{
	struct report r = { .t = t, .stacks = 1 };
	struct slice line, before;

	if (trace_above(t, &line) &&
	    (slice_ends(slice_trim(line), ":") || sanitizer_is_heading(line))) {
		r.last = slice_trim(line);
		/* what a logger has put before it */
		while (slice_until(&line, ": ", &before))
			r.last = slice_trim(line);
	}
	read_one(&r);
	/* the report that it is of has lost its head */
	while (at_heading(t)) {
		trace_next(t, &line);
		r.last = slice_trim(line);
		read_one(&r);
	}
}

static const struct trace_mark stack_marks[] = {
	{ "#0 0x", " ", false }, { "#1", " ", false }, { "#2", " ", false },  { "#3", " ", false },
	{ "#4", " ", false },    { "#5", " ", false }, { "#6", " ", false },  { "#7", " ", false },
	{ "#8", " ", false },    { "#9", " ", false }, { NULL, NULL, false },
};

const struct trace_format trace_sanstack = {
	.name = "sanitizer", .marks = stack_marks, .probe = probe_stack, .read = read_stack
};
