#include "intern.h"

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

static void rehash(struct intern *set)
{
	size_t i, slot;

	set->nslots = set->nslots ? set->nslots * 2 : 64;
	free(set->slots);
	set->slots = xcalloc(set->nslots, sizeof(*set->slots));
	for (i = 0; i < set->count; i++) {
		slot = set->entries[i].hash & (set->nslots - 1);
		while (set->slots[slot])
			slot = (slot + 1) & (set->nslots - 1);
		set->slots[slot] = (uint32_t)i + 1;
	}
}

static uint32_t add(struct intern *set, const void *bytes, size_t size, uint64_t hash)
{
	struct intern_entry *entry;

	set->entries = grow(set->entries, &set->cap, set->count + 1, sizeof(*entry));
	entry = &set->entries[set->count];
	entry->bytes = arena_strn(set->arena, bytes, size);
	entry->size = size;
	entry->hash = hash;
	return (uint32_t)set->count++;
}

uint32_t intern_put(struct intern *set, const void *bytes, size_t size)
{
	uint64_t hash = hash_bytes(bytes, size);
	size_t slot;

	if (set->count * 4 >= set->nslots * 3)
		rehash(set);
	for (slot = hash & (set->nslots - 1); set->slots[slot]; slot = (slot + 1) & (set->nslots - 1)) {
		const struct intern_entry *entry = &set->entries[set->slots[slot] - 1];

		if (entry->hash == hash && entry->size == size && !memcmp(entry->bytes, bytes, size))
			return set->slots[slot] - 1;
	}
	set->slots[slot] = add(set, bytes, size, hash) + 1;
	return set->slots[slot] - 1;
}

const void *intern_bytes(const struct intern *set, uint32_t id)
{
	return set->entries[id].bytes;
}
