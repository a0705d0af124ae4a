/* SPDX-License-Identifier: Apache-2.0 */
/* Where a function keeps its caller's registers, by its code. Only nocfi/. */
#ifndef PROLOGUE_H
#define PROLOGUE_H

#include "../lang.h"

/* Registers are numbered as DWARF does. */
#define PROLOGUE_REGS 32
#define PROLOGUE_SLOTS 32

/* What a register, or a word of the stack, holds: as far as it matters here. */
struct held {
	enum {
		HELD_UNKNOWN,
		HELD_ENTRY,   /* what the register `reg` held when the function was called */
		HELD_FRAME,   /* the canonical frame address + offset */
		HELD_NUMBER,  /* the number offset: how large a frame is */
		HELD_ALIGNED, /* the address to which the stack pointer was rounded down + offset */
	} kind;
	uint8_t reg;
	int64_t offset;
};

/* A word of the stack; where: HELD_FRAME or HELD_ALIGNED. */
struct slot {
	struct held where, held;
};

/* The machine at an instruction, compared with what it was at the function's first one. */
struct machine {
	struct held regs[PROLOGUE_REGS];
	struct slot slots[PROLOGUE_SLOTS];
	unsigned nslots;
	uint8_t compared; /* register that the stack pointer was compared with last; 0 none */
};

/* Where an instruction leads. */
struct flow {
	enum { FLOW_ON, FLOW_BRANCH, FLOW_JUMP, FLOW_LOST, FLOW_END } kind;
	unsigned size;   /* of the instruction */
	uint64_t target; /* FLOW_BRANCH (or on), FLOW_JUMP */
};

/* An architecture. */
struct prologue_ops {
	uint16_t machine; /* EM_* */
	uint8_t word;
	uint8_t longest; /* bytes of an instruction */
	uint32_t kept;   /* bit n: functions leave register n as it was */
	int8_t ra_reg;   /* register of the return address at the entry; -1: it is below the CFA */
	/* Carries one instruction out. false: it is none. own: of the disassembler. */
	bool (*step)(void *own, struct image *image, uint64_t pc, const uint8_t *code, size_t size,
		     struct machine *m, struct flow *ret);
	/* NULL: needs none. */
	void *(*open)(const struct arch *arch);
	void (*close)(void *own);
};

/* prologue_x86.with-capstone.c, prologue_x86.without-capstone.c; prologue_arm64.c */
extern const struct prologue_ops prologue_x86_64, prologue_i386, prologue_arm64;
/* NULL: none for this machine, or it was left out of this build. */
const struct prologue_ops *prologue_ops_of(const struct arch *arch);

/* The answer for a place: the caller's registers. */
struct prologue_rule {
	bool found;
	uint8_t cfa_reg;
	int64_t cfa_offset; /* CFA = cfa_reg + this */
	bool cfa_kept;      /* CFA = the word at that address + kept_offset */
	int64_t kept_offset;
	uint8_t aligned_reg; /* the aligned address = this register + aligned_offset */
	int64_t aligned_offset;
	uint32_t same;    /* bit n: register n is the caller's */
	uint32_t saved;   /* bit n: it is at the CFA + at[n] */
	uint32_t aligned; /* bit n: it is at the aligned address + at[n] */
	int64_t at[PROLOGUE_REGS];
};

struct prologue {
	const struct prologue_ops *ops;
	struct image *image;
	void *own;
	uint64_t budget; /* instructions that may still be followed, of all functions */
};

/* Follows the code that begins at start until it comes to pc. loose: where a jump leads cannot be
 * told (a table), and pc is known to be of this function: goes on behind it. */
bool prologue_follow(struct prologue *p, uint64_t start, uint64_t pc, bool loose,
		     struct prologue_rule *ret);
/* The caller's registers; false where they cannot be read. ret_cfa: *regs may be untouched. */
bool prologue_apply(const struct prologue *p, const struct prologue_rule *rule,
		    struct image_regs *regs, uint64_t *ret_cfa);

/* ---- for the architectures ---- */
void machine_set(struct machine *m, unsigned reg, struct held held);
void machine_move(struct machine *m, unsigned reg, unsigned from, int64_t offset);
/* at: if it is a place on the stack. */
void machine_store(struct machine *m, struct held at, unsigned size, struct held held);
struct held machine_load(const struct machine *m, struct held at);
/* The stack pointer is rounded down. */
void machine_align(struct machine *m, unsigned sp);
bool held_is_place(struct held held);

#endif
