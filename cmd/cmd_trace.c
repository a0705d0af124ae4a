/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "run.h"

static struct list exes;
static bool passthrough;

static const struct opt own[] = {
	{ .name = "exe",
	  .metavar = "BIN",
	  .type = OPT_LIST,
	  .to = &exes,
	  .takes.kind = VALUE_FILE,
	  .help = "look addresses up again in BIN (repeatable)" },
	{ .name = "passthrough",
	  .type = OPT_TRUE,
	  .to = &passthrough,
	  .help = "print what belongs to no trace too" },
	{ .name = NULL },
};

/* A log that is piped through to a terminal is wanted with the rest of it. */
static bool is_pipe_to_terminal(const struct options *o)
{
	struct stat st;

	return !o->output && !o->format && isatty(STDOUT_FILENO) && fstat(STDIN_FILENO, &st) == 0 &&
	       S_ISFIFO(st.st_mode);
}

static int trace(struct options *o, int argc, char **argv)
{
	static const char *const input[] = { "-" };
	const char *const *paths = argc ? (const char *const *)argv : input;
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;

	if (!argc && is_pipe_to_terminal(o))
		passthrough = true;
	run_init(&run, o, "delve", passthrough ? STK_WANT_TEXT : 0);
	run.files.exes = exes.items;
	run.files.nexes = exes.count;
	err = stk_text(paths, argc ? (size_t)argc : 1, &run.files, &run.want, &dump);
	return run_finish(&run, err, dump);
}

const struct command cmd_trace = {
	.name = "trace",
	.arguments = "[FILE]...",
	.summary = "stacks in text: panics, reports, backtraces",
	.sets = SET_GENERAL | SET_PRINT | SET_STACKS | SET_SELECT | SET_FILES,
	.own = own,
	.own_title = "Text",
	.least = 0,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = trace,
};
