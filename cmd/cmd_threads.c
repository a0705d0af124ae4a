/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"
#include "run.h"

static int threads(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	run_init(&run, o, "threads", STK_WANT_THREADS);
	run.kind = STK_THREAD;
	err = run_target(&run, argc, argv, &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_threads = {
	.name = "threads",
	.arguments = "TARGET",
	.summary = "a line a thread: id, name, state, signal, frame",
	.sets = SET_GENERAL | SET_PRINT | SET_SELECT | SET_FILES | SET_LIVE,
	.least = 1,
	.most = 2,
	.takes.kind = VALUE_FILE,
	.run = threads,
};
