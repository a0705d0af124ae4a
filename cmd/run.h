/* SPDX-License-Identifier: Apache-2.0 */
/* run - what all commands do with a target: open it, prepare the dump, print it, say what is
 * missing, and find the exit status. */
#ifndef RUN_H
#define RUN_H

#include <stk.h>

#include "opt.h"
#include "tty.h"

/* Beside those of enum stk_code. */
enum { EXIT_PARTIAL = 1, EXIT_FAIL_ON = 10 };

struct run {
	const struct options *options;
	const char *format; /* a listed one or a table */
	int kind;           /* enum stk_task_kind that is printed; -1 all */
	bool hide_runtime;  /* where no level says otherwise, whatever the format's habit */
	uint64_t *ids;      /* of --task: run_tasks() */
	size_t nids;
	struct progress progress;
	struct stk_files files;
	struct stk_want want;
};

/* `format` is the command's own, for when no option names one; `want` STK_WANT_* is what it
 * needs beyond what options and format do. */
void run_init(struct run *run, const struct options *o, const char *format, unsigned want);
/* `[EXE] CORE`. */
struct stk_error *run_core(struct run *run, int argc, char **argv, struct stk_dump **ret) STK_MUST;
/* `PID`; STK_USAGE when it is not a number. */
struct stk_error *run_pid(struct run *run, const char *pid, struct stk_dump **ret) STK_MUST;
/* Either of them: all digits is a process. */
struct stk_error *run_target(struct run *run, int argc, char **argv,
			     struct stk_dump **ret) STK_MUST;
bool run_is_pid(const char *text);
/* A regular file: it can be read again. */
bool run_is_file(const char *name);

/* A process by its number, [EXE] CORE, or a text trace: whichever it is. */
struct stk_error *run_any(struct run *run, int argc, char **argv, struct stk_dump **ret) STK_MUST;
/* Reads the options' --task; the exit status, said, when one is no number. */
int run_tasks(struct run *run);
/* What the options leave of a dump; after run_tasks(). */
struct stk_error *run_select(struct run *run, const struct stk_dump *dump,
			     struct stk_dump **ret) STK_MUST;

/* Ends a command: prints the dump and frees it, or says the error; returns the exit status. */
int run_finish(struct run *run, struct stk_error *err, struct stk_dump *dump);

#endif
