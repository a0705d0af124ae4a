/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks that are known by sight. Thousands of goroutines are parked in a few places: one that
 * stands where another one was walked is recognised by its return addresses, which are read at
 * once instead of one after another. */
#ifndef LANG_GO_KNOWNSTACK_H
#define LANG_GO_KNOWNSTACK_H

#include "sched.h"
#include "../lang.h"

struct go;

#define GOKNOWNSTACK_WAYS 4

/* Frames of a walk that depends on nothing but return addresses at fixed distances. */
struct goknownstack {
	size_t first;   /* into capture->frames */
	uint32_t count; /* 0: none */
	uint32_t span;  /* bytes from the first return address to behind the last one */
};

struct goknownstacks {
	struct map sets; /* where goroutines start and are parked -> which of sets */
	struct {
		struct goknownstack ways[GOKNOWNSTACK_WAYS];
	} * items; /* the last seen first */
	size_t count, cap;
};

/* Is the goroutine, parked at `start`, where another one was? Then *ret is its stack: the other's
 * frames, *shift being how much higher its own are; or, where these matter, a copy (*shift is 0). */
bool goknownstack_find(struct go *go, struct capture *c, const struct goroutine *g,
		       const struct image_regs *start, struct raw_stack *ret, uint64_t *shift);
/* This is the stack of a parked goroutine, walked frame by frame. */
void goknownstack_learn(struct go *go, const struct capture *c, const struct goroutine *g,
			const struct raw_stack *stack);
void goknownstack_deinit(struct goknownstacks *known);

#endif
