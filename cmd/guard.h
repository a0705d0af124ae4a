/* SPDX-License-Identifier: Apache-2.0 */
/* guard - strangers' bytes are read by a process that can do little else, and whose death costs a module.
 *
 * The supervisor (this process) forks a worker, which runs the whole command. Where it dies of what it reads,
 * or takes too long, another one runs without the debug information of the module that it was at, then
 * without its symbols, then without its file. */
#ifndef GUARD_H
#define GUARD_H

#include <stk.h>

#include "cmd.h"

/* Runs the command and returns its exit status. */
int guard_run(const struct command *c, struct options *o, int argc, char **argv);
/* For the worker: tells the supervisor where it is, and does without what killed the ones before. */
void guard_files(struct stk_files *files);
/* From here on something is written that cannot be taken back. */
void guard_writes(void);
/* This file is to be removed if the worker dies; NULL: no more. */
void guard_temporary(const char *path);

#endif
