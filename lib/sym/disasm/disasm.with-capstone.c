/* SPDX-License-Identifier: Apache-2.0 */
#include "disasm.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shown before and behind the current one. */
#define AROUND 5u
/* A function is decoded from its start: instructions of x86 can only be found forwards. */
#define MAX_FUNCTION 65536u
/* Behind the current one: the longest instructions have 15 bytes. */
#define BEHIND 96u

bool symbols_open_disassembler(const struct arch *arch, size_t *ret)
{
	cs_arch machine = CS_ARCH_X86;
	cs_mode mode = arch->word == 8 ? CS_MODE_64 : CS_MODE_32;

	if (!strcmp(arch->name, "aarch64")) {
		machine = CS_ARCH_ARM64;
		mode = CS_MODE_LITTLE_ENDIAN;
	} else if (strcmp(arch->name, "x86_64") != 0 && strcmp(arch->name, "i386") != 0) {
		return false;
	}
	return cs_open(machine, mode, ret) == CS_ERR_OK &&
	       cs_option(*ret, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK;
}

/* The address that an instruction speaks of: the target of a branch, or of a pc-relative operand.
 */
static bool operand_address(const struct arch *arch, const cs_insn *insn, uint64_t *ret)
{
	uint8_t i;

	if (!strcmp(arch->name, "aarch64")) {
		const cs_arm64 *x = &insn->detail->arm64;

		for (i = 0; i < x->op_count; i++)
			if (x->operands[i].type == ARM64_OP_IMM &&
			    (insn->mnemonic[0] == 'b' || insn->mnemonic[0] == 'a')) {
				*ret = (uint64_t)x->operands[i].imm;
				return true;
			}
		return false;
	}
	for (i = 0; i < insn->detail->x86.op_count; i++) {
		const cs_x86_op *op = &insn->detail->x86.operands[i];

		if (op->type == X86_OP_IMM &&
		    (insn->mnemonic[0] == 'j' || insn->id == X86_INS_CALL)) {
			*ret = (uint64_t)op->imm;
			return true;
		}
		if (op->type == X86_OP_MEM && op->mem.base == X86_REG_RIP) {
			*ret = insn->address + insn->size + (uint64_t)op->mem.disp;
			return true;
		}
	}
	return false;
}

static const char *text_of(struct symbols *symbols, struct image *image, struct builder *b,
			   const cs_insn *insn)
{
	uint64_t address, offset = 0;
	const char *name = NULL;

	if (operand_address(image_arch(image), insn, &address))
		name = symbols_name(symbols, address, &offset);
	if (!name)
		return builder_fmt(b, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "",
				   insn->op_str);
	if (!offset)
		return builder_fmt(b, "%s %s <%s>", insn->mnemonic, insn->op_str, name);
	return builder_fmt(b, "%s %s <%s+%llu>", insn->mnemonic, insn->op_str, name,
			   (unsigned long long)offset);
}

/* Decodes from start and keeps what is around lookup. */
static const struct stk_disasm *decode(struct symbols *symbols, struct image *image,
				       struct builder *b, csh handle, uint64_t start,
				       uint64_t lookup, const unsigned char *bytes, size_t size)
{
	struct stk_insn kept[2 * AROUND + 1];
	cs_insn *insn = cs_malloc(handle);
	const uint8_t *at = bytes;
	uint64_t address = start;
	struct stk_disasm *ret;
	unsigned n = 0, behind = 0;

	while (behind <= AROUND && size && cs_disasm_iter(handle, &at, &size, &address, insn)) {
		if (n == AROUND && insn->address <= lookup &&
		    insn->address + insn->size <= lookup) {
			memmove(kept, kept + 1, (n - 1) * sizeof(*kept));
			n--;
		}
		kept[n++] = (struct stk_insn){ insn->address, text_of(symbols, image, b, insn),
					       lookup >= insn->address &&
						       lookup < insn->address + insn->size };
		behind += insn->address + insn->size > lookup;
	}
	cs_free(insn, 1);
	if (!behind)
		return NULL;
	ret = builder_alloc(b, sizeof(*ret));
	*ret = (struct stk_disasm){ n, builder_array(b, kept, n, sizeof(*kept)) };
	return ret;
}

const struct stk_disasm *disasm_around(struct symbols *symbols, struct image *image,
				       struct builder *b, uint64_t entry, uint64_t lookup)
{
	const struct stk_disasm *ret = NULL;
	FREE_AT_END unsigned char *bytes = NULL;
	size_t size, got;
	csh handle;

	if (entry > lookup || lookup - entry > MAX_FUNCTION)
		entry = lookup;
	size = (size_t)(lookup - entry) + BEHIND;
	bytes = xmalloc(size);
	got = image_read(image, entry, bytes, size);
	if (!got || !symbols_open_disassembler(image_arch(image), &handle))
		return NULL;
	ret = decode(symbols, image, b, handle, entry, lookup, bytes, got);
	cs_close(&handle);
	return ret;
}
