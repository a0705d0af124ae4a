/* SPDX-License-Identifier: Apache-2.0 */
/* MySQL and MariaDB when a signal ends them (sql/signal_handler.cc, mysys/stacktrace.c):
 *	240102  3:04:05 [ERROR] mysqld got signal 11 ;
 *	This could be because you hit a bug. It is also possible that this binary
 *	...
 *	Server version: 10.6.12-MariaDB
 *	Thread pointer: 0x7f0104000c58
 *	Attempting backtrace. You can use the following information to find out
 *	where mysqld died. If you see no messages after this, something went
 *	terribly wrong...
 *	stack_bottom = 0x7f0144c81d58 thread_stack 0x49000
 *	/usr/sbin/mariadbd(my_print_stacktrace+0x2e)[0x55f48c960d9c]
 *	mysys/stacktrace.c:212(my_print_stacktrace)[0x55f48c960d9c]
 *	??:0(??)[0x55f48c960d9c]
 *	 #0 0x1f2a3b4 handle_fatal_signal at sql/signal_handler.cc:160
 *
 *	Query (0x7f0104010b60): SELECT 1
 *	Connection ID (thread ID): 5
 *	Status: NOT_KILLED */
#include "report.h"

/* "#0 0x1f2a3b4 _Z18print_fatal_signali at sql/signal_handler.cc:160" */
static bool parse_numbered(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), func;

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " ") ||
	    !slice_hex(&rest, &frame->pc))
		return false;
	rest = slice_trim(rest);
	func = rest;
	if (slice_until(&rest, " at ", &func))
		slice_place(rest, &frame->file, &frame->line, &frame->column);
	if (func.size && !slice_starts(func, "<unknown>"))
		frame->func = func;
	else
		frame->why = "the program exports no symbol for it";
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	return listing_symbols(line, false, frame) || parse_numbered(line, frame, number);
}

static bool is_signal(struct slice line)
{
	return slice_find(line, "got signal ") != SIZE_MAX && slice_ends(slice_trim(line), ";");
}

static bool is_head(struct slice line)
{
	static const char *const starts[] = {
		"This could be because you hit a bug", "Server version: ", "Thread pointer: ",
		"Attempting backtrace. You can use",   "stack_bottom = ",  "Query (",
		"Connection ID (thread ID): ",         "Status: ",
	};
	size_t i;

	line = slice_trim(line);
	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(line, starts[i]))
			return true;
	return is_signal(line);
}

static void read_signal(struct report *r, struct slice line)
{
	uint64_t number = slice_number_behind(line, "got signal ");
	struct slice text = line;

	slice_drop(&text, ";");
	report_signal(r, slice_trim(text), number < 65 ? (int)number : 0, NO_SLICE);
}

static enum report_line read_head(struct report *r, struct slice line)
{
	if (is_signal(line)) {
		if (r->stacks)
			return REPORT_OVER;
		read_signal(r, line);
		return REPORT_TAKEN;
	}
	if (slice_starts(line, "Query (") || slice_starts(line, "Connection ID ")) {
		report_remark(r, line);
		return REPORT_TAKEN;
	}
	return REPORT_TEXT;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 32, 8 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, true);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

/* The line with the signal is right above, or a screen away and then its own. */
static unsigned count_above(struct trace_above *above)
{
	return report_count_above(above, 3, is_signal);
}

static const struct trace_mark marks[] = {
	{ "This could be because you hit a bug", "", true },
	{ "Attempting backtrace. You can use ", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_mysql = {
	.name = "mysql",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
