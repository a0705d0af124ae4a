/* SPDX-License-Identifier: Apache-2.0 */
/* The symbol table of one module, sorted: .symtab, .dynsym or the mini debug info, whichever
 * libdwfl finds to be the best. */
#ifndef SYM_SYMTAB_H
#define SYM_SYMTAB_H

#include "../image/image.h"
#include "ranges.h"

struct symbol {
	const char *name;     /* the file's; may end with an @version */
	uint64_t start, size; /* target address; size 0: unknown */
	uint8_t rank;         /* 2 global, 1 weak, 0 local */
};

struct symtab {
	struct symbol *symbols;
	size_t count;
	struct ranges ranges; /* ids: indices of symbols */
	bool full;            /* not only what is exported */
};

/* Never fails: a module without symbols gives an empty table. */
void symtab_init(struct symtab *table, Dwfl_Module *mod);
void symtab_deinit(struct symtab *table);
/* The symbol that covers a target address; NULL. A symbol of known size before one of unknown
 * size, the closest start, global before weak before local. A symbol of unknown size goes on
 * to the next symbol, never over the end of its section. */
const struct symbol *symtab_at(const struct symtab *table, uint64_t addr);
/* Of its name, without the version. */
size_t symbol_name_size(const struct symbol *symbol);
/* By exact name, global before weak before local; NULL. Linear. */
const struct symbol *symtab_find(const struct symtab *table, const char *name);

#endif
