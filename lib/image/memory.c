/* SPDX-License-Identifier: Apache-2.0 */
/* The target's memory as sorted pieces. Unwinding reads a word at a time, mostly of the same
 * stack: the last piece that was hit is tried first. */
#include "private.h"

#include <stdlib.h>
#include <string.h>

void memory_add(struct memory *m, uint64_t start, uint64_t size, const unsigned char *bytes)
{
	if (!size || start + size < start)
		return;
	m->segments = grow(m->segments, &m->cap, m->count + 1, sizeof(*m->segments));
	m->segments[m->count++] = (struct segment){ start, start + size, bytes };
}

static int by_start(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return 0;
}

/* Hostile or merely odd files may claim an address twice: the lower segment keeps it. */
static void cut_overlaps(struct memory *m)
{
	uint64_t end = 0;
	size_t i, kept = 0;

	for (i = 0; i < m->count; i++) {
		struct segment s = m->segments[i];

		if (s.start < end) {
			if (s.end <= end)
				continue;
			s.bytes += end - s.start;
			s.start = end;
		}
		end = s.end;
		m->segments[kept++] = s;
	}
	m->count = kept;
}

void memory_sort(struct memory *m)
{
	if (m->count)
		qsort(m->segments, m->count, sizeof(*m->segments), by_start);
	cut_overlaps(m);
	m->sorted = m->count;
	m->last = 0;
}

static bool segment_ends_before(const void *list, size_t index, uint64_t addr)
{
	return ((const struct segment *)list)[index].end <= addr;
}

/* The first segment that ends behind addr. */
static size_t lower(const struct memory *m, uint64_t addr)
{
	return search_sorted(m->segments, m->sorted, segment_ends_before, addr);
}

const struct segment *memory_at(struct memory *m, uint64_t addr)
{
	size_t i = m->last;

	if (i < m->sorted && addr >= m->segments[i].start && addr < m->segments[i].end)
		return &m->segments[i];
	i = lower(m, addr);
	if (i == m->sorted || addr < m->segments[i].start)
		return NULL;
	m->last = i;
	return &m->segments[i];
}

uint64_t memory_next(const struct memory *m, uint64_t addr)
{
	size_t i = lower(m, addr);

	if (i == m->sorted)
		return UINT64_MAX;
	return m->segments[i].start > addr ? m->segments[i].start : addr;
}

void memory_fill(struct memory *m, uint64_t start, uint64_t end, const unsigned char *bytes)
{
	size_t i = lower(m, start);
	uint64_t at = start;

	while (at < end) {
		uint64_t stop = end, next = end;

		if (i < m->sorted && m->segments[i].start < end) {
			stop = m->segments[i].start;
			next = m->segments[i].end;
			i++;
		}
		if (stop > at)
			memory_add(m, at, stop - at, bytes + (at - start));
		at = next > at ? next : end;
	}
}

void memory_deinit(struct memory *m)
{
	free(m->segments);
	memset(m, 0, sizeof(*m));
}
