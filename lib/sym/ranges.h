/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals of addresses, each with an id; they may overlap and nest. */
#ifndef SYM_RANGES_H
#define SYM_RANGES_H

#include "../base/base.h"

struct range {
	uint64_t low, high; /* [low, high) */
	uint64_t max_end;   /* the largest high of this one and all before it */
	uint32_t id;
};

/* Zeroed is ready to use. */
struct ranges {
	struct range *items;
	size_t count, cap;
};

/* Empty and inverted ones are dropped. */
void ranges_add(struct ranges *ranges, uint64_t low, uint64_t high, uint32_t id);
/* Call after the last add, before the first question; again when items were changed. */
void ranges_sort(struct ranges *ranges);
/* The next range that covers addr: the closest start first, of equal ones the shorter, then the
 * lower id. *at is SIZE_MAX to begin with. NULL: no more. */
const struct range *ranges_next(const struct ranges *ranges, uint64_t addr, size_t *at);
void ranges_deinit(struct ranges *ranges);

#endif
