/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of .NET (System.Exception.ToString and Environment.FailFast of .NET Framework, .NET 5 to 9, and
 * Mono): what caused an exception stands in it, before its own calls.
 *	Unhandled exception. System.InvalidOperationException: cannot load
 *	 ---> System.ArgumentNullException: Value cannot be null. (Parameter 'key')
 *	   at App.Store.Find(String key) in /src/Store.cs:line 12
 *	   --- End of inner exception stack trace ---
 *	   at App.Program.<Main>$(String[] args) in /src/Program.cs:line 8
 *	--- End of stack trace from previous location ---
 *	   at System.Threading.Tasks.Task.Execute()
 * Mono:
 *	  at App.Store.Find (System.String key) [0x00012] in <2f1c9a3b>:0
 * A stack overflow, and what was fatal to the runtime itself:
 *	Stack overflow.
 *	Repeat 24100 times:
 *	--------------------------------
 *	   at App.Program.Loop()
 *	--------------------------------
 *	   at App.Program.Main()
 * The innermost exception comes first. */
#include "exception.h"

#include <string.h>

#define MESSAGE 16 /* lines of a message that only the frames below it end */

/* ---- frames ---- */

/* " in FILE:line N" of .NET, " [0x00012] in <HASH>:0" or " [0x00012] in FILE:N" of Mono; s: behind the
 * bracket. */
static bool parse_place(struct slice s, struct trace_frame *frame)
{
	struct slice inner, file;
	uint32_t line, column;
	uint64_t number;
	size_t at;

	if (slice_skip(&s, " [0x") && !slice_until(&s, "]", &inner))
		return false;
	s = slice_trim(s);
	if (!s.size) {
		frame->why = "there is no line number";
		return true;
	}
	if (!slice_skip(&s, "in "))
		return false;
	at = slice_find(s, ":line ");
	if (at != SIZE_MAX) {
		frame->file = slice_to(s, at);
		s = slice_from(s, at + 6);
		if (!slice_dec(&s, &number) || s.size || number > INT32_MAX)
			return false;
		frame->line = (uint32_t)number;
		return frame->file.size > 0;
	}
	if (!slice_place(s, &file, &line, &column))
		return false;
	if (slice_starts(file, "<"))
		frame->why = "there is no line number";
	else
		frame->file = file;
	frame->line = frame->file.at ? line : 0;
	return true;
}

/* TYPE.METHOD: with a dot, and nothing that JavaScript or the JVM would write. */
static bool is_method(struct slice s)
{
	return slice_find(s, ".") != SIZE_MAX &&
	       exception_name_size(s, ".+`<>$[],|&*-=@!/ ") == s.size && s.at[0] != ' ' &&
	       s.at[s.size - 1] != '.';
}

/* Arguments are types and names, or nothing; "X.java:12" and "/src/a.js:1:2" are others' places. */
static bool are_arguments(struct slice s)
{
	return slice_find(s, ":") == SIZE_MAX && slice_find(s, "/") == SIZE_MAX &&
	       !slice_is(s, "Native Method") && !slice_is(s, "Unknown Source") &&
	       !slice_ends(s, ".java") && !slice_ends(s, ".kt") && !slice_ends(s, ".scala") &&
	       !slice_is(s, "<anonymous>") && !slice_is(s, "native") && !slice_starts(s, "index ");
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), func;
	size_t close;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!exception_indent(line) || !slice_skip(&rest, "at ") || !slice_until(&rest, "(", &func))
		return false;
	close = slice_find(rest, ")");
	if (close == SIZE_MAX)
		return false;
	frame->args = slice_to(rest, close);
	frame->func = slice_trim(func);
	return frame->func.size && is_method(frame->func) && are_arguments(frame->args) &&
	       parse_place(slice_from(rest, close + 1), frame);
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame);
}

static bool is_end_of_inner(struct slice s)
{
	return slice_starts(slice_trim(s), "--- End of inner exception stack trace ---");
}

static bool is_end_of_previous(struct slice s)
{
	s = slice_trim(s);
	return slice_starts(s, "--- End of stack trace from previous location");
}

/* " ---> TYPE: MESSAGE", " ---> (Inner Exception #0) TYPE: MESSAGE" */
static bool skip_inner(struct slice *line)
{
	struct slice rest = slice_trim(*line), number;

	if (!slice_skip(&rest, "---> "))
		return false;
	if (slice_skip(&rest, "(Inner Exception #"))
		slice_until(&rest, ") ", &number);
	*line = rest;
	return true;
}

/* "Repeat 24100 times:", and the lines of dashes around what is repeated */
static bool parse_repeat(struct slice s, uint64_t *times)
{
	s = slice_trim(s);
	return slice_skip(&s, "Repeat ") && slice_dec(&s, times) && slice_is(s, " times:");
}

static bool is_rule(struct slice s)
{
	return slice_is(slice_trim(s), "--------------------------------");
}

static bool is_own(struct slice line)
{
	uint64_t times;
	struct slice rest = line;

	return is_frame(line) || is_end_of_inner(line) || is_end_of_previous(line) ||
	       skip_inner(&rest) || parse_repeat(line, &times) || is_rule(line);
}

/* ---- heads ---- */

static bool is_type(struct slice s)
{
	size_t dot = slice_rfind(s, '.');

	return exception_is_name(s, ".+`[],") && !(s.at[0] >= '0' && s.at[0] <= '9') &&
	       ((dot != SIZE_MAX && dot + 1 < s.size) || slice_ends(s, "Exception") ||
		slice_ends(s, "Error"));
}

struct head {
	struct slice type, message;
	bool fatal;
};

static bool parse_head(struct slice line, struct head *head)
{
	static const char *const fatal[] = {
		"Unhandled exception. ", "Unhandled Exception: ",
		"Unhandled Exception:",  "[ERROR] FATAL UNHANDLED EXCEPTION: ",
		"Fatal error. ",
	};
	struct slice rest = slice_trim(line);
	size_t i;

	*head = (struct head){ .fatal = false };
	for (i = 0; i < ARRAY_SIZE(fatal); i++)
		head->fatal |= slice_skip(&rest, fatal[i]);
	head->fatal |= slice_is(rest, "Stack overflow.") ||
		       slice_starts(rest, "Process terminated.");
	if (exception_split(rest, is_type, &head->type, &head->message))
		return true;
	head->type = NO_SLICE;
	head->message = rest;
	return head->fatal && rest.size;
}

static bool is_head(struct slice line)
{
	struct head head;

	return parse_head(line, &head);
}

/* "2024-01-02 [ERR] failed: System.IO.IOException: boom": the exception with which a record ends. */
static bool find_type(struct slice line, struct head *head)
{
	struct slice rest = line, word;

	while (slice_until(&rest, " ", &word)) {
		if (slice_find(rest, "Exception") == SIZE_MAX)
			return false;
		*head = (struct head){ .fatal = false };
		if (exception_split(rest, is_type, &head->type, &head->message) &&
		    slice_ends(head->type, "Exception"))
			return true;
	}
	return false;
}

static bool is_any_head(struct slice line)
{
	struct head head;

	return is_head(line) || find_type(line, &head);
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	struct head head;
	unsigned at, own = 0;

	while (trace_above_line(above, own, &line) && is_own(line) && !skip_inner(&line))
		own++;
	if (trace_above_line(above, own, &line) && !is_head(line) && !skip_inner(&line) &&
	    find_type(line, &head))
		return own + 1;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++)
		if (is_head(line)) {
			bool bare = trace_above_line(above, at + 1, &line) &&
				    slice_is(slice_trim(line), "Unhandled Exception:");

			return at + 1 + bare;
		}
	return own;
}

/* ---- reading ---- */

struct reading {
	struct exception exception;
	size_t open[EXCEPTION_PARTS]; /* those whose frames are still to come, the innermost last */
	size_t nopen;
	size_t main;
	uint64_t repeat; /* how often what stands between the rules was called */
	size_t repeat_from;
	bool repeating;
};

static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < MESSAGE && trace_next(t, &line) && !is_head(line)) {
		ended = is_own(line);
		if (ended)
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

/* NULL: there are too many */
static struct exception_part *open_part(struct reading *r, struct slice line, struct slice type,
					struct slice message)
{
	struct exception_part *part = exception_part(&r->exception, slice_trim(line));

	if (!part)
		return NULL;
	part->type = type;
	part->message = message;
	r->main = r->exception.count - 1;
	r->open[r->nopen++] = r->main;
	return part;
}

/* .NET Framework and Mono have what caused it in the same line: "TYPE: MESSAGE ---> TYPE: MESSAGE". */
static bool read_head(struct trace *t, struct reading *r, const struct head *head)
{
	struct slice type = head->type, message = head->message, line, rest;
	struct exception_part *part;
	unsigned lines;
	size_t at;

	trace_next(t, &line);
	r->exception.fatal |= head->fatal;
	part = open_part(r, line, type, message);
	while (part && (at = slice_find(message, " ---> ")) != SIZE_MAX) {
		rest = slice_from(message, at + 6);
		part->message = slice_to(message, at);
		if (!exception_split(rest, is_type, &type, &message))
			message = rest, type = NO_SLICE;
		part = open_part(r, rest, type, message);
	}
	for (lines = message_lines(t); part && lines && trace_next(t, &line); lines--)
		exception_more(part, line);
	return part != NULL;
}

/* What stands between two rules was called so many times. */
static void repeat(struct reading *r, struct exception_part *part)
{
	size_t period = part->count - r->repeat_from, i;
	uint64_t times;

	for (times = 1; period && times < r->repeat && !r->exception.limited; times++)
		for (i = 0; i < period; i++)
			exception_again(&r->exception, part, part->frames[part->count - period]);
	r->repeating = false;
	r->repeat = 0;
}

static bool read_line(struct trace *t, struct reading *r)
{
	struct exception *e = &r->exception;
	struct trace_frame frame;
	struct slice line, rest;
	struct head head;
	uint64_t times;

	if (!trace_peek(t, &line))
		return false;
	rest = line;
	if (skip_inner(&rest)) {
		head = (struct head){ .message = rest };
		if (exception_split(rest, is_type, &head.type, &head.message))
			return read_head(t, r, &head);
		head = (struct head){ .message = rest };
		return read_head(t, r, &head);
	}
	if (!e->count) {
		if (!exception_part(e, NO_SLICE))
			return false;
		r->nopen = 1;
	}
	if (parse_frame(line, &frame)) {
		exception_frame(t, e, &e->parts[r->open[r->nopen - 1]], &frame);
	} else if (is_end_of_inner(line)) {
		r->nopen -= r->nopen > 1;
	} else if (parse_repeat(line, &times)) {
		r->repeat = times;
	} else if (is_rule(line)) {
		struct exception_part *part = &e->parts[r->open[r->nopen - 1]];

		if (r->repeating)
			repeat(r, part);
		else
			r->repeat_from = part->count;
		r->repeating = r->repeat != 0;
	} else if (!is_end_of_previous(line)) {
		return false;
	}
	trace_skip(t);
	return true;
}

static void read_first(struct trace *t, struct reading *r)
{
	struct slice line;
	struct head head;

	if (trace_peek(t, &line) && slice_is(slice_trim(line), "Unhandled Exception:")) {
		r->exception.fatal = true;
		trace_skip(t);
	}
	if (trace_peek(t, &line) && !is_own(line) &&
	    (parse_head(line, &head) || find_type(line, &head)))
		read_head(t, r, &head);
}

static void read_exception(struct trace *t)
{
	FREE_AT_END struct reading *r = xcalloc(1, sizeof(*r));
	uint32_t number = trace_place(t).line;

	read_first(t, r);
	while (exception_goes_on(t, is_own, is_any_head) && read_line(t, r))
		;
	exception_emit(t, &r->exception, r->main, number);
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned lines;

	if (!trace_next(t, &line))
		return false;
	if (slice_is(slice_trim(line), "Unhandled Exception:") && !trace_next(t, &line))
		return false;
	if (is_frame(line))
		return true;
	for (lines = is_head(line) ? MESSAGE : is_any_head(line); lines && trace_next(t, &line);
	     lines--) {
		struct slice rest = line;

		if (is_frame(line))
			return true;
		if (!is_own(line) && !skip_inner(&rest) && is_any_head(line))
			break;
	}
	return false;
}

static const struct trace_mark marks[] = {
	{ "  at ", " ", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_dotnet = {
	.name = "dotnet",
	.marks = marks,
	.probe = probe,
	.read = read_exception,
	.above = above,
};
