/* SPDX-License-Identifier: Apache-2.0 */
/* Go without its function table: the executable is gone, and the kernel leaves what a program only
 * reads out of a core. moduledata is in writable memory, so the goroutines are found all the same;
 * their stacks are followed by frame pointers, which Go keeps on amd64 and arm64. */
#ifndef LANG_GO_BARE_H
#define LANG_GO_BARE_H

#include "module.h"

/* Looks for moduledata in [start, end) by its shape; its address, 0 when there is none. */
uint64_t gobare_find(struct gomem *mem, uint64_t start, uint64_t end);
/* Has what is at md that shape? */
bool gobare_is(struct gomem *mem, uint64_t md);
/* What the shape of a moduledata says about the version: 22 stands for 21 to 25. */
unsigned gobare_minor(struct gomem *mem, uint64_t md);

#endif
