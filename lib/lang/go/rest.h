/* SPDX-License-Identifier: Apache-2.0 */
/* Where Go's code goes on above C's frames that nothing tells how to unwind. */
#ifndef LANG_GO_REST_H
#define LANG_GO_REST_H

#include "state.h"

/* The registers of Go's frame that is next above the end of this task's stack; false: not known. */
bool gorest_find(struct go *go, struct capture *c, const struct raw_task *task,
		 struct image_regs *ret);
/* Where the stack of asmcgocall's caller is, by what it has left at `sp` on the system stack; 0: it has
 * left nothing that makes sense. */
uint64_t gorest_caller_of_c(struct go *go, const struct goruntime *rt, uint64_t sp);

#endif
