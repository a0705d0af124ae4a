/* SPDX-License-Identifier: Apache-2.0 */
/* aarch64: every instruction has four bytes and its fields at fixed places (the Arm Architecture
 * Reference Manual, C4), and few kinds of them touch what matters here. */
#include "prologue.h"

#include <elf.h>
#include <string.h>

enum { LR = 30, SP = 31 };

static const struct held unknown = { HELD_UNKNOWN, 0, 0 };

static int64_t field(uint32_t code, unsigned low, unsigned bits)
{
	return code >> low & ((UINT32_C(1) << bits) - 1);
}

static int64_t signed_field(uint32_t code, unsigned low, unsigned bits)
{
	return (int64_t)((uint64_t)field(code, low, bits) << (64 - bits)) >> (64 - bits);
}

/* Number 31 is the stack pointer as a base, and no register at all as data. */
static void set_data(struct machine *m, unsigned reg, struct held held)
{
	if (reg != 31)
		machine_set(m, reg, held);
}

static struct held get_data(const struct machine *m, unsigned reg)
{
	return reg == 31 ? unknown : m->regs[reg];
}

/* One or two registers of size bytes at an address of base; count 0: of another kind (vectors). */
struct transfer {
	unsigned base, regs[2], count, size;
	int64_t offset;
	bool load, writes_base, after; /* after: the address is base's old value */
};

static void transfer(struct machine *m, const struct transfer *t)
{
	struct held at = m->regs[t->base];
	unsigned i;

	at.offset += t->after ? 0 : t->offset;
	for (i = 0; i < t->count; i++, at.offset += t->size)
		if (t->load)
			set_data(m, t->regs[i],
				 held_is_place(at) && t->size == 8 ? machine_load(m, at) : unknown);
		else
			machine_store(m, at, t->size,
				      t->size == 8 ? get_data(m, t->regs[i]) : unknown);
	if (t->writes_base)
		machine_move(m, t->base, t->base, t->offset);
}

/* stp, ldp: offset, before (!), after; of general registers */
static bool is_pair(uint32_t code, struct transfer *ret)
{
	unsigned kind = (unsigned)field(code, 23, 3), opc = (unsigned)field(code, 30, 2);
	bool vector = code >> 26 & 1;
	unsigned scale = vector ? 4u << opc : opc & 2 ? 8 : 4;

	if (field(code, 27, 3) != 5 || kind > 3)
		return false;
	*ret = (struct transfer){
		.base = (unsigned)field(code, 5, 5),
		.count = vector ? 0 : 2,
		.size = scale,
		.regs = { (unsigned)field(code, 0, 5), (unsigned)field(code, 10, 5) },
		.offset = signed_field(code, 15, 7) * (int64_t)scale,
		.load = code >> 22 & 1,
		.writes_base = kind == 1 || kind == 3,
		.after = kind == 1,
	};
	return true;
}

/* str, ldr and their like, with a number for the distance */
static bool is_single(uint32_t code, struct transfer *ret)
{
	unsigned log = (unsigned)field(code, 30, 2), opc = (unsigned)field(code, 22, 2);
	bool vector = code >> 26 & 1, scaled = code >> 24 & 1;
	unsigned mode = (unsigned)field(code, 10, 2);

	if (field(code, 27, 3) != 7 || code >> 25 & 1 || (!scaled && code >> 21 & 1))
		return false;
	*ret = (struct transfer){
		.base = (unsigned)field(code, 5, 5),
		.count = vector ? 0 : 1,
		.size = 1u << log,
		.regs = { (unsigned)field(code, 0, 5), 0 },
		.load = opc != 0,
		.offset = scaled ? field(code, 10, 12) << (vector && opc > 1 ? 4 : log)
				 : signed_field(code, 12, 9),
		.writes_base = !scaled && (mode == 1 || mode == 3),
		.after = !scaled && mode == 1,
	};
	return true;
}

/* add, sub with a number: of 64 bits, without flags; mov to or from sp is one of 0 */
static bool add_number(struct machine *m, uint32_t code)
{
	int64_t number = field(code, 10, 12) << (code >> 22 & 1 ? 12 : 0);

	if ((code & 0xbf800000) != 0x91000000)
		return false;
	machine_move(m, (unsigned)field(code, 0, 5), (unsigned)field(code, 5, 5),
		     code >> 30 & 1 ? -number : number);
	return true;
}

/* mov x0, x1 */
static bool copy(struct machine *m, uint32_t code)
{
	if ((code & 0xffe0ffe0) != 0xaa0003e0)
		return false;
	set_data(m, (unsigned)field(code, 0, 5), get_data(m, (unsigned)field(code, 16, 5)));
	return true;
}

/* mov with 16 bits of a number, and movk, which adds others. */
static bool move_number(struct machine *m, uint32_t code)
{
	unsigned reg = (unsigned)field(code, 0, 5), shift = (unsigned)field(code, 21, 2) * 16;
	struct held held = { HELD_NUMBER, 0, 0 };

	if ((code & 0x1f800000) != 0x12800000 || !(code >> 30 & 1))
		return false;
	if (code >> 29 & 1)
		held = get_data(m, reg);
	if (shift > 16)
		held.kind = HELD_UNKNOWN;
	held.offset |= field(code, 5, 16) << shift;
	set_data(m, reg, held.kind == HELD_NUMBER ? held : unknown);
	return true;
}

/* Of the stack pointer; sub where bit 30 is set. */
static void add_reg(struct machine *m, uint32_t code)
{
	struct held by = get_data(m, (unsigned)field(code, 16, 5));
	unsigned from = (unsigned)field(code, 5, 5);

	if (by.kind == HELD_NUMBER && !field(code, 10, 3))
		machine_move(m, SP, from, code >> 30 & 1 ? -by.offset : by.offset);
	else
		machine_set(m, SP, unknown);
}

/* and with a number: the stack pointer is aligned; add and sub of a register: room is made for what
 * has no fixed size. */
static bool moves_sp(struct machine *m, uint32_t code)
{
	if (field(code, 0, 5) != SP)
		return false;
	if ((code & 0xff800000) == 0x92000000)
		machine_align(m, SP);
	else if ((code & 0x3fe00000) == 0x0b200000)
		add_reg(m, code);
	else
		return false;
	return true;
}

/* The general register that an instruction of any other kind writes; 31 none. */
static unsigned written(uint32_t code)
{
	bool vector = (code & 0x0e000000) == 0x0e000000, memory = (code & 0x0a000000) == 0x08000000;

	if (code >> 21 == 0x6a8 || (memory && code & 1u << 26))
		return 31; /* hints and system instructions; vectors to and from memory */
	if (memory && field(code, 27, 3) == 7 && !(code >> 22 & 3))
		return 31; /* a store, its distance in a register */
	if (vector && (code & 0x5f000000) != 0x1e000000 && (code & 0x9fe0d400) != 0x0e001400)
		return 31;
	return (unsigned)field(code, 0, 5);
}

static void lose_scratch(struct machine *m)
{
	unsigned n;

	for (n = 0; n < PROLOGUE_REGS; n++)
		if (n != SP && !(prologue_arm64.kept >> n & 1))
			machine_set(m, n, unknown);
}

static bool is_flow(struct machine *m, uint32_t code, uint64_t pc, struct flow *ret)
{
	if ((code & 0x7c000000) == 0x14000000) { /* b, bl */
		ret->target = pc + (uint64_t)(signed_field(code, 0, 26) * 4);
		ret->kind = code >> 31 ? FLOW_ON : FLOW_JUMP;
		if (code >> 31)
			lose_scratch(m);
	} else if ((code & 0xff000000) == 0x54000000 || (code & 0x7e000000) == 0x34000000) {
		ret->target = pc + (uint64_t)(signed_field(code, 5, 19) * 4); /* b.cond, cbz */
		ret->kind = FLOW_BRANCH;
	} else if ((code & 0x7e000000) == 0x36000000) { /* tbz */
		ret->target = pc + (uint64_t)(signed_field(code, 5, 14) * 4);
		ret->kind = FLOW_BRANCH;
	} else if ((code & 0xfe000000) == 0xd6000000) { /* br, blr, ret, and those that check */
		ret->kind = field(code, 21, 2) == 1 ? FLOW_ON
			    : field(code, 21, 2)    ? FLOW_END
						    : FLOW_LOST;
		if (ret->kind == FLOW_ON)
			lose_scratch(m);
	} else if ((code & 0xffe0001f) == 0xd4200000) { /* brk */
		ret->kind = FLOW_END;
	} else {
		return false;
	}
	return true;
}

static bool step(void *own, struct image *image, uint64_t pc, const uint8_t *bytes, size_t size,
		 struct machine *m, struct flow *ret)
{
	struct transfer t;
	uint32_t code;

	(void)own, (void)image;
	if (size < 4 || pc & 3)
		return false;
	code = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
	*ret = (struct flow){ FLOW_ON, 4, 0 };
	if (!code) /* udf: what is no code */
		return false;
	if (is_flow(m, code, pc, ret) || add_number(m, code) || copy(m, code) ||
	    move_number(m, code))
		return true;
	if (is_pair(code, &t) || is_single(code, &t))
		transfer(m, &t);
	else if (!moves_sp(m, code))
		set_data(m, written(code), unknown);
	return true;
}

/* x19 to x29; the return address is in x30 */
const struct prologue_ops prologue_arm64 = {
	.machine = EM_AARCH64,
	.word = 8,
	.longest = 4,
	.ra_reg = LR,
	.kept = 0x7ffu << 19,
	.step = step,
};
