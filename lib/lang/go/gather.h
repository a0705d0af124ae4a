/* SPDX-License-Identifier: Apache-2.0 */
/* What will be asked of a live target's goroutines, copied at once; of cores nothing is. */
#ifndef LANG_GO_GATHER_H
#define LANG_GO_GATHER_H

#include "sched.h"

/* The records of these goroutines are read next. */
void gogather_records(struct gomem *mem, uint64_t array, uint64_t count, unsigned size);
/* Labels are and, if asked for, what they wait for. */
void gogather_objects(struct goruntime *rt, struct gomem *mem, bool waits);
/* Their stacks are; rt->stacks tells where they are then. */
void gogather_stacks(struct goruntime *rt, struct gomem *mem);

#endif
