/* SPDX-License-Identifier: Apache-2.0 */
/* A set of byte strings: equal bytes, equal id. Ids count from 0 in order of first sight. */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct intern_entry {
	const void *bytes; /* in the arena; followed by a NUL */
	size_t size;
};

/* Of a large set every entry looked at is a cache miss: those of another hash need not be. */
struct intern_slot {
	uint32_t hash;
	uint32_t next_id; /* id + 1; 0 is free */
};

struct intern {
	struct arena *arena; /* where the bytes go; not owned */
	struct intern_entry *entries;
	size_t count, cap;
	struct intern_slot *slots;
	size_t nslots; /* a power of two */
};

void intern_init(struct intern *set, struct arena *arena);
/* Frees the tables; the bytes stay in the arena. */
void intern_deinit(struct intern *set);
uint32_t intern_put(struct intern *set, const void *bytes, size_t size);
/* The bytes of a string that was put: valid as long as the arena, 8-aligned. */
const void *intern_bytes(const struct intern *set, uint32_t id);

uint64_t hash_bytes(const void *bytes, size_t size);

#endif
