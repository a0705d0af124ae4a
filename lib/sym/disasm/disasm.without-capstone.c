/* SPDX-License-Identifier: Apache-2.0 */
#include "disasm.h"

const struct stk_disasm *disasm_around(struct symbols *symbols, struct image *image,
				       struct builder *b, uint64_t entry, uint64_t lookup)
{
	(void)symbols, (void)image, (void)entry, (void)lookup;
	builder_note(b, STK_NOTE_NOT_BUILT_IN, "",
		     "this stk was built without capstone: no disassembly");
	return NULL;
}

bool symbols_open_disassembler(const struct arch *arch, size_t *ret)
{
	(void)arch, (void)ret;
	return false;
}
