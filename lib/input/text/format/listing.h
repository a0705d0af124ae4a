/* SPDX-License-Identifier: Apache-2.0 */
/* What formats share that are heads and stacks of lines, a frame a line.
 *
 * Others write between the lines. A stack whose frames are numbered goes on at a greater number soon
 * after; one without numbers where one of the next lines is a frame at the same indentation, unless its
 * last frame is one that nothing calls. What stands between is kept as text, and frames that are
 * missing are noted. */
#ifndef INPUT_TEXT_FORMAT_LISTING_H
#define INPUT_TEXT_FORMAT_LISTING_H

#include "call.h"
#include "death.h"

#define LISTING_UNNUMBERED UINT64_MAX
/* How many lines of others may stand between two of a report. */
#define LISTING_AHEAD 32u

struct listing {
	/* Is the line a frame? *frame comes as TRACE_FRAME_INIT, *number as LISTING_UNNUMBERED. */
	bool (*frame)(struct slice line, struct trace_frame *frame, uint64_t *number);
	/* Says more of the frame in the lines above, as a place; NULL: a frame is one line. */
	bool (*detail)(struct slice line, struct trace_frame *frame);
	/* No stack goes on behind it; NULL: none is known. */
	bool (*stops)(struct slice line);
	bool blank_stops; /* nor behind an empty one */
	bool leaves_out;  /* its producer leaves frames out: numbers that are missing are no loss */
};

/* Is the line a frame of it? */
bool listing_is_frame(const struct listing *listing, struct slice line);
/* Pushes the stack that begins with the next line; returns how many frames it has. */
uint32_t listing_read(struct trace *t, const struct listing *listing);
/* Moves to the next of `ahead` + 1 lines that is one of those looked for, and keeps those before it as
 * text; false, and nothing is moved, where there is none. */
bool listing_find(struct trace *t, bool (*is_it)(struct slice line), unsigned ahead,
		  struct slice *ret);
/* The same without moving. */
bool listing_follows(struct trace *t, bool (*is_it)(struct slice line), unsigned ahead);
/* Of the lines that are a report's own, is the next one, within so many, a frame? */
bool listing_leads(struct trace *t, bool (*is_own)(struct slice line),
		   bool (*is_frame)(struct slice line), unsigned ahead);
/* Where a trace was begun a line above its own first one: takes that line, which stays text. */
void listing_pass_above(struct trace *t, bool (*is_own)(struct slice line));
/* The function is one that no other has called. */
bool listing_is_outermost(struct slice func);

/* What backtrace_symbols() prints and what programs make of it, read from its right end.
 *	./app(compute+0x1d) [0x55555555526e]
 *	postgres: u db [local] SELECT(ExceptionalCondition+0x6e)[0x55d0c0a0b1de]
 *	(OSD::init(int, char const*)+0x863) [0x562cbdac6323]
 *	mysys/stacktrace.c:212(my_print_stacktrace)[0x55a1]
 *	/usr/bin/dash() [0x13652]
 * A module has no blanks, but where a program's title stands in its place (`titled`). */
bool listing_symbols(struct slice line, bool titled, struct trace_frame *frame);

#endif
