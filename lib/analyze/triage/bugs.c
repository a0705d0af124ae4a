/* SPDX-License-Identifier: Apache-2.0 */
/* From lines of crashes to bugs: the same whatever the order in which they come. */
#include "triage.h"

#include <stdlib.h>
#include <string.h>

/* What stk_bugs_free() frees. */
struct owned {
	struct stk_bugs bugs; /* first: the public part */
	struct arena arena;
};

/* ---- order ---- */

static int by_path(const void *left, const void *right)
{
	const struct stk_crash *a = left, *b = right;
	int order = strcmp(a->path, b->path);

	/* of two of one path the one that says more comes first, and stays */
	if (!order)
		order = (a->error != NULL) - (b->error != NULL);
	if (!order)
		order = a->nframes < b->nframes ? 1 : a->nframes > b->nframes ? -1 : 0;
	if (!order && a->id && b->id)
		order = strcmp(a->id, b->id);
	return order;
}

static uint32_t drop_doubles(struct stk_crash *crashes, uint32_t count)
{
	uint32_t kept = 0, i;

	for (i = 0; i < count; i++)
		if (!kept || strcmp(crashes[kept - 1].path, crashes[i].path) != 0)
			crashes[kept++] = crashes[i];
	return kept;
}

/* Of as many crashes the worse first, then as the alphabet has their signatures. */
static int by_size(const void *left, const void *right, void *arg)
{
	const struct stk_crash *crashes = arg;
	const struct stk_bug *a = left, *b = right;
	const struct stk_crash *x = &crashes[a->crash], *y = &crashes[b->crash];
	int order = (int)triage_rank(y->severity) - (int)triage_rank(x->severity);

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (!order)
		order = strcmp(x->signature, y->signature);
	return order ? order : strcmp(a->id, b->id);
}

/* ---- grouping ---- */

struct grouping {
	struct owned *o;
	uint32_t *order; /* crashes by id, then by path */
	uint32_t count;
};

static int by_id(const void *left, const void *right, void *arg)
{
	const struct stk_crash *crashes = arg;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = strcmp(crashes[a].id, crashes[b].id);

	return order ? order : a < b ? -1 : a > b;
}

/* The crash that is shown: the one whose stack says most, the first of them. */
static uint32_t best_of(const struct stk_bugs *bugs, const uint32_t *crashes, uint32_t count)
{
	uint32_t best = crashes[0], i;

	for (i = 1; i < count; i++) {
		const struct stk_crash *a = &bugs->crashes[crashes[i]], *b = &bugs->crashes[best];

		if (a->complete != b->complete ? a->complete : a->nframes > b->nframes)
			best = crashes[i];
	}
	return best;
}

static void make_bugs(struct grouping *g)
{
	struct stk_bugs *bugs = &g->o->bugs;
	struct stk_bug *list = arena_zalloc(&g->o->arena, ((size_t)g->count + 1) * sizeof(*list));
	uint32_t i, n;

	for (i = 0; i < g->count; i += n) {
		const char *id = bugs->crashes[g->order[i]].id;

		for (n = 1; i + n < g->count && !strcmp(bugs->crashes[g->order[i + n]].id, id); n++)
			;
		list[bugs->nbugs++] = (struct stk_bug){
			.id = id,
			.crash = best_of(bugs, g->order + i, n),
			.crashes = g->order + i,
			.count = n,
		};
	}
	qsort_r(list, bugs->nbugs, sizeof(*list), by_size, (void *)(uintptr_t)bugs->crashes);
	bugs->bugs = list;
	triage_likes(bugs, list, &g->o->arena);
}

/* Which crashes are bugs', which could not be read, and in which nothing had crashed. */
static void sort_out(struct owned *o)
{
	struct stk_bugs *bugs = &o->bugs;
	size_t size = ((size_t)bugs->ncrashes + 1) * sizeof(uint32_t);
	uint32_t *unread = arena_alloc(&o->arena, size), *none = arena_alloc(&o->arena, size), i;
	struct grouping g = { .o = o, .order = arena_alloc(&o->arena, size) };

	for (i = 0; i < bugs->ncrashes; i++) {
		if (bugs->crashes[i].error)
			unread[bugs->nunread++] = i;
		else if (!bugs->crashes[i].id)
			none[bugs->nnone++] = i;
		else
			g.order[g.count++] = i;
	}
	bugs->unread = unread;
	bugs->none = none;
	qsort_r(g.order, g.count, sizeof(*g.order), by_id, (void *)(uintptr_t)bugs->crashes);
	make_bugs(&g);
}

STK_API struct stk_error *stk_bugs_read(const char *const *lines, size_t count,
					struct stk_bugs **ret)
{
	struct owned *o = xcalloc(1, sizeof(*o));
	struct stk_crash *crashes = arena_alloc(&o->arena, (count + 1) * sizeof(*crashes));
	size_t i;

	for (i = 0; i < count; i++) {
		if (triage_read_line(lines[i], &o->arena, &crashes[i]))
			continue;
		stk_bugs_free(&o->bugs);
		return error_create(STK_FAILED, "line %zu is no crash of stk", i + 1);
	}
	qsort(crashes, count, sizeof(*crashes), by_path);
	o->bugs.crashes = crashes;
	o->bugs.ncrashes = drop_doubles(crashes, (uint32_t)count);
	sort_out(o);
	*ret = &o->bugs;
	return NULL;
}

STK_API void stk_bugs_free(struct stk_bugs *bugs)
{
	struct owned *o = (struct owned *)bugs;

	if (!o)
		return;
	arena_deinit(&o->arena);
	free(o);
}

STK_API char *stk_crash_line(const struct stk_dump *dump, const char *path)
{
	struct arena arena = { 0 };
	struct stk_crash crash = triage_crash(dump, path, &arena);
	char *line = triage_line(&crash);

	arena_deinit(&arena);
	return line;
}

STK_API char *stk_crash_error_line(const char *path, const char *error)
{
	return triage_line(&(struct stk_crash){ .path = path, .error = error });
}

STK_API char *stk_bugs_why(const struct stk_bugs *bugs, uint32_t a, uint32_t b)
{
	return triage_why(bugs, &bugs->crashes[a], &bugs->crashes[b]);
}
