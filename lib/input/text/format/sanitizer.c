/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of the sanitizers of gcc and clang (compiler-rt/lib/sanitizer_common/
 * sanitizer_stacktrace_printer.cpp): a head, then stacks, each under a line that says whose it is,
 * then a summary.
 *	==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x4c
 *	READ of size 4 at 0x602 thread T0
 *	    #0 0x4c7f in use /src/a.c:7:10
 *	    #1 0x7f24 in __libc_start_main (/lib/libc.so.6+0x2724) (BuildId: 93ac)
 * ThreadSanitizer's frames have no address: "#0 use /src/a.c:7 (a.out+0x4c7f)". */
#include "death.h"

#include <signal.h>

/* How many stacks one report may have: a leak report has one per leak. */
#define MAX_STACKS 100000u
/* Lines that belong to no stack: a report whose summary was lost must end somewhere. */
#define MAX_BETWEEN 64u

struct report {
	struct trace *t;
	struct slice head;    /* of the stack that is being collected */
	struct slice last;    /* the last line that is no frame and not empty ... */
	struct trace_place from, to; /* ... where it stands ... */
	bool unused;          /* ... and it is of no use so far */
	uint32_t stacks;
	bool collecting;
};

/* ---- one frame ---- */

/* " (BuildId: 93ac)" and " (module+0x4c7f)" at the end. */
static void take_module(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_find(*s, " (BuildId: "), plus;
	struct slice inner;

	if (open != SIZE_MAX && slice_ends(*s, ")")) {
		frame->build_id = slice_between(*s, open + 11, s->size - 1);
		s->size = open;
	}
	open = slice_rfind(*s, '(');
	if (!slice_ends(*s, ")") || open == SIZE_MAX)
		return;
	inner = slice_between(*s, open + 1, s->size - 1);
	plus = slice_rfind(inner, '+');
	if (plus == SIZE_MAX)
		return;
	frame->module = slice_to(inner, plus);
	inner.at += plus + 1;
	inner.size -= plus + 1;
	if (!slice_hex(&inner, &frame->offset) || inner.size) {
		frame->module = NO_SLICE;
		frame->offset = 0;
		return;
	}
	*s = slice_trim(slice_to(*s, open));
}

/* "FUNC FILE:LINE:COLUMN" where FILE begins at this blank; takes it off. */
static bool take_place_at(struct slice *s, size_t blank, struct trace_frame *frame)
{
	struct slice place;

	if (blank == SIZE_MAX)
		return false;
	place = slice_from(*s, blank + 1);
	if (!slice_place(place, &frame->file, &frame->line, &frame->column))
		return false;
	s->size = blank;
	return true;
}

/* Functions have blanks in them; a file that has one begins with a slash. */
static void take_place(struct slice *s, struct trace_frame *frame)
{
	size_t blank = slice_rfind(*s, ' ');

	if (take_place_at(s, slice_find(*s, " /"), frame) || take_place_at(s, blank, frame) ||
	    blank == SIZE_MAX || blank + 1 == s->size || s->at[blank + 1] != '/')
		return;
	frame->file = slice_from(*s, blank + 1);
	s->size = blank;
}

static void take_function(struct slice s, struct trace_frame *frame)
{
	slice_drop(&s, " <null>");
	take_place(&s, frame);
	if (s.size && !slice_is(s, "<null>") && !slice_is(s, "<unknown module>") &&
	    !slice_is(s, "(<unknown module>)"))
		frame->func = slice_trim(s);
}

static bool read_frame(struct slice line, struct trace_frame *frame)
{
	struct slice s = slice_trim(line);
	uint64_t number;

	if (!slice_skip(&s, "#") || !slice_dec(&s, &number) || !slice_skip(&s, " "))
		return false;
	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	/* The addresses are those of the calls. */
	frame->flags = STK_FRAME_ACTIVATION;
	if (slice_hex(&s, &frame->pc)) {
		s = slice_trim(s);
		slice_skip(&s, "in ");
	}
	take_module(&s, frame);
	take_function(slice_trim(s), frame);
	if (!frame->func.at)
		frame->why = "not symbolized";
	return true;
}

static bool is_first_frame(struct slice line)
{
	return slice_starts(slice_trim(line), "#0 ");
}

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
	slice_drop(&r->head, ":");
	trace_more(r->t, builder_ntasks(b) - 1)->header = trace_str(r->t, r->head);
}

/* What the report says of the address, beside its stacks. */
static bool keep_remark(struct report *r, struct slice line)
{
	static const char *const pieces[] = {
		" is located ", "Location is ", "The signal is caused by", "Hint: ", "HINT: ",
		"Cause: ", "DEDUP_TOKEN: ", " this variable", "Cycle in lock order", " heap chunk; ",
		"First 16 instruction bytes", "To change the out-of-memory limit",
	};
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

/* What is neither the head of a stack nor a remark stays as text. */
static void pass_last(struct report *r)
{
	if (r->unused)
		trace_pass(r->t, r->from, r->to);
	r->unused = false;
}

/* The line that trace_peek() gave, between stacks. */
static void take_other(struct report *r, struct slice line)
{
	struct trace_place from = trace_place(r->t);

	trace_skip(r->t);
	if (!line.size)
		return;
	close_stack(r);
	/* a remark heads no stack, but for "... is located in stack of thread T0 at offset 40 in frame" */
	if (keep_remark(r, line) && !slice_ends(line, "in frame") && !slice_ends(line, ":"))
		return;
	pass_last(r);
	r->last = line;
	r->from = from;
	r->to = trace_place(r->t);
	r->unused = !slice_ends(line, "in frame");
}

/* Takes the line that trace_peek() gave. */
static void take_line(struct report *r, struct slice line)
{
	struct trace_frame frame;

	if (!read_frame(line, &frame)) {
		take_other(r, slice_trim(line));
		return;
	}
	trace_skip(r->t);
	if (is_first_frame(line))
		close_stack(r);
	if (!r->collecting) {
		r->head = r->last;
		r->unused = false;
	}
	r->collecting = true;
	trace_push_frame(r->t, &frame);
}

/* ---- what follows the summary ---- */

static bool is_shadow(struct slice line)
{
	static const char *const starts[] = {
		"Shadow ", "=>0x", "0x", "Addressable:", "Partially ", "Heap ", "Freed heap", "Stack ",
		"Global ", "Poisoned ", "Container ", "Array cookie", "Intra object", "ASan internal",
		"Left alloca", "Right alloca", "Memory tags", "Tags for", "To describe", "NOTE: ",
		"See https://clang.llvm.org/", "Registers where the failure occurred", "Shadow gap",
	};
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

static void skip_shadow(struct trace *t)
{
	struct slice line;
	unsigned n;

	for (n = 0; n < MAX_BETWEEN && trace_peek(t, &line); n++) {
		line = slice_trim(line);
		if (slice_ends(line, "==ABORTING") || slice_ends(line, "== ABORTING") ||
		    slice_starts(line, "==================")) {
			trace_skip(t);
			return;
		}
		if (!is_shadow(line) && !take_command(t, line))
			return;
		trace_skip(t);
	}
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

static void read_report(struct trace *t)
{
	struct report r = { .t = t };
	struct slice line;
	unsigned between = 0;

	if (!trace_next(t, &line))
		return;
	say_process(t, line);
	r.last = title_of(line);
	trace_title(t, r.last);
	say_cause(t, r.last);
	while (r.stacks < MAX_STACKS && between < MAX_BETWEEN && trace_peek(t, &line)) {
		struct slice clean = slice_trim(line);

		if (slice_starts(clean, "SUMMARY: ")) {
			close_stack(&r);
			pass_last(&r);
			trace_skip(t);
			skip_shadow(t);
			return;
		}
		if (slice_starts(clean, "==================") && r.stacks + r.collecting)
			break;
		take_line(&r, line);
		between = r.collecting || !clean.size ? 0 : between + 1;
	}
	close_stack(&r);
	pass_last(&r);
	if (trace_at_end(t))
		trace_truncated(t, trace_line_number(t), "the report has no summary");
}

/* "==7==ERROR: ", "==7== ERROR: ", "WARNING: ": what stands before it is a logger's. */
static bool is_head(struct slice line)
{
	uint64_t pid;

	line = slice_trim(line);
	if (slice_skip(&line, "==") && (!slice_dec(&line, &pid) || !slice_skip(&line, "==")))
		return false;
	slice_skip(&line, " ");
	return slice_skip(&line, "ERROR: ") || slice_skip(&line, "WARNING: ");
}

static bool probe_report(struct trace *t)
{
	struct slice line;
	unsigned n;

	if (!trace_next(t, &line) || !is_head(line))
		return false;
	for (n = 0; n < MAX_BETWEEN && trace_next(t, &line); n++) {
		if (is_first_frame(line))
			return true;
		/* what follows is another's */
		if (is_head(line) || slice_starts(slice_trim(line), "SUMMARY: "))
			return false;
	}
	return false;
}

/* "==7==ERROR: ", and older "==7== ERROR: ". */
#define PID "=0123456789"

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
	{ NULL, NULL, false },
};

const struct trace_format trace_asan = { "sanitizer", asan_marks, probe_report, read_report, NULL };

static const struct trace_mark tsan_marks[] = {
	{ "WARNING: ThreadSanitizer: ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_tsan = { "tsan", tsan_marks, probe_report, read_report, NULL };

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

	if (slice_find(line, ": note: ") != SIZE_MAX)
		return true;
	for (at = 0; at < line.size; at++)
		if (!memchr("0123456789abcdef ^~?", line.at[at], 20))
			return false;
	return line.size && line.at[0] == ' ' && slice_trim(line).size;
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
	while (trace_peek(t, &line) && is_ubsan_note(line))
		trace_pass_line(t);
	while (trace_peek(t, &line) && read_frame(line, &(struct trace_frame){ .line = 0 }))
		take_line(&r, line);
	if (!r.collecting) {
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

const struct trace_format trace_ubsan = { "ubsan", ubsan_marks, probe_ubsan, read_ubsan, NULL };
