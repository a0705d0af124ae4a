/* SPDX-License-Identifier: Apache-2.0 */
#include "framepointer.h"

#include <string.h>

#include "context.h"

enum { AMD64_RCX = 2, AMD64_RBP = 6, ARM64_FP = 29 };

struct bounds {
	uint64_t lo, hi;
};

struct fp_walk {
	struct go *go;
	struct unwind *u;
	unsigned fp;
	struct bounds own; /* the goroutine's stack: the task's, else the one that its M runs */
	struct bounds others[2]; /* of its M */
};

static bool is_on(const struct bounds *stack, uint64_t sp)
{
	return sp >= stack->lo && sp < stack->hi;
}

/* A thread that C made begins in C's frames, and Go cannot know where its stack ends: mstart0() of
 * src/runtime/proc.go takes it to end a KiB above its own stack pointer. */
#define ABOVE 1024u

/* May a frame at sp have been called from one whose frame pointer is fp? A caller's frame is above
 * on the same stack. But each M (OS thread) has a system stack and a signal stack besides the stack
 * of the goroutine that it runs, and calls cross between them: work for a goroutine, done on the
 * system stack, was called from the goroutine's. An M that works for nobody still has the frame
 * pointer of the goroutine that it ran last: followed, it would lead into a stack which has nothing
 * to do with it. */
static bool leads_to(const struct fp_walk *w, uint64_t sp, uint64_t fp)
{
	size_t i;

	if (is_on(&w->own, fp))
		return fp >= sp || !is_on(&w->own, sp);
	/* C called back into Go: cgocallback was called on the system stack, and runs on the goroutine's */
	if (is_on(&w->own, sp))
		return is_on(&w->others[0], fp);
	for (i = 0; i < ARRAY_SIZE(w->others); i++)
		if (is_on(&w->others[i], sp))
			return fp >= sp && fp < w->others[i].hi + ABOVE;
	return fp >= sp;
}

static bool has_no_table(const struct fp_walk *w, uint64_t pc)
{
	const struct gocode *code = gocode_at(&w->go->code, w->go->modules, w->go->count, pc);

	return code && code->kind == GOCODE_NO_TABLE;
}

/* A signal interrupts a thread at any instruction: the kernel saves all registers in a ucontext on
 * the stack, and calls the handler as if a trampoline had called it, whose only work is to return
 * to the kernel. A frame that "returned" to the trampoline has the ucontext at its stack pointer.
 * Which code is a trampoline's is not known without a function table, but what a ucontext looks
 * like is (amd64). */
static bool is_context(const struct fp_walk *w, uint64_t at)
{
	const unsigned char *c = w->go->arm ? NULL : gomem_at(&w->go->mem, at, 192);

	/* uc_flags, uc_link, rflags, and the selector of 64-bit user code */
	return c && load64(c) < 64 && !load64(c + 8) && load64(c + 168) && load64(c + 176) & 2 &&
	       load64(c + 176) < 1 << 22 && (load64(c + 184) & 0xffff) == 0x33;
}

static void set_frame(struct fp_walk *w, uint64_t pc, uint64_t sp, uint64_t fp)
{
	struct image_regs *regs = &w->u->regs;

	memset(regs->known, 0, sizeof(regs->known));
	regs->pc = pc;
	regs_set(regs, w->go->sp, sp);
	regs_set(regs, w->fp, fp);
	w->u->activation = false;
}

/* Functions that make system calls have no frame of their own, and the frame pointer is still their
 * caller's: following it would skip the caller. Its return address is at the top of the stack. That
 * the thread is in a system call shows in rcx, where the instruction `syscall` (two bytes) leaves
 * the address behind itself: there the pc is, or two bytes before it where the kernel is to make
 * the call again. */
static bool leave_system_call(struct fp_walk *w)
{
	struct image_regs *regs = &w->u->regs;
	uint64_t sp = regs->r[w->go->sp], back, after;

	if (w->go->arm || !w->u->activation || !regs_known(regs, AMD64_RCX))
		return false;
	after = regs->r[AMD64_RCX] - regs->pc;
	if ((after && after != 2) || !gomem_word(&w->go->mem, sp, &back) || !has_no_table(w, back))
		return false;
	set_frame(w, back, sp + 8, regs->r[w->fp]);
	return true;
}

static enum unwind_result step(struct fp_walk *w)
{
	struct unwind *u = w->u;
	uint64_t sp = u->regs.r[w->go->sp], fp = regs_known(&u->regs, w->fp) ? u->regs.r[w->fp] : 0;
	uint64_t saved[2];
	bool first = !u->stack->count;

	if (!u->activation && is_context(w, sp)) {
		if (!unwind_push(u, u->regs.pc, sp, 0, STK_HOW_FP, STK_FRAME_SIGNAL, u->lang))
			return UNWIND_STOPPED;
		return gocontext_take(w->go, u, sp) ? UNWIND_HANDOFF : UNWIND_UNREADABLE;
	}
	if (!unwind_push(u, u->regs.pc, sp, 0,
			 first && u->thread && u->activation ? STK_HOW_REGS : STK_HOW_FP,
			 u->activation ? STK_FRAME_ACTIVATION : 0, u->lang))
		return UNWIND_STOPPED;
	if (leave_system_call(w))
		return UNWIND_HANDOFF;
	/* amd64 saves the caller's frame pointer right below the return address, and the register holds
	 * where: fp[0] is the caller's, fp[1] the return address. On arm64 this pair stands one word below
	 * the stack pointer of the function that has saved it. */
	if (!fp || !leads_to(w, w->go->arm ? sp - 8 : sp, fp))
		return UNWIND_ROOT;
	if (fp % 8 || !gomem_get(&w->go->mem, fp, saved, sizeof(saved)))
		return UNWIND_NO_INFO;
	if (!saved[1])
		return UNWIND_ROOT;
	/* C that Go called, or that called Go, may use the register for something else. */
	if (!unwind_is_code(u, saved[1] - 1))
		return UNWIND_NO_INFO;
	set_frame(w, saved[1], w->go->arm && saved[0] ? saved[0] + 8 : fp + 16, saved[0]);
	return UNWIND_HANDOFF;
}

static void begin(struct fp_walk *w, const struct goruntime *rt)
{
	const struct gomachine *m = gosched_machine_of(rt, w->u->thread);
	const struct goroutine *g = w->u->lang == w->u->own_lang ? w->u->own : NULL;
	uint64_t address;

	if (!m && g && g->machine != STK_NONE)
		m = &rt->machines[g->machine];
	address = g ? g->address : m ? m->curg : 0;
	if (address && !gomem_get(&w->go->mem, address, &w->own, sizeof(w->own)))
		w->own = (struct bounds){ 0, 0 };
	if (!m)
		return;
	w->others[0] = (struct bounds){ m->g0_lo, m->g0_hi };
	w->others[1] = (struct bounds){ m->signal_lo, m->signal_hi };
}

/* What was called from here is in a module that has a table (a plugin, say), by which no frame
 * pointers are followed: the register's value is not known. It saved ours below its return address
 * (arm64: below its frame). */
static void recall_frame_pointer(struct fp_walk *w)
{
	const struct raw_frame *callee;
	uint64_t fp;

	if (regs_known(&w->u->regs, w->fp) || !w->u->stack->count)
		return;
	callee = &w->u->c->frames[w->u->c->nframes - 1];
	if (callee->cfa < callee->sp + 16)
		return;
	if (gomem_word(&w->go->mem, w->go->arm ? callee->sp - 8 : callee->cfa - 16, &fp))
		regs_set(&w->u->regs, w->fp, fp);
}

enum unwind_result goframepointer_frames(struct go *go, const struct goruntime *rt,
					 struct unwind *u)
{
	struct fp_walk w = { .go = go, .u = u, .fp = go->arm ? ARM64_FP : AMD64_RBP };
	enum unwind_result result;

	begin(&w, rt);
	recall_frame_pointer(&w);
	do
		result = step(&w);
	while (result == UNWIND_HANDOFF && has_no_table(&w, u->regs.pc));
	return result;
}

void goframepointer_parked(struct go *go, const struct goruntime *rt, const struct goroutine *g,
			   struct image_regs *regs)
{
	uint64_t fp = 0;

	/* gobuf.bp is behind gobuf.lr; of a goroutine in a system call it is kept since 1.23. */
	if (!g->syscallsp)
		fp = gomem_word_or_0(&go->mem, g->address + rt->layout.g.lr + 8);
	else if (rt->layout.minor >= 23)
		fp = gomem_word_or_0(&go->mem, g->address + rt->layout.g.syscallpc + 8);
	regs_set(regs, go->arm ? ARM64_FP : AMD64_RBP, fp);
}
