/* SPDX-License-Identifier: Apache-2.0 */
#include "several.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "say.h"
#include "sink.h"

static bool is_kind(const char *name, enum stk_target_kind kind)
{
	enum stk_target_kind found;
	struct stk_error *err;

	if (!strcmp(name, "-"))
		return kind == STK_TARGET_CORE;
	err = stk_identify(name, &found);
	stk_error_free(err);
	return !err && found == kind;
}

/* What a script must know first counts. */
static int worse(int a, int b)
{
	static const int order[] = { 0, EXIT_PARTIAL, EXIT_FAIL_ON };
	size_t i, ranks[2] = { 3, 3 };

	for (i = 0; i < 3; i++) {
		if (order[i] == a)
			ranks[0] = i;
		if (order[i] == b)
			ranks[1] = i;
	}
	return ranks[1] > ranks[0] ? b : a;
}

static bool is_text(const struct options *o)
{
	return !o->format || !strcmp(o->format, "delve") || !strcmp(o->format, "group");
}

static int run_all(struct options *o, int argc, char **argv, char *exe,
		   int (*one)(struct options *o, int argc, char **argv))
{
	int status = 0, shown = 0, i;

	for (i = 0; i < argc; i++) {
		char *pair[] = { exe, argv[i], NULL };

		if (argv[i] == exe)
			continue;
		if (shown++ && is_text(o))
			status = worse(status, write(STDOUT_FILENO, "\n", 1) == 1 ? 0 : STK_FAILED);
		status = worse(status, one(o, exe ? 2 : 1, exe ? pair : pair + 1));
	}
	return status;
}

/* All of them go to one file: it takes the place of standard output meanwhile. */
static int run_into(struct options *o, int argc, char **argv, char *exe,
		    int (*one)(struct options *o, int argc, char **argv))
{
	const struct list inputs[SINK_LISTS] = { o->inputs };
	const char *output = o->output;
	struct sink sink;
	int status = sink_open(&sink, output, inputs), end = 0;

	if (!status && sink.fd != STDOUT_FILENO && dup2(sink.fd, STDOUT_FILENO) < 0)
		status = STK_FAILED;
	o->output = NULL;
	if (!status) {
		status = run_all(o, argc, argv, exe, one);
		end = sink_commit(&sink);
	}
	o->output = output;
	sink_close(&sink);
	return worse(status, end);
}

int several_run(struct options *o, int argc, char **argv,
		int (*one)(struct options *o, int argc, char **argv))
{
	char *exe = NULL;
	int programs = 0, i;

	for (i = 0; i < argc && argc > 1; i++)
		if (is_kind(argv[i], STK_TARGET_FILE)) {
			exe = argv[i];
			programs++;
		}
	/* One core; and of two arguments the first is a program, however little it is like one. */
	if (argc < 2 || (argc == 2 && (programs || !is_kind(argv[0], STK_TARGET_CORE))))
		return one(o, argc, argv);
	if (programs > 1) {
		say("of several cores there can be one program: '%s' is another", exe);
		return STK_USAGE;
	}
	return o->output ? run_into(o, argc, argv, exe, one) : run_all(o, argc, argv, exe, one);
}
