/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "run.h"

/* A log that is piped through to a terminal is wanted with the rest of it. */
static bool is_pipe_to_terminal(const struct options *o)
{
	struct stat st;

	return !o->output && !o->format && isatty(STDOUT_FILENO) &&
	       fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int trace(struct options *o, int argc, char **argv)
{
	static const char *const input[] = { "-" };
	const char *const *paths = argc ? (const char *const *)argv : input;
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	if (!argc && is_pipe_to_terminal(o))
		o->passthrough = true;
	run_init(&run, o, "delve", o->passthrough ? STK_WANT_TEXT : 0);
	err = stk_text(paths, argc ? (size_t)argc : 1, &run.files, &run.want, &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_trace = {
	.name = "trace",
	.arguments = "[FILE]...",
	.summary = "stacks in text: panics, reports, backtraces",
	.sets = SET_GENERAL | SET_PRINT | SET_STACKS | SET_SELECT | SET_FILES | SET_TRACE,
	.least = 0,
	.most = -1,
	.run = trace,
};
