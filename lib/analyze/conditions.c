/* SPDX-License-Identifier: Apache-2.0 */
/* What a script asks of a dump: did it crash, is it whole, is it stuck, has it grown? */
#include "analyze.h"

static bool crashed(const struct stk_dump *dump, uint64_t n)
{
	uint32_t i;

	(void)n;
	for (i = 0; i < dump->ntasks; i++)
		if (dump->tasks[i].flags & STK_TASK_CRASHED)
			return true;
	return dump->cause.signal != 0;
}

static bool partial(const struct stk_dump *dump, uint64_t n)
{
	(void)n;
	return !dump->complete;
}

static bool deadlocked(const struct stk_dump *dump, uint64_t n)
{
	uint32_t i;

	(void)n;
	for (i = 0; i < dump->nverdicts; i++)
		if (dump->verdicts[i].kind <= STK_VERDICT_LOST_WAKEUP &&
		    dump->verdicts[i].certainty != STK_POSSIBLE)
			return true;
	return dump->cause.deadlock;
}

static bool grown(const struct stk_dump *dump, uint64_t n)
{
	uint32_t i;

	for (i = 0; i < dump->ngroups && dump->ncompared; i++) {
		const uint32_t *counts = dump->groups[i].counts;
		uint32_t last = counts ? counts[dump->ncompared - 1] : 0;

		if (counts && last > counts[0] && last - counts[0] >= n)
			return true;
	}
	return false;
}

static bool (*const conditions[STK_CONDITION_COUNT])(const struct stk_dump *dump, uint64_t n) = {
	[STK_CONDITION_CRASH] = crashed,
	[STK_CONDITION_PARTIAL] = partial,
	[STK_CONDITION_DEADLOCK] = deadlocked,
	[STK_CONDITION_GROWN] = grown,
};

STK_API bool stk_holds(const struct stk_dump *dump, enum stk_condition condition, uint64_t n)
{
	return (unsigned)condition < ARRAY_SIZE(conditions) && conditions[condition](dump, n);
}
