/* SPDX-License-Identifier: Apache-2.0 */
/* What the findings of cause/ share. Each adds sentences about what the instruction did, what is at
 * the address, what the runtime libraries left behind. Each sentence carries what it rests on; none
 * is a verdict. */
#ifndef CAUSE_FINDING_H
#define CAUSE_FINDING_H

#include "cause.h"

struct cause {
	struct capture *c;
	struct image *image;
	struct builder *b;
	struct symbols *symbols;
	const struct arch *arch;
	const struct image_thread *thread; /* the one that died */
	const struct raw_stack *stack;     /* its stack */
	uint64_t sp;
	struct stk_cause *out;
	bool runtime_spoke; /* out->message is a language runtime's */
};

/* What one instruction does to memory. */
struct access {
	uint64_t address;
	unsigned size; /* bytes; 0 unknown */
	bool read, write;
	char base[16]; /* name of the register that the address rests on; "" none */
	uint64_t base_value;
};

struct instruction {
	char text[192]; /* "mov dword ptr [rax], 1" */
	bool is_divide;
	uint64_t divisor;
	bool divisor_known;
	struct access accesses[4];
	size_t naccesses;
};

/* ---- decode.with-capstone.c / decode.without-capstone.c ---- */
/* The instruction at the thread's pc; false when it cannot be read or decoded. */
bool cause_decode(const struct cause *k, struct instruction *ret);

/* ---- address.c ---- */
/* What is at an address of the target, as a phrase: "not mapped", "mapped read-only from /lib/x". */
void cause_describe(const struct cause *k, uint64_t address, char *ret, size_t size);
bool cause_is_canonical(const struct cause *k, uint64_t address);
/* The thread whose stack mapping holds addr; NULL none. */
const struct image_thread *cause_stack_owner(const struct cause *k, uint64_t address);

/* ---- access.c ---- */
/* Does the instruction at the thread's pc touch the address that was reported? */
bool cause_access_agrees(const struct cause *k);
/* Without a report: does it touch what it must not? */
bool cause_access_forbidden(const struct cause *k, uint64_t *ret);

/* ---- the findings: each adds statements when it has something to say ---- */
void cause_of_access(struct cause *k);
void cause_of_overflow(struct cause *k);
void cause_of_handler(struct cause *k);
void cause_of_abort(struct cause *k);
void cause_of_exception(struct cause *k);
void cause_of_arithmetic(struct cause *k);
void cause_of_system_call(struct cause *k);
void cause_of_instruction(struct cause *k);
void cause_of_rust_panic(struct cause *k);
void cause_of_known_frame(struct cause *k);
void cause_of_sender(struct cause *k);

/* The physical function of the crashed stack's frame i (0 newest); NULL unknown or no such frame. */
const char *cause_function(const struct cause *k, uint32_t i);
/* NULL, too, for a frame of another runtime: to look for a function of C, C++ or Rust among Go's would
 * be to unpack the debug information of a whole program for nothing. */
const char *cause_native_function(const struct cause *k, uint32_t i);
/* The newest frame within the first `limit` of a function of this name; -1 none. */
int cause_find_function(const struct cause *k, const char *name, uint32_t limit);
const struct raw_frame *cause_frame(const struct cause *k, uint32_t i);

/* Adds a sentence, and what it rests on. */
void cause_say(struct cause *k, const char *basis, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A register of the thread by the architecture's name for it. */
bool cause_register(const struct cause *k, const char *name, uint64_t *ret);

#endif
