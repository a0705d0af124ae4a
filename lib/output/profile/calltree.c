/* SPDX-License-Identifier: Apache-2.0 */
#include "calltree.h"

#include <stdlib.h>
#include <string.h>

#include "../text.h"

/* ---- growing ---- */

/* The node of a name below a parent, made when it is not there. */
static uint32_t node_below(struct calltree *tree, uint32_t parent, uint32_t name)
{
	uint64_t key = (uint64_t)parent << 32 | name, found;
	struct calltree_node *node;

	if (map_get(&tree->children, key, &found))
		return (uint32_t)found;
	tree->nodes = grow(tree->nodes, &tree->cap, tree->count + 1, sizeof(*tree->nodes));
	node = &tree->nodes[tree->count];
	*node = (struct calltree_node){
		.name = name,
		.parent = parent,
		.depth = tree->count ? tree->nodes[parent].depth + 1 : 0,
	};
	if (node->depth > tree->depth)
		tree->depth = node->depth;
	map_put(&tree->children, key, tree->count);
	return (uint32_t)tree->count++;
}

/* What a walk of one stack needs. */
struct walk {
	struct calltree *tree;
	const struct stk_dump *dump;
	struct out scratch;
	uint32_t *name_of; /* of frame i, + 1; 0: not made */
	uint32_t at;       /* the node reached */
	uint64_t count;    /* tasks of this stack */
};

static uint32_t scratch_name(struct walk *w)
{
	uint32_t name = intern_put(&w->tree->names, w->scratch.used ? w->scratch.buffer : "",
				   w->scratch.used);

	w->scratch.used = 0;
	return name;
}

static void enter(struct walk *w, uint32_t name)
{
	w->at = node_below(w->tree, w->at, name);
	w->tree->nodes[w->at].count += w->count;
}

static void enter_frame(struct walk *w, uint32_t frame)
{
	if (!w->name_of[frame]) {
		text_frame_function(&w->scratch, w->dump, frame);
		w->name_of[frame] = scratch_name(w) + 1;
	}
	enter(w, w->name_of[frame] - 1);
}

/* A place that is no function. */
static void enter_words(struct walk *w, uint64_t count, const char *words)
{
	out_char(&w->scratch, '(');
	out_dec(&w->scratch, count);
	out_str(&w->scratch, words);
	enter(w, scratch_name(w));
}

/* Go up to 1.20 does not say how many. */
static void enter_elided(struct walk *w, uint32_t count)
{
	if (count != STK_NONE) {
		enter_words(w, count, " frames left out)");
		return;
	}
	out_str(&w->scratch, "(more frames left out)");
	enter(w, scratch_name(w));
}

/* Outermost first: runs and frames are newest first. */
static void walk_stack(struct walk *w, const struct stk_stack *stack)
{
	FREE_AT_END struct stk_run *runs = NULL;
	size_t nruns = stk_stack_runs(w->dump, stack, &runs);
	uint32_t i = stack->count;

	if (stack->elided && stack->elided_at >= stack->count)
		enter_elided(w, stack->elided);
	while (i--) {
		const struct stk_run *run = nruns ? &runs[nruns - 1] : NULL;

		if (run && i < run->at + run->period * run->times) {
			if (i + 1 == run->at + run->period * run->times)
				enter_words(w, run->times, " times)");
			if (i >= run->at + run->period)
				continue;
			nruns -= i == run->at;
		}
		enter_frame(w, stack->frames[i]);
		if (stack->elided && i == stack->elided_at)
			enter_elided(w, stack->elided);
	}
}

static void walk_stacks(struct calltree *tree, const struct stk_dump *dump)
{
	struct walk w = { .tree = tree, .dump = dump };
	FREE_AT_END uint64_t *counts = xcalloc((size_t)dump->nstacks + 1, sizeof(*counts));
	uint32_t i;

	out_init(&w.scratch, -1);
	w.name_of = xcalloc((size_t)dump->nframes + 1, sizeof(*w.name_of));
	out_str(&w.scratch, "all");
	node_below(tree, 0, scratch_name(&w));
	for (i = 0; i < dump->ntasks; i++)
		counts[dump->tasks[i].stack < dump->nstacks ? dump->tasks[i].stack
							    : dump->nstacks]++;
	for (i = 0; i < dump->nstacks; i++) {
		w.at = 0;
		w.count = counts[i];
		tree->nodes[0].count += w.count;
		if (w.count)
			walk_stack(&w, &dump->stacks[i]);
	}
	tree->nodes[0].count += counts[dump->nstacks];
	free(w.name_of);
	out_deinit(&w.scratch);
}

/* ---- order ---- */

struct place {
	uint32_t parent, rank, node;
};

static int by_place(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

struct ranked {
	const char *name;
	uint32_t id;
};

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct ranked *)left)->name, ((const struct ranked *)right)->name);
}

/* Of each name, how many are before it; free() it. */
static uint32_t *rank_names(const struct intern *names)
{
	FREE_AT_END struct ranked *sorted = xcalloc(names->count, sizeof(*sorted));
	uint32_t *ranks = xcalloc(names->count, sizeof(*ranks));
	uint32_t i;

	for (i = 0; i < names->count; i++)
		sorted[i] = (struct ranked){ intern_bytes(names, i), i };
	qsort(sorted, names->count, sizeof(*sorted), by_name);
	for (i = 0; i < names->count; i++)
		ranks[sorted[i].id] = i;
	return ranks;
}

/* Siblings by name, whatever the order of the tasks was. */
static void link_children(struct calltree *tree)
{
	FREE_AT_END uint32_t *ranks = rank_names(&tree->names);
	FREE_AT_END struct place *places = xcalloc(tree->count, sizeof(*places));
	size_t i;

	for (i = 1; i < tree->count; i++)
		places[i] = (struct place){ tree->nodes[i].parent, ranks[tree->nodes[i].name],
					    (uint32_t)i };
	qsort(places + 1, tree->count - 1, sizeof(*places), by_place);
	for (i = tree->count - 1; i; i--) {
		struct calltree_node *parent = &tree->nodes[places[i].parent];

		tree->nodes[places[i].node].sibling = parent->child;
		parent->child = places[i].node;
	}
}

void calltree_init(struct calltree *tree, const struct stk_dump *dump)
{
	memset(tree, 0, sizeof(*tree));
	intern_init(&tree->names, &tree->arena);
	walk_stacks(tree, dump);
	link_children(tree);
}

void calltree_deinit(struct calltree *tree)
{
	free(tree->nodes);
	map_deinit(&tree->children);
	intern_deinit(&tree->names);
	arena_deinit(&tree->arena);
}

const char *calltree_name(const struct calltree *tree, uint32_t node)
{
	return intern_bytes(&tree->names, tree->nodes[node].name);
}
