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

static void value(const struct opt *opt)
{
	const char *plain = opt->optional ? "-f" : "-x";

	switch (complete_value(opt)) {
	case VALUE_NONE:
		return;
	case VALUE_WORDS:
		printf(" %s -a '%s'", plain, opt_words(opt));
		return;
	case VALUE_FILE:
		printf(" -r -F");
		return;
	case VALUE_DIR:
		printf(" -x -a '(__fish_complete_directories)'");
		return;
	case VALUE_ANY:
		printf(" %s", plain);
	}
}

static void option(const struct opt *opt)
{
	const struct command *const *c;

	printf("complete -c stk -n '__fish_seen_subcommand_from");
	for (c = commands; *c; c++) {
		if (!((*c)->sets & opt->sets))
			continue;
		putchar(' ');
		complete_names(*c, " ");
	}
	printf("' -l %s", opt->name);
	if (opt->letter)
		printf(" -s %c", opt->letter);
	value(opt);
	printf(" -d ");
	text(opt->help);
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
	const struct opt *opt;

	puts("# fish completion of stk: printed by `stk completion fish`");
	for (c = commands; *c; c++)
		command(*c);
	puts("complete -c stk -n __fish_use_subcommand -s h -l help -d 'this help'\n"
	     "complete -c stk -n __fish_use_subcommand -s V -l version "
	     "-d 'version, also of the libraries'\n"
	     "complete -c stk -n '__fish_seen_subcommand_from pid attach' -x "
	     "-a '(__fish_complete_pids)'\n"
	     "complete -c stk -n '__fish_seen_subcommand_from completion' -x "
	     "-a 'bash zsh fish'");
	printf("complete -c stk -n '__fish_seen_subcommand_from help' -x -a '");
	complete_commands();
	puts("'");
	for (opt = opt_table; opt->name; opt++)
		option(opt);
}
