#include "cmd.h"
#include "run.h"

static int info(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	run_init(&run, o, "info", STK_WANT_CAUSE);
	err = run_target(&run, argc, argv, &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_info = {
	.name = "info",
	.arguments = "TARGET",
	.summary = "what happened, what was loaded, and from where",
	.sets = SET_GENERAL | SET_PRINT | SET_FILES | SET_LIVE,
	.least = 1,
	.most = 2,
	.run = info,
};
