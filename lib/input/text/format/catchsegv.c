/* SPDX-License-Identifier: Apache-2.0 */
/* glibc's catchsegv and libSegFault.so (debug/segfault.c, debug/catchsegv.sh):
 *	*** Segmentation fault
 *	Register dump:
 *
 *	 RAX: 0000000000000000   RBX: 000055d0c0a0b1a0   ...
 *	 Trap: 0000000e   Error: 00000004   OldMask: 00000000   CR2: 00000010
 *
 *	Backtrace:
 *	./app(crash+0x10)[0x55d0c0a0b1de]
 *	/src/app.c:12(crash)[0x55d0c0a0b1de]         (where the script has found the line)
 *
 *	Memory map: */
#include "report.h"

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	(void)number;
	return listing_symbols(line, false, frame);
}

static bool is_registers(struct slice line)
{
	return slice_starts(slice_trim(line), "Register dump:");
}

static bool is_signal(struct slice line)
{
	line = slice_trim(line);
	return slice_skip(&line, "*** ") && death_signal_described(line);
}

static bool is_trap(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "Trap: ") && slice_find(line, " CR2: ") != SIZE_MAX;
}

static bool is_head(struct slice line)
{
	return is_registers(line) || is_signal(line) || is_trap(line) ||
	       slice_is(slice_trim(line), "Backtrace:");
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice words = line, before;
	uint64_t address;

	if (r->stacks)
		return REPORT_OVER;
	if (is_signal(line)) {
		slice_skip(&words, "*** ");
		report_signal(r, words, death_signal_described(words), NO_SLICE);
		return REPORT_TAKEN;
	}
	if (is_trap(line) && slice_until(&words, " CR2: ", &before) &&
	    slice_hexdigits(&words, &address) && r->signal)
		death_address(r->t, address);
	return REPORT_TEXT;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 24, 0 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static unsigned count_above(struct trace_above *above)
{
	return report_count_above(above, 3, is_signal);
}

static const struct trace_mark marks[] = {
	{ "Register dump:", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_catchsegv = {
	.name = "catchsegv",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
