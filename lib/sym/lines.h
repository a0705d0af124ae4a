/* SPDX-License-Identifier: Apache-2.0 */
/* Line tables, and the names of files. */
#ifndef SYM_LINES_H
#define SYM_LINES_H

#include <elfutils/libdw.h>

#include "../base/base.h"
#include "../model/model.h"

struct line {
	const char *file;      /* builder's; NULL unknown */
	uint32_t line, column; /* 0 unknown */
	bool damaged;          /* there is a table, and it cannot be read */
};

/* What the line table of a unit says of an address of the debug information, which must be in
 * the unit's exact ranges. File NULL: nothing. */
struct line lines_at(struct builder *b, Dwarf_Die *unit, uint64_t addr);
/* Where an inlined call was made: DW_AT_call_*. `unit` is the one that holds the entry. */
struct line lines_of_call(struct builder *b, Dwarf_Die *unit, Dwarf_Die *call);

#endif
