/* SPDX-License-Identifier: Apache-2.0 */
/* opt - the option table, from which come parsing, -h, completion and the check of the man
 * pages. To add an option: a row in opt_table.c, a field here, an item in man/stk.1. */
#ifndef OPT_H
#define OPT_H

#include <stk.h>

/* Which commands take an option; a command takes several sets. */
enum {
	SET_GENERAL = 1, /* all */
	SET_PRINT = 2,   /* what prints a dump */
	SET_STACKS = 4,  /* what prints stacks */
	SET_SELECT = 8,  /* what prints tasks */
	SET_FILES = 16,  /* what reads binaries */
	SET_LIVE = 32,   /* what can stop a process */
	SET_TRACE = 64,  /* what reads text */
};

struct list {
	const char **items;
	size_t count;
};

enum { FAIL_ON_CRASH = 1, FAIL_ON_PARTIAL = 2, FAIL_ON_DEADLOCK = 4, FAIL_ON_GROWN = 8 };
enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* What was asked for; -1 is "not given". */
struct options {
	const char *format;  /* NULL: the command's own */
	int group;           /* enum stk_group_key */
	int level;           /* index of the word of --level */
	int kind;            /* enum stk_task_kind */
	struct list tasks;   /* of -t, as typed */
	struct list match, exclude;
	int64_t min_wait_ns; /* 0: any */
	uint32_t max_frames; /* 0: all */
	bool no_inlines;
	unsigned want;       /* STK_WANT_* */
	int64_t source;      /* lines */
	const char *sysroot;
	struct list debug_dirs, source_maps, exes;
	int debuginfod;      /* enum stk_debuginfod */
	bool force;
	uint32_t max_pause_ms;
	bool no_pause;
	bool passthrough;
	const char *output;
	int colour;          /* enum colour_when */
	unsigned fail_on;    /* FAIL_ON_* */
	uint32_t grown;      /* N of FAIL_ON_GROWN */
	bool quiet, verbose, version, help;
};

/* What an option's value is, and where it goes. */
enum opt_type {
	OPT_TRUE,     /* none; bool */
	OPT_WANT,     /* none; unsigned |= arg */
	OPT_SET,      /* none; int = arg */
	OPT_STRING,   /* const char * */
	OPT_LIST,     /* struct list: repeatable */
	OPT_U32,
	OPT_LINES,    /* int64_t, at least 1; not given: arg */
	OPT_WORD,     /* int = index in words; not given: arg */
	OPT_WORDS,    /* unsigned |= 1 << index in words; separated by commas; "word=" and N */
	OPT_DURATION, /* int64_t nanoseconds */
};

struct opt {
	char letter;         /* 0 none */
	const char *name;
	const char *metavar; /* NULL: takes no value */
	bool optional;       /* the value is given after '=' or not at all */
	enum opt_type type;
	size_t offset;       /* in struct options */
	unsigned arg;
	unsigned sets;       /* SET_*: any of them */
	/* Words that it takes, separated by blanks, or "@formats"; for completion only: "@file",
	 * "@dir". */
	const char *words;
	const char *help;
};

/* In the order of documentation; ends with a NULL name. */
extern const struct opt opt_table[];
/* The row count without that end. */
enum { OPT_MAX = 48 };

void options_init(struct options *o);
void options_deinit(struct options *o);
/* Parses argv[1..]; what is no option moves, in order, to the front of argv and its number goes
 * to *ret. `context` is what precedes -h in a hint: "stk core". Returns 0, or the exit status
 * after saying what is wrong. */
int options_parse(struct options *o, unsigned sets, const char *context, int argc, char **argv,
		  int *ret);
/* Stores a value (NULL: not given); false when it is not a right one. */
bool opt_store(const struct opt *opt, struct options *o, const char *value);

/* The words that an option takes, "@formats" replaced; NULL: any value. */
const char *opt_words(const struct opt *opt);
/* The candidate (they end with NULL) that was probably meant; NULL when none is near. */
const char *opt_nearest(const char *typed, const char *const *candidates);

#endif
