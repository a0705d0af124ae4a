/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of ours for copies of the target's. Fresh memory costs a fault a page, and in the pause
 * thousands of them are milliseconds: the first chunk is touched before it, later ones ask for huge
 * pages. */
#include "live.h"

#include <stdlib.h>
#include <sys/mman.h>

#define CHUNK ((size_t)32 << 20)
#define SMALL_PAGE 4096

static bool map_chunk(struct room *room, size_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return false;
	(void)madvise(bytes, size, MADV_HUGEPAGE);
	room->chunks = grow(room->chunks, &room->cap, room->count + 1, sizeof(*room->chunks));
	room->chunks[room->count++] = (struct chunk){ .bytes = bytes, .size = size };
	return true;
}

void room_prepare(struct room *room, size_t size)
{
	size_t at;

	if (!map_chunk(room, size))
		return;
	/* A write to each page: not MAP_POPULATE, which comes before the advice. */
	for (at = 0; at < size; at += SMALL_PAGE)
		*(volatile unsigned char *)(room->chunks[0].bytes + at) = 0;
}

unsigned char *room_take(struct room *room, size_t size)
{
	struct chunk *last = room->count ? &room->chunks[room->count - 1] : NULL;

	if (!last || size > last->size - last->used) {
		if (!map_chunk(room, size > CHUNK ? size : CHUNK))
			return NULL;
		last = &room->chunks[room->count - 1];
	}
	last->used += size;
	return last->bytes + last->used - size;
}

void room_give_back(struct room *room, const unsigned char *bytes, size_t size)
{
	struct chunk *last = &room->chunks[room->count - 1];

	if (bytes + size == last->bytes + last->used)
		last->used -= size;
}

void room_deinit(struct room *room)
{
	size_t i;

	for (i = 0; i < room->count; i++)
		munmap(room->chunks[i].bytes, room->chunks[i].size);
	free(room->chunks);
}
