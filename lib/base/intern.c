/* SPDX-License-Identifier: Apache-2.0 */
#include "intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply-and-fold over pairs of 8-byte words. Not keyed: a hostile input can make it slow,
 * never wrong. */
uint64_t hash_bytes(const void *bytes, size_t size)
{
	const unsigned char *p = bytes;
	uint64_t hash = 0x9e3779b97f4a7c15ULL ^ size, words[2];

	for (; size >= 16; size -= 16, p += 16) {
		memcpy(words, p, 16);
		hash = mix(words[0] ^ 0xd6e8feb86659fd93ULL, words[1] ^ hash);
	}
	words[0] = words[1] = 0;
	if (size)
		memcpy(words, p, size);
	return mix(words[0] ^ 0xa0761d6478bd642fULL, words[1] ^ hash);
}

void intern_init(struct intern *set, struct arena *arena)
{
	memset(set, 0, sizeof(*set));
	set->arena = arena;
}

void intern_deinit(struct intern *set)
{
	free(set->entries);
	free(set->slots);
	memset(set, 0, sizeof(*set));
}

/* Where this hash is, or would be: the first slot of its run. */
static size_t first_slot(const struct intern *set, uint32_t hash)
{
	return hash & (set->nslots - 1);
}

static size_t next_slot(const struct intern *set, size_t slot)
{
	return (slot + 1) & (set->nslots - 1);
}

static void rehash(struct intern *set)
{
	struct intern_slot *old = set->slots;
	size_t count = set->nslots, i, slot;

	set->nslots = count ? count * 2 : 64;
	set->slots = xcalloc(set->nslots, sizeof(*set->slots));
	for (i = 0; i < count; i++) {
		if (!old[i].next_id)
			continue;
		slot = first_slot(set, old[i].hash);
		while (set->slots[slot].next_id)
			slot = next_slot(set, slot);
		set->slots[slot] = old[i];
	}
	free(old);
}

static uint32_t add(struct intern *set, const void *bytes, size_t size)
{
	struct intern_entry *entry;

	set->entries = grow(set->entries, &set->cap, set->count + 1, sizeof(*entry));
	entry = &set->entries[set->count];
	entry->bytes = arena_strn(set->arena, bytes, size);
	entry->size = size;
	return (uint32_t)set->count++;
}

static bool is_entry(const struct intern *set, uint32_t id, const void *bytes, size_t size)
{
	const struct intern_entry *entry = &set->entries[id];

	return entry->size == size && !memcmp(entry->bytes, bytes, size);
}

uint32_t intern_put(struct intern *set, const void *bytes, size_t size)
{
	uint64_t wide = hash_bytes(bytes, size);
	uint32_t hash = (uint32_t)(wide ^ wide >> 32), id;
	size_t slot;

	if (set->count * 4 >= set->nslots * 3)
		rehash(set);
	for (slot = first_slot(set, hash); set->slots[slot].next_id; slot = next_slot(set, slot)) {
		id = set->slots[slot].next_id - 1;
		if (set->slots[slot].hash == hash && is_entry(set, id, bytes, size))
			return id;
	}
	id = add(set, bytes, size);
	set->slots[slot] = (struct intern_slot){ hash, id + 1 };
	return id;
}

const void *intern_bytes(const struct intern *set, uint32_t id)
{
	return set->entries[id].bytes;
}
