/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct {
	unsigned sets;
	const char *title;
} sections[] = {
	{ SET_PRINT, "Output" },          { SET_STACKS | SET_SELECT, "What is shown" },
	{ SET_FILES, "Where files are" }, { SET_LIVE, "Processes" },
	{ SET_GENERAL, "General" },
};

void help_overview(void)
{
	const struct command *const *c;

	puts("usage: stk COMMAND [OPTION]... [ARGUMENT]...\n"
	     "What every thread and goroutine of a program was doing.\n");
	for (c = commands; *c; c++)
		printf("  %-10s %-13s %s\n", (*c)->name, (*c)->arguments, (*c)->summary);
	puts("\nTARGET is a process (PID) or a core ([EXE] CORE). CORE may be compressed; - is\n"
	     "standard input. `stk COMMAND -h` lists the options of a command, `stk -V` the\n"
	     "versions of stk and of the libraries it was built with.\n\n"
	     "Exit status: 0 complete, 1 something is missing, 2 failed, 10 --fail-on holds,\n"
	     "64 usage, 66 no such input, 77 no permission.");
}

static void print_option(const struct opt *opt)
{
	char left[64], letter[8] = "    ";

	if (opt->letter)
		snprintf(letter, sizeof(letter), "-%c, ", opt->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, opt->name,
		 opt->optional  ? "[="
		 : opt->metavar ? " "
				: "",
		 opt->metavar ? opt->metavar : "", opt->optional ? "]" : "");
	printf("  %-24s %s\n", left, opt->help);
}

/* The rows of a section that the command takes. */
static void print_section(unsigned sets, const char *title)
{
	const struct opt *opt = NULL;

	if (!sets)
		return;
	printf("\n%s:\n", title);
	while ((opt = opt_next(NULL, sets, opt)))
		print_option(opt);
}

static void print_own(const struct command *c)
{
	const struct opt *opt;

	printf("\n%s:\n", c->own_title);
	for (opt = c->own; opt->name; opt++)
		print_option(opt);
}

static void print_formats(void)
{
	const struct stk_format *format;

	puts("\nFormats:");
	for (format = stk_formats(); format->name; format++)
		printf("  %-10s %s\n", format->name, format->summary);
}

void help_command(const struct command *c)
{
	size_t i;

	printf("usage: stk %s [OPTION]... %s\n%s\n", c->name, c->arguments, c->summary);
	if (c->alias)
		printf("also: stk %s\n", c->alias);
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		/* what all commands take comes last */
		if (sections[i].sets == SET_GENERAL && c->own)
			print_own(c);
		print_section(sections[i].sets & c->sets, sections[i].title);
	}
	if (c->sets & SET_PRINT)
		print_formats();
}
