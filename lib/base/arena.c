/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Large enough that a small dump is one block, small enough to waste nothing. */
#define BLOCK_SIZE ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *older;
	size_t pad; /* keeps the bytes behind it 16-aligned */
};

static void *new_block(struct arena *arena, size_t size)
{
	struct arena_block *block = xmalloc(sizeof(*block) + size);

	block->older = arena->blocks;
	arena->blocks = block;
	return block + 1;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	char *p;

	size = (size + 7) & ~(size_t)7;
	arena->total += size;
	if (size <= (size_t)(arena->end - arena->next)) {
		p = arena->next;
		arena->next += size;
		return p;
	}
	/* A large one gets a block to itself; the current one keeps its free part. */
	if (size > BLOCK_SIZE / 4)
		return new_block(arena, size);
	p = new_block(arena, BLOCK_SIZE);
	arena->next = p + size;
	arena->end = p + BLOCK_SIZE;
	return p;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
	void *p = arena_alloc(arena, size);

	if (size)
		memcpy(p, bytes, size);
	return p;
}

char *arena_strn(struct arena *arena, const char *s, size_t length)
{
	char *p = arena_alloc(arena, length + 1);

	memcpy(p, s, length);
	p[length] = '\0';
	return p;
}

void arena_deinit(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
	memset(arena, 0, sizeof(*arena));
}
