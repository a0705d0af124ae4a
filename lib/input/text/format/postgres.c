/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL: failed assertions of builds that have them (src/backend/utils/error/assert.c), and the
 * BACKTRACE of a message (backtrace_functions, elog.c):
 *	TRAP: failed Assert("node != NULL"), File: "execMain.c", Line: 12, PID: 34
 *	TRAP: FailedAssertion("node != NULL", File: "execMain.c", Line: 12, PID: 34)    (before 16)
 *	postgres: u db [local] SELECT(ExceptionalCondition+0x6e)[0x55d0c0a0b1de]
 *	/lib/x86_64-linux-gnu/libc.so.6(+0x27305)[0x7f1a2c027305]
 * The title of the process stands where the module would. */
#include "report.h"

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	(void)number;
	return listing_symbols(line, slice_starts(slice_trim(line), "postgres: "), frame);
}

static bool is_trap(struct slice line)
{
	line = slice_trim(line);
	return slice_skip(&line, "TRAP: ") &&
	       (slice_starts(line, "FailedAssertion(") || slice_starts(line, "failed Assert(") ||
		slice_starts(line, "BadArgument(") || slice_starts(line, "UnalignedPointer("));
}

static bool is_backtrace(struct slice line)
{
	return slice_find(line, "BACKTRACE:  ") != SIZE_MAX ||
	       slice_ends(slice_trim(line), "BACKTRACE:");
}

static bool is_head(struct slice line)
{
	return is_trap(line) || is_backtrace(line);
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct stk_target *target = builder_target(trace_builder(r->t));
	uint64_t pid = slice_number_behind(line, "PID: ");

	if (r->stacks)
		return REPORT_OVER;
	if (!is_trap(line)) {
		r->crashed = false;
		return REPORT_TEXT;
	}
	report_say(r, line);
	if (pid && !target->pid)
		target->pid = pid;
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 4, 0 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ "TRAP: ", "", false },
	{ "BACKTRACE:  ", "", false },
	{ "postgres: ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_postgres = {
	.name = "postgresql",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
