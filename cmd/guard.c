/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "say.h"
#include "seccomp.h"

#define MOST_SKIPS 16
#define PATH 4096
#define DEFAULT_TIMEOUT_NS (INT64_C(120) * 1000 * 1000 * 1000)

/* What both processes see. The worker writes it, and the supervisor does not believe it: strings are
 * cut. */
struct shared {
	int part; /* enum stk_part */
	bool writes;
	char module[PATH], temporary[PATH];
};

static struct shared *shared;
static struct stk_skip skips[MOST_SKIPS];
static size_t nskips;
static volatile pid_t worker;

/* ---- in the worker ---- */

static void stage(void *arg, enum stk_part part, const char *module)
{
	(void)arg;
	shared->part = STK_PART_NONE;
	snprintf(shared->module, sizeof(shared->module), "%s", module);
	shared->part = (int)part;
}

void guard_files(struct stk_files *files)
{
	files->stage = shared ? stage : NULL;
	files->skips = skips;
	files->nskips = nskips;
}

void guard_writes(void)
{
	if (shared)
		shared->writes = true;
}

void guard_temporary(const char *path)
{
	if (shared)
		snprintf(shared->temporary, sizeof(shared->temporary), "%s", path ? path : "");
}

/* What its memory holds is a stranger's core, and perhaps keys: nobody else may look into it, and it leaves
 * no core. */
static void give_up_rights(const struct options *o)
{
	const struct rlimit none = { 0, 0 };
	const char *urls = getenv("DEBUGINFOD_URLS");

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (!seccomp_restrict(urls && *urls && o->debuginfod != STK_DEBUGINFOD_OFF) && o->verbose)
		say("note: this kernel has no seccomp filters: the reader could start programs");
}

static _Noreturn void work(const struct command *c, struct options *o, int argc, char **argv)
{
	int status;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	give_up_rights(o);
	status = c->run(o, argc, argv);
	if (fflush(stdout) != 0 && !status)
		status = STK_FAILED;
	_exit(status);
}

/* ---- in the supervisor ---- */

static void hand_on(int signal_number)
{
	if (worker > 0)
		kill(worker, signal_number);
}

/* Its status as wait() has it; *late: it was killed at the deadline. */
static int await(int64_t timeout_ns, bool *late)
{
	const struct timespec patience = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	sigset_t child;
	siginfo_t info;
	int status = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	*late = false;
	for (;;) {
		pid_t ended = waitpid(worker, &status, WNOHANG);

		if (ended == worker)
			return status;
		if (sigtimedwait(&child, &info, &patience) < 0 && errno == EAGAIN) {
			*late = true;
			kill(worker, SIGKILL);
			(void)waitpid(worker, &status, 0);
			return status;
		}
	}
}

static bool adds_skip(const char *why)
{
	enum stk_part part = (enum stk_part)shared->part, last = STK_PART_NONE;
	size_t i;

	shared->module[PATH - 1] = '\0';
	for (i = 0; i < nskips; i++)
		if (!strcmp(skips[i].module, shared->module) && skips[i].part > last)
			last = skips[i].part;
	if (part <= STK_PART_NONE || part > STK_PART_FILE || last == STK_PART_FILE ||
	    nskips == MOST_SKIPS)
		return false;
	/* the next step, if what is read now comes before what was left out already */
	if (part <= last)
		part = (enum stk_part)(last + 1);
	skips[nskips++] = (struct stk_skip){ strdup(shared->module), part, strdup(why) };
	return skips[nskips - 1].module && skips[nskips - 1].why;
}

/* Standard input and pipes are gone when they were read. */
static bool can_repeat(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!run_is_file(argv[i]))
			return false;
	return argc > 0;
}

static void block_child(bool block)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static bool start(const struct command *c, struct options *o, int argc, char **argv)
{
	memset(shared, 0, sizeof(*shared));
	fflush(NULL);
	worker = fork();
	if (worker == 0) {
		block_child(false);
		work(c, o, argc, argv);
	}
	return worker > 0;
}

static void remove_temporary(void)
{
	shared->temporary[PATH - 1] = '\0';
	if (shared->temporary[0])
		unlink(shared->temporary);
}

/* Died of a signal that somebody sent to end it: so does the supervisor. */
static void die_too(int number)
{
	if (number != SIGINT && number != SIGTERM && number != SIGHUP)
		return;
	signal(number, SIG_DFL);
	raise(number);
}

static int supervise(const struct command *c, struct options *o, int argc, char **argv)
{
	int64_t timeout = o->timeout_ns ? o->timeout_ns : DEFAULT_TIMEOUT_NS;
	char why[64];
	bool late;
	int status;

	while (start(c, o, argc, argv)) {
		status = await(timeout, &late);
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		die_too(late ? 0 : WTERMSIG(status));
		remove_temporary();
		if (late)
			snprintf(why, sizeof(why), "not done in %.3g s", (double)timeout / 1e9);
		else
			snprintf(why, sizeof(why), "killed by SIG%s",
				 sigabbrev_np(WTERMSIG(status)));
		if (shared->writes || !can_repeat(argc, argv) || !adds_skip(why)) {
			say("the reader was %s%s%s; --no-sandbox shows it to a debugger", why,
			    shared->module[0] ? ", at " : "", shared->module);
			return STK_FAILED;
		}
	}
	return c->run(o, argc, argv);
}

int guard_run(const struct command *c, struct options *o, int argc, char **argv)
{
	int status;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		shared = NULL;
		return c->run(o, argc, argv);
	}
	block_child(true);
	signal(SIGINT, hand_on);
	signal(SIGTERM, hand_on);
	signal(SIGHUP, hand_on);
	status = supervise(c, o, argc, argv);
	block_child(false);
	return status;
}
