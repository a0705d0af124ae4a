/* SPDX-License-Identifier: Apache-2.0 */
/* Where threads begin. Only nocfi/. */
#ifndef ROOT_H
#define ROOT_H

#include "../lang.h"

/* A function, as symbols have it. */
struct function {
	const char *name; /* NULL: there is no symbol */
	uint64_t start;
	bool sure; /* its size says that it goes so far; otherwise it is only the last one before */
};

/* What symbols say of an address. */
struct function function_at(struct image *image, uint64_t addr);
/* Does nothing return from this frame, by its code or by what it is? */
bool root_is(struct image *image, const struct function *function, uint64_t pc);
/* By its name alone: it may have been called, too. */
bool root_is_named(const struct function *function);

#endif
