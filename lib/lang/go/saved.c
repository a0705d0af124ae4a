/* SPDX-License-Identifier: Apache-2.0 */
/* C's call frame information is about registers that a callee has to preserve: where C keeps its frame
 * base in rbp (-O0, -fno-omit-frame-pointer), its frames cannot be found without it. Go's own frames
 * are found without any register but the stack pointer, so what they have kept matters only where
 * the next frame is C's: above crosscall2, by which C calls Go and which keeps all of them; and above
 * sigpanic, which a signal's handler has made a C function seem to call. */
#include "saved.h"

#include <string.h>

enum { RBX = 3, RBP = 6 };
enum { ARM64_FP = 29, ARM64_FIRST = 19 };

/* A function's first instructions, one after the other, on amd64. */
struct prologue {
	const unsigned char *code;
	size_t size, at;
	uint64_t depth;     /* bytes below the return address */
	uint32_t kept;      /* by DWARF number */
	uint64_t where[16]; /* of those: bytes below the end of the frame */
};

/* By the number that instructions have for it, a register that C's callees preserve; 0: none. */
static unsigned preserved(unsigned number)
{
	static const uint8_t dwarf[16] = {
		[3] = RBX, [5] = RBP, [12] = 12, [13] = 13, [14] = 14, [15] = 15
	};

	return dwarf[number & 15];
}

/* The first time counts: later rbp may hold the function's own base. */
static void keep(struct prologue *p, unsigned number, uint64_t below)
{
	unsigned reg = preserved(number);

	if (!reg || p->kept & 1u << reg)
		return;
	p->kept |= 1u << reg;
	p->where[reg] = below;
}

static int32_t signed32(const unsigned char *bytes)
{
	return (int32_t)load32(bytes);
}

/* `mov %reg, disp(%rsp)`; its length, 0: another instruction. */
static size_t take_store(struct prologue *p, const unsigned char *c)
{
	unsigned reg = (c[0] & 4u) << 1 | (c[2] >> 3 & 7u), mode = c[2] >> 6;
	int32_t disp = mode == 1 ? (int8_t)c[4] : mode == 2 ? signed32(c + 4) : 0;

	if ((c[0] & 0xfb) != 0x48 || c[1] != 0x89 || (c[2] & 7) != 4 || c[3] != 0x24 || mode == 3)
		return 0;
	/* only what lies in the frame */
	if (disp >= 0 && (uint64_t)disp < p->depth)
		keep(p, reg, p->depth + 8 - (uint64_t)disp);
	return mode == 1 ? 5 : mode == 2 ? 8 : 4;
}

/* `sub $n, %rsp` or `add $-n, %rsp`. */
static size_t take_room(struct prologue *p, const unsigned char *c)
{
	bool wide = c[1] == 0x81;
	int32_t n;

	if (c[0] != 0x48 || (c[1] != 0x83 && !wide) || (c[2] != 0xec && c[2] != 0xc4))
		return 0;
	n = wide ? signed32(c + 3) : (int8_t)c[3];
	p->depth += (uint64_t)(int64_t)(c[2] == 0xec ? n : -n);
	return wide ? 7 : 4;
}

/* One instruction of those that keep registers or make room for them; false at any other. */
static bool take(struct prologue *p)
{
	const unsigned char *c = p->code + p->at;
	size_t size = 0, left = p->size - p->at;
	bool extended = c[0] == 0x41;

	if (left < 8)
		return false;
	if ((c[extended] & 0xf8) == 0x50) { /* push */
		p->depth += 8;
		keep(p, (unsigned)(c[extended] & 7) | (extended ? 8u : 0), p->depth + 8);
		size = 1 + extended;
	} else if (c[0] == 0x9c) { /* pushf */
		p->depth += 8;
		size = 1;
	} else if (c[0] == 0xfc) { /* cld */
		size = 1;
	} else if (c[0] == 0x48 && (c[1] == 0x89 || c[1] == 0x8b) &&
		   (c[2] == 0xe5 || c[2] == 0xec)) {
		size = 3; /* mov %rsp, %rbp */
	} else if (c[0] == 0x48 && c[1] == 0x8d && c[2] == 0x6c && c[3] == 0x24) {
		size = 5; /* lea disp(%rsp), %rbp */
	} else {
		size = take_store(p, c);
		if (!size)
			size = take_room(p, c);
	}
	p->at += size;
	return size;
}

static void restore_by_code(struct go *go, struct unwind *u, const struct gocode *code, uint64_t pc,
			    uint64_t fp)
{
	unsigned char bytes[128 + 8] = { 0 };
	struct prologue p = { .code = bytes, .size = sizeof(bytes) };
	uint64_t value, length = pc - code->func.entry;
	unsigned reg;

	if (length > 128)
		length = 128;
	if (!image_get(go->image, code->func.entry, bytes, (size_t)length))
		return;
	while (p.at < length && take(&p))
		;
	for (reg = 0; reg < ARRAY_SIZE(p.where); reg++)
		if (p.kept & 1u << reg && gomem_word(&go->mem, fp - p.where[reg], &value))
			regs_set(&u->regs, reg, value);
}

/* crosscall2 has a frame of 24 words: C's x19 to x28 from the fourth on, x29 in the 22nd. */
static void restore_arm64(struct go *go, struct unwind *u, uint64_t sp)
{
	uint64_t value;
	unsigned i;

	for (i = ARM64_FIRST; i < ARM64_FP; i++)
		if (gomem_word(&go->mem, sp + 8 * (4 + i - ARM64_FIRST), &value))
			regs_set(&u->regs, i, value);
	if (gomem_word(&go->mem, sp + 8 * 22, &value))
		regs_set(&u->regs, ARM64_FP, value);
}

void gosaved_restore(struct go *go, struct unwind *u, const struct gocode *code, uint64_t pc,
		     uint64_t fp, bool activation)
{
	uint64_t value;

	if (code->kind == GOCODE_CROSSCALL && go->arm)
		restore_arm64(go, u, fp - (uint64_t)code->delta);
	else if (!go->arm && code->func.flag & GOFUNC_ASM)
		restore_by_code(go, u, code, pc, fp);
	else if (!go->arm && !activation && code->delta >= 8 &&
		 gomem_word(&go->mem, fp - 16, &value))
		regs_set(&u->regs, RBP, value);
	/* The pair of the caller's frame pointer and return address is a word below the frame. */
	else if (go->arm && !activation && code->delta >= 16 &&
		 gomem_word(&go->mem, fp - (uint64_t)code->delta - 8, &value))
		regs_set(&u->regs, ARM64_FP, value);
}
