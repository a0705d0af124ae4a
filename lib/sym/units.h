/* SPDX-License-Identifier: Apache-2.0 */
/* The compilation units of one module, and which of them covers an address. */
#ifndef SYM_UNITS_H
#define SYM_UNITS_H

#include <elfutils/libdwfl.h>

#include "../image/image.h"
#include "functions.h"
#include "ranges.h"

struct unit {
	Dwarf_Off offset; /* of its header */
	Dwarf_Die die;    /* with the ranges and the line table: of a split unit, the skeleton */
	Dwarf_Die body;   /* with the functions: the same, or from the .dwo file */
	struct ranges ranges; /* exact; libdw's own answers fill the gaps between them */
	struct functions functions;
	bool opened;  /* die and ranges are there */
	bool touched; /* body and functions are there */
	bool no_dwo;  /* split, and the .dwo file is not here (or not its own) */
	char *why;    /* it may not be opened; malloc'ed, NULL: it is not here */
};

/* Addresses are those of the debug information. */
struct units {
	struct image *image;
	uint32_t module;
	Dwarf *dwarf;
	uint64_t bias; /* target address - address in the debug information */
	struct unit *items;
	size_t count, cap;
	struct map offsets;   /* of a unit -> index of items */
	struct ranges claims; /* ids: indices of items */
	struct ranges text;   /* where the file's code is: ranges of dropped code start elsewhere */
	bool all;             /* every unit has been opened */
	int error;            /* of dwfl_errno(): why there is no dwarf; 0 */
	bool damaged;         /* something could not be decompressed */
};

/* units->dwarf stays NULL when the module has no debug information. */
void units_init(struct units *units, struct image *image, uint32_t module);
void units_deinit(struct units *units);
/* The next unit that covers addr (of the target), touched; NULL. *at is SIZE_MAX to begin with. */
struct unit *units_next(struct units *units, uint64_t addr, size_t *at);

#endif
