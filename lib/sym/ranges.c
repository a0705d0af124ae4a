/* SPDX-License-Identifier: Apache-2.0 */
#include "ranges.h"

#include <stdlib.h>

/* A hostile file may put millions of short intervals under one that covers all of them: how
 * many are looked at for one question. Real ones nest a few deep. */
#define LOOK_BACK 100000

void ranges_add(struct ranges *ranges, uint64_t low, uint64_t high, uint32_t id)
{
	if (low >= high)
		return;
	ranges->items = grow(ranges->items, &ranges->cap, ranges->count + 1,
			     sizeof(*ranges->items));
	ranges->items[ranges->count++] = (struct range){ low, high, 0, id };
}

static int compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->high != y->high)
		return x->high > y->high ? -1 : 1;
	return x->id > y->id ? -1 : x->id < y->id;
}

/* Linkers write most tables in order. */
static bool is_sorted(const struct ranges *ranges)
{
	size_t i;

	for (i = 1; i < ranges->count; i++)
		if (compare(&ranges->items[i - 1], &ranges->items[i]) > 0)
			return false;
	return true;
}

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

struct key {
	uint64_t low;
	size_t index;
};

/* One pass: by a digit of the start, keeping the order of equal ones. */
static void sort_by_digit(const struct key *from, struct key *to, size_t count, unsigned shift)
{
	size_t starts[DIGITS] = { 0 }, i, sum = 0;

	for (i = 0; i < count; i++)
		starts[from[i].low >> shift & (DIGITS - 1)]++;
	for (i = 0; i < DIGITS; i++) {
		size_t here = starts[i];

		starts[i] = sum;
		sum += here;
	}
	for (i = 0; i < count; i++)
		to[starts[from[i].low >> shift & (DIGITS - 1)]++] = from[i];
}

/* Those that start at the same address. */
static void sort_runs(struct range *items, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i = k) {
		for (k = i + 1; k < count && items[k].low == items[i].low; k++)
			;
		if (k - i > 1)
			qsort(items + i, k - i, sizeof(*items), compare);
	}
}

/* qsort() of the 165,000 symbols of a compiler takes 35 ms, this 3. */
static void radix_sort(struct ranges *ranges)
{
	size_t count = ranges->count, i;
	struct key *keys = xcalloc(2 * count, sizeof(*keys)), *from = keys, *to = keys + count;
	struct range *sorted = xcalloc(ranges->cap, sizeof(*sorted));
	uint64_t all = 0;
	unsigned shift;

	for (i = 0; i < count; i++) {
		from[i] = (struct key){ ranges->items[i].low, i };
		all |= ranges->items[i].low;
	}
	for (shift = 0; shift < 64 && all >> shift; shift += DIGIT_BITS) {
		struct key *other = from;

		sort_by_digit(from, to, count, shift);
		from = to;
		to = other;
	}
	for (i = 0; i < count; i++)
		sorted[i] = ranges->items[from[i].index];
	free(keys);
	free(ranges->items);
	ranges->items = sorted;
	sort_runs(sorted, count);
}

void ranges_sort(struct ranges *ranges)
{
	uint64_t max_end = 0;
	size_t i;

	if (!is_sorted(ranges)) {
		if (ranges->count < DIGITS)
			qsort(ranges->items, ranges->count, sizeof(*ranges->items), compare);
		else
			radix_sort(ranges);
	}
	for (i = 0; i < ranges->count; i++) {
		if (ranges->items[i].high > max_end)
			max_end = ranges->items[i].high;
		ranges->items[i].max_end = max_end;
	}
}

static bool starts_at_or_below(const void *list, size_t index, uint64_t addr)
{
	return ((const struct range *)list)[index].low <= addr;
}

static size_t count_below(const struct ranges *ranges, uint64_t addr)
{
	return search_sorted(ranges->items, ranges->count, starts_at_or_below, addr);
}

const struct range *ranges_next(const struct ranges *ranges, uint64_t addr, size_t *at)
{
	size_t i = *at == SIZE_MAX ? count_below(ranges, addr) : *at;
	size_t last = i > LOOK_BACK ? i - LOOK_BACK : 0;

	for (; i > last && ranges->items[i - 1].max_end > addr; i--)
		if (ranges->items[i - 1].high > addr) {
			*at = i - 1;
			return &ranges->items[i - 1];
		}
	*at = 0;
	return NULL;
}

void ranges_deinit(struct ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct ranges){ 0 };
}
