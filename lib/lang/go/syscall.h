/* SPDX-License-Identifier: Apache-2.0 */
/* The system call that a goroutine's thread is in. */
#ifndef LANG_GO_SYSCALL_H
#define LANG_GO_SYSCALL_H

#include "state.h"

/* "system call read, descriptor 0"; NULL when the thread is in none. */
const char *gosyscall_text(struct go *go, struct builder *b, const struct image_thread *thread);

#endif
