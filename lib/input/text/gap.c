/* SPDX-License-Identifier: Apache-2.0 */
/* Gaps: lines of other writers within a stack. A program that dies is seldom alone on its standard
 * error: other threads and processes log, the debugger warns, a terminal wraps, a paste has blank
 * lines. Where the line that comes next is no frame, a format asks here whether the stack goes on
 * behind it. What stands between is kept as text. */
#include "reader.h"

/* How many lines of others a stack goes on behind. */
#define GAP_LINES 32
/* The same, where nothing tells its frames from another's. */
#define SMALL_GAP_LINES 4

enum trace_line trace_judge_number(uint64_t number, uint64_t expected)
{
	bool again = number && number + 1 == expected;

	return number >= expected || again ? TRACE_LINE_OWN : TRACE_LINE_END;
}

bool trace_number(struct trace *t, uint64_t number, uint64_t *expected)
{
	uint64_t missing = number - *expected;

	if (trace_judge_number(number, *expected) != TRACE_LINE_OWN)
		return false;
	if (number > *expected)
		trace_elided(t, missing < STK_NONE ? (uint32_t)missing : STK_NONE);
	*expected = number + 1;
	return true;
}

struct gap {
	unsigned most; /* lines */
	bool small;    /* a paragraph of its own is none */
	bool quiet;    /* its lines are not kept as text */
};

static bool pass_gap(struct trace *t, trace_judge *judge, const void *arg, const struct gap *gap)
{
	struct trace_place start = trace_place(t);
	bool before, words = false, after = false;
	struct slice line;
	unsigned lines;

	before = trace_above(t, &line) && !slice_trim(line).size;
	for (lines = 0; lines < gap->most && trace_peek(t, &line); lines++) {
		enum trace_line is = judge(t, line, arg);

		if (is == TRACE_LINE_END || (gap->small && before && after))
			break;
		if (is == TRACE_LINE_OWN) {
			if (lines && !gap->quiet)
				trace_pass(t, start, trace_place(t));
			return lines > 0;
		}
		if (slice_trim(line).size)
			words = true;
		else
			*(words ? &after : &before) = true;
		trace_skip(t);
	}
	trace_return(t, start);
	return false;
}

bool trace_leads(struct trace *t, trace_judge *judge, const void *arg)
{
	struct trace_place start = trace_place(t);
	struct gap gap = { SMALL_GAP_LINES, true, true };
	bool leads = pass_gap(t, judge, arg, &gap);

	trace_return(t, start);
	return leads;
}

bool trace_gap(struct trace *t, trace_judge *judge, const void *arg)
{
	return pass_gap(t, judge, arg, &(struct gap){ .most = GAP_LINES });
}

bool trace_small_gap(struct trace *t, trace_judge *judge, const void *arg)
{
	return pass_gap(t, judge, arg, &(struct gap){ .most = SMALL_GAP_LINES, .small = true });
}
