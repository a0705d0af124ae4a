/* SPDX-License-Identifier: Apache-2.0 */
/* Walking debug information entries in the order of the file, each once. */
#ifndef SYM_DIE_H
#define SYM_DIE_H

#include <elfutils/libdw.h>

#include "../base/base.h"

/* libdw's own dwarf_siblingof() reads all children of an entry again when the compiler gave no
 * DW_AT_sibling (clang, rustc): recursion with it costs depth times the size. This goes on
 * from where the last child ended. No stack: depth is a number, nesting costs nothing. */
struct die_walk {
	Dwarf_Die at;             /* the current entry */
	unsigned depth;           /* 0: a child of the root */
	bool fresh;               /* not stepped on yet */
	const unsigned char *end; /* of the unit's bytes */
};

/* A walk below root; die_walk_next() gives its first child. */
void die_walk_init(struct die_walk *walk, const Dwarf_Die *root);
/* Steps to the first child of the current entry if `enter` and it has one, else over it. False:
 * the end, or damaged. `enter` is ignored at first. */
bool die_walk_next(struct die_walk *walk, bool enter);

/* The entry that an attribute refers to. */
bool die_ref(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret);
/* An unsigned attribute; false when it is not there. */
bool die_number(Dwarf_Die *die, unsigned attribute, uint64_t *ret);
/* A flag, its own or of what it stands for; false when it is not there. */
bool die_flag(Dwarf_Die *die, unsigned attribute);
/* A string attribute; NULL when it is not there. */
const char *die_string(Dwarf_Die *die, unsigned attribute);

#endif
