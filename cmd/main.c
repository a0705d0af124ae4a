/* SPDX-License-Identifier: Apache-2.0 */
/* stk - what every thread and goroutine of a program was doing. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "run.h"
#include "say.h"

extern const struct command cmd_core, cmd_pid, cmd_threads, cmd_goroutines, cmd_info, cmd_addr,
	cmd_trace, cmd_diff, cmd_completion, cmd_help;

const struct command *const commands[] = {
	&cmd_core, &cmd_pid, &cmd_threads, &cmd_goroutines, &cmd_info, &cmd_addr, &cmd_trace,
	&cmd_diff, &cmd_completion, &cmd_help, NULL,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

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
	const char *names[COMMANDS], *nearest;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i] ? commands[i]->name : NULL;
	nearest = opt_nearest(typed, names);
	if (run_is_pid(typed))
		say("'%s' is not a command (for a process: stk pid %s)", typed, typed);
	else if (access(typed, F_OK) == 0)
		say("'%s' is not a command (for a core: stk core %s)", typed, typed);
	else if (nearest)
		say("'%s' is not a command: did you mean '%s'?", typed, nearest);
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

static int run_command(const struct command *c, struct options *o, int argc, char **argv)
{
	char context[64];
	int count, status;

	snprintf(context, sizeof(context), "stk %s", c->name);
	status = options_parse(o, c->sets, context, argc, argv, &count);
	if (status || told(o, c))
		return status;
	if (count < c->least || (c->most >= 0 && count > c->most))
		return wrong_count(c, count);
	return c->run(o, count, argv);
}

/* Without a command only -h and -V make sense. */
static int run_bare(struct options *o, int argc, char **argv)
{
	int count, status = options_parse(o, SET_GENERAL, "stk", argc, argv, &count);

	if (status || told(o, NULL))
		return status;
	say("a command is missing: core, pid, threads, goroutines, info, addr or trace "
	    "(see 'stk -h')");
	return STK_USAGE;
}

static int run(struct options *o, int argc, char **argv)
{
	const struct command *c;

	if (argc < 2 || argv[1][0] == '-')
		return run_bare(o, argc, argv);
	c = command_find(argv[1]);
	return c ? run_command(c, o, argc - 1, argv + 1) : unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
	struct options options;
	int status;

	/* A closed pipe is an error of write(): quiet, and nothing is left behind. */
	signal(SIGPIPE, SIG_IGN);
	options_init(&options);
	status = run(&options, argc, argv);
	options_deinit(&options);
	if (fflush(stdout) != 0 && !status)
		status = STK_FAILED;
	return status;
}
