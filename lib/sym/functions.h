/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of one compilation unit, and the calls inlined into them. */
#ifndef SYM_FUNCTIONS_H
#define SYM_FUNCTIONS_H

#include "die.h"
#include "ranges.h"

/* A call that was inlined. In the order of the file: the ones inside it follow it. */
struct inlined {
	Dwarf_Die die;
	uint32_t first_range, nranges; /* of function->ranges */
	uint32_t next;                 /* index of the first one not inside it */
};

struct function {
	Dwarf_Die die;
	uint64_t entry;
	bool parsed; /* the calls inside have been read */
	struct inlined *inlined;
	size_t ninlined, cap_inlined;
	struct range *ranges;
	size_t nranges, cap_ranges;
};

struct functions {
	Dwarf_Die unit;
	struct function *items;
	size_t count, cap;
	struct ranges ranges; /* ids: indices of items */
	bool deep;            /* bodies and types have been searched for functions, too */
};

/* Finds the functions; their bodies are read when they are asked for. */
void functions_init(struct functions *functions, const Dwarf_Die *unit);
void functions_deinit(struct functions *functions);
/* The entries at an address of the debug information: the function first, then the inlined
 * calls inwards, at most `room`. Returns how many; 0: no function covers it. */
size_t functions_at(struct functions *functions, uint64_t addr, Dwarf_Die *ret, size_t room,
		    uint64_t *ret_entry);

#endif
