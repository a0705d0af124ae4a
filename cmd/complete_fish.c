/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "complete.h"

static void text(const char *s)
{
	putchar('\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('\'');
}

/* What an option or an argument takes. `plain`: how values are asked for that are no files. */
static void value(const struct takes *takes, const char *plain)
{
	switch (takes->kind) {
	case VALUE_NONE:
		return;
	case VALUE_WORDS:
	case VALUE_FORMAT:
	case VALUE_COMMAND:
		printf(" %s -a '", plain);
		complete_words(takes);
		putchar('\'');
		return;
	case VALUE_FILE:
		printf(" -r -F");
		return;
	case VALUE_DIR:
		printf(" -x -a '(__fish_complete_directories)'");
		return;
	case VALUE_PID:
		printf(" -x -a '(__fish_complete_pids)'");
		return;
	case VALUE_ANY:
		printf(" %s", plain);
	}
}

static void option(const struct opt *opt)
{
	printf(" -l %s", opt->name);
	if (opt->letter)
		printf(" -s %c", opt->letter);
	value(&opt->takes, opt->optional ? "-f" : "-x");
	printf(" -d ");
	text(opt->help);
	putchar('\n');
}

static void seen(const struct command *c)
{
	putchar(' ');
	complete_names(c, " ");
}

/* An option that several commands take. */
static void shared_option(const struct opt *opt)
{
	const struct command *const *c;

	printf("complete -c stk -n '__fish_seen_subcommand_from");
	for (c = commands; *c; c++) {
		if ((*c)->sets & opt->sets)
			seen(*c);
	}
	putchar('\'');
	option(opt);
}

static void own_options(const struct command *c)
{
	const struct opt *opt;

	for (opt = c->own; opt && opt->name; opt++) {
		printf("complete -c stk -n '__fish_seen_subcommand_from");
		seen(c);
		putchar('\'');
		option(opt);
	}
}

/* Files are what fish offers anyway. */
static void arguments(const struct command *c)
{
	if (c->takes.kind == VALUE_FILE || c->takes.kind == VALUE_NONE)
		return;
	printf("complete -c stk -n '__fish_seen_subcommand_from");
	seen(c);
	putchar('\'');
	value(&c->takes, "-x");
	putchar('\n');
}

static void command(const struct command *c)
{
	printf("complete -c stk -n __fish_use_subcommand -f -a %s -d ", c->name);
	text(c->summary);
	putchar('\n');
}

void complete_fish(void)
{
	const struct command *const *c;
	const struct opt *opt = NULL;

	puts("# fish completion of stk: printed by `stk completion fish`");
	for (c = commands; *c; c++)
		command(*c);
	while ((opt = opt_next(NULL, SET_BARE, opt))) {
		printf("complete -c stk -n __fish_use_subcommand");
		option(opt);
	}
	for (c = commands; *c; c++)
		arguments(*c);
	for (opt = opt_table; opt->name; opt++)
		shared_option(opt);
	for (c = commands; *c; c++)
		own_options(*c);
}
