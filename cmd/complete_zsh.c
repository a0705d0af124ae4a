/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "complete.h"

/* Text within single quotes, with what _arguments and _describe read specially escaped. */
static void text(const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			printf("'\\''");
		else if (strchr("[]:", *s))
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

static void words(const struct takes *takes)
{
	putchar('(');
	complete_words(takes);
	putchar(')');
}

static void action(const struct takes *takes)
{
	switch (takes->kind) {
	case VALUE_WORDS:
	case VALUE_FORMAT:
		words(takes);
		break;
	case VALUE_COMMAND:
		printf("->command");
		break;
	case VALUE_FILE:
		printf("_files");
		break;
	case VALUE_DIR:
		printf("_directories");
		break;
	case VALUE_PID:
		printf("_pids");
		break;
	case VALUE_ANY:
		putchar(' ');
		break;
	case VALUE_NONE:
		break;
	}
}

/* `name` with its dashes; `joint` is how _arguments is told where the value stands. */
static void spelling(const struct opt *opt, const char *name, const char *joint)
{
	printf(" \\\n\t\t'%s%s%s[", opt->type == OPT_LIST ? "*" : "", name,
	       !opt->metavar   ? ""
	       : opt->optional ? "=-"
			       : joint);
	text(opt->help);
	putchar(']');
	/* Two colons: the value may be left out. */
	if (opt->metavar)
		printf("%s:%s:", opt->optional ? ":" : "", opt->metavar);
	action(&opt->takes);
	putchar('\'');
}

static void option(const struct opt *opt)
{
	char letter[] = { '-', opt->letter, '\0' }, name[64];

	snprintf(name, sizeof(name), "--%s", opt->name);
	spelling(opt, name, "=");
	if (opt->letter)
		spelling(opt, letter, "+");
}

/* Of one argument its place, of several that they are files or the like. */
static void arguments(const struct command *c)
{
	static const char *const headings[] = {
		[VALUE_FILE] = "file",       [VALUE_DIR] = "directory", [VALUE_PID] = "process",
		[VALUE_COMMAND] = "command", [VALUE_FORMAT] = "format", [VALUE_WORDS] = "word",
		[VALUE_NONE] = "argument",   [VALUE_ANY] = "argument",
	};

	printf(" \\\n\t\t'%c:%s:", c->most == 1 ? '1' : '*', headings[c->takes.kind]);
	action(&c->takes);
	puts("' ;;");
}

static void command(const struct command *c)
{
	const struct opt *opt = NULL;

	printf("\t");
	complete_names(c, "|");
	printf(")\n\t\t_arguments -s -S");
	while ((opt = opt_next(c->own, c->sets, opt)))
		option(opt);
	arguments(c);
}

void complete_zsh(void)
{
	const struct command *const *c;

	puts("#compdef stk\n"
	     "# zsh completion of stk: printed by `stk completion zsh`\n"
	     "_stk()\n"
	     "{\n"
	     "\tlocal context state state_descr line command\n"
	     "\ttypeset -A opt_args\n"
	     "\tlocal -a commands=(");
	for (c = commands; *c; c++) {
		printf("\t\t'%s:", (*c)->name);
		text((*c)->summary);
		puts("'");
	}
	puts("\t)\n"
	     "\tif (( CURRENT == 2 )); then\n"
	     "\t\t_describe command commands\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcommand=$words[2]\n"
	     "\tshift words\n"
	     "\t(( CURRENT-- ))\n"
	     "\tcase $command in");
	for (c = commands; *c; c++)
		command(*c);
	puts("\tesac\n"
	     "\t[[ $state == command ]] && _describe command commands\n"
	     "}\n"
	     "if [[ $funcstack[1] == _stk ]]; then _stk \"$@\"; else compdef _stk stk; fi");
}
