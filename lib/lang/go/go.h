/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Go row share. */
#ifndef LANG_GO_H
#define LANG_GO_H

#include "code.h"
#include "sched.h"
#include "shape.h"
#include "../unwind.h"
#include "../../origin/origin.h"

struct go {
	struct image *image;
	struct gomem mem;
	struct gocode_cache code;
	struct goruntime *runtimes;
	struct gomodules modules[GOMODULE_RUNTIMES]; /* the runtimes' */
	size_t count;
	bool arm;             /* arm64: return addresses in a link register */
	unsigned sp, lr;      /* DWARF numbers */
	struct map frames;    /* pc and flags -> where its ids stand in ids */
	uint32_t *ids;
	size_t nids, cap_ids;
	struct map frame_kinds; /* frame id -> what the rules of printing ask */
	struct map stacks;    /* stack -> the same with the runtime's frames marked */
	struct map plans;     /* pc -> how its arguments are printed */
	struct map creators;  /* pc of a go statement -> its frame */
	struct goshapes shapes;
	struct gowaits *waits; /* channels seen; NULL until one is asked for */
};

/* Does anything that is asked for need a goroutine's own stack pointers? */
#define WANT_OWN_FRAMES (STK_WANT_DETAIL | STK_WANT_ARGS | STK_WANT_LOCALS)

/* ---- unwind.c ---- */
void gounwind_tasks(struct go *go, struct capture *c);
enum unwind_result gounwind_frames(struct go *go, struct unwind *u);
/* The runtime that a function belongs to. */
const struct goruntime *gounwind_runtime(const struct go *go, const struct gocode *code);

/* ---- shape.c ---- */
/* Is the goroutine, parked at `start`, where another one was? Then *ret is its stack: the other's
 * frames, *shift being how much higher its own are; or, where these matter, a copy (*shift is 0). */
bool goshape_find(struct go *go, struct capture *c, const struct goroutine *g,
		  const struct image_regs *start, struct raw_stack *ret, uint64_t *shift);
/* This is the stack of a parked goroutine, walked frame by frame. */
void goshape_learn(struct go *go, const struct capture *c, const struct goroutine *g,
		   const struct raw_stack *stack);
void goshape_deinit(struct goshapes *shapes);
/* Goes on at the registers that a signal came upon: the kernel's ucontext. */
bool gounwind_context(struct go *go, struct unwind *u, uint64_t context);

/* ---- bare.c ---- */
/* As gounwind_frames(), where there is no function table. */
enum unwind_result gobare_frames(struct go *go, const struct goruntime *rt, struct unwind *u);
/* The frame pointer of a goroutine that was parked, or is in a system call, goes to regs. */
void gobare_parked(struct go *go, const struct goruntime *rt, const struct goroutine *g,
		   struct image_regs *regs);

/* ---- sym.c ---- */
size_t gosym_frames(struct go *go, struct builder *b, const struct raw_frame *raw, uint32_t *ids);
bool gosym_find(struct go *go, const char *name, uint64_t *ret_addr, uint64_t *ret_size);
/* The pc that the tables are asked for: the call, not what follows it. */
uint64_t gosym_lookup(const struct gocode *code, const struct raw_frame *raw);
/* Names of the functions at a raw frame, inlined ones first (room for LIMIT_INLINE_DEPTH). */
size_t gosym_names(struct go *go, const struct raw_frame *raw, const char **ret);
/* Where in the function itself the calls inlined at pc stand. */
uint64_t gosym_outermost(struct go *go, const struct gocode *code, uint64_t pc);
/* Does the runtime show this function below level system, where it called no other? first: no frame
 * stands above it. */
bool gosym_shows(const struct gocode *code, bool first, unsigned minor);
/* The same stack, the frames that the runtime hides below level system marked. */
uint32_t gosym_mark_stack(struct go *go, struct builder *b, uint32_t stack, unsigned minor);

/* ---- task.c ---- */
void gotask_describe(struct go *go, struct capture *c, const struct raw_task *raw,
		     struct stk_task *task);

/* What its header has beyond the task. */
const struct stk_go *gotask_part(struct goruntime *rt, struct builder *b,
				 const struct goroutine *g);

/* The runtime that a goroutine belongs to. */
struct goruntime *gotask_runtime(const struct go *go, const struct goroutine *g);

/* The frame of the go statement at gopc; STK_NONE. */
uint32_t gotask_creator(struct go *go, const struct goruntime *rt, struct builder *b,
			uint64_t gopc);

/* ---- more.c ---- */
/* While the target is stopped: labels and ancestors. */
void gomore_read(struct go *go, struct builder *b, const struct goruntime *rt,
		 const struct goroutine *g, struct stk_more *more);

/* ---- wait.c ---- */
/* While the target is stopped: what the task's goroutine waits for. shift: how much higher its frames
 * are than those of its stack (goshape_find). true: nobody was seen before that waits for the same. */
bool gowait_read(struct go *go, struct capture *c, const struct raw_task *task, uint64_t shift,
		 struct stk_more *more);
void gowait_deinit(struct go *go);

/* ---- call.c ---- */
/* "system call read, descriptor 0"; NULL when the thread is in none. */
const char *gocall_text(struct go *go, struct builder *b, const struct image_thread *thread);

/* ---- panic.c ---- */
/* While the target is stopped: what it died of goes to the cause. */
void gopanic_capture(struct go *go, struct capture *c);
/* When all tasks are built: the culprit is marked, and put first. */
void gopanic_blame(struct go *go, struct capture *c);

/* printpanics() of src/runtime/panic.go; false when g panics not at all. */
bool gopanic_print(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out);

/* ---- throw.c ---- */
/* The fatal error that g (0: none) died of: frames begin with that of throw() or fatal(). */
void gothrow_print(struct go *go, const struct goruntime *rt, uint64_t g,
		   const struct raw_frame *frames, uint32_t n, bool fatal, struct out *out);

/* ---- signal.c ---- */
/* "[signal SIGSEGV: ...]", of one that became a panic or a fatal error; nothing when none did. */
void gosignal_line(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out);
/* A signal that the runtime died of on m, whose trampoline's frame is at sp. */
void gosignal_death(struct go *go, const struct goruntime *rt, const struct gomachine *m,
		    uint64_t sp, struct out *out);
/* The registers that it came upon go to the cause. */
void gosignal_registers(struct go *go, uint64_t sp, struct builder *b);

/* ---- facts.c ---- */
void gofacts_add(struct go *go, struct builder *b);

/* ---- args.c ---- */
/* NULL when they cannot be read. */
const char *goargs_text(struct go *go, struct builder *b, const struct raw_frame *raw);

#endif
