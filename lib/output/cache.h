/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a stack that several tasks share is made once and copied: a stack is interned,
 * and what only one task knows of its frames (detail) makes its text the task's own. */
#ifndef OUTPUT_CACHE_H
#define OUTPUT_CACHE_H

#include "output.h"

struct cache {
	struct out text; /* in memory */
	struct cache_piece {
		size_t at, size;
	} * pieces;      /* per stack; size 0: not there */
	uint32_t *users; /* per stack: how many tasks show it as it is */
};

void cache_init(struct cache *cache, const struct stk_dump *dump, bool colour);
void cache_deinit(struct cache *cache);
/* Where to write the stack of a task; NULL when it has been written to `out` already.
 * After writing, cache_close(). */
struct out *cache_open(struct cache *cache, struct out *out, const struct stk_task *task);
void cache_close(struct cache *cache, struct out *out, const struct stk_task *task);

#endif
