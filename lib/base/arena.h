/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once. Allocations are 8-aligned and never move. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zeroed is ready to use. */
struct arena {
	struct arena_block *blocks; /* newest first */
	char *next, *end;           /* the free part of the newest */
	size_t total;               /* bytes handed out */
};

/* Uninitialised memory; never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
void *arena_zalloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* A copy of size bytes; arena_strn adds the NUL. */
void *arena_copy(struct arena *arena, const void *bytes, size_t size)
	__attribute__((returns_nonnull));
char *arena_strn(struct arena *arena, const char *s, size_t length)
	__attribute__((returns_nonnull));
void arena_deinit(struct arena *arena);

#endif
