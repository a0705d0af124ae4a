/* SPDX-License-Identifier: Apache-2.0 */
/* From a frame without call frame information to its caller: assembly, functions compiled without
 * unwind tables, entries of procedure linkage tables, code made at run time. Four ways, the surest
 * first; unwind.c says when they are asked, each has a file of its own:
 *
 *	prologue	the function's code is followed from its beginning to the pc, counting what it
 *			pushes: that tells where the return address is (prologue.c)
 *	fp		the frame pointer, if what it points to is a frame of this stack
 *	scan		the first word of the stack that looks like a return address: a guess, marked
 *
 * A return address is only believed where a call stands before it (callsite.c). */
#ifndef NOCFI_H
#define NOCFI_H

#include "../unwind.h"

enum nocfi_result {
	NOCFI_CALLER,  /* u->regs is the caller; u->how says how it was found */
	NOCFI_ROOT,    /* there is none: a thread begins here (root.c) */
	NOCFI_UNKNOWN, /* no way leads on */
	NOCFI_OTHER,   /* not a machine that this is known of: libdwfl's backend may try */
};

struct nocfi;

struct nocfi *nocfi_open(struct image *image);
void nocfi_close(struct nocfi *nocfi);
/* Is code of this machine understood? */
bool nocfi_knows(const struct arch *arch);
/* u->regs is the frame, which has been pushed, and has no call frame information. */
enum nocfi_result nocfi_caller(struct nocfi *nocfi, struct unwind *u);

#endif
