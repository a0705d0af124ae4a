/* SPDX-License-Identifier: Apache-2.0 */
/* How much two stacks are alike: FaST (Rodrigues et al., 2022). A frame weighs the more, the nearer to
 * the fault it stands and the fewer bugs have it. The k-th of a function here and the k-th there are a
 * pair, worth the weight of both, less for each place that they are apart; what has no pair counts
 * against. One pass over two sorted lists; the result is between -1 and 1. */
#include "triage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA 1.0    /* how fast weight falls with the distance from the fault */
#define BETA 1.0     /* how much a frame that many bugs have loses */
#define GAMMA 0.3    /* how much a pair loses for each place apart */
#define PROPOSED 0.5 /* from here on a bug is told to be like another */
#define MOST_LIKES 3u
#define MOST_CANDIDATES 64u

/* Of the frames that count: name, how many bugs have it. */
struct item {
	const char *name;
	uint32_t place;
	double weight;
};

struct stack {
	struct item items[TRIAGE_FRAMES];
	uint32_t count;
	double total;
};

/* How many bugs have a function. */
struct index {
	struct arena arena;
	struct intern names;
	uint32_t *bugs_with;
	size_t cap;
	uint32_t nbugs;
};

static uint32_t id_of(struct index *x, const char *name)
{
	uint32_t id = intern_put(&x->names, name, strlen(name) + 1);
	size_t before = x->cap;

	x->bugs_with = grow(x->bugs_with, &x->cap, (size_t)id + 1, sizeof(*x->bugs_with));
	if (x->cap > before)
		memset(x->bugs_with + before, 0, (x->cap - before) * sizeof(*x->bugs_with));
	return id;
}

static int by_name(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : a->place < b->place ? -1 : a->place > b->place;
}

static void make_stack(struct index *x, const struct stk_crash *crash, struct stack *s)
{
	uint32_t i, id;

	s->count = 0;
	s->total = 0;
	for (i = 0; i < crash->nframes; i++) {
		struct item *item = &s->items[s->count];

		if (!crash->frames[i].counts)
			continue;
		item->name = crash->frames[i].func;
		item->place = s->count;
		id = id_of(x, item->name);
		item->weight = exp(-BETA * x->bugs_with[id] / (x->nbugs + 1.0)) /
			       pow(item->place + 1.0, ALPHA);
		s->total += item->weight;
		s->count++;
	}
	qsort(s->items, s->count, sizeof(*s->items), by_name);
}

static double score_of(const struct stack *a, const struct stack *b, uint32_t *ret_pairs)
{
	double score = 0;
	uint32_t i = 0, j = 0, pairs = 0;

	while (i < a->count || j < b->count) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : strcmp(a->items[i].name, b->items[j].name);

		if (!order) {
			double apart = fabs((double)a->items[i].place - b->items[j].place);

			score += (a->items[i++].weight + b->items[j++].weight) *
				 exp(-GAMMA * apart);
			pairs++;
		} else if (order < 0) {
			score -= a->items[i++].weight;
		} else {
			score -= b->items[j++].weight;
		}
	}
	*ret_pairs = pairs;
	return a->total + b->total > 0 ? score / (a->total + b->total) : 0;
}

static const char *blamed(const struct stk_crash *crash)
{
	uint32_t i;

	for (i = 0; i < crash->nframes; i++)
		if (crash->frames[i].counts)
			return crash->frames[i].func;
	return "";
}

static void index_bugs(struct index *x, const struct stk_bugs *bugs)
{
	uint32_t i, f, g, id;

	intern_init(&x->names, &x->arena);
	x->nbugs = bugs->nbugs;
	for (i = 0; i < bugs->nbugs; i++) {
		const struct stk_crash *crash = &bugs->crashes[bugs->bugs[i].crash];

		for (f = 0; f < crash->nframes; f++) {
			for (g = 0; g < f && strcmp(crash->frames[g].func, crash->frames[f].func);
			     g++)
				;
			if (g < f)
				continue;
			id = id_of(x, crash->frames[f].func);
			x->bugs_with[id]++;
		}
	}
}

static void drop_index(struct index *x)
{
	intern_deinit(&x->names);
	free(x->bugs_with);
	arena_deinit(&x->arena);
}

static const char *words_of(const struct stk_crash *a, const struct stk_crash *b,
			    const struct stack *x, const struct stack *y, uint32_t pairs,
			    struct arena *arena)
{
	const char *differ = strcmp(a->fault, b->fault) ? "; another kind of fault" : "";
	const char *where = strcmp(blamed(a), blamed(b)) ? "; the fault is in another function"
							 : "";
	FREE_AT_END char *text = xasprintf("%u of %u frames%s%s", pairs,
					   x->count > y->count ? x->count : y->count, differ,
					   where);

	return arena_strn(arena, text, strlen(text));
}

static int by_score(const void *left, const void *right)
{
	const struct stk_like *a = left, *b = right;

	return a->score != b->score ? (a->score > b->score ? -1 : 1) : a->bug < b->bug ? -1 : 1;
}

static void find_likes(const struct stk_bugs *bugs, const struct stack *stacks,
		       struct stk_bug *list, uint32_t i, struct arena *arena)
{
	struct stk_like likes[MOST_CANDIDATES];
	uint32_t count = 0, j, pairs;

	for (j = 0; j < bugs->nbugs && count < MOST_CANDIDATES; j++) {
		const struct stk_crash *a = &bugs->crashes[list[i].crash],
				       *b = &bugs->crashes[list[j].crash];
		double score = i == j ? 0 : score_of(&stacks[i], &stacks[j], &pairs);

		if (score >= PROPOSED)
			likes[count++] = (struct stk_like){
				j,
				score,
				words_of(a, b, &stacks[i], &stacks[j], pairs, arena),
			};
	}
	qsort(likes, count, sizeof(*likes), by_score);
	list[i].nlikes = count < MOST_LIKES ? count : MOST_LIKES;
	list[i].likes = count ? arena_copy(arena, likes, list[i].nlikes * sizeof(*likes)) : NULL;
}

/* Pairs are compared up to this many bugs: beyond it is a corpus, not a run. */
#define MOST_COMPARED 2000u

void triage_likes(struct stk_bugs *bugs, struct stk_bug *list, struct arena *arena)
{
	struct index x = { .nbugs = 0 };
	struct stack *stacks;
	uint32_t i;

	if (bugs->nbugs > MOST_COMPARED)
		return;
	index_bugs(&x, bugs);
	stacks = xcalloc((size_t)bugs->nbugs + 1, sizeof(*stacks));
	for (i = 0; i < bugs->nbugs; i++)
		make_stack(&x, &bugs->crashes[list[i].crash], &stacks[i]);
	for (i = 0; i < bugs->nbugs; i++)
		find_likes(bugs, stacks, list, i, arena);
	free(stacks);
	drop_index(&x);
}

/* ---- why ---- */

static bool is_in(const struct stack *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (!strcmp(s->items[i].name, name))
			return true;
	return false;
}

static double weight_of(const struct stack *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (!strcmp(s->items[i].name, name))
			return s->items[i].weight;
	return 0;
}

static void put_side(struct out *out, const struct stk_crash *crash, const struct stack *own,
		     const struct stack *other)
{
	uint32_t i;

	out_text(out, crash->path);
	out_str(out, "\n  ");
	out_text(out, crash->cause);
	out_char(out, '\n');
	for (i = 0; i < crash->nframes; i++) {
		const char *name = crash->frames[i].func;

		if (!crash->frames[i].counts)
			continue;
		out_fmt(out, "  %s %.3f  ", is_in(other, name) ? "=" : " ", weight_of(own, name));
		out_text(out, name);
		out_char(out, '\n');
	}
}

char *triage_why(const struct stk_bugs *bugs, const struct stk_crash *a, const struct stk_crash *b)
{
	struct index x = { .nbugs = 0 };
	struct stack *s = xcalloc(2, sizeof(*s));
	struct out out;
	uint32_t pairs;

	index_bugs(&x, bugs);
	make_stack(&x, a, &s[0]);
	make_stack(&x, b, &s[1]);
	out_init(&out, -1);
	out_fmt(&out, "%s: ", a->id && b->id && !strcmp(a->id, b->id) ? "one bug" : "two bugs");
	out_fmt(&out, "score %.2f, ", score_of(&s[0], &s[1], &pairs));
	out_fmt(&out, "%u of %u and %u frames in both (=), each with its weight\n", pairs,
		s[0].count, s[1].count);
	put_side(&out, a, &s[0], &s[1]);
	put_side(&out, b, &s[1], &s[0]);
	out_char(&out, '\0');
	free(s);
	drop_index(&x);
	return out.buffer;
}
