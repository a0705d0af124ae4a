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

struct raw_frame {
	uint64_t pc, sp, cfa; /* cfa 0: unknown */
	uint8_t how;          /* enum stk_how */
	uint8_t flags;        /* STK_FRAME_* */
	uint8_t lang;         /* index of the row that symbolizes it */
};

struct raw_stack {
	size_t first;         /* into capture->frames */
	uint32_t count;
	uint32_t elided, elided_at; /* frames left out before the elided_at'th */
	enum stk_end end;
	uint64_t end_address;
};

struct raw_task {
	struct raw_stack stack;
	const struct image_thread *thread; /* that it is on; NULL none */
	uint64_t id;
	void *own;            /* of the row that made it */
	uint8_t lang;
	uint8_t kind;         /* enum stk_task_kind */
};

struct capture {
	struct image *image;
	struct builder *b;
	const struct stk_want *want;
	struct raw_frame *frames; size_t nframes, cap_frames;
	struct raw_task *tasks; size_t ntasks, cap_tasks;
	void *states[8];      /* per row: what detect() found; NULL absent */
	struct map taken;     /* ids of threads that another task stands for */
	struct map shared;    /* hash of a raw stack -> the task + 1 that has it */
};

struct unwind; /* lang/unwind.h: for the rows only */

/* To add a language runtime: fill in one of these, and add a row in lang.c. Every pointer
 * but name may be NULL. */
struct lang {
	const char *name;
	/* Looks for the runtime in the image; NULL when it is not there. Called once, first: a live
	 * target still runs, and only what does not move (code, tables, versions) may be read. */
	void *(*detect)(struct capture *c);
	/* Reads what moves: the target is stopped now, and there are threads. */
	void (*read)(void *state, struct capture *c);
	void (*close)(void *state);
	/* Adds its tasks (capture_task) and unwinds them (unwind_task). In table order; the last
	 * row's turn comes when a live target runs again: the stacks of its threads are copied. */
	void (*tasks)(void *state, struct capture *c);
	/* Is this pc in code that the row unwinds and symbolizes? The first row that says yes has it. */
	bool (*owns)(void *state, uint64_t pc);
	/* Pushes frames from u->regs on while it owns the pc; says why it stopped. */
	enum unwind_result (*unwind)(void *state, struct unwind *u);
	/* Frame ids at one raw frame, innermost first, appended to ids (room for
	 * LIMIT_INLINE_DEPTH); how many. */
	size_t (*symbolize)(void *state, struct builder *b, const struct raw_frame *frame,
			    uint32_t *ids);
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

/* Tasks and raw stacks of everything in the image: stops a live target and lets it run again.
 * What is missing is noted; an error is that the target is gone. */
struct stk_error *lang_capture(struct image *image, struct builder *b, const struct stk_want *want,
			       struct capture **ret) STK_MUST;
/* Symbolizes and hands every task to the builder. */
void lang_build(struct capture *c, struct symbols *symbols);
void capture_close(struct capture *c);
/* Is the frame in code that no runtime claims, unwound by call frame information? */
bool lang_is_native(const struct raw_frame *frame);

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
/* Says that a task of the row stands for this thread (the goroutine that it runs). */
void capture_take_thread(struct capture *c, uint32_t tid);
/* Many tasks stand at the same place: the newest task gives its frames up for those of one that
 * stands there too; false when there is none. Not for tasks whose own stack pointers matter. */
bool capture_share(struct capture *c);
/* What is known of an OS thread (name, state, signal, registers), for the task that is on it. */
void describe_thread(struct capture *c, const struct image_thread *thread, struct stk_task *task);

#endif
