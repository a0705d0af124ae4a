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

void ranges_sort(struct ranges *ranges)
{
	uint64_t max_end = 0;
	size_t i;

	if (!is_sorted(ranges))
		qsort(ranges->items, ranges->count, sizeof(*ranges->items), compare);
	for (i = 0; i < ranges->count; i++) {
		if (ranges->items[i].high > max_end)
			max_end = ranges->items[i].high;
		ranges->items[i].max_end = max_end;
	}
}

/* How many start at or below addr. */
static size_t count_below(const struct ranges *ranges, uint64_t addr)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->items[middle].low <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
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
