/* SPDX-License-Identifier: Apache-2.0 */
/* Crash reports: lines that say what happened, whose the next stack is or what the program was, and
 * stacks, in any order, with lines of others between them. A format says which lines are its own. */
#ifndef INPUT_TEXT_FORMAT_REPORT_H
#define INPUT_TEXT_FORMAT_REPORT_H

#include "listing.h"

struct report {
	struct trace *t;
	/* of the stack that comes next: cleared behind it */
	struct slice header, name;
	uint64_t id;
	uint32_t tid;
	int signal;
	bool crashed; /* it is the one that died; true at first */
	bool runs;    /* it is a thread's own stack, not one that a program has printed of itself */
	uint32_t stacks; /* how many there were */
	unsigned state;  /* the format's own */
};

enum report_line {
	REPORT_TAKEN, /* it is in the dump */
	REPORT_TEXT,  /* it stays text */
	REPORT_OVER,  /* it is of another report */
};

struct report_format {
	const struct listing *stack;
	/* Is the line one of the report's own that is no frame? */
	bool (*is_head)(struct slice line);
	/* Such a line, which is consumed afterwards. */
	enum report_line (*head)(struct report *report, struct slice line);
	unsigned ahead; /* lines of others between two of its own, before the first stack ... */
	unsigned after; /* ... and behind it */
};

/* Does one begin here, or in the next line (where it was found by that one) at `above`? */
bool report_probe(struct trace *t, const struct report_format *format, bool above);
void report_read(struct trace *t, const struct report_format *format);
/* For trace_format.count_above: how many lines above the mark the nearest of at most `most` stands that
 * begins(); 0 when none does. */
unsigned report_count_above(struct trace_above *above, unsigned most,
			    bool (*begins)(struct slice line));
/* The line is the title, and why the program died in words. */
void report_say(struct report *report, struct slice line);
/* The line is the title, the signal is why. */
void report_signal(struct report *report, struct slice line, int signal, struct slice what);
/* A line that says something more of it. */
void report_remark(struct report *report, struct slice line);

#endif
