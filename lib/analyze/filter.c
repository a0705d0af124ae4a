/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN, NO, YES };

/* A pattern, and what it said about everything it was asked: each string, location and stack
 * is matched once, however many tasks have it. */
struct pattern {
	regex_t regex;
	bool compiled;
	unsigned char *locs; /* UNKNOWN, NO, YES */
	unsigned char *stacks;
	struct map strings; /* interned: the pointer stands for the text */
};

struct filtering {
	const struct stk_dump *dump;
	const struct stk_filter *filter;
	struct builder *b;
	struct pattern *match, *exclude;
	uint32_t *stacks;  /* old stack -> new stack, for tasks without detail; STK_NONE unknown */
	uint32_t *frames;  /* room for the frames of a stack that is cut ... */
	uint32_t *origins; /* ... and their places in the old one */
	size_t cap_frames, cap_origins;
	unsigned wanted;    /* level single: the task flags that are kept */
	bool only_language; /* of the stack at work: native frames are dropped */
};

/* ---- patterns ---- */

static bool string_matches(struct pattern *p, const char *text)
{
	uint64_t result;

	if (!text)
		return false;
	if (!map_get(&p->strings, (uintptr_t)text, &result)) {
		result = !regexec(&p->regex, text, 0, NULL, 0);
		map_put(&p->strings, (uintptr_t)text, result);
	}
	return result;
}

/* Files are matched as they are shown, with the line: -m 'http.c:88$'. */
static bool place_matches(struct pattern *p, const struct stk_loc *loc)
{
	FREE_AT_END char *place = NULL;

	if (!loc->file)
		return false;
	place = xasprintf("%s:%u", loc->file, loc->line);
	return !regexec(&p->regex, place, 0, NULL, 0);
}

static bool loc_matches(struct pattern *p, const struct stk_dump *dump, uint32_t id)
{
	const struct stk_loc *loc = &dump->locs[id];
	bool result;

	if (p->locs[id] == UNKNOWN) {
		result = string_matches(p, loc->func) || string_matches(p, loc->linkage) ||
			 place_matches(p, loc);
		if (!loc->func && loc->module < dump->nmodules)
			result = result || string_matches(p, dump->modules[loc->module].path);
		p->locs[id] = result ? YES : NO;
	}
	return p->locs[id] == YES;
}

static bool stack_matches(struct pattern *p, const struct stk_dump *dump, uint32_t id)
{
	const struct stk_stack *stack = &dump->stacks[id];
	uint32_t i;

	if (p->stacks[id] == UNKNOWN) {
		p->stacks[id] = NO;
		for (i = 0; i < stack->count && p->stacks[id] == NO; i++)
			if (loc_matches(p, dump, dump->frames[stack->frames[i]].loc))
				p->stacks[id] = YES;
	}
	return p->stacks[id] == YES;
}

/* As "tenant=acme"; tasks with the same labels share them. */
static bool labels_match(struct pattern *p, const struct stk_more *more)
{
	uint64_t result = 0;
	uint32_t i;

	if (!more->nlabels || map_get(&p->strings, (uintptr_t)more->labels, &result))
		return result != 0;
	for (i = 0; i < more->nlabels && !result; i++) {
		FREE_AT_END char *text = xasprintf("%s=%s", more->labels[i].key,
						   more->labels[i].value);

		result = !regexec(&p->regex, text, 0, NULL, 0);
	}
	map_put(&p->strings, (uintptr_t)more->labels, result);
	return result != 0;
}

static bool task_matches(struct pattern *p, const struct stk_dump *dump,
			 const struct stk_task *task)
{
	return string_matches(p, task->name) || string_matches(p, task->state) ||
	       string_matches(p, task->more->header) || labels_match(p, task->more) ||
	       stack_matches(p, dump, task->stack) ||
	       (task->creator < dump->nframes &&
		loc_matches(p, dump, dump->frames[task->creator].loc));
}

static void patterns_close(struct pattern *patterns, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (patterns[i].compiled)
			regfree(&patterns[i].regex);
		free(patterns[i].locs);
		free(patterns[i].stacks);
		map_deinit(&patterns[i].strings);
	}
	free(patterns);
}

/* *ret is to be closed also after an error. */
static struct stk_error *patterns_open(const struct stk_dump *dump, const char *const *texts,
				       size_t count, struct pattern **ret)
{
	char reason[128];
	size_t i;
	int failed;

	*ret = xcalloc(count + 1, sizeof(**ret));
	for (i = 0; i < count; i++) {
		struct pattern *p = &(*ret)[i];

		failed = regcomp(&p->regex, texts[i], REG_EXTENDED | REG_NOSUB);
		if (failed) {
			regerror(failed, &p->regex, reason, sizeof(reason));
			return error_create(STK_USAGE, "bad pattern '%s': %s", texts[i], reason);
		}
		p->compiled = true;
		p->locs = xcalloc((size_t)dump->nlocs + 1, 1);
		p->stacks = xcalloc((size_t)dump->nstacks + 1, 1);
	}
	return NULL;
}

/* ---- which tasks ---- */

static bool is_listed(const struct stk_filter *filter, uint64_t id)
{
	size_t i;

	for (i = 0; i < filter->nids; i++)
		if (filter->ids[i] == id)
			return true;
	return false;
}

/* Besides what is marked so: a thread that runs nothing but the code of the language's runtime, idle
 * or watching the others. */
static bool is_runtimes_own(const struct stk_dump *dump, const struct stk_task *task)
{
	const struct stk_stack *stack = &dump->stacks[task->stack];
	uint32_t i;

	if (task->flags & STK_TASK_SYSTEM)
		return true;
	if (task->kind != STK_THREAD || !dump->target.go_version || !dump->target.goroutines)
		return false;
	for (i = 0; i < stack->count; i++)
		if (!(dump->frames[stack->frames[i]].flags & STK_FRAME_LANGUAGE))
			return false;
	return stack->count > 0;
}

static bool level_keeps(const struct filtering *f, const struct stk_task *task, uint32_t index)
{
	switch (f->filter->level) {
	case STK_LEVEL_NONE:
		return false;
	case STK_LEVEL_SINGLE:
		return f->wanted ? (task->flags & f->wanted) != 0 : index == 0;
	case STK_LEVEL_ALL:
		/* The one that crashed is shown whoever it belongs to, and what was asked for by
		 * its id, or as a thread, too. */
		return f->filter->kind == STK_THREAD || f->filter->nids ||
		       (task->flags & (STK_TASK_CRASHED | STK_TASK_CURRENT)) ||
		       !is_runtimes_own(f->dump, task);
	case STK_LEVEL_SYSTEM:
	case STK_LEVEL_CRASH:
		break;
	}
	return true;
}

static bool patterns_keep(const struct filtering *f, const struct stk_task *task)
{
	size_t i;

	for (i = 0; i < f->filter->nmatch; i++)
		if (!task_matches(&f->match[i], f->dump, task))
			return false;
	for (i = 0; i < f->filter->nexclude; i++)
		if (task_matches(&f->exclude[i], f->dump, task))
			return false;
	return true;
}

static bool is_kept(const struct filtering *f, uint32_t index)
{
	const struct stk_task *task = &f->dump->tasks[index];
	const struct stk_filter *filter = f->filter;

	return level_keeps(f, task, index) && (filter->kind < 0 || filter->kind == task->kind) &&
	       (!filter->nids || is_listed(filter, task->id)) &&
	       (filter->min_wait_ns <= 0 || task->wait_ns >= filter->min_wait_ns) &&
	       patterns_keep(f, task);
}

/* Level single: the crashed ones (a text may hold several reports); where nothing crashed,
 * the current ones; where nothing is current, the first task (0). */
static unsigned wanted_flags(const struct stk_dump *dump)
{
	unsigned seen = 0;
	uint32_t i;

	for (i = 0; i < dump->ntasks; i++)
		seen |= dump->tasks[i].flags;
	if (seen & STK_TASK_CRASHED)
		return STK_TASK_CRASHED;
	return seen & STK_TASK_CURRENT;
}

/* ---- which frames ---- */

/* A stack on its way: frames[i] was origins[i] of the old one. */
struct cut {
	uint32_t *frames, *origins;
	uint32_t count, elided, elided_at;
};

static unsigned hidden_flags(const struct stk_filter *filter)
{
	return (filter->hide_runtime ? STK_FRAME_RUNTIME | STK_FRAME_INTERPRETER : 0) |
	       (filter->hide_interpreter ? STK_FRAME_INTERPRETER : 0);
}

static bool frame_is_shown(const struct filtering *f, uint32_t id, bool with_runtime)
{
	const struct stk_frame *frame = &f->dump->frames[id];

	return (with_runtime || !(frame->flags & hidden_flags(f->filter))) &&
	       !(f->filter->no_inlines && f->dump->locs[frame->loc].inlined) &&
	       !(f->only_language && !f->dump->locs[frame->loc].language);
}

/* Is a frame of an interpreter in it? */
static bool has_language(const struct filtering *f, const struct stk_stack *stack)
{
	uint32_t i;

	for (i = 0; i < stack->count; i++)
		if (f->dump->locs[f->dump->frames[stack->frames[i]].loc].language)
			return true;
	return false;
}

static void choose_frames(const struct filtering *f, const struct stk_stack *stack,
			  bool with_runtime, struct cut *cut)
{
	uint32_t i;

	cut->count = 0;
	cut->elided = stack->elided;
	cut->elided_at = 0;
	for (i = 0; i < stack->count; i++) {
		if (i == stack->elided_at)
			cut->elided_at = cut->count;
		if (!frame_is_shown(f, stack->frames[i], with_runtime))
			continue;
		cut->frames[cut->count] = stack->frames[i];
		cut->origins[cut->count++] = i;
	}
	if (stack->elided_at >= stack->count)
		cut->elided_at = cut->count;
}

/* Keeps `max` frames, a quarter of them outermost ones: who asks for few wants to know where it is,
 * and the outermost two or three frames of most stacks are the same. There is one gap: one that is
 * there already grows in the direction of the new one. */
static void limit_frames(struct cut *cut, uint32_t max)
{
	uint32_t newest = max - max / 4, tail, dropped;

	if (!max || cut->count <= max)
		return;
	tail = cut->count - max / 4;
	if (cut->elided && cut->elided_at < newest)
		newest = cut->elided_at;
	if (cut->elided && cut->elided_at > tail)
		tail = cut->elided_at;
	dropped = tail - newest;
	memmove(cut->frames + newest, cut->frames + tail, (cut->count - tail) * sizeof(uint32_t));
	memmove(cut->origins + newest, cut->origins + tail, (cut->count - tail) * sizeof(uint32_t));
	cut->count -= dropped;
	if (cut->elided != STK_NONE)
		cut->elided += dropped;
	cut->elided_at = newest;
}

static void cut_stack(struct filtering *f, const struct stk_stack *stack, struct cut *cut)
{
	f->frames = grow(f->frames, &f->cap_frames, (size_t)stack->count + 1, sizeof(*f->frames));
	f->origins = grow(f->origins, &f->cap_origins, (size_t)stack->count + 1,
			  sizeof(*f->origins));
	cut->frames = f->frames;
	cut->origins = f->origins;
	f->only_language = f->filter->no_native && has_language(f, stack);
	choose_frames(f, stack, false, cut);
	if (!cut->count && hidden_flags(f->filter))
		choose_frames(f, stack, true, cut);
	limit_frames(cut, f->filter->max_frames);
}

static uint32_t put_stack(struct filtering *f, const struct stk_stack *old, const struct cut *cut)
{
	struct stk_stack stack = *old;

	stack.frames = cut->frames;
	stack.count = cut->count;
	stack.elided = cut->elided;
	stack.elided_at = cut->elided_at;
	return builder_stack(f->b, &stack);
}

/* The details of the frames that are left. */
static const struct stk_detail *put_detail(struct filtering *f, const struct stk_detail *old,
					   const struct cut *cut)
{
	struct stk_detail *detail;
	uint32_t i;

	if (!cut->count)
		return NULL;
	detail = builder_alloc(f->b, cut->count * sizeof(*detail));
	for (i = 0; i < cut->count; i++)
		detail[i] = old[cut->origins[i]];
	return detail;
}

static bool cuts_stacks(const struct stk_filter *filter)
{
	return hidden_flags(filter) || filter->no_inlines || filter->no_native ||
	       filter->max_frames;
}

static void put_cut_task(struct filtering *f, struct stk_task *task)
{
	const struct stk_stack *old = &f->dump->stacks[task->stack];
	uint32_t known = f->stacks[task->stack];
	struct cut cut;

	if (known != STK_NONE && !task->detail) {
		task->stack = known;
		return;
	}
	cut_stack(f, old, &cut);
	known = put_stack(f, old, &cut);
	f->stacks[task->stack] = known;
	if (task->detail && cut.count != old->count)
		task->detail = put_detail(f, task->detail, &cut);
	task->stack = known;
}

static void put_task(struct filtering *f, const struct stk_task *old)
{
	struct stk_task *task = builder_task(f->b);

	*task = *old;
	if (cuts_stacks(f->filter))
		put_cut_task(f, task);
}

/* ---- the rest of the dump ---- */

/* kept[i]: how many tasks before i are kept. */
static void put_reports(struct filtering *f, const uint32_t *kept)
{
	const struct stk_dump *dump = f->dump;
	uint32_t i;

	for (i = 0; i < dump->nreports; i++) {
		struct stk_report report = dump->reports[i];

		report.first = kept[dump->reports[i].first];
		report.count = kept[dump->reports[i].first + dump->reports[i].count] - report.first;
		if (report.count || !dump->reports[i].count)
			builder_report(f->b, &report);
	}
	for (i = 0; i < dump->nspans; i++) {
		struct stk_span span = dump->spans[i];

		span.task = kept[span.task];
		builder_span(f->b, &span);
	}
}

static void put_all(struct filtering *f)
{
	const struct stk_dump *dump = f->dump;
	FREE_AT_END uint32_t *kept = xmalloc(((size_t)dump->ntasks + 1) * sizeof(*kept));
	uint32_t i, count = 0;

	for (i = 0; i < dump->ntasks; i++) {
		kept[i] = count;
		if (!is_kept(f, i))
			continue;
		put_task(f, &dump->tasks[i]);
		count++;
	}
	kept[i] = count;
	put_reports(f, kept);
}

struct stk_error *analyze_filter(const struct stk_dump *dump, const struct stk_filter *filter,
				 struct builder *b)
{
	struct filtering f = { .dump = dump, .filter = filter, .b = b, .match = NULL };
	struct stk_error *err;

	err = patterns_open(dump, filter->match, filter->nmatch, &f.match);
	if (!err)
		err = patterns_open(dump, filter->exclude, filter->nexclude, &f.exclude);
	if (!err) {
		f.wanted = wanted_flags(dump);
		f.stacks = xmalloc(((size_t)dump->nstacks + 1) * sizeof(*f.stacks));
		memset(f.stacks, 0xff, ((size_t)dump->nstacks + 1) * sizeof(*f.stacks));
		put_all(&f);
	}
	if (f.match)
		patterns_close(f.match, filter->nmatch);
	if (f.exclude)
		patterns_close(f.exclude, filter->nexclude);
	free(f.stacks);
	free(f.frames);
	free(f.origins);
	return err;
}
