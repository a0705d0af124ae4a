/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "run.h"
#include "say.h"

static int pid(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	(void)argc;
	if (!run_is_pid(argv[0])) {
		say("'%s' is not the number of a process (for a core: stk core %s)", argv[0],
		    argv[0]);
		return STK_USAGE;
	}
	run_init(&run, o, "delve", 0);
	err = run_pid(&run, argv[0], &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_pid = {
	.name = "pid",
	.alias = "attach",
	.arguments = "PID",
	.summary = "the same of a running process, after a short pause",
	.sets = SET_GENERAL | SET_PRINT | SET_STACKS | SET_SELECT | SET_FILES | SET_LIVE,
	.least = 1,
	.most = 1,
	.takes.kind = VALUE_PID,
	.run = pid,
};
