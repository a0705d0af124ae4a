/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "run.h"
#include "several.h"

static int info_of(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	run_init(&run, o, "info", STK_WANT_CAUSE);
	/* Nothing has happened to a process that lives: it need not stand still for its stacks. */
	if (argc == 1 && run_is_pid(argv[0]))
		run.want.what |= STK_WANT_NO_STACKS;
	err = run_any(&run, argc, argv, &dump);
	return run_finish(&run, err, dump);
}

static int info(struct options *o, int argc, char **argv)
{
	return several_run(o, argc, argv, info_of);
}

const struct command cmd_info = {
	.name = "info",
	.arguments = "TARGET...",
	.summary = "what happened, what was loaded, and from where",
	.sets = SET_GENERAL | SET_PRINT | SET_FILES | SET_LIVE,
	.least = 1,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = info,
};
