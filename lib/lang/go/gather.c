/* SPDX-License-Identifier: Apache-2.0 */
/* What will be asked of a live target's goroutines, copied at once: of the many thousands that a
 * program may have, each read by itself would be most of the pause. Of cores nothing is copied. */
#include "gather.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u
/* Of each stack at first: hardly any is deeper, and those that are come last. */
#define NEWEST ((uint64_t)8 << 10)
#define LEAST ((uint64_t)512)
/* Below the stack pointer: where arm64 keeps the frame pointer. */
#define BELOW 16u
#define LARGEST ((size_t)1 << 20) /* piece of neighbouring pages */
/* Of what a select waits for, most have few cases. */
#define LONGEST_LIST 16
/* Of a sudog, a channel, a timer. */
#define OBJECT 96u

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* ---- pages ---- */

/* What is wanted, by whole pages: small objects of one kind lie side by side. */
struct wanted {
	uint64_t *pages;
	size_t count, cap;
};

static void want(struct wanted *w, uint64_t addr, uint64_t size)
{
	uint64_t page;

	if (!addr || addr > UINT64_MAX - size - PAGE)
		return;
	/* Mostly it is that of the one before: they are made in turn. */
	for (page = addr / PAGE; page <= (addr + size - 1) / PAGE; page++)
		if (!w->count || w->pages[w->count - 1] != page) {
			w->pages = grow(w->pages, &w->cap, w->count + 1, sizeof(*w->pages));
			w->pages[w->count++] = page;
		}
}

/* Neighbours are one piece. */
static size_t pieces_of(const struct wanted *w, struct image_piece *pieces)
{
	size_t n = 0, i;

	for (i = 0; i < w->count; i++) {
		struct image_piece *last = n ? &pieces[n - 1] : NULL;
		uint64_t start = w->pages[i] * PAGE;

		if (last && start < last->start + last->size)
			continue;
		if (last && start == last->start + last->size && last->size < LARGEST)
			last->size += PAGE;
		else
			pieces[n++] = (struct image_piece){ .start = start, .size = PAGE };
	}
	return n;
}

static void fetch(struct gomem *mem, struct wanted *w)
{
	FREE_AT_END struct image_piece *pieces = NULL;

	if (w->count) {
		qsort(w->pages, w->count, sizeof(*w->pages), by_number);
		pieces = xmalloc(w->count * sizeof(*pieces));
		image_gather(mem->image, pieces, pieces_of(w, pieces));
	}
	w->count = 0;
}

/* ---- the records ---- */

void gogather_records(struct gomem *mem, uint64_t array, uint64_t count, unsigned size)
{
	struct image_piece whole = { .start = array, .size = (size_t)count * 8 };
	struct wanted w = { .count = 0 };
	uint64_t i;

	image_gather(mem->image, &whole, 1);
	for (i = 0; i < count && whole.bytes; i++)
		want(&w, load64(whole.bytes + i * 8), size);
	fetch(mem, &w);
	free(w.pages);
}

/* ---- what they point at ---- */

/* Of the labels what is so many pointers away (labels.c): a slice and what is in it; until 1.23 where
 * the map is, the map, and its first bucket. */
static uint64_t labels_at(const struct goruntime *rt, struct gomem *mem, const struct goroutine *g,
			  unsigned level)
{
	uint64_t at = gomem_word_or_0(mem, g->address + rt->layout.g.labels);

	if (at && level >= 1)
		at = gomem_word_or_0(mem, at);
	if (at && level >= 2)
		at = gomem_word_or_0(mem, at + 16);
	return at;
}

static void want_labels(const struct goruntime *rt, struct gomem *mem, struct wanted *w,
			unsigned level)
{
	static const uint16_t sizes[] = { 24, 96, 272 };
	size_t i;

	for (i = 0; i < rt->count; i++)
		if (rt->gs[i].has_more)
			want(w, labels_at(rt, mem, &rt->gs[i], level), sizes[level]);
}

/* One more of what each goroutine waits for: a sudog, in at, and its channel; then at is where the next
 * is. Something else than channels, of which more than the list must be known: none of it. How many
 * go on. */
static size_t want_channels(struct goruntime *rt, struct gomem *mem, struct wanted *w, uint64_t *at)
{
	const struct golayout *l = &rt->layout;
	size_t more = 0, i;
	uint64_t chan;

	for (i = 0; i < rt->count; i++) {
		if (!at[i])
			continue;
		chan = gomem_word_or_0(mem, at[i] + l->sudog.chan);
		want(w, chan, OBJECT);
		at[i] = chan ? gomem_word_or_0(mem, at[i] + l->sudog.waitlink) : 0;
		rt->gs[i].told = chan && !at[i];
		more += at[i] != 0;
	}
	return more;
}

static void fetch_channels(struct goruntime *rt, struct gomem *mem)
{
	FREE_AT_END uint64_t *at = xmalloc((rt->count + 1) * sizeof(*at));
	struct wanted w = { .count = 0 };
	size_t more = 0, i;
	unsigned round;

	for (i = 0; i < rt->count; i++)
		more += (at[i] = rt->gs[i].waiting) != 0;
	for (round = 0; more && round < LONGEST_LIST; round++) {
		for (i = 0; i < rt->count; i++)
			want(&w, at[i], OBJECT);
		fetch(mem, &w);
		more = want_channels(rt, mem, &w, at);
	}
	fetch(mem, &w);
	free(w.pages);
}

/* A timer is known by the record; it is old where the goroutine waits for something else. */
static void want_timers(const struct goruntime *rt, struct gomem *mem, struct wanted *w)
{
	size_t i;

	for (i = 0; i < rt->count; i++)
		if (rt->gs[i].reason < rt->layout.nreasons &&
		    !strcmp(rt->layout.reasons[rt->gs[i].reason], "sleep"))
			want(w, gomem_word_or_0(mem, rt->gs[i].address + rt->layout.g.timer),
			     OBJECT);
}

void gogather_objects(struct goruntime *rt, struct gomem *mem, bool waits)
{
	struct wanted w = { .count = 0 };
	unsigned level;

	if (waits) {
		fetch_channels(rt, mem);
		want_timers(rt, mem, &w);
	}
	for (level = 0; level < (rt->layout.minor >= 24 ? 2 : 3); level++) {
		want_labels(rt, mem, &w, level);
		fetch(mem, &w);
	}
	free(w.pages);
}

/* ---- the stacks ---- */

/* [ret->start, g->hi): what is in use of the stack of one that is parked, or was left for another. */
static struct image_piece used_part(const struct goroutine *g)
{
	uint64_t sp = g->syscallsp && (!g->sp || g->syscallsp < g->sp) ? g->syscallsp : g->sp;
	struct image_piece piece = { .start = 0 };

	if (sp < g->lo || sp >= g->hi)
		return piece;
	piece.start = sp - g->lo < BELOW ? g->lo : sp - BELOW;
	piece.size = (size_t)(g->hi - piece.start);
	return piece;
}

static uint64_t sum(const struct image_piece *pieces, size_t count, uint64_t most)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < count; i++)
		total += pieces[i].size < most ? pieces[i].size : most;
	return total;
}

/* Of every stack the newest part first. What is left of the deep ones afterwards. */
static void gather_in_turn(struct image *image, struct image_piece *pieces, size_t count)
{
	struct image_piece *rest = xmalloc((count + 1) * sizeof(*rest));
	uint64_t most = NEWEST;
	size_t n = 0, i;

	while (most > LEAST && sum(pieces, count, most) > LIMIT_COPY_BYTES / 2)
		most /= 2;
	for (i = 0; i < count; i++)
		if (pieces[i].size > most) {
			rest[n++] = (struct image_piece){ .start = pieces[i].start + most,
							  .size = pieces[i].size - (size_t)most };
			pieces[i].size = (size_t)most;
		}
	image_gather(image, pieces, count);
	image_gather(image, rest, n);
	free(rest);
}

void gogather_stacks(struct goruntime *rt, struct gomem *mem)
{
	size_t i;

	rt->stacks = xmalloc((rt->count + 1) * sizeof(*rt->stacks));
	for (i = 0; i < rt->count; i++)
		rt->stacks[i] = used_part(&rt->gs[i]);
	gather_in_turn(mem->image, rt->stacks, rt->count);
}
