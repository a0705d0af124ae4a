/* SPDX-License-Identifier: Apache-2.0 */
/* x86, 32 and 64 bits: what an instruction does to addresses of the frame. */
#include "prologue.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <stdlib.h>

#define NO_REG 0xff

/* Numbers from here on are no sizes of frames. */
#define LARGEST (INT64_C(1) << 40)

/* Where capstone's numbers of a register's parts stand in DWARF's numbering, which is another on 32
 * bits. */
static const struct {
	uint8_t dwarf64, dwarf32;
	uint16_t parts[5];
} names[] = {
	{ 0, 0, { X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH } },
	{ 1, 2, { X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH } },
	{ 2, 1, { X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH } },
	{ 3, 3, { X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH } },
	{ 4, 6, { X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL } },
	{ 5, 7, { X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL } },
	{ 6, 5, { X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL } },
	{ 7, 4, { X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL } },
	{ 8, NO_REG, { X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B } },
	{ 9, NO_REG, { X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B } },
	{ 10, NO_REG, { X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B } },
	{ 11, NO_REG, { X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B } },
	{ 12, NO_REG, { X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B } },
	{ 13, NO_REG, { X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B } },
	{ 14, NO_REG, { X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B } },
	{ 15, NO_REG, { X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B } },
};

struct decoder {
	csh handle;
	cs_insn *insn;
	bool wide;
	uint8_t word, sp, bp;
};

/* One instruction that is carried out. */
struct work {
	const struct decoder *d;
	const cs_insn *insn;
	const cs_x86 *x;
	struct machine *m;
	struct image *image;
};

static const struct held unknown = { HELD_UNKNOWN, 0, 0 };

/* *ret_whole: all of it, not a part. */
static unsigned reg_of(const struct decoder *d, unsigned reg, bool *ret_whole)
{
	size_t i, j;

	*ret_whole = false;
	for (i = 0; reg != X86_REG_INVALID && i < ARRAY_SIZE(names); i++)
		for (j = 0; j < ARRAY_SIZE(names[i].parts); j++)
			if (names[i].parts[j] == reg) {
				*ret_whole = j == (d->wide ? 0 : 1);
				return d->wide ? names[i].dwarf64 : names[i].dwarf32;
			}
	return NO_REG;
}

static unsigned whole_reg(const struct decoder *d, const cs_x86_op *op)
{
	bool whole;
	unsigned reg = op->type == X86_OP_REG ? reg_of(d, op->reg, &whole) : NO_REG;

	return reg != NO_REG && whole ? reg : NO_REG;
}

/* Is the operand a place in the frame? */
static bool frame_place(const struct work *w, const cs_x86_op *op, struct held *ret)
{
	bool whole;
	unsigned base;

	if (op->type != X86_OP_MEM || op->mem.index != X86_REG_INVALID ||
	    op->mem.segment != X86_REG_INVALID)
		return false;
	base = reg_of(w->d, op->mem.base, &whole);
	if (base == NO_REG || !whole || !held_is_place(w->m->regs[base]))
		return false;
	*ret = w->m->regs[base];
	ret->offset += op->mem.disp;
	return true;
}

static void forget(const struct work *w, unsigned capstone)
{
	bool whole;

	machine_set(w->m, reg_of(w->d, capstone, &whole), unknown);
}

/* Whatever else an instruction does, it overwrites these. */
static void clobber(const struct work *w)
{
	const cs_detail *detail = w->insn->detail;
	struct held at;
	unsigned i;

	for (i = 0; i < detail->regs_write_count; i++)
		forget(w, detail->regs_write[i]);
	for (i = 0; i < w->x->op_count; i++) {
		const cs_x86_op *op = &w->x->operands[i];
		/* capstone 4 does not know the access for every instruction */
		bool written = op->access ? op->access & CS_AC_WRITE : i == 0;

		if (written && op->type == X86_OP_REG)
			forget(w, op->reg);
		else if (written && frame_place(w, op, &at))
			machine_store(w->m, at, op->size ? op->size : w->d->word, unknown);
	}
}

static void push(const struct work *w, unsigned size, struct held held)
{
	struct held *sp = &w->m->regs[w->d->sp];

	if (!held_is_place(*sp))
		return;
	sp->offset -= size;
	machine_store(w->m, *sp, size, size == w->d->word ? held : unknown);
}

static struct held pop(const struct work *w, unsigned size)
{
	struct held *sp = &w->m->regs[w->d->sp], held = unknown;

	if (!held_is_place(*sp))
		return held;
	if (size == w->d->word)
		held = machine_load(w->m, *sp);
	sp->offset += size;
	return held;
}

static struct held operand(const struct work *w, const cs_x86_op *op)
{
	unsigned reg = whole_reg(w->d, op);
	struct held at;

	if (reg != NO_REG)
		return w->m->regs[reg];
	if (op->type == X86_OP_IMM && op->imm < LARGEST && op->imm > -LARGEST)
		return (struct held){ HELD_NUMBER, 0, op->imm };
	if (op->type == X86_OP_MEM && op->size == w->d->word && frame_place(w, op, &at))
		return machine_load(w->m, at);
	return unknown;
}

static void move(const struct work *w)
{
	const cs_x86_op *to = &w->x->operands[0], *from = &w->x->operands[1];
	struct held held = w->x->op_count == 2 ? operand(w, from) : unknown;
	unsigned reg = whole_reg(w->d, to), part;
	struct held at;
	bool whole;

	if (reg != NO_REG)
		machine_set(w->m, reg, held);
	else if (to->type == X86_OP_REG && to->size == 4 && held.kind == HELD_NUMBER &&
		 held.offset >= 0 && (part = reg_of(w->d, to->reg, &whole)) != NO_REG)
		machine_set(w->m, part, held); /* the upper half becomes 0 */
	else if (frame_place(w, to, &at))
		machine_store(w->m, at, to->size, to->size == w->d->word ? held : unknown);
	else
		clobber(w);
}

static void load_address(const struct work *w)
{
	unsigned reg = whole_reg(w->d, &w->x->operands[0]);
	struct held at;

	if (reg != NO_REG && frame_place(w, &w->x->operands[1], &at))
		machine_set(w->m, reg, at);
	else
		clobber(w);
}

static void add_number(const struct work *w, int sign)
{
	const cs_x86_op *to = &w->x->operands[0], *by = &w->x->operands[1];
	unsigned reg = whole_reg(w->d, to);
	struct held number = operand(w, by);

	if (reg != NO_REG && number.kind == HELD_NUMBER)
		machine_move(w->m, reg, reg, sign * number.offset);
	else
		clobber(w);
}

static void mask(const struct work *w)
{
	if (whole_reg(w->d, &w->x->operands[0]) == w->d->sp && w->x->operands[1].type == X86_OP_IMM)
		machine_align(w->m, w->d->sp);
	else
		clobber(w);
}

static void leave(const struct work *w)
{
	w->m->regs[w->d->sp] = w->m->regs[w->d->bp];
	machine_set(w->m, w->d->bp, pop(w, w->d->word));
}

/* What a function that was called may have changed. */
static void lose_scratch(const struct work *w)
{
	uint32_t kept = (w->d->wide ? &prologue_x86_64 : &prologue_i386)->kept;
	unsigned n;

	for (n = 0; n < PROLOGUE_REGS; n++)
		if (!(kept >> n & 1) && n != w->d->sp)
			machine_set(w->m, n, unknown);
}

/* How 32-bit code finds out where it is: "call 1f; 1: pop %ebx", and functions that read their return
 * address into a register, and change no other: "mov (%esp), %ebx; ret". */
static bool is_thunk(const struct work *w, uint64_t target, unsigned *ret_reg)
{
	static const uint16_t regs[] = { X86_REG_EAX, X86_REG_ECX, X86_REG_EDX, X86_REG_EBX,
					 X86_REG_ESP, X86_REG_EBP, X86_REG_ESI, X86_REG_EDI };
	uint8_t code[4];

	if (w->d->wide || !image_get(w->image, target, code, sizeof(code)) || code[0] != 0x8b ||
	    (code[1] & 0xc7) != 4 || code[2] != 0x24 || code[3] != 0xc3)
		return false;
	*ret_reg = regs[code[1] >> 3 & 7];
	return true;
}

static void call(const struct work *w)
{
	const cs_x86_op *op = &w->x->operands[0];
	unsigned reg;

	if (op->type == X86_OP_IMM && (uint64_t)op->imm == w->insn->address + w->insn->size)
		push(w, w->d->word, unknown);
	else if (op->type == X86_OP_IMM && is_thunk(w, (uint64_t)op->imm, &reg))
		forget(w, reg);
	else
		lose_scratch(w);
}

/* A jump through a variable that the linker has filled in: of a procedure linkage table. */
static void jump(const struct work *w, struct flow *flow)
{
	const cs_x86_op *op = &w->x->operands[0];
	uint64_t target;

	flow->kind = FLOW_LOST;
	if (op->type == X86_OP_IMM) {
		flow->kind = FLOW_JUMP;
		flow->target = (uint64_t)op->imm;
	} else if (op->type == X86_OP_MEM && op->mem.base == X86_REG_RIP &&
		   op->mem.index == X86_REG_INVALID &&
		   image_word(w->image, w->insn->address + w->insn->size + (uint64_t)op->mem.disp,
			      &target)) {
		flow->kind = FLOW_JUMP;
		flow->target = target;
	}
}

/* Code that touches each page of a large frame ends with the stack pointer where it wanted it:
 * "cmp %r11, %rsp; jne". */
static void compare(const struct work *w)
{
	unsigned a = whole_reg(w->d, &w->x->operands[0]), b = whole_reg(w->d, &w->x->operands[1]);

	w->m->compared = a == w->d->sp && b != NO_REG   ? (uint8_t)b
			 : b == w->d->sp && a != NO_REG ? (uint8_t)a
							: 0;
}

static void branch(const struct work *w, struct flow *flow)
{
	const struct held *limit = &w->m->regs[w->m->compared];

	flow->kind = FLOW_BRANCH;
	flow->target = (uint64_t)w->x->operands[0].imm;
	if (w->insn->id == X86_INS_JNE && w->m->compared && held_is_place(*limit) &&
	    flow->target < w->insn->address)
		w->m->regs[w->d->sp] = *limit;
}

static void other(const struct work *w, struct flow *flow)
{
	unsigned i;

	for (i = 0; i < w->insn->detail->groups_count; i++) {
		uint8_t group = w->insn->detail->groups[i];

		if (group == CS_GRP_JUMP && w->x->op_count &&
		    w->x->operands[0].type == X86_OP_IMM) {
			branch(w, flow);
			return;
		}
		if (group == CS_GRP_RET || group == CS_GRP_IRET)
			flow->kind = FLOW_END;
	}
	clobber(w);
}

static void carry_out(const struct work *w, struct flow *flow)
{
	const cs_x86_op *op = w->x->operands;
	unsigned size = w->x->op_count && op->size ? op->size : w->d->word;

	switch (w->insn->id) {
	case X86_INS_PUSH:
		/* the size of a number is that of its bytes in the instruction */
		push(w,
		     op->type != X86_OP_IMM ? size
		     : w->x->prefix[2]      ? 2
					    : w->d->word,
		     operand(w, op));
		break;
	case X86_INS_PUSHFQ:
	case X86_INS_PUSHFD:
		push(w, w->d->word, unknown);
		break;
	case X86_INS_POP:
		if (op->type == X86_OP_REG && whole_reg(w->d, op) != NO_REG)
			machine_set(w->m, whole_reg(w->d, op), pop(w, size));
		else
			(void)pop(w, size);
		break;
	case X86_INS_POPFQ:
	case X86_INS_POPFD:
		(void)pop(w, w->d->word);
		break;
	case X86_INS_MOV:
	case X86_INS_MOVABS:
		move(w);
		break;
	case X86_INS_LEA:
		load_address(w);
		break;
	case X86_INS_ADD:
		add_number(w, 1);
		break;
	case X86_INS_SUB:
		add_number(w, -1);
		break;
	case X86_INS_AND:
		mask(w);
		break;
	case X86_INS_LEAVE:
		leave(w);
		break;
	case X86_INS_CALL:
		call(w);
		break;
	case X86_INS_JMP:
		jump(w, flow);
		break;
	case X86_INS_CMP:
		compare(w);
		break;
	case X86_INS_TEST:
	case X86_INS_NOP:
		break;
	case X86_INS_HLT:
	case X86_INS_UD2:
	case X86_INS_INT3:
		flow->kind = FLOW_END;
		break;
	default:
		other(w, flow);
		break;
	}
}

static bool step(void *own, struct image *image, uint64_t pc, const uint8_t *code, size_t size,
		 struct machine *m, struct flow *ret)
{
	struct decoder *d = own;
	struct work w = { .d = d, .insn = d->insn, .m = m, .image = image };

	if (!cs_disasm_iter(d->handle, &code, &size, &pc, d->insn))
		return false;
	w.x = &d->insn->detail->x86;
	ret->kind = FLOW_ON;
	ret->size = d->insn->size;
	carry_out(&w, ret);
	return true;
}

static void *x86_open(const struct arch *arch)
{
	struct decoder *d;
	size_t handle;

	if (!symbols_open_disassembler(arch, &handle))
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->handle = handle;
	d->insn = cs_malloc(handle);
	d->wide = arch->word == 8;
	d->word = arch->word;
	d->sp = (uint8_t)arch->sp;
	d->bp = (uint8_t)arch->fp;
	return d;
}

static void x86_close(void *own)
{
	struct decoder *d = own;

	cs_free(d->insn, 1);
	cs_close(&d->handle);
	free(d);
}

/* rbx, rbp, r12 to r15; ebx, ebp, esi, edi */
const struct prologue_ops prologue_x86_64 = {
	.machine = EM_X86_64,
	.word = 8,
	.longest = 15,
	.ra_reg = -1,
	.kept = 1u << 3 | 1u << 6 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 15,
	.step = step,
	.open = x86_open,
	.close = x86_close,
};

const struct prologue_ops prologue_i386 = {
	.machine = EM_386,
	.word = 4,
	.longest = 15,
	.ra_reg = -1,
	.kept = 1u << 3 | 1u << 5 | 1u << 6 | 1u << 7,
	.step = step,
	.open = x86_open,
	.close = x86_close,
};
