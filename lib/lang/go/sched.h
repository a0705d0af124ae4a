/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler's own lists in a target: every goroutine, and the Ms (OS threads as the runtime
 * knows them). Read once, while the target is stopped. */
#ifndef LANG_GO_SCHED_H
#define LANG_GO_SCHED_H

#include "module.h"

struct gomachine {
	uint64_t address;
	const struct image_thread *thread; /* NULL: an M that no thread has now */
	uint64_t g0, gsignal, curg, caughtsig;
	uint64_t g0_lo, g0_hi, g0_sp; /* system stack; where it is resumed */
	uint64_t signal_lo, signal_hi;
	int64_t id;
	int32_t throwing, dying;
	bool incgo;
};

struct goroutine {
	uint64_t address, id, parent, gopc, startpc;
	uint64_t lo, hi, pc, sp, lr;   /* where it was parked */
	uint64_t syscallpc, syscallsp; /* 0: not in a system call */
	uint64_t waitsince, waiting;
	uint64_t bubble, bubble_id; /* of synctest: where it stands; 0 none */
	uint32_t machine;           /* index; STK_NONE */
	uint32_t status;            /* as in memory: with the scan bit */
	uint8_t reason;
	const struct stk_more *more; /* read with the stack; NULL before */
	bool locked;
	bool has_more;  /* labels or ancestors */
	bool told;      /* it waits for channels, which have been copied */
	bool later;     /* its stack is walked when a live target runs again */
	bool on_thread; /* machine's thread runs it */
};

struct goruntime {
	struct gomodules *modules; /* borrowed */
	struct golayout layout;
	struct goroutine *gs;
	size_t count;
	size_t expected;   /* of a live target: how many there were before it was stopped */
	size_t unreadable; /* goroutines that are there too, or were */
	size_t first_task; /* of the capture: that of gs[0] */
	struct image_piece *stacks; /* as many, where they were copied; else NULL */
	struct gomachine *machines;
	size_t nmachines, cap_machines;
	struct map by_address;              /* of machines */
	struct map by_tid;                  /* of machines */
	struct map g_by_address;            /* of goroutines; filled when first asked */
	uint64_t allgs;                     /* where the slice stands; 0: not found */
	uint64_t now;                       /* nanotime at the capture; 0 unknown */
	bool shows_labels;                  /* GODEBUG=tracebacklabels */
	const char *reasons[UINT8_MAX + 1]; /* for waiting, interned; NULL: not seen yet */
	const struct stk_go *last_part;     /* of the goroutine before */
};

/* Before the target is stopped: how much there will be to read. */
void gosched_expect(struct goruntime *rt, struct gomem *mem);
/* Reads everything; what is missing or needed a fallback is noted. */
void gosched_read(struct goruntime *rt, struct gomem *mem, struct builder *b);
void gosched_deinit(struct goruntime *rt);

/* NULL when this thread is none of the runtime's. */
struct gomachine *gosched_machine_of(const struct goruntime *rt, const struct image_thread *thread);
/* The g of a system stack that has run out: while the runtime tells of that, it has put another in its
 * place in the M, and keeps it in a variable (crashingG of src/runtime/proc.go). 0: not found. */
uint64_t gosched_exhausted_g0(const struct goruntime *rt, struct gomem *mem,
			      const struct gomachine *m);
/* The goroutine whose g stands at this address; NULL. */
struct goroutine *gosched_at(struct goruntime *rt, uint64_t address);

#endif
