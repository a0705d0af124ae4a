/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks that are known by sight. Thousands of goroutines are parked in a few places: one that
 * stands where another one was walked is recognised by its return addresses, which are read at
 * once instead of one after another. */
#ifndef LANG_GO_SHAPE_H
#define LANG_GO_SHAPE_H

#include "../lang.h"

#define GOSHAPE_WAYS 4

/* Frames of a walk that depends on nothing but return addresses at fixed distances. */
struct goshape {
	size_t first;   /* into capture->frames */
	uint32_t count; /* 0: none */
	uint32_t span;  /* bytes from the first return address to behind the last one */
};

struct goshapes {
	struct map sets; /* where goroutines start and are parked -> which of sets */
	struct { struct goshape ways[GOSHAPE_WAYS]; } *items; /* the last seen first */
	size_t count, cap;
};

#endif
