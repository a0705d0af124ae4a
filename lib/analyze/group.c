/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze.h"

#include <stdlib.h>
#include <string.h>

/* Every stack, and where asked for every task's arguments, becomes one small number; a task's
 * key is a few of them, and grouping is counting keys. */
struct grouping {
	const struct stk_dump *dump;
	enum stk_group_key key;
	struct arena arena;
	struct intern places, stacks, keys;
	uint32_t *places_of; /* location -> place */
	uint32_t *stack_of;  /* stack -> canonical stack */
	uint32_t *words;     /* room for one stack's places */
	size_t cap_words;
	bool stateless; /* dumps are compared of which one does not tell states */
};

/* What makes two frames the same place. Strings are interned: a pointer stands for its text. */
struct place {
	const char *func, *file;
	uint64_t offset;
	uint32_t line, module;
	uint64_t inlined;
};

/* `compared`: what tells of inlined calls and what does not are to be alike. */
static struct place place_of(const struct stk_loc *loc, enum stk_group_key key, bool compared)
{
	struct place place = { .func = loc->func, .module = STK_NONE };

	/* Without a function there is no name to compare: the address has to do. */
	if (!loc->func) {
		place.module = loc->module;
		place.offset = loc->offset;
	}
	if (key != STK_GROUP_FUNC) {
		place.file = loc->file;
		place.line = loc->line;
		place.inlined = loc->inlined && !compared;
	}
	return place;
}

static void number_places(struct grouping *g)
{
	const struct stk_dump *dump = g->dump;
	uint32_t i;

	g->places_of = xmalloc(((size_t)dump->nlocs + 1) * sizeof(*g->places_of));
	for (i = 0; i < dump->nlocs; i++) {
		struct place place = place_of(&dump->locs[i], g->key, dump->ncompared);

		g->places_of[i] = intern_put(&g->places, &place, sizeof(place));
	}
}

static uint32_t frame_word(struct grouping *g, uint32_t id)
{
	const struct stk_frame *frame = &g->dump->frames[id];
	const struct stk_loc *loc = &g->dump->locs[frame->loc];
	struct place signal = { .module = STK_NONE, .offset = UINT64_MAX };
	struct place bare = { .module = loc->module, .offset = frame->pc };

	if (g->key == STK_GROUP_EXACT)
		return id;
	/* nor the name that a signal's trampoline has */
	if (g->dump->ncompared && frame->flags & STK_FRAME_SIGNAL)
		return intern_put(&g->places, &signal, sizeof(signal));
	/* a text may have the address only */
	if (!loc->func && !loc->file && !loc->offset && frame->pc)
		return intern_put(&g->places, &bare, sizeof(bare));
	return g->places_of[frame->loc];
}

/* The end counts: a stack that was cut short is not the one that goes on. A text does not tell; what
 * it leaves out it elides. */
static uint32_t canonical_stack(struct grouping *g, const struct stk_stack *stack)
{
	uint32_t count = 0, i;

	g->words = grow(g->words, &g->cap_words, (size_t)stack->count + 3, sizeof(*g->words));
	g->words[count++] = stack->end == STK_END_TEXT ? STK_END_ROOT : stack->end;
	g->words[count++] = stack->elided;
	g->words[count++] = stack->elided ? stack->elided_at : 0;
	for (i = 0; i < stack->count; i++)
		g->words[count++] = frame_word(g, stack->frames[i]);
	return intern_put(&g->stacks, g->words, count * sizeof(*g->words));
}

static void number_stacks(struct grouping *g)
{
	uint32_t i;

	g->stack_of = xmalloc(((size_t)g->dump->nstacks + 1) * sizeof(*g->stack_of));
	for (i = 0; i < g->dump->nstacks; i++)
		g->stack_of[i] = canonical_stack(g, &g->dump->stacks[i]);
}

/* A number for the argument texts and values of a task's frames; 0 when it has none. */
static uint32_t arguments_of(struct grouping *g, const struct stk_task *task)
{
	const uint32_t count = g->dump->stacks[task->stack].count;
	const void **words;
	size_t n = 0;
	uint32_t i, j, id;

	if (!task->detail || (g->key != STK_GROUP_EXACT && g->key != STK_GROUP_ARGS))
		return 0;
	for (i = 0; i < count; i++)
		n += 1 + task->detail[i].nvalues;
	words = xmalloc((n + 1) * sizeof(*words));
	for (n = 0, i = 0; i < count; i++) {
		const struct stk_detail *detail = &task->detail[i];

		words[n++] = detail->args;
		for (j = 0; j < detail->nvalues; j++)
			if (detail->values[j].argument)
				words[n++] = detail->values[j].text;
	}
	id = 1 + intern_put(&g->stacks, words, n * sizeof(*words));
	free(words);
	return id;
}

struct task_key {
	const char *state;
	uint32_t kind, stack, arguments, padding;
};

/* Of compared dumps states go by the names that all releases of the language have; a profile has none. */
static const char *state_of(const struct grouping *g, const struct stk_task *task)
{
	if (!g->dump->ncompared || !task->state)
		return task->state;
	return g->stateless ? NULL : origin_former_state(task->state);
}

static uint32_t group_of(struct grouping *g, const struct stk_task *task)
{
	struct task_key key = { .state = state_of(g, task),
				.kind = task->kind,
				.stack = g->stack_of[task->stack],
				.arguments = arguments_of(g, task) };

	return intern_put(&g->keys, &key, sizeof(key));
}

/* ---- groups from the numbers ---- */

static void add_wait(struct stk_group *group, int64_t wait_ns)
{
	if (wait_ns < 0)
		return;
	if (group->min_wait_ns < 0 || wait_ns < group->min_wait_ns)
		group->min_wait_ns = wait_ns;
	if (wait_ns > group->max_wait_ns)
		group->max_wait_ns = wait_ns;
}

/* Deals the tasks out: tasks[] of all groups are one array, in order of first sight. */
static void fill_groups(const struct stk_dump *dump, const uint32_t *numbers,
			struct stk_group *groups, uint32_t ngroups, uint32_t *tasks)
{
	uint32_t first = 0, i;

	for (i = 0; i < dump->ntasks; i++)
		groups[numbers[i]].count++;
	for (i = 0; i < ngroups; i++) {
		groups[i].tasks = tasks + first;
		first += groups[i].count;
		groups[i].count = 0;
		groups[i].min_wait_ns = groups[i].max_wait_ns = -1;
	}
	for (i = 0; i < dump->ntasks; i++) {
		struct stk_group *group = &groups[numbers[i]];

		if (!group->count)
			group->stack = dump->tasks[i].stack;
		tasks[(size_t)(group->tasks - tasks) + group->count++] = i;
		add_wait(group, dump->tasks[i].wait_ns);
	}
}

/* Groups are made in order of first sight, and their first tasks rise with it. */
static int by_count(const void *left, const void *right)
{
	const struct stk_group *a = left, *b = right;

	if (a->count != b->count || !a->count)
		return a->count > b->count ? -1 : a->count < b->count;
	return a->tasks[0] < b->tasks[0] ? -1 : a->tasks[0] > b->tasks[0];
}

static void put_groups(struct grouping *g, struct builder *b)
{
	const struct stk_dump *dump = g->dump;
	FREE_AT_END uint32_t *numbers = xmalloc(((size_t)dump->ntasks + 1) * sizeof(*numbers));
	FREE_AT_END struct stk_group *groups = NULL;
	uint32_t *tasks = builder_alloc(b, ((size_t)dump->ntasks + 1) * sizeof(*tasks));
	uint32_t count, i;

	for (i = 0; i < dump->ntasks; i++)
		numbers[i] = group_of(g, &dump->tasks[i]);
	if (dump->ncompared && g->key != STK_GROUP_EXACT)
		analyze_join(dump, g->key, numbers, (uint32_t)g->keys.count, g->stateless);
	groups = xcalloc(g->keys.count + 1, sizeof(*groups));
	fill_groups(dump, numbers, groups, (uint32_t)g->keys.count, tasks);
	qsort(groups, g->keys.count, sizeof(*groups), by_count);
	/* those that went up in others are empty, and last */
	for (count = 0; count < g->keys.count && groups[count].count; count++)
		analyze_counts(dump, &groups[count], b);
	builder_groups(b, groups, count);
}

static void put_tasks(const struct stk_dump *dump, struct builder *b)
{
	uint32_t i;

	builder_borrow_tasks(b, dump);
	for (i = 0; i < dump->nreports; i++)
		builder_report(b, &dump->reports[i]);
	for (i = 0; i < dump->nspans; i++)
		builder_span(b, &dump->spans[i]);
}

void analyze_group(const struct stk_dump *dump, enum stk_group_key key, struct builder *b)
{
	struct grouping g = { .dump = dump, .key = key, .stateless = analyze_stateless(dump) };

	intern_init(&g.places, &g.arena);
	intern_init(&g.stacks, &g.arena);
	intern_init(&g.keys, &g.arena);
	put_tasks(dump, b);
	number_places(&g);
	number_stacks(&g);
	put_groups(&g, b);
	intern_deinit(&g.places);
	intern_deinit(&g.stacks);
	intern_deinit(&g.keys);
	free(g.places_of);
	free(g.stack_of);
	free(g.words);
	arena_deinit(&g.arena);
}
