/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom, as a graph of tasks: each waits for at most one other, the owner of the one object
 * that it waits for. Shared by waits.c (the graph) and verdict.c (what it means). */
#ifndef ANALYZE_GRAPH_H
#define ANALYZE_GRAPH_H

#include "analyze.h"

struct graph {
	struct builder *b;
	uint32_t ntasks;
	uint32_t *target; /* of each task: which of several dumps it is from */
	uint32_t *next;   /* the task that it waits for; STK_NONE */
	uint32_t *held; /* how many tasks wait for it, directly or not, but for those in its cycle */
	bool *in_cycle;
	uint32_t nverdicts; /* so far */
	struct map threads; /* key of a thread -> its task + 1 */
};

const struct stk_task *graph_task(const struct graph *g, uint32_t task);
/* The one wait of a task that is known to block it; NULL. */
const struct stk_wait *graph_wait(const struct graph *g, uint32_t task);
struct stk_party graph_party(const struct graph *g, uint32_t task);
/* The frame of a signal's handler in the task's stack; STK_NONE. */
bool graph_is_in_handler(const struct graph *g, uint32_t task);

/* verdict.c */
void verdicts_add(struct graph *g, const struct stk_object *objects, uint32_t count);

#endif
