/* SPDX-License-Identifier: Apache-2.0 */
/* moduledata, the runtime's record of a module, found by what it looks like. It points at the
 * function table, and is found by that where the table can be read. Where it cannot (the kernel
 * leaves what a program only reads out of a core, and the executable is gone), moduledata itself is
 * still there: it is in writable memory. */
#ifndef LANG_GO_MODULEDATA_H
#define LANG_GO_MODULEDATA_H

#include "mem.h"

/* Looks for a moduledata in [start, end); its address, 0 when there is none. */
uint64_t gomoduledata_find(struct gomem *mem, uint64_t start, uint64_t end);
/* Does what is at md look like one? */
bool gomoduledata_is(struct gomem *mem, uint64_t md);
/* What its layout says about the version: 22 stands for 21 to 25. */
unsigned gomoduledata_minor(struct gomem *mem, uint64_t md);

#endif
