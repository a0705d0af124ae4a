/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what a target names.
 *
 * A core, its debug information and a process say which files belong to them, and whoever made them chose
 * these names. A FIFO would be waited for, a device would do what its driver does when it is opened, a
 * link would lead out of the sysroot, and somebody's file in /tmp would be read as if it were the program's.
 * So what is not named by the user is opened here and nowhere else: it is looked at first, by a
 * descriptor that only names the file (O_PATH: no driver and no writer is told), and opened through it. */
#ifndef BASE_NAMED_H
#define BASE_NAMED_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

/* Where a name is looked up, and whose files will do. Zeroed but for the owner: right here, and only root's
 * and the caller's. */
struct named {
	const char
		*root; /* "/" is this directory, for the target's links too; NULL: this machine's */
	bool asked;    /* the user asked for what is in that directory: whoever owns it */
	uid_t owner;   /* the target's user: his files will do; (uid_t)-1 not known */
};

/* STK_NO_INPUT: it is not there, or is a directory. Anything else is there, and the message says why it
 * cannot be used, without its path. */
struct stk_error *named_open(const struct named *named, const char *path, int *ret) STK_MUST;

#endif
