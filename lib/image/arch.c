/* SPDX-License-Identifier: Apache-2.0 */
/* Where the kernel puts registers (struct elf_prstatus and user_regs_struct in its uapi headers)
 * and how DWARF numbers them (each psABI). */
#include "private.h"

#include <elf.h>
#include <string.h>

#define R8(name, index, dwarf) \
	{ \
		name, (index)*8, dwarf \
	}
#define R4(name, index, dwarf) \
	{ \
		name, (index)*4, dwarf \
	}

/* Printed in the order of Go's and Delve's register dumps. */
static const struct arch_reg x86_64_regs[] = {
	R8("rax", 10, 0),      R8("rbx", 5, 3),       R8("rcx", 11, 2),       R8("rdx", 12, 1),
	R8("rdi", 14, 5),      R8("rsi", 13, 4),      R8("rbp", 4, 6),        R8("rsp", 19, 7),
	R8("r8", 9, 8),        R8("r9", 8, 9),        R8("r10", 7, 10),       R8("r11", 6, 11),
	R8("r12", 3, 12),      R8("r13", 2, 13),      R8("r14", 1, 14),       R8("r15", 0, 15),
	R8("rip", 16, 16),     R8("rflags", 18, -1),  R8("cs", 17, -1),       R8("fs", 25, -1),
	R8("gs", 26, -1),      R8("ss", 20, -1),      R8("ds", 23, -1),       R8("es", 24, -1),
	R8("fs_base", 21, -1), R8("gs_base", 22, -1), R8("orig_rax", 15, -1), { NULL, 0, 0 },
};

static const struct arch_reg i386_regs[] = {
	R4("eax", 6, 0),        R4("ebx", 0, 3),      R4("ecx", 1, 1),  R4("edx", 2, 2),
	R4("edi", 4, 7),        R4("esi", 3, 6),      R4("ebp", 5, 5),  R4("esp", 15, 4),
	R4("eip", 12, 8),       R4("eflags", 14, -1), R4("cs", 13, -1), R4("fs", 9, -1),
	R4("gs", 10, -1),       R4("ss", 16, -1),     R4("ds", 7, -1),  R4("es", 8, -1),
	R4("orig_eax", 11, -1), { NULL, 0, 0 },
};

static const struct arch_reg aarch64_regs[] = {
	R8("x0", 0, 0),    R8("x1", 1, 1),       R8("x2", 2, 2),    R8("x3", 3, 3),
	R8("x4", 4, 4),    R8("x5", 5, 5),       R8("x6", 6, 6),    R8("x7", 7, 7),
	R8("x8", 8, 8),    R8("x9", 9, 9),       R8("x10", 10, 10), R8("x11", 11, 11),
	R8("x12", 12, 12), R8("x13", 13, 13),    R8("x14", 14, 14), R8("x15", 15, 15),
	R8("x16", 16, 16), R8("x17", 17, 17),    R8("x18", 18, 18), R8("x19", 19, 19),
	R8("x20", 20, 20), R8("x21", 21, 21),    R8("x22", 22, 22), R8("x23", 23, 23),
	R8("x24", 24, 24), R8("x25", 25, 25),    R8("x26", 26, 26), R8("x27", 27, 27),
	R8("x28", 28, 28), R8("x29", 29, 29),    R8("lr", 30, 30),  R8("sp", 31, 31),
	R8("pc", 32, -1),  R8("pstate", 33, -1), { NULL, 0, 0 },
};

static const struct arch_reg arm_regs[] = {
	R4("r0", 0, 0),    R4("r1", 1, 1),     R4("r2", 2, 2),   R4("r3", 3, 3),   R4("r4", 4, 4),
	R4("r5", 5, 5),    R4("r6", 6, 6),     R4("r7", 7, 7),   R4("r8", 8, 8),   R4("r9", 9, 9),
	R4("r10", 10, 10), R4("fp", 11, 11),   R4("ip", 12, 12), R4("sp", 13, 13), R4("lr", 14, 14),
	R4("pc", 15, 15),  R4("cpsr", 16, -1), { NULL, 0, 0 },
};

static const struct arch_reg riscv64_regs[] = {
	R8("pc", 0, -1),  R8("ra", 1, 1),    R8("sp", 2, 2),    R8("gp", 3, 3),   R8("tp", 4, 4),
	R8("t0", 5, 5),   R8("t1", 6, 6),    R8("t2", 7, 7),    R8("s0", 8, 8),   R8("s1", 9, 9),
	R8("a0", 10, 10), R8("a1", 11, 11),  R8("a2", 12, 12),  R8("a3", 13, 13), R8("a4", 14, 14),
	R8("a5", 15, 15), R8("a6", 16, 16),  R8("a7", 17, 17),  R8("s2", 18, 18), R8("s3", 19, 19),
	R8("s4", 20, 20), R8("s5", 21, 21),  R8("s6", 22, 22),  R8("s7", 23, 23), R8("s8", 24, 24),
	R8("s9", 25, 25), R8("s10", 26, 26), R8("s11", 27, 27), R8("t3", 28, 28), R8("t4", 29, 29),
	R8("t5", 30, 30), R8("t6", 31, 31),  { NULL, 0, 0 },
};

static const struct arch_reg ppc64_regs[] = {
	R8("r0", 0, 0),    R8("r1", 1, 1),    R8("r2", 2, 2),    R8("r3", 3, 3),
	R8("r4", 4, 4),    R8("r5", 5, 5),    R8("r6", 6, 6),    R8("r7", 7, 7),
	R8("r8", 8, 8),    R8("r9", 9, 9),    R8("r10", 10, 10), R8("r11", 11, 11),
	R8("r12", 12, 12), R8("r13", 13, 13), R8("r14", 14, 14), R8("r15", 15, 15),
	R8("r16", 16, 16), R8("r17", 17, 17), R8("r18", 18, 18), R8("r19", 19, 19),
	R8("r20", 20, 20), R8("r21", 21, 21), R8("r22", 22, 22), R8("r23", 23, 23),
	R8("r24", 24, 24), R8("r25", 25, 25), R8("r26", 26, 26), R8("r27", 27, 27),
	R8("r28", 28, 28), R8("r29", 29, 29), R8("r30", 30, 30), R8("r31", 31, 31),
	R8("nip", 32, -1), R8("msr", 33, -1), R8("ctr", 35, -1), R8("lr", 36, 65),
	R8("xer", 37, -1), R8("ccr", 38, -1), { NULL, 0, 0 },
};

/* psw mask and address, then the 16 general registers. */
static const struct arch_reg s390x_regs[] = {
	R8("r0", 2, 0),    R8("r1", 3, 1),    R8("r2", 4, 2),    R8("r3", 5, 3),
	R8("r4", 6, 4),    R8("r5", 7, 5),    R8("r6", 8, 6),    R8("r7", 9, 7),
	R8("r8", 10, 8),   R8("r9", 11, 9),   R8("r10", 12, 10), R8("r11", 13, 11),
	R8("r12", 14, 12), R8("r13", 15, 13), R8("r14", 16, 14), R8("r15", 17, 15),
	R8("pswm", 0, 64), R8("pswa", 1, 65), { NULL, 0, 0 },
};

/* prstatus_reg: 112 with 8-byte words, 72 with 4-byte ones. To add one: a row. */
static const struct arch archs[] = {
	{ "x86_64", EM_X86_64, 8, false, 112, 27 * 8, 16 * 8, 7, 6, -1, 21 * 8, x86_64_regs, 17, 16,
	  160, 17 },
	{ "i386", EM_386, 4, false, 72, 17 * 4, 12 * 4, 4, 5, -1, -1, i386_regs, 0, 0, 0, 9 },
	{ "aarch64", EM_AARCH64, 8, false, 112, 34 * 8, 32 * 8, 31, 29, 30, -1, aarch64_regs, 64,
	  32, 0, 97 },
	{ "arm", EM_ARM, 4, false, 72, 18 * 4, 15 * 4, 13, 11, 14, -1, arm_regs, 0, 0, 0, 0 },
	{ "riscv64", EM_RISCV, 8, false, 112, 32 * 8, 0, 2, 8, 1, 4 * 8, riscv64_regs, 0, 0, 0, 0 },
	{ "ppc64le", EM_PPC64, 8, false, 112, 48 * 8, 32 * 8, 1, 31, 65, 13 * 8, ppc64_regs, 0, 0,
	  0, 0 },
	{ "ppc64", EM_PPC64, 8, true, 112, 48 * 8, 32 * 8, 1, 31, 65, 13 * 8, ppc64_regs, 0, 0, 0,
	  0 },
	{ "s390x", EM_S390, 8, true, 112, 27 * 8, 1 * 8, 15, 11, 14, -1, s390x_regs, 0, 0, 0, 0 },
};

const struct arch *arch_find(unsigned machine, unsigned word, bool big_endian)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i].machine == machine && archs[i].word == word &&
		    archs[i].big_endian == big_endian)
			return &archs[i];
	return NULL;
}

uint64_t arch_code_address(const struct arch *arch, uint64_t address)
{
	/* Addresses of programs have bit 55 clear, and 48 bits unless a program asks for more. */
	if (arch->machine != EM_AARCH64 || address >> 55 & 1)
		return address;
	return address & ((UINT64_C(1) << 48) - 1);
}

uint64_t arch_word(const struct arch *arch, const void *bytes, unsigned size)
{
	const unsigned char *p = bytes;
	uint64_t word = 0;
	unsigned i;

	for (i = 0; i < size && i < 8; i++)
		word |= (uint64_t)p[i] << (arch->big_endian ? (size - 1 - i) * 8 : i * 8);
	return word;
}

void arch_registers(const struct arch *arch, const unsigned char *pr_reg, struct image_thread *ret)
{
	const struct arch_reg *reg;

	memset(&ret->regs, 0, sizeof(ret->regs));
	for (reg = arch->regs; reg->name; reg++)
		if (reg->dwarf >= 0)
			regs_set(&ret->regs, (unsigned)reg->dwarf,
				 arch_word(arch, pr_reg + reg->offset, arch->word));
	ret->regs.pc = arch_word(arch, pr_reg + arch->pc_offset, arch->word);
	if (arch->tls_offset >= 0)
		ret->tls = arch_word(arch, pr_reg + arch->tls_offset, arch->word);
	ret->raw = pr_reg;
	ret->has_regs = true;
}
