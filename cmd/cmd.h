/* SPDX-License-Identifier: Apache-2.0 */
/* cmd/ - the command line: what the user typed becomes calls of libstk. A command is one file
 * with one `const struct command`, and its name in commands.h. Only <stk.h> is visible here. */
#ifndef CMD_H
#define CMD_H

#include <stk.h>

#include "opt.h"

struct command {
	const char *name;
	const char *alias;     /* NULL none */
	const char *arguments; /* "[EXE] CORE", as the usage line shows them */
	const char *summary;   /* one line, lower case */
	unsigned sets;         /* SET_* of the options that it takes */
	const struct opt *own; /* what no other command takes; ends with a NULL name; NULL none */
	const char *own_title; /* above them in `stk COMMAND -h` */
	int least, most;       /* number of arguments; most < 0: any number */
	/* What its arguments are. Verbs below a command (`stk foo list`) are VALUE_WORDS, and
	 * argv[0] of run(). */
	struct takes takes;
	/* Returns the exit status; what went wrong has been said. */
	int (*run)(struct options *o, int argc, char **argv);
};

/* Ends with NULL. */
extern const struct command *const commands[];

/* By name or alias; NULL when there is none. */
const struct command *command_find(const char *name);

/* `stk -h` and `stk COMMAND -h`, on standard output. */
void help_overview(void);
void help_command(const struct command *command);

/* complete.c: the script for a shell; false when the shell is not known. */
bool complete_print(const char *shell);

#endif
