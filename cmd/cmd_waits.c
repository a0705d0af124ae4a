/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cmd.h"
#include "run.h"
#include "say.h"

/* "EXE CORE" is one target, as for the other commands. */
static bool is_exe_and_core(int argc, char **argv)
{
	enum stk_target_kind kind;
	struct stk_error *err;

	if (argc != 2)
		return false;
	err = stk_identify(argv[0], &kind);
	if (!err)
		return kind == STK_TARGET_FILE;
	stk_error_free(err);
	return false;
}

static struct stk_error *open_all(struct run *run, int argc, char **argv, struct stk_dump **dumps,
				  int *count)
{
	struct stk_error *err = NULL;

	for (*count = 0; *count < argc && !err; *count += !err)
		err = run_any(run, 1, &argv[*count], &dumps[*count]);
	return err;
}

static int several(struct run *run, int argc, char **argv)
{
	struct stk_dump **dumps = calloc((size_t)argc, sizeof(*dumps)), *dump = NULL;
	struct stk_error *err;
	int count, status;

	if (!dumps)
		say_out_of_memory();
	err = open_all(run, argc, argv, dumps, &count);
	if (!err)
		err = stk_waits((const struct stk_dump *const *)dumps, (size_t)count, &dump);
	status = run_finish(run, err, dump);
	while (count)
		stk_free(dumps[--count]);
	free(dumps);
	return status;
}

static int waits(struct options *o, int argc, char **argv)
{
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	run_init(&run, o, "waits", STK_WANT_WAITS | STK_WANT_CAUSE);
	if (argc > 1 && !is_exe_and_core(argc, argv))
		return several(&run, argc, argv);
	err = run_any(&run, argc, argv, &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_waits = {
	.name = "waits",
	.arguments = "TARGET...",
	.summary = "who waits for whom, deadlocks first",
	.sets = SET_GENERAL | SET_PRINT | SET_SELECT | SET_FILES | SET_LIVE,
	.least = 1,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = waits,
};
