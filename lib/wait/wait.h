/* SPDX-License-Identifier: Apache-2.0 */
/* wait/ - what the OS threads of a stopped process wait for: locks, conditions, descriptors, time.
 *
 * A thread that sleeps does so in a system call, of which the number and the arguments are known
 * (image_syscall()). Nearly every lock ends in futex(), which gets the address of a word: what kind of
 * lock the word is a part of is told by the operation, by what is in memory around it, and by the
 * functions that led there. So no debug information is needed, and mostly not even symbols.
 *
 * Facts only: who waits for whom, and what that means, is for analyze/ to say. */
#ifndef WAIT_H
#define WAIT_H

#include "../base/base.h"
#include "../image/image.h"
#include "../model/model.h"
#include "../sym/sym.h"

struct waits;

struct waits *waits_open(struct image *image, struct builder *b);
/* While a live target is stopped: touches all memory that waits_describe() will ask for. */
void waits_read(struct waits *w);
/* Fills more->waits for a task whose stack has been built; false when it waits for nothing that is known. The
 * stack's index: names of functions decide between kinds whose words look alike. */
bool waits_describe(struct waits *w, struct symbols *symbols, const struct image_thread *thread,
		    uint32_t stack, struct stk_more *more);
void waits_close(struct waits *w); /* NULL is fine */

#endif
