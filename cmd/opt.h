/* SPDX-License-Identifier: Apache-2.0 */
/* opt - the option tables, from which come parsing, -h, completion and the check of the man
 * pages. To add an option that several commands take: a row in opt_table.c, a field here, an item
 * in man/stk.1. One that a single command takes is a row of that command's own table, which stores
 * into a variable beside it, and an item in man/stk.1. */
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
	SET_BARE = 64,   /* no command: `stk -V` */
};

struct list {
	const char **items;
	size_t count;
};

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* What was asked for; -1 is "not given". */
struct options {
	const char *format; /* NULL: the command's own */
	int group;          /* enum stk_group_key */
	int level;          /* index of the word of --level */
	int kind;           /* enum stk_task_kind */
	struct list tasks;  /* of -t, as typed */
	struct list match, exclude;
	int64_t min_wait_ns; /* 0: any */
	uint32_t max_frames; /* 0: all */
	bool no_inlines, no_native;
	unsigned want;  /* STK_WANT_* */
	int64_t source; /* lines */
	const char *sysroot;
	struct list debug_dirs, source_maps;
	int debuginfod; /* enum stk_debuginfod */
	bool force;
	uint32_t max_pause_ms;
	bool no_pause;
	struct list inputs; /* the arguments: what -o must not be */
	const char *output;
	int colour;       /* enum colour_when */
	unsigned fail_on; /* 1 << enum stk_condition */
	uint32_t grown;   /* N of "grown=N" */
	bool no_sandbox;
	int64_t timeout_ns; /* 0: the usual */
	bool quiet, verbose, version, help;
};

/* What an option's value is, and where it goes. */
enum opt_type {
	OPT_TRUE,   /* none; bool */
	OPT_WANT,   /* none; unsigned |= arg */
	OPT_SET,    /* none; int = arg */
	OPT_STRING, /* const char * */
	OPT_LIST,   /* struct list: repeatable */
	OPT_U32,
	OPT_LINES,    /* int64_t, at least 1; not given: arg */
	OPT_WORD,     /* int = index in words; not given: arg */
	OPT_WORDS,    /* unsigned |= 1 << index in words; separated by commas; "word=" and N */
	OPT_DURATION, /* int64_t nanoseconds */
};

/* What stands where a value does, of an option or of an argument: for completion. */
enum value {
	VALUE_NONE,    /* nothing */
	VALUE_ANY,     /* what no shell can guess */
	VALUE_WORDS,   /* one of `words` */
	VALUE_FORMAT,  /* an output format */
	VALUE_COMMAND, /* a command of stk */
	VALUE_FILE,
	VALUE_DIR,
	VALUE_PID,
};

struct takes {
	enum value kind;
	const char *words; /* of VALUE_WORDS, separated by blanks */
};

struct opt {
	const char *name;    /* NULL ends a table */
	char letter;         /* 0 none */
	const char *metavar; /* NULL: takes no value */
	bool optional;       /* the value is given after '=' or not at all */
	enum opt_type type;
	size_t at; /* in struct options */
	void *to;  /* a command's own option: the variable, instead of `at` */
	unsigned arg;
	unsigned sets; /* SET_*: any of them; not of a command's own */
	struct takes takes;
	const char *help;
};

/* What several commands take, in the order of documentation. */
extern const struct opt opt_table[];
extern const struct opt *const opt_table_end;

/* The options of a command, one after the other: first its own (NULL: none), then those of `sets`.
 * NULL for the first; NULL behind the last. */
const struct opt *opt_next(const struct opt *own, unsigned sets, const struct opt *opt);

void options_init(struct options *o);
void options_deinit(struct options *o, const struct opt *own);
/* Parses argv[1..]; what is no option moves, in order, to the front of argv and its number goes
 * to *ret. `context` is what precedes -h in a hint: "stk core". Returns 0, or the exit status
 * after saying what is wrong. */
int options_parse(struct options *o, const struct opt *own, unsigned sets, const char *context,
		  int argc, char **argv, int *ret);
/* Stores a value (NULL: not given); false when it is not a right one. */
bool opt_store(const struct opt *opt, struct options *o, const char *value);

/* The words that an option takes, those of formats too; NULL: any value. */
const char *opt_words(const struct opt *opt);

/* What was probably meant: nearest_try() every candidate; `best` is then the nearest, or NULL. */
struct nearest {
	const char *typed, *best;
	size_t limit;
};
void nearest_init(struct nearest *nearest, const char *typed);
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
