/* SPDX-License-Identifier: Apache-2.0 */
/* What programs print in the way of libunwind's examples and tests (doc/libunwind.tex,
 * tests/Gtest-bt.cxx), an address and what unw_get_proc_name() says of it:
 *	0x401136: (main+0x1d)
 *	0x7f1a2c027305: -- error: unable to obtain symbol name for this frame
 *	ip = 401136, sp = 7ffd5ad31010                  (the manual's)
 *	0000000000401136 main+0x1d                      (sp=00007ffd5ad31010) */
#include "listing.h"

#define MIN_FRAMES 2u

/* "main+0x1d" */
static void take_symbol(struct slice s, struct trace_frame *frame)
{
	size_t plus = slice_rfind(s, '+');
	struct slice offset;
	uint64_t value;

	if (plus != SIZE_MAX) {
		offset = slice_from(s, plus + 1);
		if (slice_hex(&offset, &value) && !offset.size) {
			frame->func_offset = value;
			s = slice_to(s, plus);
		}
	}
	if (s.size)
		frame->func = s;
	else
		frame->why = "libunwind found no name for it";
}

/* "0x401136: (main+0x1d)" */
static bool parse_named(struct slice rest, struct trace_frame *frame)
{
	if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, ": "))
		return false;
	rest = slice_trim(rest);
	if (slice_starts(rest, "-- error: unable to obtain symbol name")) {
		frame->why = "libunwind found no name for it";
		return true;
	}
	if (!slice_skip(&rest, "(") || !slice_drop(&rest, ")") ||
	    slice_find(rest, "+0x") == SIZE_MAX)
		return false;
	take_symbol(rest, frame);
	return true;
}

/* "ip = 401136, sp = 7ffd5ad31010" */
static bool parse_pair(struct slice rest, struct trace_frame *frame)
{
	if (!slice_skip(&rest, "ip = "))
		return false;
	slice_skip(&rest, "0x");
	if (!slice_hexdigits(&rest, &frame->pc) || !slice_skip(&rest, ", sp = "))
		return false;
	slice_skip(&rest, "0x");
	frame->why = "the program prints addresses only";
	return slice_hexdigits(&rest, &frame->sp) && !rest.size;
}

/* "0000000000401136 main+0x1d                      (sp=00007ffd5ad31010)" */
static bool parse_test(struct slice rest, struct trace_frame *frame)
{
	struct slice start = rest, symbol;

	if (!slice_hexdigits(&rest, &frame->pc) || rest.at - start.at != 16 ||
	    !slice_skip(&rest, " ") || !slice_until(&rest, "(sp=", &symbol) ||
	    !slice_hexdigits(&rest, &frame->sp) || !slice_starts(rest, ")"))
		return false;
	symbol = slice_trim(symbol);
	take_symbol(symbol, frame);
	return slice_find(symbol, " ") == SIZE_MAX;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	(void)number;
	return parse_named(rest, frame) || parse_pair(rest, frame) || parse_test(rest, frame);
}

static const struct listing stack = { .frame = parse_frame, .blank_stops = true };

static bool is_frame(struct slice line)
{
	return listing_is_frame(&stack, line);
}

/* One alone may be anything. */
static bool probe(struct trace *t)
{
	struct slice line;

	return trace_next(t, &line) && is_frame(line) && listing_follows(t, is_frame, 4);
}

static void read_stack(struct trace *t)
{
	(void)listing_read(t, &stack);
	(void)trace_task(t, STK_TRACE);
}

/* The frames above the one that is marked. */
static unsigned count_above(struct trace_above *above)
{
	struct slice line;
	unsigned n = 0;

	while (trace_above_line(above, n, &line) && is_frame(line))
		n++;
	return n;
}

static const struct trace_mark marks[] = {
	{ ": (main+0x", "0123456789abcdefx", true },
	{ ": -- error: unable to obtain symbol name", "0123456789abcdefx", true },
	{ "ip = ", "", false },
	{ "(sp=0", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_libunwind = {
	.name = "libunwind",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
	.above = count_above,
};
