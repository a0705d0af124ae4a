/* SPDX-License-Identifier: Apache-2.0 */
/* What backtrace_symbols() and backtrace_symbols_fd() of the C library print.
 *	./app(compute+0x1d) [0x55555555526e]
 *	/lib/x86_64-linux-gnu/libc.so.6(+0x27305) [0x7ffff7df9305]
 *	./app() [0x401136]
 *	[0x7ffd1c5e7a10]
 * The latter has no blank before the last bracket, and no empty brackets: "./app[0x401136]". */
#include "../text.h"

/* "compute+0x1d", "+0x27305", "": what stands between the round brackets; "main-0x3" of a symbol that
 * begins behind the address. */
static bool parse_symbol(struct slice symbol, struct trace_frame *frame)
{
	size_t plus = slice_rfind(symbol, '+'), minus = slice_rfind(symbol, '-');
	size_t sign = plus != SIZE_MAX ? plus : minus;
	struct slice offset;
	uint64_t value;

	if (sign != SIZE_MAX) {
		offset = slice_from(symbol, sign + 1);
		if (!slice_hex(&offset, &value) || offset.size)
			return false;
		symbol.size = sign;
		if (sign == minus)
			;
		else if (symbol.size)
			frame->func_offset = value;
		else
			frame->offset = value;
	}
	if (symbol.size)
		frame->func = symbol;
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), symbol = NO_SLICE, pc;
	size_t open = slice_rfind(rest, '['), bracket;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (open == SIZE_MAX || !slice_ends(rest, "]"))
		return false;
	pc = slice_between(rest, open + 1, rest.size - 1);
	if (!slice_hex(&pc, &frame->pc) || pc.size)
		return false;
	rest = slice_trim(slice_to(rest, open));
	bracket = slice_find(rest, "(");
	if (slice_drop(&rest, ")")) {
		if (bracket == SIZE_MAX || !bracket)
			return false;
		symbol = slice_from(rest, bracket + 1);
		rest.size = bracket;
	}
	if (slice_find(rest, " ") != SIZE_MAX ||
	    (!symbol.at && rest.size && !memchr(rest.at, '/', rest.size)))
		return false;
	if (rest.size)
		frame->module = rest;
	if (!parse_symbol(symbol, frame))
		return false;
	/* no offset is printed of a program that is linked to its address */
	if (rest.size && !frame->func.at && !frame->offset)
		frame->offset = frame->pc;
	if (!frame->func.at)
		frame->why = rest.size ? "the program exports no symbol for it" : "in no file";
	return true;
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	if (!trace_next(t, &line) || !parse_frame(line, &frame))
		return false;
	/* of a program that is linked statically all lines are bare; one alone may be anything */
	return frame.module.at || (trace_next(t, &line) && parse_frame(line, &frame));
}

static void read_stack(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;

	while (trace_peek(t, &line) && parse_frame(line, &frame)) {
		trace_skip(t);
		trace_push_frame(t, &frame);
	}
	(void)trace_task(t, STK_TRACE);
}

#define PATH "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%~()<>"

static const struct trace_mark marks[] = {
	{ ") [0x", PATH, false },
	{ ")[0x", PATH, false },
	{ "[0x", PATH, false },
	{ NULL, NULL, false },
};

const struct trace_format trace_execinfo = { "backtrace_symbols", marks, probe, read_stack, NULL };
