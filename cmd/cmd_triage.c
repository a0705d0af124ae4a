/* SPDX-License-Identifier: Apache-2.0 */
/* stk triage: each file becomes a line (in a worker), the lines become bugs. --map ends after the first
 * half, --reduce begins with the second. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "paths.h"
#include "pool.h"
#include "run.h"
#include "say.h"
#include "sink.h"
#include "tty.h"

static const char *format, *output, *root, *fail_on;
static uint32_t jobs;
static uint32_t seconds = 120;
static int colour;
static bool map, reduce, why;

#define SEVERITIES "UNKNOWN NOT_EXPLOITABLE PROBABLY_EXPLOITABLE EXPLOITABLE"

/* clang-format off */
static const struct opt own[] = {
	{ .letter = 'f', .name = "format", .metavar = "F", .type = OPT_STRING, .to = &format,
	  .takes = { VALUE_WORDS, "text json jsonl markdown github gitlab sarif junit html" },
	  .help = "text, json, jsonl, markdown, github, gitlab, sarif, junit, html" },
	{ .letter = 'o', .name = "output", .metavar = "FILE", .type = OPT_STRING, .to = &output,
	  .takes.kind = VALUE_FILE, .help = "write to FILE, which is never half written" },
	{ .letter = 'j', .name = "jobs", .metavar = "N", .type = OPT_U32, .to = &jobs,
	  .takes.kind = VALUE_ANY, .help = "so many worker processes (one a CPU)" },
	{ .name = "timeout", .metavar = "S", .type = OPT_U32, .to = &seconds, .takes.kind = VALUE_ANY,
	  .help = "so many seconds for one file (120)" },
	{ .name = "source-root", .metavar = "DIR", .type = OPT_STRING, .to = &root, .takes.kind = VALUE_DIR,
	  .help = "leave DIR out of source paths: annotations are relative" },
	{ .name = "fail-on", .metavar = "COND", .type = OPT_STRING, .to = &fail_on, .takes.kind = VALUE_ANY,
	  .help = "exit with 10 on: crash, severity>=CLASS" },
	{ .name = "map", .type = OPT_TRUE, .to = &map,
	  .help = "print a line of JSON a file, and stop there" },
	{ .name = "reduce", .type = OPT_TRUE, .to = &reduce,
	  .help = "PATHs hold such lines, from anywhere, in any order" },
	{ .name = "why", .type = OPT_TRUE, .to = &why, .help = "compare two crashes, frame by frame" },
	{ .name = "color", .metavar = "WHEN", .type = OPT_WORD, .to = &colour,
	  .takes = { VALUE_WORDS, "auto always never" }, .help = "colours: auto, always, never" },
	{ .name = NULL },
};
/* clang-format on */

/* What all of it works on. */
struct triage {
	struct run run;
	struct paths paths;
	char **lines; /* of each path; NULL: it holds no crash and was only found in a directory */
	char **keys;  /* what needs no symbols to tell one bug from another; NULL unknown */
	size_t *todo; /* paths that are read whole */
	size_t ntodo, done, steps;
};

/* ---- one file ---- */

/* In a directory lies what is no core and no trace: programs, pictures, sources. */
static bool is_worth_it(const struct path *path)
{
	enum stk_target_kind kind;
	struct stk_error *err;

	if (path->named)
		return true;
	err = stk_identify(path->name, &kind);
	stk_error_free(err);
	return !err && kind != STK_TARGET_FILE;
}

static char *line_of(struct triage *t, const struct path *path)
{
	const unsigned accept = 1u << STK_TARGET_CORE | 1u << STK_TARGET_TEXT;
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	char *line;

	if (!is_worth_it(path))
		return NULL;
	err = stk_open(path->name, accept, NULL, &t->run.files, &t->run.want, &dump);
	if (err && !path->named && err->code == STK_FAILED) {
		enum stk_target_kind kind = STK_TARGET_FILE;
		struct stk_error *other = stk_identify(path->name, &kind);

		/* a text without a trace is no crash; a core that cannot be read is one */
		stk_error_free(other);
		if (other || kind != STK_TARGET_CORE) {
			stk_error_free(err);
			return NULL;
		}
	}
	if (err) {
		line = stk_crash_error_line(path->name, err->message);
		stk_error_free(err);
		return line;
	}
	line = stk_crash_line(dump, path->name);
	stk_free(dump);
	return line;
}

static char *work(void *arg, size_t job)
{
	struct triage *t = arg;

	return line_of(t, &t->paths.items[t->todo[job]]);
}

static void count_step(struct triage *t)
{
	t->done++;
	if (t->run.files.progress)
		(void)progress_show(&t->run.progress, "reading crashes", t->done, t->steps);
}

static void done(void *arg, size_t job, char *answer, const char *reason)
{
	struct triage *t = arg;

	if (!answer)
		answer = stk_crash_error_line(t->paths.items[t->todo[job]].name, reason);
	if (!*answer) {
		free(answer);
		answer = NULL;
	}
	t->lines[t->todo[job]] = answer;
	count_step(t);
}

/* ---- keys: the second crash of a bug and build costs only its own reading ---- */

static char *work_key(void *arg, size_t job)
{
	struct triage *t = arg;
	const char *name = t->paths.items[job].name;
	enum stk_target_kind kind;
	struct stk_error *err = stk_identify(name, &kind);

	stk_error_free(err);
	return !err && kind == STK_TARGET_CORE ? stk_crash_key(name, &t->run.files) : NULL;
}

static void done_key(void *arg, size_t job, char *answer, const char *reason)
{
	struct triage *t = arg;

	(void)reason;
	if (answer && !*answer) {
		free(answer);
		answer = NULL;
	}
	t->keys[job] = answer;
	count_step(t);
}

static int by_key(const void *left, const void *right, void *arg)
{
	char *const *keys = arg;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int order = strcmp(keys[a] ? keys[a] : "", keys[b] ? keys[b] : "");

	return order ? order : a < b ? -1 : a > b;
}

static bool is_first(const struct triage *t, const size_t *order, size_t i)
{
	return !i || !t->keys[order[i]] || !t->keys[order[i - 1]] ||
	       strcmp(t->keys[order[i]], t->keys[order[i - 1]]) != 0;
}

/* Of each key the first by path, and all that have none. */
static void plan(struct triage *t, size_t *order)
{
	size_t i;

	for (i = 0; i < t->paths.count; i++)
		order[i] = i;
	if (t->paths.count)
		qsort_r(order, t->paths.count, sizeof(*order), by_key, t->keys);
	t->ntodo = 0;
	for (i = 0; i < t->paths.count; i++)
		if (is_first(t, order, i))
			t->todo[t->ntodo++] = order[i];
}

/* The others are as the first of their key; where that could not be read they are read themselves. */
static void fill(struct triage *t, const size_t *order)
{
	const char *first = NULL;
	size_t i;

	t->ntodo = 0;
	for (i = 0; i < t->paths.count; i++) {
		if (is_first(t, order, i))
			first = t->lines[order[i]];
		else if (first && !strstr(first, "\"error\":"))
			t->lines[order[i]] = stk_crash_line_as(first,
							       t->paths.items[order[i]].name);
		else
			t->todo[t->ntodo++] = order[i];
	}
}

/* ---- the lines ---- */

static void read_crashes(struct triage *t)
{
	struct pool pool = {
		.workers = jobs, .seconds = seconds, .work = work_key, .done = done_key, .arg = t
	};
	size_t count = t->paths.count, *order = calloc(count + 1, sizeof(*order));

	t->lines = calloc(count + 1, sizeof(*t->lines));
	t->keys = calloc(count + 1, sizeof(*t->keys));
	t->todo = calloc(count + 1, sizeof(*t->todo));
	if (!t->lines || !t->keys || !t->todo || !order)
		say_out_of_memory();
	t->steps = 2 * count;
	if (count > 1)
		pool_run(&pool, count);
	pool.work = work;
	pool.done = done;
	plan(t, order);
	pool_run(&pool, t->ntodo);
	fill(t, order);
	pool_run(&pool, t->ntodo);
	progress_end(&t->run.progress);
	free(order);
}

static void free_texts(char **texts, size_t count)
{
	size_t i;

	for (i = 0; i < count && texts; i++)
		free(texts[i]);
	free(texts);
}

/* Puts the lines that are there side by side; returns how many. */
static size_t close_gaps(char **lines, size_t count)
{
	size_t kept = 0, i;

	for (i = 0; i < count; i++)
		if (lines[i])
			lines[kept++] = lines[i];
	return kept;
}

static int read_lines_of(struct triage *t, FILE *in, size_t *count)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t size;

	while ((size = getline(&line, &cap, in)) > 0) {
		if (line[size - 1] == '\n')
			line[--size] = '\0';
		if (!size)
			continue;
		t->lines = reallocarray(t->lines, *count + 1, sizeof(*t->lines));
		if (!t->lines || !(t->lines[(*count)++] = strdup(line)))
			say_out_of_memory();
	}
	free(line);
	return ferror(in) ? STK_FAILED : 0;
}

static int read_lines(struct triage *t, int argc, char **argv, size_t *count)
{
	int status = 0, i;

	for (i = 0; i < argc && !status; i++) {
		FILE *in = strcmp(argv[i], "-") ? fopen(argv[i], "re") : stdin;

		if (!in) {
			say("cannot open '%s': %s", argv[i], strerror(errno));
			return STK_NO_INPUT;
		}
		status = read_lines_of(t, in, count);
		if (in != stdin)
			fclose(in);
	}
	return status;
}

/* ---- the end ---- */

static int open_sink(struct sink *sink, const struct options *o)
{
	const struct list inputs[SINK_LISTS] = { o->inputs };

	return sink_open(sink, output, inputs);
}

static int write_lines(struct triage *t, const struct options *o, size_t count)
{
	struct sink sink;
	int status = open_sink(&sink, o);
	size_t i;

	for (i = 0; i < count && !status; i++)
		if (dprintf(sink.fd, "%s\n", t->lines[i]) < 0)
			status = STK_FAILED;
	if (!status)
		status = sink_commit(&sink);
	sink_close(&sink);
	return status;
}

static int write_bugs(const struct stk_bugs *bugs, const struct options *o)
{
	struct stk_style style;
	struct stk_error *err;
	struct sink sink;
	int status = open_sink(&sink, o);

	stk_style_init(&style);
	style.verbose = o->verbose;
	if (!status) {
		style.colour = tty_colour((enum colour_when)colour, sink.fd);
		err = stk_bugs_write(bugs, format ? format : "text", root, &style, sink.fd);
		status = err ? say_error(err) : sink_commit(&sink);
	}
	sink_close(&sink);
	return status;
}

static int rank(const char *severity)
{
	static const char *const order[] = { "UNKNOWN", "NOT_EXPLOITABLE", "PROBABLY_EXPLOITABLE",
					     "EXPLOITABLE" };
	int i;

	for (i = 0; i < 4; i++)
		if (severity && !strcasecmp(order[i], severity))
			return i;
	return -1;
}

static bool fails(const struct stk_bugs *bugs)
{
	uint32_t i;

	if (!fail_on)
		return false;
	if (!strcmp(fail_on, "crash"))
		return bugs->nbugs > 0;
	for (i = 0; i < bugs->nbugs; i++)
		if (rank(bugs->crashes[bugs->bugs[i].crash].severity) >=
		    rank(fail_on + strlen("severity>=")))
			return true;
	return false;
}

static bool check_options(void)
{
	if (fail_on && strcmp(fail_on, "crash") != 0 &&
	    (strncmp(fail_on, "severity>=", 10) != 0 || rank(fail_on + 10) < 0)) {
		say("--fail-on cannot be '%s': it is crash or severity>= one of " SEVERITIES,
		    fail_on);
		return false;
	}
	return true;
}

/* Is something missing: a file that could not be read, or a part of one? */
static bool is_partial(const struct stk_bugs *bugs)
{
	uint32_t i;

	for (i = 0; i < bugs->ncrashes; i++)
		if (bugs->crashes[i].error || !bugs->crashes[i].complete)
			return true;
	return false;
}

static int finish(struct triage *t, const struct options *o, size_t count)
{
	struct stk_bugs *bugs;
	struct stk_error *err = stk_bugs_read((const char *const *)t->lines, count, &bugs);
	int status;

	if (err)
		return say_error(err);
	if (why && bugs->ncrashes == 2) {
		char *text = stk_bugs_why(bugs, 0, 1);

		status = fputs(text, stdout) < 0 ? STK_FAILED : 0;
		free(text);
	} else if (why) {
		say("--why compares two crashes");
		status = STK_USAGE;
	} else {
		status = write_bugs(bugs, o);
	}
	if (!status && fails(bugs))
		status = EXIT_FAIL_ON;
	if (!status && is_partial(bugs))
		status = EXIT_PARTIAL;
	stk_bugs_free(bugs);
	return status;
}

static int collect(struct triage *t, int argc, char **argv, size_t *count)
{
	int status = 0, i;

	if (reduce)
		return read_lines(t, argc, argv, count);
	for (i = 0; i < argc && !status; i++)
		status = paths_add(&t->paths, argv[i]);
	if (status)
		return status;
	paths_sort(&t->paths);
	read_crashes(t);
	*count = close_gaps(t->lines, t->paths.count);
	return 0;
}

static int triage(struct options *o, int argc, char **argv)
{
	struct triage t = { .done = 0 };
	size_t count = 0;
	int status;

	if (!check_options())
		return STK_USAGE;
	run_init(&t.run, o, "json", STK_WANT_CAUSE);
	status = collect(&t, argc, argv, &count);
	if (!status)
		status = map ? write_lines(&t, o, count) : finish(&t, o, count);
	free_texts(t.lines, count);
	free_texts(t.keys, t.paths.count);
	free(t.todo);
	paths_free(&t.paths);
	return status;
}

const struct command cmd_triage = {
	.name = "triage",
	.arguments = "PATH...",
	.summary = "many crashes, few bugs: cores and reports",
	.sets = SET_GENERAL | SET_FILES,
	.own = own,
	.own_title = "Triage",
	.least = 1,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = triage,
};
