/* SPDX-License-Identifier: Apache-2.0 */
/* stk - what every thread and goroutine of a program was doing. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd.h"
#include "commands.h"
#include "guard.h"
#include "run.h"
#include "say.h"

#define DECLARE(name) extern const struct command cmd_##name;
COMMANDS(DECLARE)

#define ROW(name) &cmd_##name,
const struct command *const commands[] = { COMMANDS(ROW) NULL };

const struct command *command_find(const char *name)
{
	const struct command *const *c;

	for (c = commands; *c; c++) {
		if (strcmp((*c)->name, name) == 0 ||
		    ((*c)->alias && strcmp((*c)->alias, name) == 0))
			return *c;
	}
	return NULL;
}

static int unknown_command(const char *typed)
{
	const struct command *const *c;
	struct nearest nearest;

	nearest_init(&nearest, typed);
	for (c = commands; *c; c++)
		nearest_try(&nearest, (*c)->name);
	if (run_is_pid(typed))
		say("'%s' is not a command (for a process: stk pid %s)", typed, typed);
	else if (access(typed, F_OK) == 0)
		say("'%s' is not a command (for a core: stk core %s)", typed, typed);
	else if (nearest.best)
		say("'%s' is not a command: did you mean '%s'?", typed, nearest.best);
	else
		say("'%s' is not a command (see 'stk -h')", typed);
	return STK_USAGE;
}

static int wrong_count(const struct command *c, int argc)
{
	say("%s: stk %s %s (see 'stk %s -h')",
	    argc < c->least ? "an argument is missing" : "too many arguments", c->name,
	    c->arguments, c->name);
	return STK_USAGE;
}

/* -h and -V wherever they stand, with a command (NULL: none) or without. */
static bool told(const struct options *o, const struct command *c)
{
	if (o->help && c)
		help_command(c);
	else if (o->help)
		help_overview();
	else if (o->version)
		puts(stk_version());
	return o->help || o->version;
}

/* A process that is looked at is stopped by this one. Sanitizers look into their own process. */
static bool guards(const struct command *c, const struct options *o, int count, char **argv)
{
	int i;

#ifdef __SANITIZE_ADDRESS__
	return false;
#endif
	for (i = 0; i < count; i++)
		if (c->sets & SET_LIVE && run_is_pid(argv[i]))
			return false;
	return c->sets & SET_FILES && !o->no_sandbox;
}

static int run_command(const struct command *c, struct options *o, int argc, char **argv)
{
	char context[64];
	int count, status;

	snprintf(context, sizeof(context), "stk %s", c->name);
	status = options_parse(o, c->own, c->sets, context, argc, argv, &count);
	if (status || told(o, c))
		return status;
	if (count < c->least || (c->most >= 0 && count > c->most))
		return wrong_count(c, count);
	o->inputs = (struct list){ (const char **)(uintptr_t)argv, (size_t)count };
	return guards(c, o, count, argv) ? guard_run(c, o, count, argv) : c->run(o, count, argv);
}

static void say_missing_command(void)
{
	const struct command *const *c;
	char names[512] = "";
	size_t used = 0;

	for (c = commands; *c && used < sizeof(names); c++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 c == commands ? ""
					 : c[1]        ? ", "
						       : " or ",
					 (*c)->name);
	say("a command is missing: %s (see 'stk -h')", names);
}

/* Without a command only -h and -V make sense. */
static int run_bare(struct options *o, int argc, char **argv)
{
	int count, status = options_parse(o, NULL, SET_GENERAL, "stk", argc, argv, &count);

	if (status || told(o, NULL))
		return status;
	say_missing_command();
	return STK_USAGE;
}

static int run(const struct command *c, struct options *o, int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return run_bare(o, argc, argv);
	return c ? run_command(c, o, argc - 1, argv + 1) : unknown_command(argv[1]);
}

/* A mapped file was cut meanwhile: go on without what is gone, which is noted; or die of it as usual. */
static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
	(void)context;
	if (stk_lost_page(info->si_addr))
		return;
	signal(signal_number, SIG_DFL);
}

static void handle_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
	/* A closed pipe is an error of write(): quiet, and nothing is left behind. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file that grows beyond its limit. */
	signal(SIGXFSZ, SIG_IGN);
}

/* A program with a thousand libraries, each with a debug file, needs more descriptors than the usual 1024. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;
	struct options options;
	int status;

	handle_signals();
	allow_descriptors();
	options_init(&options);
	status = run(c, &options, argc, argv);
	options_deinit(&options, c ? c->own : NULL);
	if (fflush(stdout) != 0 && !status)
		status = STK_FAILED;
	return status;
}
