/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of the JVM: Java, Kotlin, Scala, Groovy, Clojure (java.lang.Throwable.printStackTrace and
 * StackTraceElement.toString of JDK 8 to 25; logback's ThrowableProxyConverter; Android's runtime).
 *	Exception in thread "main" app.StoreException: cannot load
 *		at app.Store.load(Store.java:41)
 *		at java.base/java.lang.Thread.run(Thread.java:840)
 *		Suppressed: java.io.IOException: close
 *			at app.Store.close(Store.java:60)
 *			... 1 more
 *	Caused by: java.lang.IllegalStateException: no such key
 *		at app.Index.find(Index.java:12) ~[index.jar:1.0]
 *		... 2 more
 * "... N more" are the outermost N of the trace that encloses this one: of the exception that it caused,
 * or that it is suppressed by. The last "Caused by" is where it began: it is the first of the tasks. */
#include "java.h"

#include <string.h>

/* How many lines a message may have where nothing but the frames below tell its end. */
#define MESSAGE 16

/* ---- frames ---- */

/* What logback and log4j put behind a frame: " ~[app.jar:1.0]", " [?:?]". */
static void drop_packaging(struct slice *s)
{
	size_t open = slice_ends(*s, "]") ? slice_rfind(*s, '[') : SIZE_MAX;

	if (open == SIZE_MAX || !open)
		return;
	*s = slice_trim(slice_to(*s, open));
	slice_drop(s, "~");
	*s = slice_trim(*s);
}

static bool is_source_name(struct slice s)
{
	static const char *const ends[] = { ".java",   ".kt",  ".kts", ".scala",
					    ".groovy", ".clj", ".cljc" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (slice_ends(s, ends[i]))
			return true;
	return slice_is(s, "SourceFile");
}

/* What stands in the brackets; in dumps of threads the module may be there: "java.base@17/Thread.java:1". */
static bool parse_place(struct slice s, struct trace_frame *frame)
{
	size_t slash = slice_rfind(s, '/');
	struct slice file;
	uint32_t line, column;

	if (slash != SIZE_MAX)
		s = slice_from(s, slash + 1);
	if (slice_is(s, "Native Method")) {
		frame->why = "a native method";
		return true;
	}
	if (slice_starts(s, "Unknown Source") || slice_is(s, "<generated>") ||
	    slice_is(s, "Hidden Source") || slice_is(s, "Coroutine boundary")) {
		frame->why = "the class does not tell its source";
		return true;
	}
	if (slice_place(s, &file, &line, &column) && !column && slice_find(file, " ") == SIZE_MAX) {
		frame->file = file;
		frame->line = line;
		return true;
	}
	frame->file = s;
	return is_source_name(s) && slice_find(s, " ") == SIZE_MAX;
}

/* Without loader and module; the slash of "Main$$Lambda$14/0x0000000800c03000.run" is none of theirs. */
static struct slice without_module(struct slice name)
{
	size_t lambda = slice_find(name, "$$Lambda"), slash;

	slash = slice_rfind(lambda == SIZE_MAX ? name : slice_to(name, lambda), '/');
	return slash == SIZE_MAX ? name : slice_from(name, slash + 1);
}

bool java_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), name;
	size_t open, dot;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "at "))
		return false;
	drop_packaging(&rest);
	open = slice_ends(rest, ")") ? slice_rfind(rest, '(') : SIZE_MAX;
	if (open == SIZE_MAX || !open ||
	    !parse_place(slice_between(rest, open + 1, rest.size - 1), frame))
		return false;
	name = without_module(slice_to(rest, open));
	/* Kotlin's functions may have blanks in their names, classes may not */
	dot = slice_rfind(name, '.');
	frame->func = name;
	return dot != SIZE_MAX && dot && dot + 1 < name.size && name.at[name.size - 1] != ' ' &&
	       slice_find(slice_to(name, dot), " ") == SIZE_MAX;
}

struct slice java_function(struct trace *t, struct slice name)
{
	struct slice rest = name, before;
	size_t dot;

	if (!slice_until(&rest, "$$Lambda", &before))
		return name;
	dot = slice_rfind(rest, '.');
	if (dot == SIZE_MAX)
		return name;
	return slice_string(builder_fmt(trace_builder(t), "%.*s$$Lambda%.*s",
					(int)(before.size & 0xffff), before.at,
					(int)((rest.size - dot) & 0xffff), rest.at + dot));
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return java_frame(line, &frame);
}

/* "... 3 more", "... 3 common frames omitted" */
static bool parse_more(struct slice line, uint64_t *count)
{
	line = slice_trim(line);
	return slice_skip(&line, "... ") && slice_dec(&line, count) &&
	       (slice_is(line, " more") || slice_starts(line, " common frames omitted"));
}

/* ---- heads ---- */

static bool is_type(struct slice s)
{
	size_t slash = slice_rfind(s, '/'), dot;

	if (slash != SIZE_MAX)
		s = slice_from(s, slash + 1);
	if (!exception_is_name(s, ".$"))
		return false;
	dot = slice_rfind(s, '.');
	if (dot != SIZE_MAX)
		return dot && dot + 1 < s.size && !(s.at[0] >= '0' && s.at[0] <= '9');
	return slice_ends(s, "Exception") || slice_ends(s, "Error") || slice_ends(s, "Throwable");
}

struct head {
	struct slice thread, type, message;
	size_t indent;
	bool uncaught, cause, suppressed, wraps, circular;
};

/* "Exception in thread "main" ", with which the line begins. */
static bool skip_thread(struct slice *s, struct head *head)
{
	struct slice rest = *s;

	if (!slice_skip(&rest, "Exception in thread \"") ||
	    !slice_until(&rest, "\" ", &head->thread))
		return false;
	*s = rest;
	return true;
}

static bool parse_head(struct slice line, struct head *head)
{
	struct slice rest = slice_trim(line);

	*head = (struct head){ .indent = exception_indent(line) };
	head->uncaught = skip_thread(&rest, head);
	head->cause = slice_skip(&rest, "Caused by: ");
	head->suppressed = slice_skip(&rest, "Suppressed: ");
	head->wraps = slice_skip(&rest, "Wrapped by: ");
	head->circular = slice_starts(rest, "[CIRCULAR REFERENCE:") && slice_ends(rest, "]");
	if (head->circular)
		return true;
	/* Clojure and Kotlin may give it a location: only the type counts here */
	return exception_split(rest, is_type, &head->type, &head->message) || head->cause;
}

/* A head that begins a trace, and nothing that goes on with one. */
static bool is_first_head(struct slice line)
{
	struct head head;

	return parse_head(line, &head) && !head.cause && !head.suppressed && !head.wraps &&
	       !head.circular;
}

/* "ERROR app.Main - java.io.IOException: boom": where the exception begins that a record ends in. */
static bool find_type(struct slice line, struct head *head)
{
	static const char *const ends[] = { "Exception", "Error", "Throwable" };
	struct slice rest = line, token;
	size_t i, end;

	*head = (struct head){ .indent = exception_indent(line) };
	end = slice_find(rest, "Exception in thread \"");
	if (end != SIZE_MAX && parse_head(slice_from(rest, end), head))
		return true;
	while (rest.size) {
		end = exception_name_size(rest, ".$");
		token = slice_to(rest, end);
		for (i = 0; i < ARRAY_SIZE(ends); i++)
			if (slice_ends(token, ends[i]) && slice_find(token, ".") != SIZE_MAX &&
			    exception_split(rest, is_type, &head->type, &head->message))
				return true;
		rest = slice_from(rest, end < rest.size ? end + 1 : end);
	}
	return false;
}

static bool find_head(struct slice line, struct head *head)
{
	if (is_first_head(line))
		return parse_head(line, head);
	return find_type(line, head);
}

static bool is_any_head(struct slice line)
{
	struct head head;

	return find_head(line, &head);
}

static bool is_own(struct slice line)
{
	struct head head;
	uint64_t count;

	return is_frame(line) || parse_more(line, &count) ||
	       (parse_head(line, &head) &&
		(head.cause || head.suppressed || head.wraps || head.circular));
}

/* ---- where it begins ---- */

static bool is_android(struct slice line)
{
	return slice_starts(slice_trim(line), "FATAL EXCEPTION: ");
}

/* Android: "FATAL EXCEPTION: main" and "Process: app, PID: 12" */
static unsigned android_lines(struct trace_above *above, unsigned at)
{
	struct slice line;
	unsigned lines = 0;

	if (trace_above_line(above, at, &line) && slice_starts(slice_trim(line), "Process: "))
		lines++;
	return trace_above_line(above, at + lines, &line) && is_android(line) ? lines + 1 : 0;
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	struct head head;
	unsigned own = 0, at;

	while (trace_above_line(above, own, &line) && is_own(line))
		own++;
	if (trace_above_line(above, own, &line) && !is_first_head(line) && find_type(line, &head))
		return own + 1;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++) {
		if (is_first_head(line))
			return at + 1 + android_lines(above, at + 1);
		if (is_own(line))
			break;
	}
	return own;
}

/* How many lines the message has besides the first: up to the frames. */
static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < EXCEPTION_LINES && trace_next(t, &line) && !is_first_head(line)) {
		ended = is_own(line);
		if (ended)
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

/* ---- reading ---- */

/* Whose frames "... N more" are. */
static size_t enclosing(const struct exception *e, const size_t *indents, const struct head *head)
{
	size_t i;

	for (i = e->count - 1; i-- > 0;)
		if (head->suppressed ? indents[i] < head->indent : indents[i] == head->indent)
			return i;
	return e->count;
}

struct reading {
	struct exception exception;
	size_t indents[EXCEPTION_PARTS];
	size_t from, main;
};

static void read_message(struct trace *t, struct exception_part *part)
{
	unsigned lines = message_lines(t);
	struct slice line;

	for (; lines && trace_next(t, &line); lines--)
		exception_more(part, line);
}

/* false: there are too many */
static bool read_head(struct trace *t, struct reading *r, struct slice line,
		      const struct head *head)
{
	struct exception *e = &r->exception;
	struct exception_part *part = exception_part(e, line);

	if (!part)
		return false;
	part->type = head->type;
	part->message = head->message;
	r->indents[e->count - 1] = head->indent;
	r->from = head->wraps ? SIZE_MAX : enclosing(e, r->indents, head);
	if (e->count == 1 || (head->cause && !head->circular && head->indent == r->indents[0]))
		r->main = e->count - 1;
	trace_skip(t);
	read_message(t, &e->parts[e->count - 1]);
	return true;
}

static bool read_line(struct trace *t, struct reading *r)
{
	struct exception *e = &r->exception;
	struct trace_frame frame;
	struct slice line;
	struct head head;
	uint64_t count;

	if (!trace_peek(t, &line))
		return false;
	if (parse_head(line, &head) &&
	    (!e->count || head.cause || head.suppressed || head.wraps || head.circular))
		return read_head(t, r, line, &head);
	if (!e->count && !exception_part(e, NO_SLICE))
		return false;
	if (java_frame(line, &frame)) {
		frame.func = java_function(t, frame.func);
		exception_frame(t, e, &e->parts[e->count - 1], &frame);
	} else if (parse_more(line, &count)) {
		exception_share(e, &e->parts[e->count - 1], r->from, count);
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* What it begins with: an exception, or the record of a logger that ends in one. */
static void read_first(struct trace *t, struct reading *r)
{
	struct slice line;
	struct head head;

	if (!trace_peek(t, &line) || is_own(line) || !find_head(line, &head))
		return;
	if (head.uncaught) {
		r->exception.thread = head.thread;
		r->exception.fatal = true;
	}
	read_head(t, r, line, &head);
}

static void read_android(struct trace *t, struct reading *r)
{
	struct slice line, pid;

	if (!trace_peek(t, &line) || !is_android(line))
		return;
	line = slice_trim(line);
	slice_skip(&line, "FATAL EXCEPTION: ");
	r->exception.thread = line;
	r->exception.fatal = true;
	trace_skip(t);
	if (!trace_peek(t, &line) || (line = slice_trim(line), !slice_skip(&line, "Process: ")))
		return;
	trace_skip(t);
	if (!slice_until(&line, ", PID: ", &pid))
		return;
	builder_target(trace_builder(t))->command = trace_str(t, pid);
	slice_dec(&line, &builder_target(trace_builder(t))->pid);
}

static void read_exception(struct trace *t)
{
	FREE_AT_END struct reading *r = xcalloc(1, sizeof(*r));
	uint32_t number;

	read_android(t, r);
	number = trace_place(t).line;
	read_first(t, r);
	while (exception_goes_on(t, is_own, is_any_head) && read_line(t, r))
		;
	exception_emit(t, &r->exception, r->main, number);
}

static bool probe(struct trace *t)
{
	struct slice line;
	struct head head;
	unsigned lines;

	if (!trace_next(t, &line))
		return false;
	if (is_android(line))
		return true;
	if (is_frame(line) || (parse_head(line, &head) && (head.uncaught || head.cause)))
		return true;
	/* of records only what follows at once is certain */
	for (lines = is_first_head(line) || is_own(line) ? MESSAGE : is_any_head(line);
	     lines && trace_next(t, &line); lines--) {
		if (is_own(line))
			return true;
		if (is_any_head(line))
			break;
	}
	return false;
}

static const struct trace_mark marks[] = {
	{ "\tat ", "\t", true },
	{ "\\tat ", "", true }, /* escaped */
	{ "#011at ", "", true },
	{ "  at ", " ", true },
	{ "Exception in thread \"", "", false },
	{ "Exception in thread \\\"", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_java = {
	.name = "java",
	.marks = marks,
	.probe = probe,
	.read = read_exception,
	.above = above,
};
