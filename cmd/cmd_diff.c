/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cmd.h"
#include "run.h"
#include "say.h"

/* The dumps as they were read, and what the options leave of them. */
struct dumps {
	struct stk_dump **whole, **shown;
	int nwhole, nshown;
};

static void dumps_open(struct dumps *dumps, int count)
{
	dumps->nwhole = dumps->nshown = 0;
	dumps->whole = calloc((size_t)count, sizeof(*dumps->whole));
	dumps->shown = calloc((size_t)count, sizeof(*dumps->shown));
	if (!dumps->whole || !dumps->shown)
		say_out_of_memory();
}

static void dumps_close(struct dumps *dumps)
{
	while (dumps->nshown)
		stk_free(dumps->shown[--dumps->nshown]);
	while (dumps->nwhole)
		stk_free(dumps->whole[--dumps->nwhole]);
	free(dumps->shown);
	free(dumps->whole);
}

static struct stk_error *add(struct dumps *dumps, struct run *run, char *name)
{
	struct stk_error *err = run_any(run, 1, &name, &dumps->whole[dumps->nwhole]);

	if (err)
		return err;
	dumps->nwhole++;
	err = run_select(run, dumps->whole[dumps->nwhole - 1], &dumps->shown[dumps->nshown]);
	dumps->nshown += !err;
	return err;
}

static int diff(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err = NULL;
	struct dumps dumps;
	struct run run;
	int status, i;

	run_init(&run, o, "diff", 0);
	run.format = o->format ? o->format : "diff";
	/* one of them may know only what the runtime shows of itself */
	run.hide_runtime = true;
	status = run_tasks(&run);
	if (status) {
		free(run.ids);
		return status;
	}
	dumps_open(&dumps, argc);
	for (i = 0; i < argc && !err; i++)
		err = add(&dumps, &run, argv[i]);
	if (!err)
		err = stk_diff((const struct stk_dump *const *)dumps.shown, (size_t)dumps.nshown,
			       o->group < 0 ? STK_GROUP_LINE : (enum stk_group_key)o->group, &dump);
	status = run_finish(&run, err, dump);
	dumps_close(&dumps);
	return status;
}

const struct command cmd_diff = {
	.name = "diff",
	.arguments = "A B [C...]",
	.summary = "groups of tasks that are new, grown or gone",
	.sets = SET_GENERAL | SET_PRINT | SET_STACKS | SET_SELECT | SET_FILES | SET_LIVE,
	.least = 2,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = diff,
};
