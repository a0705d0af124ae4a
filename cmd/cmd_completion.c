/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "complete.h"
#include "say.h"

static int completion(struct options *o, int argc, char **argv)
{
	(void)o;
	(void)argc;
	if (complete_print(argv[0]))
		return 0;
	say("there is no completion for '%s': it is one of %s", argv[0], SHELL_WORDS);
	return STK_USAGE;
}

const struct command cmd_completion = {
	.name = "completion",
	.arguments = "SHELL",
	.summary = "a completion script, for bash, zsh or fish",
	.sets = SET_GENERAL,
	.least = 1,
	.most = 1,
	.takes = { VALUE_WORDS, SHELL_WORDS },
	.run = completion,
};
