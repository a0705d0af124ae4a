/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from 64-bit numbers (addresses) to 64-bit numbers (indices, pointers). */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key, value;
};

/* Zeroed is ready to use. */
struct map {
	struct map_slot *slots;
	unsigned char *used;
	size_t count, nslots; /* nslots: a power of two */
};

/* false when there is no such key; *ret is then untouched. */
bool map_get(const struct map *map, uint64_t key, uint64_t *ret);
/* Replaces an older value. */
void map_put(struct map *map, uint64_t key, uint64_t value);
void map_deinit(struct map *map);

#endif
