/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks by their ids, and which of them waits for which: for the outputs of who waits for whom. */
#ifndef OUTPUT_PARTIES_H
#define OUTPUT_PARTIES_H

#include "output.h"
#include "../model/words.h"

/* Of those that wait for one that goes on, this many are shown. */
#define MIN_WAITERS 2u

struct parties {
	const struct stk_dump *dump;
	uint32_t *target;          /* of each task */
	uint32_t *next;            /* the task that it waits for; STK_NONE */
	uint32_t *first, *sibling; /* those that wait for it */
	struct map tasks;          /* by key of kind, target and id -> index + 1 */
};

void parties_init(struct parties *p, const struct stk_dump *dump);
void parties_deinit(struct parties *p);
/* NULL: it was filtered out, or does not exist. */
const struct stk_task *parties_task(const struct parties *p, const struct stk_party *party);
struct stk_party parties_of(const struct parties *p, uint32_t task);

#endif
