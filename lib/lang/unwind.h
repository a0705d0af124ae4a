/* SPDX-License-Identifier: Apache-2.0 */
/* The one unwinding loop: policy (progress, limits, recovery, hand-over between runtimes) is
 * here, mechanisms are the rows' unwind(). */
#ifndef LANG_UNWIND_H
#define LANG_UNWIND_H

#include "lang.h"

enum unwind_result {
	UNWIND_ROOT,       /* complete */
	UNWIND_NO_INFO,    /* cannot go on from u->regs.pc */
	UNWIND_UNREADABLE, /* memory at u->failed is missing */
	UNWIND_HANDOFF,    /* u->regs is the next frame, not pushed: ask who owns it */
	UNWIND_STOPPED,    /* unwind_push() said so: loop or limit */
};

struct unwind {
	struct capture *c;
	struct raw_stack *stack;
	struct image_regs regs; /* of the frame to be pushed next */
	bool activation;        /* regs.pc is the next instruction */
	uint64_t failed;
	uint64_t last_pc, last_sp;
	enum stk_how how; /* how regs were found, where not as usual; 0: as usual */
	bool scanned;     /* a frame was found by a scan of the stack */
	unsigned lang;    /* of the row that is at work */
	const struct image_thread *thread; /* NULL: a parked goroutine */
	void *own; /* the task's own of the row own_lang, for stack switches */
	unsigned own_lang;
	uint64_t scratch; /* of the row at work; 0 at the start */
	const struct raw_task *task;
};

/* Adds a frame. false: stop (limit or no progress), the reason is in u->stack. */
bool unwind_push(struct unwind *u, uint64_t pc, uint64_t sp, uint64_t cfa, enum stk_how how,
		 unsigned flags, unsigned lang);
/* Runs the whole loop for a task from these registers. */
void unwind_task(struct capture *c, struct raw_task *task, const struct image_regs *start,
		 bool activation);
/* The stack of an earlier task, which began at the same registers. */
void unwind_as(struct capture *c, struct raw_task *task, const struct raw_task *same);
/* A step as native code takes it, for a row whose frames lie as that code's do: pushes the frame at
 * u->regs as the row's own (u->lang), and goes on to its caller by call frame information or the
 * frame pointer. UNWIND_HANDOFF: u->regs is the caller, whoever owns it. */
enum unwind_result unwind_native_step(struct unwind *u);
/* Is there executable memory? */
bool unwind_is_code(const struct unwind *u, uint64_t addr);
/* Index of the row that owns pc. */
unsigned unwind_owner(struct capture *c, uint64_t pc);

#endif
