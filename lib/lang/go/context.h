/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of a thread as a signal came upon it, from the ucontext in which the kernel saves
 * them on the stack of the handler. */
#ifndef LANG_GO_CONTEXT_H
#define LANG_GO_CONTEXT_H

#include "state.h"

/* Takes them for u's: the frame that was interrupted, whose pc is exact. false: they cannot be
 * read. */
bool gocontext_take(struct go *go, struct unwind *u, uint64_t context);

#endif
