/* SPDX-License-Identifier: Apache-2.0 */
/* The X server's log of its death (os/backtrace.c, os/osinit.c):
 *	(EE) Backtrace:
 *	(EE) 0: /usr/lib/xorg/Xorg (xorg_backtrace+0x4a) [0x55d0c0a0b1de]
 *	(EE) 1: /usr/lib/xorg/Xorg (0x55d0c0a00000+0x1ba9) [0x55d0c0a01ba9]
 *	(EE) unw_get_proc_name failed: no unwind info found [-10]
 *	(EE) 2: ? (?+0x12) [0x7f1a2c027305]
 *	(EE)
 *	(EE) Segmentation fault at address 0x0
 *	(EE)
 *	Fatal server error:
 *	(EE) Caught signal 11 (Segmentation fault). Server aborting
 * In a log file each line has "[   123.456] " before it; old servers have no "(EE)". */
#include "report.h"

/* "[   123.456] (EE) " */
static struct slice text_of(struct slice line)
{
	struct slice rest = slice_trim(line), before;
	uint64_t number;

	if (slice_skip(&rest, "[") && (rest = slice_trim(rest), slice_dec(&rest, &number)) &&
	    slice_skip(&rest, ".") && slice_until(&rest, "]", &before))
		rest = slice_trim(rest);
	else
		rest = slice_trim(line);
	slice_skip(&rest, "(EE)");
	return slice_trim(rest);
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = text_of(line);

	if (!slice_dec(&rest, number) || !slice_skip(&rest, ": "))
		return false;
	if (slice_is(rest, "<signal handler called>")) {
		frame->func = rest;
		frame->flags = STK_FRAME_SIGNAL;
		return true;
	}
	if (!listing_symbols(rest, false, frame))
		return false;
	/* where the module was loaded, in the place of a name */
	if (frame->func.at && slice_starts(frame->func, "0x")) {
		frame->func = NO_SLICE;
		frame->offset = frame->func_offset;
		frame->func_offset = UINT64_MAX;
		frame->why = "the program exports no symbol for it";
	}
	if (frame->module.at && (slice_is(frame->module, "?") || slice_is(frame->module, "??"))) {
		frame->module = NO_SLICE;
		frame->offset = 0;
	}
	return true;
}

static bool is_title(struct slice line)
{
	struct slice text = text_of(line);

	return slice_is(text, "Backtrace:") && text.at != slice_trim(line).at;
}

static bool is_fault(struct slice text)
{
	return slice_find(text, " at address 0x") != SIZE_MAX &&
	       (slice_starts(text, "Segmentation fault") || slice_starts(text, "Bus error"));
}

static bool is_head(struct slice line)
{
	struct slice text = text_of(line);

	return is_title(line) || is_fault(text) || slice_starts(text, "Fatal server error:") ||
	       slice_starts(text, "Caught signal ");
}

static void read_fault(struct report *r, struct slice text)
{
	struct slice rest = text, words;
	uint64_t address;

	if (!slice_until(&rest, " at address ", &words))
		return;
	report_signal(r, text, death_signal_described(words), NO_SLICE);
	if (slice_hex(&rest, &address))
		death_address(r->t, address);
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice text = text_of(line);
	uint64_t number = slice_number_behind(text, "Caught signal ");

	if (is_title(line))
		return r->stacks ? REPORT_OVER : REPORT_TEXT;
	if (is_fault(text))
		read_fault(r, text);
	else if (!slice_starts(text, "Caught signal "))
		return REPORT_TEXT;
	else if (r->signal)
		report_remark(r, text);
	else
		report_signal(r, text, number < 65 ? (int)number : 0, NO_SLICE);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_title };
static const struct report_format format = { &stack, is_head, read_head, 4, 8 };

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_peek(t, &line) && is_title(line) && report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ "(EE) Backtrace:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_xorg = {
	.name = "xorg",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
