/* SPDX-License-Identifier: Apache-2.0 */
/* What call frame information says of one place, taken apart. Only image/. */
#ifndef IMAGE_RULES_H
#define IMAGE_RULES_H

#include "image.h"

/* Where the value that a register has in the caller is. */
enum rule_kind {
	RULE_MEMORY,   /* in memory, at the canonical frame address + value */
	RULE_VALUE,    /* it is that address + value */
	RULE_REGISTER, /* in the register of that number */
};

struct rule {
	uint8_t reg; /* DWARF number */
	uint8_t kind;
	uint64_t value; /* offsets may be negative: they wrap */
};

struct rules {
	bool found;  /* there is an FDE for the place */
	bool signal; /* of a signal trampoline */
	/* What follows is all that libdwfl would go by; false: only libdwfl can leave this frame. */
	bool plain;
	uint8_t cfa_reg, ra;
	uint64_t cfa_offset;
	uint64_t same[IMAGE_REG_WORDS]; /* registers that the function leaves alone */
	uint8_t count;
	const struct rule *items; /* by register; what neither says is not known in the caller */
};

/* A read that failed. */
struct rules_failure {
	bool any;
	uint64_t address; /* of the last one */
};

/* pc is inside the call. Memoised. */
const struct rules *rules_at(struct image *image, uint64_t pc);
/* From a frame to its caller, by plain rules. false: there is no caller, its pc is not known or 0. */
bool rules_apply(const struct rules *rules, struct image *image, struct image_regs *regs,
		 struct rules_failure *failure);

#endif
