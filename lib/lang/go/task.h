/* SPDX-License-Identifier: Apache-2.0 */
/* A goroutine as a task of the dump. */
#ifndef LANG_GO_TASK_H
#define LANG_GO_TASK_H

#include "state.h"

void gotask_describe(struct go *go, struct capture *c, const struct raw_task *raw,
		     struct stk_task *task);

/* What its header has beyond the task. */
const struct stk_go *gotask_part(struct goruntime *rt, struct builder *b,
				 const struct goroutine *g);

/* The frame of the go statement at gopc; STK_NONE. */
uint32_t gotask_creator(struct go *go, const struct goruntime *rt, struct builder *b,
			uint64_t gopc);

#endif
