/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "complete.h"

static void options(const struct command *c)
{
	const struct opt *opt = NULL;

	while ((opt = opt_next(c->own, c->sets, opt))) {
		printf(" --%s", opt->name);
		if (opt->letter)
			printf(" -%c", opt->letter);
	}
}

/* The spellings of an option, as a pattern of `case`; with a command before each, where the option is
 * its own. */
static void pattern(const char *command, const struct opt *opt)
{
	printf("%s--%s", command, opt->name);
	if (opt->letter)
		printf("|%s-%c", command, opt->letter);
}

/* What may stand after it. An optional value stands after '=' only, which bash gives as a word of
 * its own; $joined is then set. */
static void value(const struct opt *opt)
{
	puts(")");
	if (opt->optional)
		printf("\t\t[[ $joined ]] &&\n\t");
	switch (opt->takes.kind) {
	case VALUE_WORDS:
	case VALUE_FORMAT:
	case VALUE_COMMAND:
		printf("\t\tCOMPREPLY=($(compgen -W '");
		complete_words(&opt->takes);
		puts("' -- \"$cur\")) && return ;;");
		break;
	case VALUE_PID:
		puts("\t\tCOMPREPLY=($(compgen -W \"$(ps -eo pid= 2>/dev/null)\" -- \"$cur\")); "
		     "return ;;");
		break;
	case VALUE_DIR:
		puts("\t\tCOMPREPLY=($(compgen -d -- \"$cur\")); return ;;");
		break;
	case VALUE_FILE:
		puts("\t\tCOMPREPLY=($(compgen -f -- \"$cur\")); return ;;");
		break;
	case VALUE_NONE:
	case VALUE_ANY:
		puts("\t\treturn ;;");
	}
}

static void own_values(const struct command *c)
{
	const struct opt *opt;

	for (opt = c->own; opt && opt->name; opt++) {
		if (!opt->metavar)
			continue;
		printf("\t");
		pattern(c->name, opt);
		if (c->alias) {
			putchar('|');
			pattern(c->alias, opt);
		}
		value(opt);
	}
}

static void values(void)
{
	const struct command *const *c;
	const struct opt *opt;

	puts("\tcase ${COMP_WORDS[1]}$option in");
	for (c = commands; *c; c++)
		own_values(*c);
	puts("\tesac\n"
	     "\tcase $option in");
	for (opt = opt_table; opt->name; opt++) {
		if (!opt->metavar)
			continue;
		printf("\t");
		pattern("", opt);
		value(opt);
	}
	puts("\tesac");
}

static void options_of_commands(void)
{
	const struct command *const *c;

	puts("\tcase ${COMP_WORDS[1]} in");
	for (c = commands; *c; c++) {
		printf("\t");
		complete_names(*c, "|");
		printf(") words='");
		options(*c);
		puts("' ;;");
	}
	puts("\tesac");
}

/* Files are the rule. */
static void arguments(const struct command *c)
{
	if (c->takes.kind == VALUE_FILE)
		return;
	printf("\t");
	complete_names(c, "|");
	switch (c->takes.kind) {
	case VALUE_PID:
		puts(") words=$(ps -eo pid= 2>/dev/null) ;;");
		break;
	case VALUE_DIR:
		puts(") words=$(compgen -d -- \"$cur\") ;;");
		break;
	default:
		printf(") words='");
		complete_words(&c->takes);
		puts("' ;;");
	}
}

static void bare_options(void)
{
	const struct opt *opt = NULL;

	while ((opt = opt_next(NULL, SET_BARE, opt)))
		printf(" -%c", opt->letter);
}

void complete_bash(void)
{
	const struct takes all = { VALUE_COMMAND, NULL };
	const struct command *const *c;

	puts("# bash completion of stk: printed by `stk completion bash`\n"
	     "_stk()\n"
	     "{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal joined= words=\n"
	     "\tCOMPREPLY=()\n"
	     "\tif [[ $cur == = ]]; then\n"
	     "\t\tcur= joined=1\n"
	     "\telif [[ $option == = ]]; then\n"
	     "\t\toption=${COMP_WORDS[COMP_CWORD-2]} joined=1\n"
	     "\tfi");
	printf("\tif [[ $COMP_CWORD == 1 ]]; then\n\t\tCOMPREPLY=($(compgen -W '");
	complete_words(&all);
	bare_options();
	puts("' -- \"$cur\"))\n\t\treturn\n\tfi");
	values();
	options_of_commands();
	puts("\tif [[ $cur == -* ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase ${COMP_WORDS[1]} in");
	for (c = commands; *c; c++)
		arguments(*c);
	puts("\t*)\n"
	     "\t\tcompopt -o filenames 2>/dev/null\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "\t\treturn ;;\n"
	     "\tesac\n"
	     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "}\n"
	     "complete -F _stk stk");
}
