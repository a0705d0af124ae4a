/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of different dumps that are the same place of the user's program, though the frames of its
 * language's library below it are not: the program was built with another release of that. */
#include "analyze.h"

#include <stdlib.h>
#include <string.h>

/* How many groups with the same part of the user's are looked at for one that is in other dumps. */
#define MAX_TRIES 64u

bool analyze_stateless(const struct stk_dump *dump)
{
	bool none = false, some = false;
	uint32_t i, j;

	for (i = 0; i < dump->ncompared; i++) {
		const struct stk_compared *part = &dump->compared[i];
		bool goroutines = false, states = false;

		for (j = part->first; j < part->first + part->count && !states; j++) {
			goroutines |= dump->tasks[j].kind == STK_GOROUTINE;
			states = dump->tasks[j].kind == STK_GOROUTINE && dump->tasks[j].state;
		}
		some |= states;
		none |= goroutines && !states;
	}
	return some && none;
}

/* ---- what is the same of a stack ---- */

struct join {
	const struct stk_dump *dump;
	enum stk_group_key key;
	bool stateless;
	struct arena arena;
	struct intern users; /* what is the user's of a stack, with kind and state */
	const void **words;
	size_t count, cap;
};

static void put(struct join *j, const void *word)
{
	j->words = grow(j->words, &j->cap, j->count + 1, sizeof(*j->words));
	j->words[j->count++] = word;
}

static void put_frame(struct join *j, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &j->dump->locs[frame->loc];
	bool lineless = frame->flags & STK_FRAME_LIBRARY || j->key == STK_GROUP_FUNC;

	put(j, loc->func);
	put(j, lineless ? NULL : (const void *)(uintptr_t)loc->line);
}

/* What not all releases tell apart the frames do; other states keep their names. */
static const char *state_of(const struct join *j, const struct stk_task *task)
{
	if (!task->state || j->stateless)
		return NULL;
	return origin_is_vague_state(task->state) ? "" : task->state;
}

/* Whether these are shown depends on the source of the dump; what the compiler has made comes and
 * goes with its release. */
static bool is_runtimes(const struct stk_frame *frame, const struct stk_loc *loc)
{
	return frame->flags & (STK_FRAME_RUNTIME | STK_FRAME_SIGNAL) ||
	       origin_is_made_by_compiler(loc->file) ||
	       (frame->flags & STK_FRAME_LIBRARY && frame->flags & STK_FRAME_LANGUAGE);
}

/* Of the library's frames above the user's only the one that the user has called. */
static uint32_t users_part(struct join *j, const struct stk_task *task)
{
	const struct stk_dump *dump = j->dump;
	const struct stk_stack *stack = &dump->stacks[task->stack];
	const struct stk_frame *called = NULL;
	bool user = false;
	uint32_t i;

	j->count = 0;
	put(j, (const void *)(uintptr_t)task->kind);
	put(j, state_of(j, task));
	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = &dump->frames[stack->frames[i]];

		if (is_runtimes(frame, &dump->locs[frame->loc]))
			continue;
		if (!user && frame->flags & STK_FRAME_LIBRARY) {
			called = frame;
			continue;
		}
		if (!user && called)
			put_frame(j, called);
		user = true;
		put_frame(j, frame);
	}
	if (!user && called)
		put_frame(j, called);
	return intern_put(&j->users, j->words, j->count * sizeof(*j->words));
}

/* ---- groups ---- */

/* A group as it grows: in which dumps it is, and the next one with the same part of the user's. */
struct joined {
	uint32_t user, next;
	bool seen, is_go;
};

static void mark_dumps(const struct stk_dump *dump, const uint32_t *numbers, bool *in)
{
	uint32_t part, i;

	for (part = 0; part < dump->ncompared; part++)
		for (i = 0; i < dump->compared[part].count; i++)
			in[(size_t)numbers[dump->compared[part].first + i] * dump->ncompared +
			   part] = true;
}

static bool overlap(const bool *a, const bool *b, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (a[i] && b[i])
			return true;
	return false;
}

/* The group that `number` becomes a part of: the first that is in none of its dumps. */
static uint32_t find_other(const struct joined *groups, bool *in, uint32_t ndumps, uint32_t first,
			   uint32_t number)
{
	bool *own = in + (size_t)number * ndumps, *other;
	uint32_t at, tries = 0, i;

	for (at = first; at != STK_NONE && tries++ < MAX_TRIES; at = groups[at].next) {
		other = in + (size_t)at * ndumps;
		if (overlap(own, other, ndumps))
			continue;
		for (i = 0; i < ndumps; i++)
			other[i] |= own[i];
		return at;
	}
	return number;
}

static void choose(const struct stk_dump *dump, struct joined *groups, uint32_t ngroups, bool *in,
		   uint32_t nusers, uint32_t *becomes)
{
	uint32_t *first = xmalloc(((size_t)nusers + 1) * sizeof(*first)), i;

	memset(first, 0xff, nusers * sizeof(*first));
	for (i = 0; i < ngroups; i++) {
		struct joined *g = &groups[i];

		becomes[i] = i;
		g->next = STK_NONE;
		if (!g->seen || !g->is_go)
			continue;
		becomes[i] = find_other(groups, in, dump->ncompared, first[g->user], i);
		if (becomes[i] == i) {
			g->next = first[g->user];
			first[g->user] = i;
		}
	}
	free(first);
}

void analyze_join(const struct stk_dump *dump, enum stk_group_key key, uint32_t *numbers,
		  uint32_t ngroups, bool stateless)
{
	struct join j = { .dump = dump, .key = key, .stateless = stateless };
	struct joined *groups = xcalloc((size_t)ngroups + 1, sizeof(*groups));
	bool *in = xcalloc((size_t)ngroups * dump->ncompared + 1, sizeof(*in));
	uint32_t *becomes = xcalloc((size_t)ngroups + 1, sizeof(*becomes)), i;

	intern_init(&j.users, &j.arena);
	for (i = 0; i < dump->ntasks; i++) {
		struct joined *g = &groups[numbers[i]];

		if (!g->seen)
			g->user = users_part(&j, &dump->tasks[i]);
		g->seen = true;
		g->is_go = dump->tasks[i].kind == STK_GOROUTINE;
	}
	mark_dumps(dump, numbers, in);
	choose(dump, groups, ngroups, in, (uint32_t)j.users.count, becomes);
	for (i = 0; i < dump->ntasks; i++)
		numbers[i] = becomes[numbers[i]];
	intern_deinit(&j.users);
	arena_deinit(&j.arena);
	free(j.words);
	free(groups);
	free(in);
	free(becomes);
}
