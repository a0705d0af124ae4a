/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "say.h"

static int help(struct options *o, int argc, char **argv)
{
	const struct command *c = argc ? command_find(argv[0]) : NULL;

	(void)o;
	if (argc && !c) {
		say("'%s' is not a command (see 'stk -h')", argv[0]);
		return STK_USAGE;
	}
	if (c)
		help_command(c);
	else
		help_overview();
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "the options of a command",
	.sets = SET_GENERAL,
	.least = 0,
	.most = 1,
	.takes.kind = VALUE_COMMAND,
	.run = help,
};
