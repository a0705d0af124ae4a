/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "complete.h"

static void options(unsigned sets)
{
	const struct opt *opt;

	for (opt = opt_table; opt->name; opt++) {
		if (!(opt->sets & sets))
			continue;
		printf(" --%s", opt->name);
		if (opt->letter)
			printf(" -%c", opt->letter);
	}
}

/* A branch of `case $option`: what may stand after it. An optional value stands after '=' only,
 * which bash gives as a word of its own; $joined is then set. */
static void value(const struct opt *opt)
{
	printf("\t--%s", opt->name);
	if (opt->letter)
		printf("|-%c", opt->letter);
	printf(")\n");
	if (opt->optional)
		printf("\t\t[[ $joined ]] &&\n\t");
	switch (complete_value(opt)) {
	case VALUE_WORDS:
		printf("\t\tCOMPREPLY=($(compgen -W '%s' -- \"$cur\")) && return ;;\n",
		       opt_words(opt));
		break;
	case VALUE_DIR:
		puts("\t\tCOMPREPLY=($(compgen -d -- \"$cur\")); return ;;");
		break;
	case VALUE_FILE:
		puts("\t\tCOMPREPLY=($(compgen -f -- \"$cur\")); return ;;");
		break;
	default:
		puts("\t\treturn ;;");
	}
}

static void values(void)
{
	const struct opt *opt;

	puts("\tcase $option in");
	for (opt = opt_table; opt->name; opt++) {
		if (opt->metavar)
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
		options((*c)->sets);
		puts("' ;;");
	}
	puts("\tesac");
}

void complete_bash(void)
{
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
	complete_commands();
	puts(" -h -V' -- \"$cur\"))\n\t\treturn\n\tfi");
	values();
	options_of_commands();
	puts("\tif [[ $cur == -* ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase ${COMP_WORDS[1]} in\n"
	     "\tpid|attach) words=$(ps -eo pid= 2>/dev/null) ;;\n"
	     "\tcompletion) words='bash zsh fish' ;;");
	printf("\thelp) words='");
	complete_commands();
	puts("' ;;\n"
	     "\t*)\n"
	     "\t\tcompopt -o filenames 2>/dev/null\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "\t\treturn ;;\n"
	     "\tesac\n"
	     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "}\n"
	     "complete -F _stk stk");
}
