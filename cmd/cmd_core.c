/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "run.h"
#include "several.h"

static int core_of(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	run_init(&run, o, "delve", 0);
	err = run_core(&run, argc, argv, &dump);
	return run_finish(&run, err, dump);
}

static int core(struct options *o, int argc, char **argv)
{
	return several_run(o, argc, argv, core_of);
}

const struct command cmd_core = {
	.name = "core",
	.arguments = "[EXE] CORE...",
	.summary = "every thread and goroutine of a core",
	.sets = SET_GENERAL | SET_PRINT | SET_STACKS | SET_SELECT | SET_FILES,
	.least = 1,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = core,
};
