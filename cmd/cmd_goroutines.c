/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "run.h"

static int goroutines(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	run_init(&run, o, "goroutines", o->verbose ? STK_WANT_WAITS : 0);
	run.kind = STK_GOROUTINE;
	err = run_target(&run, argc, argv, &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_goroutines = {
	.name = "goroutines",
	.arguments = "TARGET",
	.summary = "a line a goroutine: id, state, wait, frame, creator",
	.sets = SET_GENERAL | SET_PRINT | SET_SELECT | SET_FILES | SET_LIVE,
	.least = 1,
	.most = 2,
	.takes.kind = VALUE_FILE,
	.run = goroutines,
};
