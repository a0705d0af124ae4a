/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of Valgrind's tools (coregrind/m_errormgr.c, m_stacktrace.c, m_debuginfo/debuginfo.c,
 * memcheck/mc_errors.c, helgrind/hg_errors.c, drd/drd_error.c): paragraphs of lines with the process'
 * number, divided by lines with nothing but it. A paragraph has one stack or several, each under what it
 * is of; the first address of a stack is "at", the others "by".
 *	==7== Invalid read of size 1
 *	==7==    at 0x109206: bad_read (vg.c:7)
 *	==7==    by 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
 *	==7==    by 0x4C2B6CD: ???
 *	==7==  Address 0x4a4504c is 2 bytes after a block of size 10 alloc'd
 *	==7==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
 * --time-stamp=yes puts "00:00:01.234 " before the number; messages of the tool begin with "--7--", the
 * most important ones with "**7**". Valgrind writes the addresses of the calls themselves, one less than
 * where they return to (VG_(get_StackTrace)). */
#include "listing.h"

/* Lines between the first of a paragraph and its stack: drd's segments that are over, locks. */
#define MAX_HEAD 12u
#define MAX_STACKS 10000u

/* "==7== ", "==00:00:00:01.234 7== "; what follows may be nothing. */
static bool skip_number(struct slice *s, uint64_t *pid)
{
	struct slice rest = slice_trim(*s);
	uint64_t number;

	if (!slice_skip(&rest, "=="))
		return false;
	while (rest.size && rest.at[0] && strchr("0123456789:.", rest.at[0])) {
		struct slice digits = rest;

		if (slice_dec(&digits, &number) && slice_skip(&digits, "==")) {
			if (digits.size && !slice_skip(&digits, " "))
				return false;
			*s = digits;
			*pid = number;
			return true;
		}
		rest = (struct slice){ rest.at + 1, rest.size - 1 };
		if (slice_starts(rest, " "))
			rest = slice_trim(rest);
	}
	return false;
}

/* "(vg.c:7)", "(in /lib/libc.so.6)" at the end */
static void take_place(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_rfind(*s, '(');
	struct slice inner;

	if (open == SIZE_MAX || !open || s->at[open - 1] != ' ' || !slice_ends(*s, ")"))
		return;
	inner = (struct slice){ s->at + open + 1, s->size - open - 2 };
	if (slice_skip(&inner, "in "))
		frame->module = inner;
	else if (!slice_place(inner, &frame->file, &frame->line, &frame->column))
		return;
	*s = slice_trim((struct slice){ s->at, open });
}

/* What is behind the number. */
static bool parse_frame(struct slice text, struct trace_frame *frame, bool *first)
{
	struct slice rest = slice_trim(text);

	*first = slice_skip(&rest, "at 0x");
	if (!*first && !slice_skip(&rest, "by 0x"))
		return false;
	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	frame->flags = STK_FRAME_ACTIVATION;
	if (!slice_hexdigits(&rest, &frame->pc) || !slice_skip(&rest, ": "))
		return false;
	take_place(&rest, frame);
	if (slice_is(rest, "???"))
		frame->why = "not symbolized";
	else if (rest.size)
		frame->func = rest;
	return true;
}

/* What is no paragraph of its own, but goes on behind an empty line: helgrind's second access, what
 * holds the locks, where the locks were first seen. */
static bool goes_on(struct slice text)
{
	static const char *const starts[] = {
		"This conflicts with a previous ",
		" followed by a later acquisition",
		" Lock at ",
		" Address 0x",
		"Observed (incorrect) order is: ",
		"Required order was established",
		" Block was alloc'd",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(text, starts[i]))
			return true;
	return false;
}

/* ---- a paragraph ---- */

struct report {
	struct trace *t;
	struct slice head; /* of the next stack: the last line that is none of its frames */
	bool headed;       /* it has not been used */
	uint32_t stacks;
	uint32_t thread; /* "Thread 3:" of the tool before */
	bool crashed;    /* a signal ends the program */
	uint64_t pid;
};

/* A line of this process: its text. */
static bool own_text(const struct report *r, struct slice line, struct slice *text)
{
	uint64_t pid;

	*text = line;
	return skip_number(text, &pid) && pid == r->pid;
}

/* "Process terminating with default action of signal 11 (SIGSEGV)" */
static void read_signal(struct report *r, struct slice text)
{
	struct slice name = text, before;
	size_t close;

	if (!slice_starts(text, "Process terminating with default action of signal ") ||
	    !slice_until(&name, "(", &before))
		return;
	close = slice_find(name, ")");
	if (close != SIZE_MAX)
		name.size = close;
	r->crashed = true;
	(void)death_by_signal(r->t, text, name, NO_SLICE);
}

/* "Thread 3:", "Thread 3 worker:" */
static bool read_thread(struct report *r, struct slice text)
{
	uint64_t id;

	if (!slice_skip(&text, "Thread ") || !slice_dec(&text, &id) || !slice_ends(text, ":"))
		return false;
	r->thread = (uint32_t)id;
	return true;
}

/* "... by thread #3", "Thread #3 was created", "... by thread 3 at ..." */
static uint64_t thread_of(const struct report *r, struct slice head)
{
	uint64_t id = slice_number_behind(head, "hread #");

	if (!id)
		id = slice_number_behind(head, " by thread ");
	return id ? id : r->stacks ? 0 : r->thread;
}

static void keep_head(struct report *r)
{
	if (r->headed)
		builder_statement(trace_builder(r->t), trace_str(r->t, r->head), "the report");
	r->headed = false;
}

static bool starts_with(struct slice text, const char *const *starts)
{
	for (; *starts; starts++)
		if (slice_starts(text, *starts))
			return true;
	return false;
}

/* Says more of the stack that its head has named. */
static bool take_remark(struct report *r, struct slice text)
{
	static const char *const remarks[] = {
		"Access not within ",         "Bad permissions ",     "General Protection Fault",
		"The main thread stack size", "Allocation context: ", NULL,
	};
	static const char *const words[] = { "Locks held: ", "(thread finished, ", NULL };

	if (starts_with(text, remarks)) {
		builder_statement(trace_builder(r->t), trace_str(r->t, text), "the report");
		trace_skip(r->t);
	} else if (starts_with(text, words)) {
		trace_pass_line(r->t);
	} else {
		return false;
	}
	return true;
}

/* The next line, which is no frame: it heads a stack, or says something of one. */
static void take_text(struct report *r, struct slice text)
{
	text = slice_trim(text);
	if (take_remark(r, text))
		return;
	trace_skip(r->t);
	if (!text.size || (!r->stacks && read_thread(r, text)))
		return;
	keep_head(r);
	read_signal(r, text);
	trace_title(r->t, text);
	r->head = text;
	r->headed = true;
}

static void close_stack(struct report *r)
{
	struct stk_task *task;
	uint32_t id;

	if (!trace_pushed(r->t))
		return;
	task = trace_task(r->t, STK_TRACE);
	task->id = thread_of(r, r->head);
	if (!r->stacks++ && r->crashed)
		task->flags |= STK_TASK_CRASHED;
	id = builder_ntasks(trace_builder(r->t)) - 1;
	if (r->head.at)
		trace_more(r->t, id)->header = trace_str(r->t, r->head);
	r->headed = false;
	r->head = NO_SLICE;
}

/* An empty line ends the report, but for what goes on behind it: the line after `ahead` more. */
static bool ends(struct report *r, struct slice text, unsigned ahead)
{
	struct slice next;

	return !slice_trim(text).size &&
	       !(trace_peek_at(r->t, ahead, &next) && own_text(r, next, &text) && goes_on(text));
}

/* Does the report go on behind lines of others? */
static bool skip_others(struct report *r)
{
	struct trace_place start = trace_place(r->t), here = start;
	struct slice line, text;
	unsigned n;

	for (n = 0; n < LISTING_AHEAD && trace_next(r->t, &line); n++) {
		if (own_text(r, line, &text)) {
			trace_return(r->t, here);
			if (!n || ends(r, text, 1))
				break;
			trace_pass(r->t, start, here);
			return true;
		}
		here = trace_place(r->t);
	}
	trace_return(r->t, start);
	return false;
}

static void read_line(struct report *r, struct slice text)
{
	struct trace_frame frame;
	bool first, is_frame = parse_frame(text, &frame, &first);

	if (!is_frame || first)
		close_stack(r);
	if (!is_frame) {
		take_text(r, text);
		return;
	}
	trace_skip(r->t);
	trace_push_frame(r->t, &frame);
}

static void read_report(struct trace *t)
{
	struct report r = { .t = t };
	struct slice line, text;

	if (!trace_peek(t, &line))
		return;
	skip_number(&line, &r.pid);
	if (!builder_target(trace_builder(t))->pid)
		builder_target(trace_builder(t))->pid = r.pid;
	while (r.stacks < MAX_STACKS && trace_peek(t, &line)) {
		if (!own_text(&r, line, &text)) {
			if (!skip_others(&r))
				break;
			continue;
		}
		if (ends(&r, text, 1))
			break;
		read_line(&r, text);
	}
	close_stack(&r);
	keep_head(&r);
}

/* A paragraph with a stack begins here. */
static bool probe(struct trace *t)
{
	struct report r = { .t = t };
	struct trace_frame frame;
	struct slice line, text;
	bool first;
	unsigned n;

	if (!trace_next(t, &line))
		return false;
	text = line;
	if (!skip_number(&text, &r.pid) || !slice_trim(text).size)
		return false;
	for (n = 0; n < MAX_HEAD; n++) {
		if (own_text(&r, line, &text)) {
			if (parse_frame(text, &frame, &first))
				return true;
			if (ends(&r, text, 0))
				return false;
		}
		if (!trace_next(t, &line))
			return false;
	}
	return false;
}

static const struct trace_mark marks[] = {
	{ "0== ", "=0123456789", false }, { "1== ", "=0123456789", false },
	{ "2== ", "=0123456789", false }, { "3== ", "=0123456789", false },
	{ "4== ", "=0123456789", false }, { "5== ", "=0123456789", false },
	{ "6== ", "=0123456789", false }, { "7== ", "=0123456789", false },
	{ "8== ", "=0123456789", false }, { "9== ", "=0123456789", false },
	{ "==00:", "", false },           { NULL, NULL, false },
};

const struct trace_format trace_valgrind = {
	.name = "valgrind",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
