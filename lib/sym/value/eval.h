/* SPDX-License-Identifier: Apache-2.0 */
/* DWARF expressions: where a variable is, or what it is, in one frame. libdw has no public
 * evaluator. DWARF 5, section 2.5; the GNU_* operations are their predecessors in DWARF 4. */
#ifndef SYM_VALUE_EVAL_H
#define SYM_VALUE_EVAL_H

#include <elfutils/libdw.h>

#include "../../base/base.h"
#include "../../image/image.h"

/* What is known of a frame. */
struct eval_frame {
	struct image *image;
	const struct image_regs *regs;   /* of the frame */
	const struct image_regs *caller; /* of the next frame outwards; NULL unknown */
	uint64_t caller_pc, caller_cfa;  /* caller_cfa 0: unknown */
	uint64_t cfa;
	bool has_cfa;
	bool newest;                  /* regs are the thread's own */
	const unsigned char *vectors; /* NULL: not known, as in all outer frames */
	uint64_t lookup;              /* the pc, stepped back into the call; of the target */
	uint64_t bias;                /* of the debug information */
	Dwarf_Die function;           /* the physical one: frame base */
	Dwarf_Die caller_function;
	bool has_caller_function; /* for entry values */
	unsigned depth;           /* of entry values within entry values */
};

enum eval_kind {
	EVAL_MEMORY,  /* at address */
	EVAL_VALUE,   /* the value itself, in bytes: was in a register, or computed */
	EVAL_GONE,    /* optimized out, or in a register that was not saved */
	EVAL_POINTER, /* a pointer to what has no address: target + offset */
	EVAL_CANNOT,  /* something that stk cannot evaluate: why */
};

#define EVAL_BYTES 128u

struct eval_result {
	enum eval_kind kind;
	uint64_t address;
	unsigned char bytes[EVAL_BYTES];
	unsigned char known[EVAL_BYTES]; /* EVAL_VALUE: nonzero for bytes that are there */
	size_t size;
	Dwarf_Die target;
	int64_t offset;
	const char *why;
};

/* Evaluates a location attribute (DW_AT_location, DW_AT_frame_base ...) at frame->lookup. */
struct eval_result eval_location(const struct eval_frame *frame, Dwarf_Attribute *attr);
/* The expression that a location attribute has at this address of the debug information: as
 * dwarf_getlocation_addr(), 0 where there is none. May change attr's form. */
int eval_expression_at(Dwarf_Attribute *attr, uint64_t at, Dwarf_Op **ops, size_t *count);
/* Evaluates one expression. */
struct eval_result eval_expression(const struct eval_frame *frame, Dwarf_Attribute *attr,
				   const Dwarf_Op *ops, size_t count);

#endif
