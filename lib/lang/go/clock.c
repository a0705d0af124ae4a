/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
/* An idle program collects its garbage every two minutes (runtime.forcegcperiod), and what is parked
 * by then gets its time. A file that is younger by more is a copy, or of another machine's clock. */
#define NEWEST_WAIT_AGE (5 * 60 * SECOND)

static int64_t clock_now(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) ? 0 : t.tv_sec * SECOND + t.tv_nsec;
}

/* When the file came to be: begun when the target stood still, finished some time later. A copy
 * may be younger than its last change. */
static int64_t file_time(const char *path)
{
	struct statx s;
	int64_t born, changed;

	if (statx(AT_FDCWD, path, 0, STATX_MTIME | STATX_BTIME, &s) || !S_ISREG(s.stx_mode))
		return 0;
	changed = s.stx_mtime.tv_sec * SECOND + s.stx_mtime.tv_nsec;
	if (!(s.stx_mask & STATX_BTIME))
		return changed;
	born = s.stx_btime.tv_sec * SECOND + s.stx_btime.tv_nsec;
	return born < changed ? born : changed;
}

static uint64_t latest_wait(const struct goruntime *rt)
{
	uint64_t latest = 0;
	size_t i;

	for (i = 0; i < rt->count; i++)
		if (rt->gs[i].waitsince > latest && rt->gs[i].waitsince < INT64_MAX)
			latest = rt->gs[i].waitsince;
	return latest;
}

uint64_t goclock_now(const struct goruntime *rt, const struct stk_target *target, bool *ret_least)
{
	uint64_t latest = latest_wait(rt);
	int64_t time;

	*ret_least = false;
	if (target->kind == STK_TARGET_PROCESS)
		return (uint64_t)clock_now(CLOCK_MONOTONIC);
	time = file_time(target->name);
	if (time)
		time -= clock_now(CLOCK_REALTIME) - clock_now(CLOCK_MONOTONIC);
	if (time > 0 && (uint64_t)time >= latest &&
	    (!latest || (uint64_t)time - latest < NEWEST_WAIT_AGE))
		return (uint64_t)time;
	*ret_least = true;
	return latest;
}
