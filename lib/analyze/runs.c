/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze.h"

/* Mutual recursion through more functions than this is not folded. */
#define MAX_PERIOD 64u
/* Fewer repetitions than this are clearer when they are written out. */
#define MIN_TIMES 3u

/* Frames that can be folded together: a gap in the stack is never inside of a run. */
struct stretch {
	const uint32_t *frames;
	uint32_t from, to;
};

/* How often the `period` frames at `at` stand there one after the other. */
static uint32_t repeats(const uint32_t *frames, uint32_t at, uint32_t to, uint32_t period)
{
	uint32_t end = at + period;

	while (end < to && frames[end] == frames[end - period])
		end++;
	return (end - at) / period;
}

/* A short run may be a part of a longer period: a a a b a a a b ... The one that covers most
 * is taken; looking no further than a few periods keeps the whole linear. */
static uint32_t best_period(const struct stretch *s, uint32_t at, uint32_t period)
{
	uint32_t to = s->to - at > 4 * MAX_PERIOD ? at + 4 * MAX_PERIOD : s->to;
	uint32_t best = period, covered = period * repeats(s->frames, at, to, period), p;

	for (p = period + 1; p <= MAX_PERIOD && p * MIN_TIMES <= to - at; p++) {
		uint32_t times = repeats(s->frames, at, to, p);

		if (times >= MIN_TIMES && p * times > covered + period) {
			best = p;
			covered = p * times;
		}
	}
	return best;
}

/* Finds the first run in [*at, s->to), that is the one that is complete soonest. same[p] counts
 * the frames up to i that equal the frame p before. */
static bool next_run(const struct stretch *s, uint32_t at, struct stk_run *ret)
{
	uint32_t same[MAX_PERIOD + 1] = { 0 };
	uint32_t i, p;

	for (i = at + 1; i < s->to; i++) {
		uint32_t longest = i - at < MAX_PERIOD ? i - at : MAX_PERIOD;

		for (p = 1; p <= longest; p++) {
			if (s->frames[i] != s->frames[i - p]) {
				same[p] = 0;
			} else if (++same[p] == p * (MIN_TIMES - 1)) {
				ret->at = i + 1 - p * MIN_TIMES;
				ret->period = best_period(s, ret->at, p);
				ret->times = repeats(s->frames, ret->at, s->to, ret->period);
				return true;
			}
		}
	}
	return false;
}

struct runs {
	struct stk_run *items;
	size_t count, cap;
};

static void find_runs(const struct stretch *s, struct runs *runs)
{
	uint32_t at = s->from;
	struct stk_run run;

	while (next_run(s, at, &run)) {
		runs->items = grow(runs->items, &runs->cap, runs->count + 1, sizeof(run));
		runs->items[runs->count++] = run;
		at = run.at + run.period * run.times;
	}
}

STK_API size_t stk_stack_runs(const struct stk_dump *dump, const struct stk_stack *stack,
			      struct stk_run **ret)
{
	uint32_t gap = stack->elided && stack->elided_at < stack->count ? stack->elided_at : 0;
	struct stretch newer = { stack->frames, 0, gap };
	struct stretch older = { stack->frames, gap, stack->count };
	struct runs runs = { 0 };

	(void)dump; /* frames are interned: equal frames are equal ids */
	find_runs(&newer, &runs);
	find_runs(&older, &runs);
	*ret = runs.items;
	return runs.count;
}
