/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guard.h"
#include "say.h"
#include "sink.h"

/* ---- what was asked for ---- */

static const char *format_of(const struct options *o, const char *own)
{
	if (o->format)
		return o->format;
	return o->group >= 0 ? "group" : own;
}

/* What a listed format asks for; a table such as "threads" asks for nothing. */
static struct stk_format habits_of(const char *name)
{
	static const struct stk_format none;
	const struct stk_format *format = stk_formats();

	while (format->name && strcmp(format->name, name) != 0)
		format++;
	return format->name ? *format : none;
}

static enum stk_level level_of(const struct options *o)
{
	/* The words of --level; 0, 1 and 2 as Go reads them. */
	static const enum stk_level levels[] = {
		STK_LEVEL_NONE,  STK_LEVEL_SINGLE, STK_LEVEL_ALL, STK_LEVEL_SYSTEM,
		STK_LEVEL_CRASH, STK_LEVEL_NONE,   STK_LEVEL_ALL, STK_LEVEL_SYSTEM,
	};

	return o->level < 0 ? STK_LEVEL_ALL : levels[o->level];
}

static unsigned want_of(const struct options *o)
{
	enum stk_level level = level_of(o);

	/* Typed where there is DWARF, and the words that were passed where there is none. */
	bool arguments = o->want & STK_WANT_ARGS || o->group == STK_GROUP_EXACT ||
			 o->group == STK_GROUP_ARGS;

	return o->want | (o->source >= 0 ? STK_WANT_SOURCE : 0) |
	       (arguments ? STK_WANT_DETAIL | STK_WANT_ARGS : 0) |
	       (o->kind == STK_THREAD ? STK_WANT_THREADS : 0) |
	       (level >= STK_LEVEL_SYSTEM ? STK_WANT_DETAIL : 0) |
	       (level == STK_LEVEL_CRASH ? STK_WANT_REGS : 0);
}

void run_init(struct run *run, const struct options *o, const char *format, unsigned want)
{
	memset(run, 0, sizeof(*run));
	run->options = o;
	run->format = format_of(o, format);
	run->kind = o->kind;
	stk_want_init(&run->want);
	run->want.what = want | want_of(o) | habits_of(run->format).want;
	run->want.source_lines = o->source > 0 ? (uint32_t)o->source : 0;
	stk_files_init(&run->files);
	run->files.sysroot = o->sysroot;
	run->files.debug_dirs = o->debug_dirs.items;
	run->files.ndebug_dirs = o->debug_dirs.count;
	run->files.source_maps = o->source_maps.items;
	run->files.nsource_maps = o->source_maps.count;
	run->files.debuginfod = (enum stk_debuginfod)o->debuginfod;
	run->files.force = o->force;
	guard_files(&run->files);
	run->files.progress = o->quiet ? NULL : progress_show;
	run->files.progress_arg = &run->progress;
}

/* ---- targets ---- */

bool run_is_pid(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

bool run_is_file(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

static struct stk_error *open_as(struct run *run, const char *name, unsigned accept,
				 struct stk_dump **ret)
{
	struct stk_pause pause;

	stk_pause_init(&pause);
	pause.max_pause_ms = run->options->max_pause_ms;
	pause.none = run->options->no_pause;
	return stk_open(name, accept, &pause, &run->files, &run->want, ret);
}

static bool is_kind(const char *name, enum stk_target_kind kind)
{
	enum stk_target_kind found;
	struct stk_error *err = stk_identify(name, &found);

	stk_error_free(err);
	return !err && found == kind;
}

/* [EXE] CORE, or CORE EXE where there is no doubt which is which. */
static const char *take_exe(struct run *run, int argc, char **argv)
{
	bool swapped;

	if (argc != 2)
		return argv[0];
	swapped = is_kind(argv[0], STK_TARGET_CORE) && is_kind(argv[1], STK_TARGET_FILE);
	run->files.exes = (const char *const *)&argv[swapped];
	run->files.nexes = 1;
	return argv[!swapped];
}

struct stk_error *run_core(struct run *run, int argc, char **argv, struct stk_dump **ret)
{
	return open_as(run, take_exe(run, argc, argv), 1u << STK_TARGET_CORE, ret);
}

struct stk_error *run_pid(struct run *run, const char *pid, struct stk_dump **ret)
{
	return open_as(run, pid, 1u << STK_TARGET_PROCESS, ret);
}

struct stk_error *run_target(struct run *run, int argc, char **argv, struct stk_dump **ret)
{
	unsigned process = argc == 1 ? 1u << STK_TARGET_PROCESS : 0;

	return open_as(run, take_exe(run, argc, argv), process | 1u << STK_TARGET_CORE, ret);
}

struct stk_error *run_any(struct run *run, int argc, char **argv, struct stk_dump **ret)
{
	return argc == 1 ? open_as(run, argv[0], 0, ret) : run_core(run, argc, argv, ret);
}

/* ---- preparing ---- */

/* One -t: "18", or a list, "1,2,3". Adds to ids[*count]; false when it is neither. */
static bool parse_ids(const char *typed, uint64_t *ids, size_t *count)
{
	char *end;

	for (;;) {
		errno = 0;
		if (*typed < '0' || *typed > '9')
			return false;
		ids[(*count)++] = strtoull(typed, &end, 10);
		if (errno)
			return false;
		if (*end != ',')
			return *end == '\0';
		typed = end + 1;
	}
}

int run_tasks(struct run *run)
{
	const struct list *tasks = &run->options->tasks;
	size_t room = 1, i;

	for (i = 0; i < tasks->count; i++)
		room += strlen(tasks->items[i]) / 2 + 1;
	run->nids = 0;
	run->ids = calloc(room, sizeof(*run->ids));
	if (!run->ids)
		say_out_of_memory();
	for (i = 0; i < tasks->count; i++) {
		if (!parse_ids(tasks->items[i], run->ids, &run->nids)) {
			say("--task cannot be '%s': it is the number of a thread or goroutine",
			    tasks->items[i]);
			return STK_USAGE;
		}
	}
	return 0;
}

/* Go's ladder hides the runtime below level system; without a level, formats have their habit. */
static bool hides_runtime(const struct run *run)
{
	if (run->options->level >= 0)
		return level_of(run->options) < STK_LEVEL_SYSTEM;
	return run->hide_runtime || habits_of(run->format).hide_runtime;
}

struct stk_error *run_select(struct run *run, const struct stk_dump *dump, struct stk_dump **ret)
{
	const struct options *o = run->options;
	struct stk_filter filter;

	stk_filter_init(&filter);
	filter.level = level_of(o);
	filter.hide_runtime = hides_runtime(run);
	filter.hide_interpreter = level_of(o) < STK_LEVEL_SYSTEM && !habits_of(run->format).folds;
	filter.no_inlines = o->no_inlines;
	filter.no_native = o->no_native;
	filter.max_frames = o->max_frames;
	filter.ids = run->ids;
	filter.nids = run->nids;
	filter.kind = run->kind;
	filter.match = o->match.items;
	filter.nmatch = o->match.count;
	filter.exclude = o->exclude.items;
	filter.nexclude = o->exclude.count;
	filter.min_wait_ns = o->min_wait_ns;
	return stk_filter(dump, &filter, ret);
}

/* ---- printing ---- */

static int print(const struct run *run, const struct stk_dump *dump)
{
	const struct options *o = run->options;
	struct stk_style style;
	struct stk_error *err;
	struct sink sink;
	const struct list inputs[SINK_LISTS] = {
		o->inputs,
		{ (const char **)(uintptr_t)run->files.exes, run->files.nexes },
	};
	int status = sink_open(&sink, o->output, inputs);

	stk_style_init(&style);
	style.verbose = o->verbose;
	style.verbose_option = "-v";
	style.level = level_of(o);
	if (!status) {
		if (!sink.temporary)
			guard_writes();
		style.colour = tty_colour((enum colour_when)o->colour, sink.fd);
		/* A format that was asked for gives the same bytes everywhere. */
		style.width = o->format ? 0 : tty_width(sink.fd);
		err = stk_write(dump, run->format, &style, sink.fd);
		status = err ? say_error(err) : sink_commit(&sink);
	}
	sink_close(&sink);
	return status;
}

static int print_grouped(const struct run *run, const struct stk_dump *dump)
{
	int key = run->options->group;
	struct stk_dump *grouped;
	struct stk_error *err;
	int status;

	err = stk_group(dump, key < 0 ? STK_GROUP_LINE : (enum stk_group_key)key, &grouped);
	if (err)
		return say_error(err);
	status = print(run, grouped);
	stk_free(grouped);
	return status;
}

/* Why there is nothing to print, where that is not what was asked for. */
static const char *nothing_left(const struct run *run, const struct stk_dump *shown)
{
	if (shown->ntasks)
		return NULL;
	if (run->options->tasks.count)
		return "no thread or goroutine has this number";
	if (run->kind == STK_GOROUTINE && !shown->target.goroutines)
		return shown->target.go_version ? "the goroutines of this Go program are not read"
						: "no goroutines: this is not a Go program";
	return NULL;
}

static bool picks(const struct options *o)
{
	return o->match.count || o->exclude.count || o->min_wait_ns;
}

static int print_any(const struct run *run, const struct stk_dump *shown)
{
	const char *nothing = nothing_left(run, shown);

	if (nothing) {
		say("%s: %s", shown->target.name, nothing);
		return STK_FAILED;
	}
	if (!shown->ntasks && picks(run->options) && !run->options->quiet)
		say("%s: no thread or goroutine matches", shown->target.name);
	if (run->options->group >= 0 || habits_of(run->format).groups)
		return print_grouped(run, shown);
	return print(run, shown);
}

/* ---- the exit status ---- */

static int verdict(const struct run *run, const struct stk_dump *dump)
{
	unsigned i;

	for (i = 0; i < STK_CONDITION_COUNT; i++)
		if (run->options->fail_on & 1u << i &&
		    stk_holds(dump, (enum stk_condition)i, run->options->grown))
			return EXIT_FAIL_ON;
	return dump->complete ? 0 : EXIT_PARTIAL;
}

static int finish(struct run *run, const struct stk_dump *dump)
{
	struct stk_error *err;
	struct stk_dump *shown;
	int status;

	/* several dumps were selected from one by one */
	if (dump->ncompared)
		return print(run, dump);
	status = run_tasks(run);
	if (status)
		return status;
	err = run_select(run, dump, &shown);
	if (err)
		return say_error(err);
	status = print_any(run, shown);
	stk_free(shown);
	return status;
}

int run_finish(struct run *run, struct stk_error *err, struct stk_dump *dump)
{
	int status;

	progress_end(&run->progress);
	if (err) {
		free(run->ids);
		return say_failure(err, run->options->quiet);
	}
	status = finish(run, dump);
	free(run->ids);
	if (!run->options->quiet)
		say_notes(dump, run->options->verbose);
	if (!status)
		status = verdict(run, dump);
	stk_free(dump);
	return status;
}
