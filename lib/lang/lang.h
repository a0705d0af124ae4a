/* SPDX-License-Identifier: Apache-2.0 */
/* lang/ - tasks and their raw stacks: OS threads, goroutines. One row a language runtime.
 *
 * Two stages: lang_capture() while the target is stopped (pcs, how each was found, why each
 * stack ended: nothing is symbolized), then, the target running again, lang_build(). */
#ifndef LANG_H
#define LANG_H

#include "../base/base.h"
#include "../image/image.h"
#include "../model/model.h"
#include "../sym/sym.h"
#include "../wait/wait.h"

struct raw_frame {
	uint64_t pc, sp, cfa; /* cfa 0: unknown */
	uint8_t how;          /* enum stk_how */
	uint16_t flags;       /* STK_FRAME_* */
	uint8_t lang;         /* index of the row that symbolizes it */
	uint32_t own;         /* of a row with runs: which of its frames it is */
};

struct raw_stack {
	size_t first; /* into capture->frames */
	uint32_t count;
	uint32_t elided, elided_at; /* frames left out before the elided_at'th */
	enum stk_end end;
	uint64_t end_address;
};

struct raw_task {
	struct raw_stack stack;
	const struct image_thread *thread; /* that it is on; NULL none */
	uint64_t id;
	void *own; /* of the row that made it */
	uint8_t lang;
	uint8_t kind;  /* enum stk_task_kind */
	bool has_runs; /* runs of frames were merged into its stack */
};

struct capture {
	struct image *image;
	struct builder *b;
	const struct stk_want *want;
	struct symbols *symbols; /* from lang_build() on; NULL before */
	struct raw_frame *frames;
	size_t nframes, cap_frames;
	struct raw_task *tasks;
	size_t ntasks, cap_tasks;
	void *states[8];     /* per row: what detect() found; NULL absent */
	struct waits *waits; /* with STK_WANT_WAITS; NULL otherwise */
	struct map taken;    /* ids of threads that another task stands for */
	struct map shared;   /* hash of a raw stack -> the task + 1 that has it */
};

struct unwind; /* lang/unwind.h: for the rows only */

/* Where a run stands with the physical frame that holds its anchor. */
enum lang_run_place {
	LANG_RUN_BEFORE,   /* the frames are newer than it: it has called them, and is shown too */
	LANG_RUN_HIDES,    /* so, but it is the runtime's own work: STK_FRAME_INTERPRETER */
	LANG_RUN_REPLACES, /* it is not shown at all */
};

/* Frames that stand one after the other, and are executed by one activation of the runtime's
 * evaluator, a function in native code. */
struct lang_run {
	uint64_t anchor; /* an address within that activation's part of the stack; 0 unknown */
	uint32_t first,
		count; /* frames [first, first + count) in the row's own numbering, newest first */
	enum lang_run_place place;
};

enum {
	/* Takes the code that no other row owns, and the threads that no other row stands for. One row
	 * has this; where it stands in the table does not matter. */
	LANG_NATIVE = 1,
	/* Its tasks() needs the copies of stacks only: it is called when a live target runs again, and
	 * after all the others. */
	LANG_FROM_COPIES = 2,
	/* Its frames are not on the machine's stack: runs() says what they are. */
	LANG_RUNS = 4,
};

/* To add a language runtime: fill in one of these, and add a row in lang.c. Every pointer but name
 * and detect may be NULL. There are two kinds:
 *
 * "My frames are physical" (native code, Go, code that a compiler makes while the program runs).
 * The row has owns() for its code and unwind() for how a frame there leads to its caller; one that
 * has frames as native code has them calls unwind_native_step() for it. Its symbolize() names the
 * frames.
 *
 * "My runs of frames are anchored at stack addresses" (interpreters: CPython's frames are objects
 * on the heap). On the machine's stack there is only the evaluator, once for each run of frames,
 * and what the frames have called. The row has LANG_RUNS and runs(), no owns() and no unwind(). A
 * stack is unwound by others first; then each run goes to the physical frame whose part of the
 * stack, [sp, cfa), holds its anchor. So they are merged by address: counting evaluators goes wrong
 * as soon as one is missing. A run whose anchor is in no frame goes where its address belongs, and
 * is marked as a guess. */
struct lang {
	const char *name;
	unsigned flags; /* LANG_* */
	/* Looks for the runtime in the image; NULL when it is not there. Called once, first: a live
	 * target still runs, and only what does not move (code, tables, versions) may be read. */
	void *(*detect)(struct capture *c);
	/* Reads what moves: the target is stopped now, and there are threads. */
	void (*read)(void *state, struct capture *c);
	void (*close)(void *state);
	/* Adds its tasks (capture_task) and unwinds them (unwind_task). In table order. */
	void (*tasks)(void *state, struct capture *c);
	/* What of its tasks could wait until a live target runs again, for all that it needs was copied. */
	void (*rest)(void *state, struct capture *c);
	/* Is this pc in code that the row unwinds and symbolizes? The first row that says yes has it. */
	bool (*owns)(void *state, uint64_t pc);
	/* Pushes frames from u->regs on while it owns the pc; says why it stopped. */
	enum unwind_result (*unwind)(void *state, struct unwind *u);
	/* The stack of the task ended where nothing tells how to go on, or memory is missing: does the
	 * row know where code of its own goes on above it? An unknown number of frames is then lost
	 * between. */
	bool (*resume)(void *state, struct capture *c, const struct raw_task *task,
		       struct image_regs *ret);
	/* With LANG_RUNS: the runs of the thread that the task is on, newest first; how many. A live
	 * target may run again: they were read by read(). */
	size_t (*runs)(void *state, const struct raw_task *task, const struct lang_run **ret);
	/* Is this frame of a stack with runs the runtime's own work as well, a helper of the evaluator? By
	 * what native code is known to be. */
	bool (*is_own_work)(void *state, const struct stk_loc *loc);
	/* Frame ids at one raw frame, innermost first, appended to ids (room for
	 * LIMIT_INLINE_DEPTH); how many. [frame->sp, frame->cfa) is its part of the stack (of a run's: of
	 * the physical frame that executes it). task: NULL for an address that is nobody's. */
	size_t (*symbolize)(void *state, struct builder *b, const struct raw_task *task,
			    const struct raw_frame *frame, uint32_t *ids);
	/* The variables of a frame, arguments first, in the builder's memory; how many. NULL: as debug
	 * information says. want: STK_WANT_ARGS, STK_WANT_LOCALS. */
	uint32_t (*values)(void *state, struct builder *b, const struct raw_frame *frame,
			   unsigned want, const struct stk_value **ret);
	/* A function by the name that symbolize() gives it; false when there is none. Linear. */
	bool (*find)(void *state, const char *name, uint64_t *ret_addr, uint64_t *ret_size);
	/* The argument text of the function at a raw frame; NULL unknown. With STK_WANT_DETAIL. */
	const char *(*args)(void *state, struct builder *b, const struct raw_frame *frame);
	/* Fills what the row knows of its task beyond the stack: state, labels, waits, detail. */
	void (*describe)(void *state, struct capture *c, const struct raw_task *raw,
			 struct stk_task *task);
	/* After all tasks: what happened, facts for stk info. */
	void (*explain)(void *state, struct capture *c);
};

extern const struct lang lang_native;
extern const struct lang lang_go;
extern const struct lang lang_python;

/* Tasks and raw stacks of everything in the image: stops a live target and lets it run again.
 * What is missing is noted; an error is that the target is gone. */
struct stk_error *lang_capture(struct image *image, struct builder *b, const struct stk_want *want,
			       struct capture **ret) STK_MUST;
/* Symbolizes and hands every task to the builder. */
void lang_build(struct capture *c, struct symbols *symbols);
void capture_close(struct capture *c);
/* Is the frame in code that no runtime claims, unwound by call frame information? */
bool lang_is_native(const struct raw_frame *frame);
/* Is it on the machine's stack, not one of a run? */
bool lang_is_physical(const struct raw_frame *frame);

/* Addresses of an image that is a file (image_open_file). Borrows all three until lookup_close(). */
struct lookup;
struct lookup *lookup_open(struct image *image, struct builder *b, struct symbols *symbols);
/* As symbols_frames(); where that finds no function or place, what a runtime's own tables say. The
 * ids stay until the next call. */
size_t lookup_frames(struct lookup *lookup, uint64_t pc, unsigned flags, enum stk_how how,
		     const uint32_t **ret);
/* As symbols_find(), or by such a table. */
bool lookup_find(struct lookup *lookup, const char *name, uint64_t *ret_addr, uint64_t *ret_size);
void lookup_close(struct lookup *lookup);

/* ---- for the rows ---- */

/* A new task; the pointer is valid until the next one. */
struct raw_task *capture_task(struct capture *c, const struct lang *lang);
/* A new task for a thread; NULL when another task stands for it already. */
struct raw_task *capture_thread(struct capture *c, const struct image_thread *thread,
				const struct lang *lang);
/* Gives a task that is on no thread its runs; it must be the newest, and have no frames. */
void lang_add_runs(struct capture *c, struct raw_task *task, const struct lang *lang,
		   const struct lang_run *runs, size_t nruns);
/* Says that a task of the row stands for this thread (the goroutine that it runs). */
void capture_take_thread(struct capture *c, uint32_t tid);
/* Many tasks stand at the same place: the task whose frames are the newest gives them up for those of one
 * that stands there too; false when there is none. Not for tasks whose own stack pointers matter. */
bool capture_share(struct capture *c, struct raw_task *task);
/* What is known of an OS thread (name, state, signal, registers), for the task that is on it. */
void describe_thread(struct capture *c, const struct image_thread *thread, struct stk_task *task);

#endif
