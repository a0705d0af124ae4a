/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <stdlib.h>

void cache_init(struct cache *cache, const struct stk_dump *dump, bool colour)
{
	uint32_t i;

	out_init(&cache->text, -1);
	cache->text.colour = colour;
	cache->pieces = xcalloc((size_t)dump->nstacks + 1, sizeof(*cache->pieces));
	cache->users = xcalloc((size_t)dump->nstacks + 1, sizeof(*cache->users));
	for (i = 0; i < dump->ntasks; i++)
		if (!dump->tasks[i].detail)
			cache->users[dump->tasks[i].stack]++;
}

void cache_deinit(struct cache *cache)
{
	out_deinit(&cache->text);
	free(cache->pieces);
	free(cache->users);
}

static bool is_shared(const struct cache *cache, const struct stk_task *task)
{
	return !task->detail && cache->users[task->stack] > 1;
}

static void copy(const struct cache *cache, struct out *out, uint32_t stack)
{
	const struct cache_piece *piece = &cache->pieces[stack];

	if (piece->size)
		out_bytes(out, cache->text.buffer + piece->at, piece->size);
}

struct out *cache_open(struct cache *cache, struct out *out, const struct stk_task *task)
{
	struct cache_piece *piece = &cache->pieces[task->stack];

	if (!is_shared(cache, task))
		return out;
	if (piece->size) {
		copy(cache, out, task->stack);
		return NULL;
	}
	piece->at = cache->text.used;
	return &cache->text;
}

void cache_close(struct cache *cache, struct out *out, const struct stk_task *task)
{
	struct cache_piece *piece = &cache->pieces[task->stack];

	if (!is_shared(cache, task))
		return;
	piece->size = cache->text.used - piece->at;
	copy(cache, out, task->stack);
}
