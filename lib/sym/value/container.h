/* SPDX-License-Identifier: Apache-2.0 */
/* Members of library types by their names, for the files of container_*.c. */
#ifndef SYM_VALUE_CONTAINER_H
#define SYM_VALUE_CONTAINER_H

#include "format.h"

/* From the structure *type at *c to its member of that name, in base classes too. depth: 0. */
bool member_step(Dwarf_Die *type, struct content *c, const char *name, unsigned depth);
/* The same along a path: "_M_impl/_M_start". */
bool member_follow(Dwarf_Die *type, struct content *c, const char *path);
/* The number at the end of a path, and its type (may be NULL). */
bool member_number(const struct content *c, Dwarf_Die *type, const char *path, uint64_t *ret,
		   Dwarf_Die *ret_type);
/* From a structure to the first pointer in it: libraries move it about from release to release. */
bool member_first_pointer(struct content *c, Dwarf_Die *type, unsigned depth);
/* What a pointer type points to. */
bool member_pointee(Dwarf_Die *pointer, Dwarf_Die *ret);
/* The type that is a template's argument `index`. */
bool member_template(Dwarf_Die *type, unsigned index, Dwarf_Die *ret);
/* "vector of 3 {1, 2, 3}" */
void member_list(struct format *f, const char *what, uint64_t address, uint64_t count,
		 Dwarf_Die *element);

/* To add a container: a row in the table of its language's file. */
struct container {
	const char *prefix; /* of the type's name */
	/* false: it has other members than this knows; what was appended is dropped */
	bool (*show)(struct format *f, const struct content *c, Dwarf_Die *type);
};

/* Each ends with a NULL prefix. */
extern const struct container containers_cxx[], containers_rust[], containers_go[];

#endif
