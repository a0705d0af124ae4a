/* SPDX-License-Identifier: Apache-2.0 */
/* Qt: a test that dies (qtestlib, qtestcrashhandler_unix.cpp), and messages with their backtrace
 * (%{backtrace separator="\n"} in a message pattern, qlogging.cpp):
 *	Received signal 11 (SIGSEGV), code 1, for address 0x0000000000000010
 *	         Function time: 1ms Total time: 3ms
 *	=== Stack trace ===
 *	/srv/tst_app(+0x1139) [0x55d5c2f5e139]
 *	=== End of stack trace ===
 * Where a debugger is installed, the stacks between the lines are the debugger's. */
#include "report.h"

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	(void)number;
	return listing_symbols(line, false, frame);
}

static bool is_signal(struct slice line)
{
	uint64_t number;

	line = slice_trim(line);
	return slice_skip(&line, "Received signal ") && slice_dec(&line, &number) &&
	       slice_starts(line, " (SIG");
}

static bool is_title(struct slice line)
{
	line = slice_trim(line);
	return slice_is(line, "=== Stack trace ===") ||
	       slice_starts(line, "=== Received signal at ");
}

static bool is_end(struct slice line)
{
	return slice_is(slice_trim(line), "=== End of stack trace ===");
}

static bool is_head(struct slice line)
{
	return is_signal(line) || is_title(line) || is_end(line);
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice rest = line, before;
	uint64_t number, address;

	if (r->stacks)
		return is_end(line) ? REPORT_TEXT : REPORT_OVER;
	if (!is_signal(line))
		return REPORT_TEXT;
	number = slice_number_behind(line, "Received signal ");
	report_signal(r, line, number < 65 ? (int)number : 0, NO_SLICE);
	if (slice_until(&rest, ", for address ", &before) && slice_hex(&rest, &address))
		death_address(r->t, address);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 6, 1 };

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_peek(t, &line) && is_head(line) && report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ "Received signal ", "", false },
	{ "=== Stack trace ===", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_qt = {
	.name = "qt",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
