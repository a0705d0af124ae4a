/* SPDX-License-Identifier: Apache-2.0 */
/* Registers that C's callers expect to find again, where Go's code has kept them. */
#ifndef LANG_GO_SAVED_H
#define LANG_GO_SAVED_H

#include "state.h"

/* u->regs are the caller's of a Go frame whose pc was `pc` and which ended at `fp` (its CFA), and the
 * caller is not Go's: gives it the registers that this frame has kept. activation: the frame was
 * interrupted at pc, not in a call. */
void gosaved_restore(struct go *go, struct unwind *u, const struct gocode *code, uint64_t pc,
		     uint64_t fp, bool activation);

#endif
