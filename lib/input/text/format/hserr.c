/* SPDX-License-Identifier: Apache-2.0 */
/* The error reports of HotSpot (hs_err_pid*.log and what stands of it on the terminal; vmError.cpp, frame.cpp
 * of JDK 8 to 25).
 *	# A fatal error has been detected by the Java Runtime Environment:
 *	#
 *	#  SIGSEGV (0xb) at pc=0x00007f3b5c6f7c9a, pid=4711, tid=4712
 *	#
 *	# Problematic frame:
 *	# C  [libapp.so+0x1139]  find+0x9
 *	...
 *	Current thread (0x00007f3b):  JavaThread "worker-1" [_thread_in_native, id=4712, stack(...)]
 *	...
 *	Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)
 *	C  [libapp.so+0x1139]  find+0x9  (app.c:12)
 *	j  app.Store.find(I)V+0
 *	J 1234 c2 java.lang.String.hashCode()I java.base@17 (60 bytes) @ 0x00007f3b4c0 [0x00007f3b4a0+0x20]
 *	v  ~StubRoutines::call_stub
 *	V  [libjvm.so+0x8a9b2c]  JavaCalls::call_helper(JavaValue*)+0x39c
 *	...
 *	siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x0000000000000000 */
#include "exception.h"

#include "death.h"

#define HEAD_LINES 64u     /* of "#" */
#define LINES_BETWEEN 200u /* from there to the stacks, and from them to the signal's */

static bool is_title(struct slice s)
{
	return slice_starts(s,
			    "# A fatal error has been detected by the Java Runtime Environment") ||
	       slice_starts(s, "# There is insufficient memory for the Java Runtime Environment");
}

static bool is_stack(struct slice s, bool *java)
{
	*java = slice_starts(s, "Java frames: (");
	return *java || slice_starts(s, "Native frames: (");
}

/* ---- frames ---- */

/* "NAME+0xOFF" */
static void split_offset(struct slice s, struct trace_frame *frame)
{
	size_t plus = slice_rfind(s, '+');
	struct slice offset;

	frame->func = s;
	if (plus == SIZE_MAX || !plus)
		return;
	offset = slice_from(s, plus + 1);
	if (slice_hex(&offset, &frame->func_offset) && !offset.size)
		frame->func = slice_to(s, plus);
	else
		frame->func_offset = UINT64_MAX;
}

/* "[MODULE+0xOFF]  NAME+0xOFF  (FILE:LINE)", "0xPC" */
static bool parse_native(struct slice s, struct trace_frame *frame)
{
	struct slice inner;
	size_t plus, open;

	frame->why = "the JVM found no symbol for it";
	if (slice_hex(&s, &frame->pc))
		return true;
	if (!slice_skip(&s, "[") || !slice_until(&s, "]", &inner))
		return false;
	plus = slice_rfind(inner, '+');
	if (plus == SIZE_MAX)
		return false;
	frame->module = slice_to(inner, plus);
	inner = slice_from(inner, plus + 1);
	if (!slice_hex(&inner, &frame->offset))
		return false;
	s = slice_trim(s);
	open = slice_ends(s, ")") ? slice_rfind(s, '(') : SIZE_MAX;
	if (open != SIZE_MAX && open > 1 && s.at[open - 1] == ' ' &&
	    slice_place(slice_between(s, open + 1, s.size - 1), &frame->file, &frame->line,
			&frame->column))
		s = slice_trim(slice_to(s, open));
	if (!s.size)
		return true;
	frame->why = NULL;
	split_offset(s, frame);
	return true;
}

/* "CLASS.METHOD(SIGNATURE)RESULT": without what is behind the name */
static bool parse_java(struct slice s, struct trace_frame *frame)
{
	size_t open = slice_find(s, "(");

	if (open == SIZE_MAX || !open)
		return false;
	s = slice_to(s, open);
	/* "1234 c2 ", "4%  c1 " and the like before it */
	open = slice_rfind(s, ' ');
	frame->func = open == SIZE_MAX ? s : slice_from(s, open + 1);
	frame->why = "the report names no file";
	return frame->func.size && slice_find(frame->func, ".") != SIZE_MAX;
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = line;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (line.size < 3 || !memchr("CVvAjJ", line.at[0], 6) || line.at[1] != ' ')
		return false;
	rest = slice_trim(slice_from(rest, 1));
	if (slice_skip(&rest, "~")) {
		size_t end = slice_find(rest, " ");

		frame->func = end == SIZE_MAX ? rest : slice_to(rest, end);
		return true;
	}
	if (line.at[0] == 'j' || line.at[0] == 'J')
		return parse_java(rest, frame);
	return parse_native(rest, frame);
}

static bool is_more(struct slice line)
{
	return slice_is(line, "...<more frames>...");
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame) || is_more(line);
}

static bool begins_another(struct slice line)
{
	bool java;

	return is_stack(line, &java) || is_title(line);
}

/* ---- what stands before and behind the stacks ---- */

struct report {
	struct slice thread, signal;
	uint64_t pid, tid;
	struct trace_frame frame; /* the problematic one; func and module at NULL: unknown */
	struct stk_cause *cause;  /* NULL: an earlier report has said it */
	int number;
	bool has_frame;
};

/* "SIGSEGV (0xb) at pc=0x00007f3b5c6f7c9a, pid=4711, tid=4712", "Internal Error (x.cpp:5), pid=1, tid=2" */
static bool read_signal(struct trace *t, struct report *r, struct slice s)
{
	struct stk_cause *cause;

	if (r->signal.at || slice_find(s, "pid=") == SIZE_MAX)
		return false;
	r->signal = s;
	r->pid = slice_number_behind(s, "pid=");
	r->tid = slice_number_behind(s, "tid=");
	trace_title(t, s);
	if (slice_find(s, " ") != SIZE_MAX)
		r->number = death_signal(slice_to(s, slice_find(s, " ")));
	builder_target(trace_builder(t))->pid = r->pid;
	if (!trace_cause(t, &cause))
		return true;
	r->cause = cause;
	if (r->number)
		death_describe(t, cause, r->number, NO_SLICE);
	else
		cause->text = trace_str(t, s);
	return true;
}

static bool read_fact(struct trace *t, struct slice s)
{
	bool version = slice_skip(&s, "JRE version: ");

	if (!version && !slice_skip(&s, "Java VM: "))
		return false;
	builder_fact(trace_builder(t), "java", version ? "version" : "vm", trace_str(t, s));
	trace_skip(t);
	return true;
}

/* "guarantee(caller.is_compiled_frame()) failed: must be", right below what is no signal */
static bool read_message(struct trace *t, struct report *r, struct slice s)
{
	if (!r->cause || r->number || r->cause->message || r->has_frame)
		return false;
	r->cause->message = trace_str(t, s);
	trace_skip(t);
	return true;
}

static void read_heads(struct trace *t, struct report *r)
{
	struct slice line, rest;
	unsigned lines;

	for (lines = 0; lines < HEAD_LINES && trace_peek(t, &line) && slice_starts(line, "#");
	     lines++) {
		rest = slice_trim(slice_from(line, 1));
		if (is_title(line) || !rest.size || slice_starts(rest, "Problematic frame:") ||
		    read_signal(t, r, rest)) {
			trace_skip(t);
		} else if (!r->has_frame && parse_frame(rest, &r->frame)) {
			r->has_frame = true;
			trace_skip(t);
		} else if (!read_fact(t, rest) && !read_message(t, r, rest)) {
			trace_pass_line(t);
		}
	}
	if (!r->signal.at)
		trace_title(t, SLICE("a fatal error of the Java Runtime Environment"));
}

/* "Current thread (0x..):  JavaThread "worker-1" [_thread_in_native, id=4712, stack(..)]" */
static void read_thread(struct report *r, struct slice line)
{
	struct slice before, name;

	if (!slice_starts(line, "Current thread (") || !slice_until(&line, "\"", &before))
		return;
	if (slice_until(&line, "\" [", &name) || slice_until(&line, "\"", &name))
		r->thread = name;
	if (slice_number_behind(line, "id="))
		r->tid = slice_number_behind(line, "id=");
}

/* Up to the next stack; false, and nothing is passed: there is none near. */
static bool pass_to_stack(struct trace *t, struct report *r)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines;
	bool java, found = false;

	for (lines = 0; lines < LINES_BETWEEN && trace_peek(t, &line) && !is_title(line); lines++) {
		read_thread(r, line);
		found = is_stack(line, &java);
		if (found)
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	for (; found && lines; lines--)
		trace_pass_line(t);
	return found;
}

static void read_frames(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	while (exception_goes_on(t, is_frame, begins_another) && trace_peek(t, &line)) {
		if (parse_frame(line, &frame))
			trace_push_frame(t, &frame);
		else
			trace_elided(t, STK_NONE);
		trace_skip(t);
	}
}

/* "siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x0000000000000000" */
static void read_siginfo(struct trace *t, const struct report *r)
{
	struct trace_place start = trace_place(t);
	struct stk_cause *cause = builder_cause(trace_builder(t));
	struct slice line, before, text;
	unsigned lines;
	bool found = false;

	for (lines = 0; lines < LINES_BETWEEN && trace_peek(t, &line) && !begins_another(line);
	     lines++) {
		found = slice_skip(&line, "siginfo: ");
		if (found)
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	if (!found || !r->number || cause->signal != r->number)
		return;
	for (; lines; lines--)
		trace_pass_line(t);
	trace_skip(t);
	cause->code = (int)(slice_number_behind(line, "si_code: ") & 0x7fffffff);
	if (slice_until(&line, "si_code: ", &before) && slice_until(&line, " (", &before) &&
	    slice_until(&line, ")", &text))
		cause->code_text = trace_str(t, text);
	if (slice_until(&line, "si_addr: ", &before))
		cause->has_address = slice_hex(&line, &cause->address);
}

static void add_task(struct trace *t, const struct report *r)
{
	struct stk_task *task = trace_task(t, STK_THREAD);

	task->id = r->tid;
	task->tid = r->tid <= INT32_MAX ? (uint32_t)r->tid : 0;
	task->name = trace_str(t, r->thread);
	task->signal = (uint8_t)r->number;
	task->flags = STK_TASK_CRASHED;
}

static void read_report(struct trace *t)
{
	struct report r = { .number = 0 };
	struct slice line;
	bool java = false, any = false;

	read_heads(t, &r);
	while (pass_to_stack(t, &r)) {
		trace_next(t, &line);
		(void)is_stack(line, &java);
		read_frames(t);
		if (!any) {
			add_task(t, &r);
		} else {
			(void)trace_task(t, STK_TRACE);
			trace_more(t, builder_ntasks(trace_builder(t)) - 1)->header =
				builder_str(trace_builder(t),
					    java ? "Java frames" : "native frames");
		}
		any = true;
	}
	if (!any) {
		if (r.has_frame)
			trace_push_frame(t, &r.frame);
		add_task(t, &r);
	}
	read_siginfo(t, &r);
}

static bool probe(struct trace *t)
{
	struct slice line, next;
	bool java;

	if (!trace_next(t, &line))
		return false;
	return is_title(line) || (is_stack(line, &java) && trace_next(t, &next) && is_frame(next));
}

static const struct trace_mark marks[] = {
	{ "# A fatal error has been detected by", "", false },
	{ "# There is insufficient memory for", "", false },
	{ "Native frames: (", "", false },
	{ "Java frames: (", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_hserr = {
	.name = "hs_err",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
