/* SPDX-License-Identifier: Apache-2.0 */
/* The target's own clock at the time of its capture: what "3 minutes" are counted from. */
#ifndef LANG_GO_CLOCK_H
#define LANG_GO_CLOCK_H

#include "sched.h"

/* CLOCK_MONOTONIC of the target. A core does not hold it: then it follows from the file's time,
 * if that is soon behind the latest wait; else it is the latest wait (*ret_least). */
uint64_t goclock_now(const struct goruntime *rt, const struct stk_target *target, bool *ret_least);

#endif
