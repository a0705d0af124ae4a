/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction, by capstone: its text and the memory that it touches. */
#include "finding.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

/* A register by capstone's number, whole or its low part. */
static bool value_of(const struct cause *k, csh handle, unsigned reg, uint64_t *ret)
{
	const char *name = reg ? cs_reg_name(handle, reg) : NULL;
	char whole[16];

	if (!name)
		return false;
	if (cause_register(k, name, ret))
		return true;
	/* eax of rax, r10d of r10, w3 of x3. */
	if (name[0] == 'e')
		snprintf(whole, sizeof(whole), "r%s", name + 1);
	else if (name[0] == 'w')
		snprintf(whole, sizeof(whole), "x%s", name + 1);
	else if (!strcmp(name, "fp"))
		snprintf(whole, sizeof(whole), "x29");
	else {
		snprintf(whole, sizeof(whole), "%s", name);
		whole[strcspn(whole, "dwb")] = '\0';
	}
	if (!cause_register(k, whole, ret))
		return false;
	*ret &= UINT32_MAX;
	return true;
}

static struct access *add(struct instruction *insn, uint64_t address, unsigned size, unsigned how)
{
	struct access *a;

	if (insn->naccesses == ARRAY_SIZE(insn->accesses))
		return NULL;
	a = &insn->accesses[insn->naccesses++];
	*a = (struct access){ .address = address,
			      .size = size,
			      .read = how & CS_AC_READ,
			      .write = how & CS_AC_WRITE };
	return a;
}

static void name_base(struct access *a, csh handle, unsigned reg, uint64_t value)
{
	const char *name = reg ? cs_reg_name(handle, reg) : NULL;

	if (!a || !name)
		return;
	snprintf(a->base, sizeof(a->base), "%s", name);
	a->base_value = value;
}

static uint64_t segment_base(const struct cause *k, csh handle, unsigned segment)
{
	const char *name = segment ? cs_reg_name(handle, segment) : NULL;
	uint64_t base = 0;

	if (name && !strcmp(name, "fs"))
		(void)cause_register(k, "fs_base", &base);
	else if (name && !strcmp(name, "gs"))
		(void)cause_register(k, "gs_base", &base);
	return base;
}

static void x86_operand(const struct cause *k, csh handle, const cs_insn *raw, const cs_x86_op *op,
			bool first, struct instruction *insn)
{
	uint64_t base = 0, index = 0, address;
	unsigned how = op->access;
	struct access *a;

	/* rip-relative addresses count from the next instruction. */
	if (op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_EIP)
		base = raw->address + raw->size;
	else if (op->mem.base && !value_of(k, handle, op->mem.base, &base))
		return;
	if (op->mem.index && !value_of(k, handle, op->mem.index, &index))
		return;
	address = base + index * (uint64_t)(int64_t)op->mem.scale + (uint64_t)op->mem.disp +
		  segment_base(k, handle, op->mem.segment);
	if (k->arch->word == 4)
		address &= UINT32_MAX;
	if (!how) /* capstone 4 knows it not for every instruction: the first operand is the target
		   */
		how = first && raw->detail->x86.op_count > 1 ? CS_AC_WRITE : CS_AC_READ;
	a = add(insn, address, op->size, how);
	if (op->mem.index && (!op->mem.base || cause_is_canonical(k, base)) &&
	    !cause_is_canonical(k, index))
		name_base(a, handle, op->mem.index, index);
	else
		name_base(a, handle, op->mem.base, base);
}

/* push, call, pop, ret touch the stack without saying so. */
static void x86_stack(const struct cause *k, const cs_insn *raw, struct instruction *insn)
{
	unsigned word = k->arch->word;
	struct access *a = NULL;

	switch (raw->id) {
	case X86_INS_PUSH:
	case X86_INS_CALL:
	case X86_INS_ENTER:
		a = add(insn, k->sp - word, word, CS_AC_WRITE);
		break;
	case X86_INS_POP:
	case X86_INS_RET:
		a = add(insn, k->sp, word, CS_AC_READ);
		break;
	}
	if (a) {
		snprintf(a->base, sizeof(a->base), word == 8 ? "rsp" : "esp");
		a->base_value = k->sp;
	}
}

static void x86_divide(const struct cause *k, csh handle, const cs_insn *raw,
		       struct instruction *insn)
{
	const cs_x86_op *op = raw->detail->x86.operands;
	unsigned char bytes[8] = { 0 };

	if (raw->id != X86_INS_DIV && raw->id != X86_INS_IDIV)
		return;
	insn->is_divide = true;
	if (op->type == X86_OP_REG)
		insn->divisor_known = value_of(k, handle, op->reg, &insn->divisor);
	else if (insn->naccesses && op->size <= 8 &&
		 image_get(k->image, insn->accesses[0].address, bytes, op->size)) {
		memcpy(&insn->divisor, bytes, sizeof(bytes));
		insn->divisor_known = true;
	}
}

static void x86(const struct cause *k, csh handle, const cs_insn *raw, struct instruction *insn)
{
	const cs_x86 *x = &raw->detail->x86;
	unsigned i;

	/* lea and nop have memory operands and touch nothing. */
	for (i = 0; raw->id != X86_INS_LEA && raw->id != X86_INS_NOP && i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM)
			x86_operand(k, handle, raw, &x->operands[i], i == 0, insn);
	x86_stack(k, raw, insn);
	x86_divide(k, handle, raw, insn);
}

/* Bytes that a load or store of this name moves; capstone does not say. */
static unsigned arm64_size(const char *name, const cs_arm64_op *data)
{
	size_t length = strlen(name);
	unsigned word = data->type == ARM64_OP_REG && data->reg >= ARM64_REG_W0 &&
					data->reg <= ARM64_REG_W30
				? 4
				: 8;

	if (!strncmp(name, "ldp", 3) || !strncmp(name, "stp", 3))
		return word * 2;
	if (length && name[length - 1] == 'b')
		return 1;
	if (length && name[length - 1] == 'h')
		return 2;
	return !strcmp(name, "ldrsw") ? 4 : word;
}

static void arm64(const struct cause *k, csh handle, const cs_insn *raw, struct instruction *insn)
{
	const cs_arm64 *x = &raw->detail->arm64;
	bool store = !strncmp(raw->mnemonic, "st", 2);
	unsigned i;

	for (i = 0; i < x->op_count; i++) {
		const cs_arm64_op *op = &x->operands[i];
		uint64_t base = 0, index = 0;

		if (op->type != ARM64_OP_MEM || !value_of(k, handle, op->mem.base, &base))
			continue;
		if (op->mem.index && !value_of(k, handle, op->mem.index, &index))
			continue;
		if (op->shift.type == ARM64_SFT_LSL)
			index <<= op->shift.value & 63;
		name_base(add(insn, base + index + (uint64_t)(int64_t)op->mem.disp,
			      arm64_size(raw->mnemonic, &x->operands[0]),
			      store ? CS_AC_WRITE : CS_AC_READ),
			  handle, op->mem.base, base);
	}
}

bool cause_decode(const struct cause *k, struct instruction *ret)
{
	unsigned char bytes[16];
	size_t got = image_read(k->image, k->thread->regs.pc, bytes, sizeof(bytes));
	cs_insn *raw = NULL;
	csh handle;

	memset(ret, 0, sizeof(*ret));
	if (!got || !symbols_open_disassembler(k->arch, &handle))
		return false;
	if (cs_disasm(handle, bytes, got, k->thread->regs.pc, 1, &raw) == 1) {
		snprintf(ret->text, sizeof(ret->text), "%s%s%s", raw->mnemonic,
			 *raw->op_str ? " " : "", raw->op_str);
		if (!strcmp(k->arch->name, "aarch64"))
			arm64(k, handle, raw, ret);
		else
			x86(k, handle, raw, ret);
	}
	if (raw)
		cs_free(raw, 1);
	cs_close(&handle);
	return *ret->text;
}
