/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, by the bytes before a return address. */
#ifndef CALLSITE_H
#define CALLSITE_H

#include "../lang.h"

enum callsite {
	CALLSITE_NONE,    /* no call ends there, or no code is there */
	CALLSITE_DIRECT,  /* a call of *ret_target */
	CALLSITE_POINTER, /* a call of what a register or a variable held */
	CALLSITE_UNSEEN,  /* it is code, but its bytes are not here */
};

/* What ends at pc. */
enum callsite callsite_before(struct image *image, uint64_t pc, uint64_t *ret_target);

#endif
