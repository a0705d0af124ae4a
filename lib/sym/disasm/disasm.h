/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions around a place. */
#ifndef SYM_DISASM_H
#define SYM_DISASM_H

#include "../sym.h"

/* The instructions around `lookup` (the target's), from `entry` of its function on; NULL when they
 * cannot be read or this build has no disassembler. Builder's memory. */
const struct stk_disasm *disasm_around(struct symbols *symbols, struct image *image,
				       struct builder *b, uint64_t entry, uint64_t lookup);

#endif
