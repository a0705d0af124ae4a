/* SPDX-License-Identifier: Apache-2.0 */
/* --exe: where a process had loaded a file that is relocated, out of what its trace says.
 *
 * Said outright: mappings, and addresses with their offset in the file. Certain as well: "f+0x1c"
 * beside an address, since where f begins is known; what other function of that name, or other
 * build, gives no multiple of a page. "f" alone narrows the address to those of f, and f is seldom
 * larger than a page: that is believed where the line is the one that the text has, or where two
 * functions agree. */
#include "exe.h"

#include <stdlib.h>

#define PAGE 4096u /* the smallest there is: loads are multiples of it everywhere */
#define MAX_VOTES 64u

/* How much a frame says for a load. */
enum { SAYS_NAME = 1, SAYS_LINE = 2, SAYS_OFFSET = 1000, SAYS_MAPPING = 1000000 };
#define ENOUGH 2u

struct vote {
	uint64_t load;
	uint32_t weight;
	const char *func; /* of the first that voted by its name only */
};

struct ballot {
	struct vote votes[MAX_VOTES];
	unsigned count;
};

struct loads {
	struct builder *b;
	struct exe *exes;
	size_t nexes;
	const struct reports *reports;
	const struct trace_mapping *mappings;
	size_t nmappings;
	bool force;
	uint64_t *list;            /* of report r and file e at r * nexes + e */
	struct map frames, stacks; /* those of the report at hand that have been looked at */
};

static bool is_load(uint64_t load)
{
	return load % PAGE == 0 && load <= INT64_MAX;
}

static void vote(struct ballot *ballot, uint64_t load, uint32_t weight, const char *func)
{
	unsigned i;

	if (!is_load(load))
		return;
	for (i = 0; i < ballot->count && ballot->votes[i].load != load; i++)
		;
	if (i == MAX_VOTES)
		return;
	if (i == ballot->count)
		ballot->votes[ballot->count++] = (struct vote){ load, 0, func };
	else if (weight == SAYS_NAME && ballot->votes[i].func == func)
		return;
	ballot->votes[i].weight += weight;
}

/* ---- what one frame says ---- */

static bool same_line(const struct stk_loc *a, const struct stk_loc *b)
{
	if (!a->file || !b->file || !a->line || a->line != b->line)
		return false;
	return !strcmp(path_base(a->file), path_base(b->file));
}

/* Is this what the text says there is? 0: no. */
static uint32_t agrees(struct exe *exe, uint64_t pc, unsigned flags, const struct stk_loc *loc)
{
	const uint32_t *ids;
	size_t count = lookup_frames(exe->lookup, pc, flags, STK_HOW_TEXT, &ids), i;
	const struct stk_loc *found;

	for (i = 0; i < count; i++) {
		found = builder_loc_at(exe->b, builder_frame_at(exe->b, ids[i])->loc);
		if (found->func && !strcmp(found->func, loc->func))
			return same_line(found, loc)        ? SAYS_LINE
			       : !loc->line || !found->line ? SAYS_NAME
							    : 0;
	}
	return 0;
}

/* The addresses of a function that have the same place in a page. */
static void vote_by_name(struct ballot *ballot, struct exe *exe, const struct stk_frame *frame,
			 const struct stk_loc *loc, bool exact)
{
	struct exe_function f = exe_function(exe, loc);
	uint64_t lookup = frame->pc - !exact, at;
	unsigned flags = exact ? STK_FRAME_ACTIVATION : 0;
	uint32_t weight;

	if (!f.found || f.size > 16 * PAGE)
		return;
	for (at = f.start + (lookup - f.start) % PAGE; at < f.start + f.size; at += PAGE) {
		weight = lookup >= at ? agrees(exe, at + !exact, flags, loc) : 0;
		if (weight)
			vote(ballot, lookup - at, weight, loc->func);
	}
}

static void vote_by_offset(struct ballot *ballot, struct exe *exe, const struct stk_frame *frame,
			   const struct stk_loc *loc)
{
	struct exe_function f = exe_function(exe, loc);

	if (f.found && (!f.size || loc->func_offset <= f.size))
		vote(ballot, frame->pc - f.start - loc->func_offset, SAYS_OFFSET, loc->func);
}

static void vote_by_frame(const struct loads *l, struct ballot *ballot, struct exe *exe,
			  const struct stk_frame *frame, bool exact)
{
	const struct stk_loc *loc = builder_loc_at(l->b, frame->loc);

	if (!frame->pc)
		return;
	if (loc->module != STK_NONE) {
		enum exe_match match = exe_match(exe, builder_module_at(l->b, loc->module));

		if (match == EXE_NO || (match == EXE_OTHER_BUILD && !l->force))
			return;
		if (loc->offset && loc->offset != frame->pc) {
			vote(ballot, frame->pc - loc->offset, SAYS_OFFSET, NULL);
			return;
		}
	}
	if (!loc->func)
		return;
	if (loc->func_offset != UINT64_MAX)
		vote_by_offset(ballot, exe, frame, loc);
	else
		vote_by_name(ballot, exe, frame, loc, exact);
}

/* ---- a report ---- */

static bool first_time(struct map *seen, uint64_t key)
{
	uint64_t unused;

	if (map_get(seen, key, &unused))
		return false;
	map_put(seen, key, 0);
	return true;
}

static void vote_by_stack(struct loads *l, struct ballot *ballots, const struct stk_task *task)
{
	const struct stk_stack *stack = builder_stack_at(l->b, task->stack);
	uint32_t at;
	size_t e;

	if (!first_time(&l->stacks, task->stack))
		return;
	for (at = 0; at < stack->count; at++) {
		bool exact = symbolize_is_exact(l->b, task, stack, at);

		if (!first_time(&l->frames, (uint64_t)stack->frames[at] << 1 | exact))
			continue;
		for (e = 0; e < l->nexes; e++)
			if (!l->exes[e].fixed)
				vote_by_frame(l, &ballots[e], &l->exes[e],
					      builder_frame_at(l->b, stack->frames[at]), exact);
	}
}

/* The piece of code that the kernel says it has found an address in. */
struct code {
	const struct trace_mapping *mapping;
	struct ballot *ballot;
	uint64_t bias;
};

static void vote_by_code(uint64_t start, uint64_t size, void *arg)
{
	struct code *code = arg;
	const struct trace_mapping *m = code->mapping;

	if (size == m->end - m->start && m->start >= start)
		vote(code->ballot, m->start - start - code->bias, SAYS_MAPPING, NULL);
}

/* The lowest mapping of the file: it begins with its headers. */
static void vote_by_mappings(const struct loads *l, struct ballot *ballot, const struct exe *exe,
			     uint32_t report)
{
	const struct trace_mapping *best = NULL;
	size_t i;

	for (i = 0; i < l->nmappings; i++) {
		const struct trace_mapping *m = &l->mappings[i];
		struct code code = { m, ballot, exe->module->bias };

		if (m->report != report ||
		    exe_match(exe, builder_module_at(l->b, m->module)) == EXE_NO)
			continue;
		if (m->offset == TRACE_OFFSET_UNKNOWN)
			exe_code(exe, vote_by_code, &code);
		else if (!best || m->start < best->start)
			best = m;
	}
	if (best && best->start >= best->offset + exe->module->start)
		vote(ballot, best->start - best->offset - exe->module->start, SAYS_MAPPING, NULL);
}

static uint64_t decide(const struct loads *l, const struct ballot *ballot, const struct exe *exe,
		       const struct stk_report *report)
{
	const struct vote *best = NULL, *second = NULL;
	unsigned i;

	for (i = 0; i < ballot->count; i++) {
		const struct vote *v = &ballot->votes[i];

		if (!best || v->weight > best->weight) {
			second = best;
			best = v;
		} else if (!second || v->weight > second->weight) {
			second = v;
		}
	}
	if (!best || best->weight < ENOUGH || (second && second->weight == best->weight))
		best = NULL;
	if (second &&
	    second->weight >= (best && best->weight >= SAYS_OFFSET ? SAYS_OFFSET : ENOUGH))
		builder_note(l->b, STK_NOTE_UNVERIFIED,
			     builder_fmt(l->b, "%s:%u", report->source, report->line),
			     "the addresses in '%s' do not agree on where it was loaded%s",
			     exe->path, best ? "; what most of them say is used" : "");
	return best ? best->load : LOAD_UNKNOWN;
}

static void find_loads(struct loads *l, uint32_t number)
{
	struct ballot *ballots = xcalloc(l->nexes, sizeof(*ballots));
	const struct stk_report *report = &l->reports->list[number];
	uint32_t i;
	size_t e;

	for (i = report->first; i < report->first + report->count; i++)
		vote_by_stack(l, ballots, builder_task_at(l->b, i));
	for (e = 0; e < l->nexes; e++) {
		const struct exe *exe = &l->exes[e];

		if (!exe->fixed)
			vote_by_mappings(l, &ballots[e], exe, number);
		l->list[number * l->nexes + e] = exe->fixed ? 0
							    : decide(l, &ballots[e], exe, report);
	}
	map_deinit(&l->frames);
	map_deinit(&l->stacks);
	free(ballots);
}

/* Where all that tell it agree, it is one process that has printed several traces. */
static void fill_in(struct loads *l, size_t e, uint32_t nreports)
{
	uint64_t known = LOAD_UNKNOWN, *load;
	uint32_t i;

	for (i = 0; i < nreports; i++) {
		load = &l->list[i * l->nexes + e];
		if (*load != LOAD_UNKNOWN && known != LOAD_UNKNOWN && *load != known)
			return;
		if (*load != LOAD_UNKNOWN)
			known = *load;
	}
	for (i = 0; i < nreports; i++)
		l->list[i * l->nexes + e] = known;
}

struct loads *loads_open(struct builder *b, struct exe *exes, size_t nexes,
			 const struct reports *reports, const struct trace_mapping *mappings,
			 size_t nmappings, bool force)
{
	struct loads *l = xcalloc(1, sizeof(*l));
	uint32_t i;
	size_t e;

	*l = (struct loads){ .b = b,
			     .exes = exes,
			     .nexes = nexes,
			     .reports = reports,
			     .mappings = mappings,
			     .nmappings = nmappings,
			     .force = force };
	l->list = xcalloc((size_t)reports->count * nexes + 1, sizeof(*l->list));
	for (i = 0; nexes && i < reports->count; i++)
		find_loads(l, i);
	for (e = 0; e < nexes; e++)
		fill_in(l, e, reports->count);
	return l;
}

void loads_use(struct loads *l, uint32_t report)
{
	size_t e;

	for (e = 0; e < l->nexes; e++)
		l->exes[e].load = l->list[report * l->nexes + e];
}

void loads_close(struct loads *l)
{
	free(l->list);
	free(l);
}
