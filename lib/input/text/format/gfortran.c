/* SPDX-License-Identifier: Apache-2.0 */
/* libgfortran's backtraces (libgfortran/runtime/backtrace.c), of signals and of runtime errors:
 *	Program received signal SIGSEGV: Segmentation fault - invalid memory reference.
 *
 *	Backtrace for this error:
 *	#0  0x7f1c080218c2 in ???
 *	#3  0x560df796e167 in foo
 *		at /src/b.f90:8
 * and
 *	At line 8 of file c.f90
 *	Fortran runtime error: Index '5' of dimension 1 of array 'a' above upper bound of 3
 *
 *	Error termination. Backtrace:
 *	#0  0x7ff6254218c2 in ???
 * libbacktrace has made the addresses those of the calls. */
#include "listing.h"

#define MAX_HEAD 12u

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " "))
		return false;
	rest = slice_trim(rest);
	if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, " in ") || !rest.size ||
	    slice_find(rest, " ") != SIZE_MAX)
		return false;
	frame->flags = STK_FRAME_ACTIVATION;
	if (slice_is(rest, "???"))
		frame->why = "not symbolized";
	else
		frame->func = rest;
	return true;
}

static bool parse_place(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	return slice_skip(&rest, "at ") && !frame->file.at &&
	       slice_place(rest, &frame->file, &frame->line, &frame->column);
}

static bool is_signal(struct slice line)
{
	return slice_starts(slice_trim(line), "Program received signal SIG");
}

static bool is_error(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "Fortran runtime error: ") || slice_starts(line, "ERROR STOP") ||
	       slice_starts(line, "STOP ");
}

static bool is_line(struct slice line)
{
	return slice_starts(slice_trim(line), "At line ");
}

static bool is_title(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "Backtrace for this error:") ||
	       slice_starts(line, "Error termination. Backtrace:");
}

static bool is_head(struct slice line)
{
	return is_signal(line) || is_error(line) || is_line(line) || is_title(line);
}

static const struct listing stack = { .frame = parse_frame,
				      .detail = parse_place,
				      .stops = is_head };

static bool is_frame(struct slice line)
{
	return listing_is_frame(&stack, line);
}

static bool is_own(struct slice line)
{
	return is_head(line) || is_frame(line);
}

static bool probe(struct trace *t)
{
	struct slice line;

	if (!trace_peek(t, &line) || !is_head(line))
		return false;
	if (is_title(line))
		return true;
	trace_skip(t);
	return listing_follows(t, is_title, MAX_HEAD);
}

/* "Program received signal SIGSEGV: Segmentation fault - invalid memory reference." */
static void read_signal(struct trace *t, struct slice line)
{
	struct slice rest = line, name;

	slice_skip(&rest, "Program received signal ");
	if (!slice_until(&rest, ":", &name))
		return;
	rest = slice_trim(rest);
	slice_drop(&rest, ".");
	(void)death_by_signal(t, line, name, rest);
}

static void read_error(struct trace *t, struct slice line)
{
	struct stk_cause *cause;

	trace_title(t, line);
	if (!trace_cause(t, &cause))
		return;
	cause->text = trace_str(t, line);
	cause->message = trace_str(t, line);
}

static void read_head(struct trace *t, struct slice line)
{
	line = slice_trim(line);
	if (is_signal(line))
		read_signal(t, line);
	else if (is_error(line))
		read_error(t, line);
	else if (is_line(line))
		builder_statement(trace_builder(t), trace_str(t, line), "the report");
}

static void read_report(struct trace *t)
{
	struct stk_task *task;
	struct slice line;
	bool titled = false;

	while (listing_find(t, is_own, MAX_HEAD, &line) && !is_frame(line)) {
		if (titled && !is_title(line))
			break;
		titled |= is_title(line);
		read_head(t, line);
		trace_skip(t);
	}
	if (!listing_read(t, &stack)) {
		trace_truncated(t, trace_line_number(t), "the backtrace has no frames");
		return;
	}
	task = trace_task(t, STK_TRACE);
	task->flags = STK_TASK_CRASHED;
}

static const struct trace_mark marks[] = {
	{ "Program received signal SIG", "", false },
	{ "At line ", "", false },
	{ "Fortran runtime error: ", "", false },
	{ "Backtrace for this error:", "", false },
	{ "Error termination. Backtrace:", "", false },
	{ "ERROR STOP", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_gfortran = {
	.name = "gfortran",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
