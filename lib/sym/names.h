/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of debug information and symbol tables are called. Memoised. */
#ifndef SYM_NAMES_H
#define SYM_NAMES_H

#include <elfutils/libdw.h>

#include "../base/base.h"
#include "../model/model.h"

/* Both are the builder's. */
struct name {
	const char *func;    /* as a person writes it; NULL unknown */
	const char *linkage; /* the mangled name; NULL when it is the same or unknown */
};

struct names {
	struct builder *b;
	struct map dies;    /* address of an entry's bytes -> index into items */
	struct map symbols; /* address of a symbol's name -> index into items */
	struct name *items;
	size_t count, cap;
	unsigned nested; /* functions in whose names the one at work is */
};

/* Zeroed and with a builder is ready to use. */
void names_deinit(struct names *names);
/* Is a name of the function's symbol wanted: is it not C, and has it no mangled name? */
bool names_want_symbol(const Dwarf_Die *function);
/* Of a function's or inlined call's entry. `symbol`: the name of the symbol at its start, which
 * tells more than the entry where that has no mangled name (static functions of g++); NULL. */
struct name names_of_die(struct names *names, const Dwarf_Die *die, const char *symbol);
struct name names_of_symbol(struct names *names, const char *symbol, size_t size);

#endif
