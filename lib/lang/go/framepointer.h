/* SPDX-License-Identifier: Apache-2.0 */
/* Go stacks without a function table, by frame pointers.
 *
 * The kernel leaves what a program only reads out of a core; where the executable is gone too, Go's
 * function table is, and with it how large the frame of each function is. But Go's compiler keeps
 * frame pointers on amd64 and arm64: a register points at a pair of words, the caller's value of
 * that register and the return address into it. So frames make a list. It does not lead across the
 * places where a stack is changed (to the system stack, to a signal handler, to C and back): these
 * are known by where the stacks are. */
#ifndef LANG_GO_FRAMEPOINTER_H
#define LANG_GO_FRAMEPOINTER_H

#include "state.h"

/* As gounwind_frames(). */
enum unwind_result goframepointer_frames(struct go *go, const struct goruntime *rt,
					 struct unwind *u);
/* The frame pointer of a goroutine that was parked, or is in a system call, goes to regs. */
void goframepointer_parked(struct go *go, const struct goruntime *rt, const struct goroutine *g,
			   struct image_regs *regs);

#endif
