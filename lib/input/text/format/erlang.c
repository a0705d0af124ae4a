/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of Erlang (erl_error.erl and proc_lib.erl of OTP 17 to 27), in its shell, of processes, and as
 * the terms of which they are made.
 *	** exception error: no function clause matching store:find(a) (store.erl, line 12)
 *	     in function  store:load/1 (store.erl, line 40)
 *	     in call from store:start/0 (store.erl, line 44)
 *	=CRASH REPORT==== 2-Jan-2024::03:04:05.678901 ===
 *	  crasher:
 *	    pid: <0.85.0>
 *	    registered_name: store
 *	    exception error: bad argument
 *	      in function  store:find/1 (store.erl, line 12)
 *	    ancestors: [...]
 *	=ERROR REPORT==== 2-Jan-2024::03:04:05.678901 ===
 *	Error in process <0.85.0> with exit value:
 *	{badarith,[{store,find,1,[{file,"store.erl"},{line,12}]},
 *	           {store,load,1,[]}]} */
#include "exception.h"

#include <string.h>

#define FRAMES_NEAR 6   /* lines between an exception and its first frame */
#define TERM_LINES 200u /* of a term with frames */
#define PROMPT 64       /* its length */

/* ---- frames ---- */

/* "M:F/A (FILE, line N)", "M:F(ARGS) (FILE, line N)", "fun in m:f/1" */
static bool parse_call(struct slice s, struct trace_frame *frame)
{
	struct slice place = NO_SLICE, file;
	size_t open;
	uint64_t line;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	s = slice_trim(s);
	open = slice_ends(s, ")") ? slice_rfind(s, '(') : SIZE_MAX;
	if (open != SIZE_MAX && open > 1 && s.at[open - 1] == ' ') {
		place = slice_between(s, open + 1, s.size - 1);
		if (slice_until(&place, ", line ", &file) && slice_dec(&place, &line) &&
		    !place.size && line <= INT32_MAX) {
			frame->file = file;
			frame->line = (uint32_t)line;
			s = slice_to(s, open - 1);
		}
	}
	frame->func = s;
	return slice_find(s, ":") != SIZE_MAX && slice_find(s, ":") > 0 &&
	       slice_find(s, " ") == SIZE_MAX;
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	return exception_indent(line) &&
	       (slice_skip(&rest, "in function ") || slice_skip(&rest, "in call from ")) &&
	       parse_call(rest, frame);
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame);
}

/* "called as m:f(1)", below a frame: its arguments */
static bool is_arguments(struct slice line)
{
	return slice_starts(slice_trim(line), "called as ");
}

/* ---- heads ---- */

/* "** exception error: TEXT", "exception exit: TEXT" of a crash report */
static bool parse_head(struct slice line, struct slice *type, struct slice *message)
{
	struct slice rest = slice_trim(line);
	size_t colon = slice_find(rest, "> ** exception ");

	/* behind the shell's prompt, "2> " */
	if (colon != SIZE_MAX && colon < PROMPT)
		rest = slice_from(rest, colon + 2);
	slice_skip(&rest, "** ");
	*type = rest;
	if (!slice_skip(&rest, "exception "))
		return false;
	colon = slice_find(rest, ":");
	if (colon == SIZE_MAX)
		return false;
	*message = slice_trim(slice_from(rest, colon + 1));
	rest = slice_to(rest, colon);
	type->size = (size_t)(rest.at - type->at) + rest.size;
	return slice_is(rest, "error") || slice_is(rest, "exit") || slice_is(rest, "throw");
}

static bool is_head(struct slice line)
{
	struct slice type, message;

	return parse_head(line, &type, &message);
}

/* "Error in process <0.85.0> [on node 'x'] with exit value:" */
static bool parse_process(struct slice line, struct slice *pid)
{
	struct slice rest = slice_trim(line);

	return slice_skip(&rest, "Error in process ") && slice_until(&rest, " ", pid) &&
	       slice_find(rest, "with exit value:") != SIZE_MAX;
}

/* `{"init terminating in do_boot",{badarith,[{m,f,1,...` */
static bool is_boot(struct slice line)
{
	return slice_starts(slice_trim(line), "{\"init terminating in do_boot\",{");
}

static bool is_own_process(struct slice line)
{
	struct slice pid;

	return parse_process(line, &pid) || is_boot(line);
}

static bool begins_another(struct slice line)
{
	return is_head(line) || is_own_process(line);
}

/* "{badarith,[{m,f,1,[{file,"m.erl"},{line,3}]}": the first tuple with a module, a function and a number. */
static bool parse_tuple(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s, module, func, arity, place, file;
	uint64_t number;
	size_t next;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	while (slice_until(&rest, "{", &module)) {
		struct slice tuple = rest;

		if (!slice_until(&tuple, ",", &module) || !slice_until(&tuple, ",", &func) ||
		    !exception_is_name(module, "'@") || !func.size ||
		    slice_find(func, "{") != SIZE_MAX || slice_find(func, "[") != SIZE_MAX)
			continue;
		arity = tuple;
		if (!slice_dec(&tuple, &number) || !slice_skip(&tuple, ",["))
			continue;
		arity.size = (size_t)(tuple.at - arity.at) - 2;
		*s = tuple;
		frame->func = slice_between(rest, 0, (size_t)(arity.at - rest.at) + arity.size);
		next = slice_find(tuple, "]}");
		place = next == SIZE_MAX ? tuple : slice_to(tuple, next);
		if (slice_until(&place, "{file,\"", &file) && slice_until(&place, "\"}", &file)) {
			frame->file = file;
			if (slice_until(&place, "{line,", &file) && slice_dec(&place, &number) &&
			    number <= INT32_MAX)
				frame->line = (uint32_t)number;
		}
		return true;
	}
	return false;
}

/* ---- reading ---- */

/* "m,f,1" as "m:f/1" */
static struct slice call_of(struct trace *t, struct slice s)
{
	struct slice module, func;

	if (!slice_until(&s, ",", &module) || !slice_until(&s, ",", &func))
		return s;
	return slice_string(builder_fmt(trace_builder(t), "%.*s:%.*s/%.*s",
					(int)(module.size & 0xfff), module.at,
					(int)(func.size & 0xfff), func.at, (int)(s.size & 0xfff),
					s.at));
}

/* A term stands in as many lines as it needs: until its brackets are closed. */
static struct slice term_of(struct trace *t, unsigned *lines)
{
	struct trace_place start = trace_place(t);
	struct builder *b = trace_builder(t);
	const char *text = "";
	long depth = 0;
	struct slice line;
	size_t i;

	for (*lines = 0; *lines < TERM_LINES && trace_next(t, &line); ++*lines) {
		line = slice_trim(line);
		if (strlen(text) > LIMIT_STRING)
			break;
		text = builder_fmt(b, "%s%.*s", text, (int)(line.size & 0xffff), line.at);
		for (i = 0; i < line.size; i++) {
			depth += line.at[i] == '{' || line.at[i] == '[';
			depth -= line.at[i] == '}' || line.at[i] == ']';
		}
		if (depth <= 0 && text[0]) {
			++*lines;
			break;
		}
	}
	trace_return(t, start);
	return slice_string(text);
}

/* Lines without a frame of their own may be another's: they stay text. */
static void skip_term(struct trace *t, unsigned lines)
{
	struct trace_frame frame;
	struct slice line;

	for (; lines && trace_peek(t, &line); lines--)
		if (parse_tuple(&line, &frame))
			trace_skip(t);
		else
			trace_pass_line(t);
}

static bool read_term(struct trace *t, struct exception *e)
{
	struct exception_part *part = &e->parts[e->count - 1];
	struct trace_frame frame;
	unsigned lines;
	struct slice term = term_of(t, &lines), rest = term, reason;

	if (!slice_starts(term, "{"))
		return false;
	while (parse_tuple(&rest, &frame)) {
		frame.func = call_of(t, frame.func);
		exception_frame(t, e, part, &frame);
	}
	reason = slice_from(term, 1);
	slice_skip(&reason, "\"init terminating in do_boot\",{");
	if (slice_until(&reason, ",[{", &rest))
		part->message = rest;
	skip_term(t, lines);
	return true;
}

static void read_process(struct trace *t, struct exception *e)
{
	struct exception_part *part;
	struct slice line, pid = NO_SLICE;
	bool boot = trace_peek(t, &line) && is_boot(line);

	(void)parse_process(line, &pid);
	part = exception_part(e, boot ? NO_SLICE : slice_trim(line));
	e->thread = pid;
	e->fatal = true;
	part->type = boot ? SLICE("init terminating in do_boot") : SLICE("Error in process");
	if (!boot)
		trace_skip(t);
	if (!read_term(t, e))
		part->message = pid;
}

static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < FRAMES_NEAR && trace_next(t, &line) && !begins_another(line)) {
		ended = is_frame(line);
		if (ended)
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

static void read_exception(struct trace *t, struct exception *e)
{
	struct exception_part *part;
	struct trace_frame frame;
	struct slice line, type = NO_SLICE, message = NO_SLICE;
	unsigned lines;

	if (trace_peek(t, &line) && parse_head(line, &type, &message)) {
		part = exception_part(e, slice_trim(line));
		part->type = type;
		part->message = message;
		trace_skip(t);
		for (lines = message_lines(t); lines && trace_next(t, &line); lines--)
			exception_more(part, line);
	} else {
		part = exception_part(e, NO_SLICE);
	}
	while (exception_goes_on(t, is_frame, begins_another) && trace_peek(t, &line) &&
	       parse_frame(line, &frame)) {
		trace_skip(t);
		exception_frame(t, e, part, &frame);
		if (trace_peek(t, &line) && is_arguments(line))
			trace_pass_line(t);
	}
}

static void read_report(struct trace *t)
{
	struct exception e = { 0 };
	uint32_t number = trace_place(t).line;
	struct slice line;

	if (!trace_peek(t, &line))
		return;
	if (is_own_process(line)) {
		read_process(t, &e);
	} else {
		/* of a process that died, and not of one that the shell caught */
		e.fatal = slice_starts(slice_trim(line), "exception ");
		read_exception(t, &e);
	}
	exception_emit(t, &e, 0, number);
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line, rest;
	unsigned lines;

	if (!trace_next(t, &line))
		return false;
	if (is_frame(line))
		return true;
	if (is_boot(line))
		return parse_tuple(&line, &frame);
	if (is_own_process(line)) {
		rest = term_of(t, &lines);
		return parse_tuple(&rest, &frame);
	}
	if (!is_head(line))
		return false;
	for (lines = 0; lines <= FRAMES_NEAR && trace_next(t, &line) && !begins_another(line);
	     lines++)
		if (is_frame(line))
			return true;
	return false;
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	unsigned at;

	for (at = 0; at < FRAMES_NEAR && trace_above_line(above, at, &line); at++)
		if (is_head(line))
			return at + 1;
	return 0;
}

static const struct trace_mark marks[] = {
	{ "exception error: ", " *", false },
	{ "exception exit: ", " *", false },
	{ "exception throw: ", " *", false },
	{ "function  ", " in", true },
	{ "call from ", " in", true },
	{ "Error in process ", "", false },
	{ "{\"init terminating in do_boot\",{", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_erlang = {
	.name = "erlang",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = above,
};
