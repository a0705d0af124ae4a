/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <stdbool.h>

/* Takes from this process, for good, what a reader of files has no use for. network: it may ask servers.
 * false: the kernel cannot. */
bool seccomp_restrict(bool network);

#endif
