/* SPDX-License-Identifier: Apache-2.0 */
/* commands - the commands, in the order of documentation. To add one: its name here, and
 * cmd/cmd_NAME.c with `const struct command cmd_NAME`. Dispatch, usage, help and completions come
 * from this list and that row. */
#ifndef COMMANDS_H
#define COMMANDS_H

#define COMMANDS(X) \
	X(core) \
	X(pid) \
	X(threads) \
	X(goroutines) \
	X(info) \
	X(addr) \
	X(trace) \
	X(diff) \
	X(triage) \
	X(waits) \
	X(completion) \
	X(help)

#endif
