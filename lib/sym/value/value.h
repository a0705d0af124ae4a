/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments and variables of one frame, and their values in words. */
#ifndef SYM_VALUE_H
#define SYM_VALUE_H

#include <elfutils/libdw.h>

#include "eval.h"
#include "../sym.h"

/* The entries at a place: the physical function first, inlined calls inwards. */
struct scope {
	Dwarf_Die dies[LIMIT_INLINE_DEPTH];
	size_t count;
	uint64_t bias;
	int lang;
};

/* false: there is no debug information for it. In sym.c. */
bool symbols_scope(struct symbols *symbols, uint64_t lookup, struct scope *ret);
struct builder *symbols_builder(struct symbols *symbols);
struct image *symbols_image(struct symbols *symbols);
/* What value.c keeps of places; NULL at the start. */
struct plans **symbols_plans(struct symbols *symbols);
void plans_free(struct plans *plans);

#endif
