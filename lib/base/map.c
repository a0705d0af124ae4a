/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static size_t slot_of(const struct map *map, uint64_t key)
{
	size_t slot = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & (map->nslots - 1);

	while (map->used[slot] && map->slots[slot].key != key)
		slot = (slot + 1) & (map->nslots - 1);
	return slot;
}

bool map_get(const struct map *map, uint64_t key, uint64_t *ret)
{
	size_t slot;

	if (!map->count)
		return false;
	slot = slot_of(map, key);
	if (!map->used[slot])
		return false;
	*ret = map->slots[slot].value;
	return true;
}

static void rehash(struct map *map)
{
	struct map old = *map;
	size_t i;

	map->nslots = old.nslots ? old.nslots * 2 : 64;
	map->count = 0;
	map->slots = xcalloc(map->nslots, sizeof(*map->slots));
	map->used = xcalloc(map->nslots, 1);
	for (i = 0; i < old.nslots; i++)
		if (old.used[i])
			map_put(map, old.slots[i].key, old.slots[i].value);
	map_deinit(&old);
}

void map_put(struct map *map, uint64_t key, uint64_t value)
{
	size_t slot;

	if (map->count * 4 >= map->nslots * 3)
		rehash(map);
	slot = slot_of(map, key);
	map->count += !map->used[slot];
	map->used[slot] = 1;
	map->slots[slot] = (struct map_slot){ key, value };
}

void map_deinit(struct map *map)
{
	free(map->slots);
	free(map->used);
	memset(map, 0, sizeof(*map));
}
