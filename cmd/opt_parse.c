/* SPDX-License-Identifier: Apache-2.0 */
/* argv becomes options, in any order with the other arguments. */
#include <stdio.h>
#include <string.h>

#include "opt.h"
#include "say.h"

struct parser {
	struct options *options;
	const struct opt *own;
	unsigned sets;
	const char *context;
	int argc, at, kept;
	char **argv;
};

enum { WORD_MAX = 31 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance (Levenshtein) of short words. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], i, j, la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t above = row[j];

			row[j] = least(least(above, row[j - 1]) + 1,
				       diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

void nearest_init(struct nearest *nearest, const char *typed)
{
	*nearest = (struct nearest){ .typed = typed, .limit = strlen(typed) / 3 + 2 };
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
	size_t length = strlen(nearest->typed), d = distance(nearest->typed, candidate);

	if (length && strncmp(nearest->typed, candidate, length) == 0)
		d = 0;
	if (d < nearest->limit) {
		nearest->best = candidate;
		nearest->limit = d;
	}
}

const struct opt *opt_next(const struct opt *own, unsigned sets, const struct opt *opt)
{
	/* an empty table of its own is as good as none */
	opt = opt ? opt + 1 : own ? own : opt_table;
	for (;; opt++) {
		if (!opt->name && opt == opt_table_end)
			return NULL;
		if (!opt->name)
			opt = opt_table;
		/* a command's own rows are in no set */
		if (!opt->sets || opt->sets & sets)
			return opt;
	}
}

static int unknown_long(const struct parser *p, const char *typed)
{
	const struct opt *opt = NULL;
	struct nearest nearest;

	nearest_init(&nearest, typed);
	while ((opt = opt_next(p->own, p->sets, opt)))
		nearest_try(&nearest, opt->name);
	if (nearest.best)
		say("unknown option '--%s': did you mean '--%s'?", typed, nearest.best);
	else
		say("unknown option '--%s' (see '%s -h')", typed, p->context);
	return STK_USAGE;
}

static int apply(const struct parser *p, const struct opt *opt, const char *value)
{
	const char *words = opt_words(opt);

	if (opt_store(opt, p->options, value))
		return 0;
	if (words)
		say("--%s cannot be '%s': it is one of %s", opt->name, value, words);
	else
		say("--%s=%s cannot be '%s'", opt->name, opt->metavar, value);
	return STK_USAGE;
}

/* The argument that follows, for an option that needs one. */
static int apply_next(struct parser *p, const struct opt *opt)
{
	if (p->at + 1 < p->argc)
		return apply(p, opt, p->argv[++p->at]);
	say("--%s needs a value: --%s=%s", opt->name, opt->name, opt->metavar);
	return STK_USAGE;
}

static int parse_long(struct parser *p, char *typed)
{
	char *equals = strchr(typed, '=');
	const char *value = equals ? equals + 1 : NULL;
	const struct opt *opt;

	if (equals)
		*equals = '\0';
	opt = opt_next(p->own, p->sets, NULL);
	while (opt && strcmp(opt->name, typed) != 0)
		opt = opt_next(p->own, p->sets, opt);
	if (!opt)
		return unknown_long(p, typed);
	if (value && !opt->metavar) {
		say("--%s takes no value", opt->name);
		return STK_USAGE;
	}
	if (!value && opt->metavar && !opt->optional)
		return apply_next(p, opt);
	return apply(p, opt, value);
}

/* A cluster: -vn5, -g=func, -qs. A value follows at once, after '=' or as the next argument;
 * an optional one only after '='. */
static int parse_cluster(struct parser *p, const char *letters)
{
	while (*letters) {
		const struct opt *opt = opt_next(p->own, p->sets, NULL);

		while (opt && opt->letter != *letters)
			opt = opt_next(p->own, p->sets, opt);
		if (!opt) {
			say("unknown option '-%c' (see '%s -h')", *letters, p->context);
			return STK_USAGE;
		}
		letters++;
		if (opt->metavar && *letters == '=')
			return apply(p, opt, letters + 1);
		if (opt->metavar && !opt->optional)
			return *letters ? apply(p, opt, letters) : apply_next(p, opt);
		if (apply(p, opt, NULL))
			return STK_USAGE;
	}
	return 0;
}

int options_parse(struct options *o, const struct opt *own, unsigned sets, const char *context,
		  int argc, char **argv, int *ret)
{
	struct parser p = { .options = o,
			    .own = own,
			    .sets = sets,
			    .context = context,
			    .argc = argc,
			    .at = 1,
			    .argv = argv };
	int status = 0;

	for (; p.at < argc && !status; p.at++) {
		char *argument = argv[p.at];

		if (strcmp(argument, "--") == 0) {
			while (++p.at < argc)
				argv[p.kept++] = argv[p.at];
		} else if (strncmp(argument, "--", 2) == 0) {
			status = parse_long(&p, argument + 2);
		} else if (argument[0] == '-' && argument[1]) {
			status = parse_cluster(&p, argument + 1);
		} else {
			argv[p.kept++] = argument;
		}
	}
	*ret = p.kept;
	return status;
}
