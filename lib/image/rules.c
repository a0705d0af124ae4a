/* SPDX-License-Identifier: Apache-2.0 */
/* Unwinding without libdwfl: it interprets an FDE's program for each frame of each stack, some
 * thousand instructions and a dozen allocations. But a hundred thousand frames have a dozen places,
 * and what compilers write for them is nearly always an offset from a register, and offsets from that.
 * This is kept; whatever else is said (expressions, other backends' habits) stays libdwfl's. */
#include "rules.h"

#include <dwarf.h>
#include <elf.h>
#include <stdlib.h>

#include "private.h"

/* ---- taking apart ---- */

static bool read_cfa(Dwarf_Frame *frame, struct rules *ret)
{
	uint64_t reg;
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count != 1)
		return false;
	if (ops->atom == DW_OP_bregx) {
		reg = ops->number;
		ret->cfa_offset = ops->number2;
	} else if (ops->atom >= DW_OP_breg0 && ops->atom <= DW_OP_breg31) {
		reg = ops->atom - DW_OP_breg0;
		ret->cfa_offset = ops->number;
	} else {
		return false;
	}
	ret->cfa_reg = (uint8_t)reg;
	return reg < IMAGE_REGS;
}

/* libdw makes these few operations of the rules that are not expressions. */
static bool read_ops(const Dwarf_Op *ops, size_t count, struct rule *ret)
{
	size_t at = 1;

	if (ops[0].atom == DW_OP_regx) {
		ret->kind = RULE_REGISTER;
		ret->value = ops[0].number;
		return count == 1 && ret->value < IMAGE_REGS;
	}
	if (ops[0].atom != DW_OP_call_frame_cfa)
		return false;
	ret->kind = RULE_MEMORY;
	ret->value = 0;
	if (at < count && ops[at].atom == DW_OP_plus_uconst)
		ret->value = ops[at++].number;
	if (at < count && ops[at].atom == DW_OP_stack_value) {
		ret->kind = RULE_VALUE;
		at++;
	}
	return at == count;
}

static void set_same(struct rules *rules, unsigned n)
{
	rules->same[n / 64] |= UINT64_C(1) << (n % 64);
}

static bool read_register(Dwarf_Frame *frame, unsigned n, struct rules *ret, struct rule *items)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	if (dwarf_frame_register(frame, (int)n, memory, &ops, &count) != 0)
		return false;
	if (!count && ops == memory)
		return true; /* not known in the caller */
	if (n >= IMAGE_REGS)
		return !count && !ops;
	if (!count && !ops) {
		set_same(ret, n);
		return true;
	}
	items[ret->count].reg = (uint8_t)n;
	return count && read_ops(ops, count, &items[ret->count++]);
}

/* What the psABI says of registers that the information does not name: libdw has rax (0) where x86-64
 * says rbx (3), in its backends/x86_64_cfi.c. A call loses rax and keeps rbx. */
static void mend_x86_64(struct rules *rules, const struct rule *items)
{
	enum { RAX = 0, RBX = 3 };
	unsigned i;

	if (rules->signal)
		return;
	rules->same[0] &= ~(UINT64_C(1) << RAX);
	for (i = 0; i < rules->count; i++)
		if (items[i].reg == RBX)
			return;
	set_same(rules, RBX);
}

/* "The return address is signed from here on" is, as a number, SPARC's "a register window is saved"
 * (0x2d), and that is what libdw before 0.192 takes it for: x8 to x15 in x24 to x31, and x16 to x31 in
 * memory from the canonical frame address on. What was not said otherwise since then is undone. */
static void mend_aarch64(struct rules *rules, struct rule *items)
{
	enum { X8 = 8, X15 = 15, X16 = 16, X19 = 19, LR = 30, SP = 31 };
	unsigned i, kept = 0;

	for (i = 0; i < rules->count; i++) {
		struct rule *rule = &items[i];

		if (rule->reg >= X8 && rule->reg <= X15 && rule->kind == RULE_REGISTER &&
		    rule->value == rule->reg + 16u)
			continue;
		if (rule->reg < X16 || rule->reg > SP || rule->kind != RULE_MEMORY ||
		    rule->value != (rule->reg - 16u) * 8u) {
			items[kept++] = *rule;
		} else if (rule->reg == SP) {
			items[kept++] = (struct rule){ .reg = SP, .kind = RULE_VALUE };
		} else if (rule->reg >= X19) {
			set_same(rules, rule->reg);
		}
	}
	rules->count = (uint8_t)kept;
}

static void mend(const struct arch *arch, struct rules *rules, struct rule *items)
{
	if (arch->machine == EM_X86_64)
		mend_x86_64(rules, items);
	else if (arch->machine == EM_AARCH64)
		mend_aarch64(rules, items);
}

static bool read_registers(struct image *image, Dwarf_Frame *frame, struct rules *ret)
{
	struct rule items[IMAGE_REGS];
	unsigned n;

	for (n = 0; n < image->arch->plain_regs; n++)
		if (!read_register(frame, n, ret, items))
			return false;
	mend(image->arch, ret, items);
	ret->items = arena_copy(&image->rules_arena, items, ret->count * sizeof(*items));
	return true;
}

static bool read_rules(struct image *image, Dwarf_CFI *cfi, Dwarf_Addr pc, struct rules *ret)
{
	Dwarf_Frame *frame;
	int ra;

	if (!cfi || dwarf_cfi_addrframe(cfi, pc, &frame) != 0)
		return false;
	ret->found = true;
	ra = dwarf_frame_info(frame, NULL, NULL, &ret->signal);
	ret->signal &= ra >= 0;
	ret->ra = (uint8_t)ra;
	ret->plain = ra >= 0 && ra < image->arch->plain_regs && ra < IMAGE_REGS &&
		     read_cfa(frame, ret) && read_registers(image, frame, ret);
	free(frame);
	return true;
}

/* In .eh_frame, else in .debug_frame: of the file itself, else of its debug file. */
static void find_rules(struct image *image, Dwfl_Module *module, uint64_t pc, struct rules *ret)
{
	struct debugframe *frame = &image->modules[image_module(image, pc)].frame;
	Dwarf_Addr bias;
	GElf_Addr file_bias;
	Dwarf_CFI *cfi = dwfl_module_eh_cfi(module, &bias);
	Elf *elf;

	if (read_rules(image, cfi, pc - bias, ret))
		return;
	elf = dwfl_module_getelf(module, &file_bias);
	cfi = debugframe_cfi(frame, elf);
	if (!cfi && image_has_debug(image, image_module(image, pc))) {
		image_stage(image, STK_PART_DEBUG,
			    image_module_info(image, image_module(image, pc))->path);
		cfi = dwfl_module_dwarf_cfi(module, &bias);
		image_stage(image, STK_PART_NONE, "");
	} else
		bias = file_bias;
	(void)read_rules(image, cfi, pc - bias, ret);
}

const struct rules *rules_at(struct image *image, uint64_t pc)
{
	struct rules *ret;
	Dwfl_Module *module;
	uint64_t known;

	if (map_get(&image->rules, pc, &known))
		return (const struct rules *)(uintptr_t)known;
	ret = arena_zalloc(&image->rules_arena, sizeof(*ret));
	module = image_dwfl_module(image, image_module(image, pc));
	if (module) {
		find_rules(image, module, pc, ret);
		/* libdwfl goes by its own idea of which module is at an address. */
		ret->plain &= dwfl_addrmodule(image->dwfl, pc) == module;
	}
	map_put(&image->rules, pc, (uintptr_t)ret);
	return ret;
}

/* ---- one step ---- */

static bool apply(const struct rule *rule, struct image *image, const struct image_regs *regs,
		  const uint64_t *cfa, struct rules_failure *failure, uint64_t *ret)
{
	uint64_t addr;

	if (rule->kind == RULE_REGISTER) {
		*ret = regs->r[rule->value];
		return regs_known(regs, (unsigned)rule->value);
	}
	if (!cfa)
		return false;
	addr = *cfa + rule->value;
	if (rule->kind == RULE_VALUE) {
		*ret = addr;
		return true;
	}
	if (image->arch->word == 4)
		addr &= UINT32_MAX;
	if (image_word(image, addr, ret))
		return true;
	*failure = (struct rules_failure){ true, addr };
	return false;
}

bool rules_apply(const struct rules *rules, struct image *image, struct image_regs *regs,
		 struct rules_failure *failure)
{
	uint64_t cfa = regs->r[rules->cfa_reg] + rules->cfa_offset, values[IMAGE_REGS];
	bool has_cfa = regs_known(regs, rules->cfa_reg), known[IMAGE_REGS];
	unsigned i;

	for (i = 0; i < rules->count; i++)
		known[i] = apply(&rules->items[i], image, regs, has_cfa ? &cfa : NULL, failure,
				 &values[i]);
	for (i = 0; i < IMAGE_REG_WORDS; i++)
		regs->known[i] &= rules->same[i];
	for (i = 0; i < rules->count; i++)
		if (known[i])
			regs_set(regs, rules->items[i].reg, values[i]);
	regs->pc = arch_code_address(image->arch, regs->r[rules->ra]);
	return regs_known(regs, rules->ra) && regs->pc;
}
