/* SPDX-License-Identifier: Apache-2.0 */
/* Go stacks by Go's own function table, and where they cross from one stack to another.
 *
 * The table says for every pc how large the function's frame is there (delta: bytes between the
 * stack pointer and the return address). So a step is simple: on amd64 the return address is at sp
 * + delta and the caller's stack pointer right above it; on arm64 the return address is at sp, and
 * the caller's stack pointer is sp + delta. No register but the stack pointer matters.
 *
 * What is not simple is that a thread has up to three stacks: the goroutine's, small and growing,
 * on which user's code runs; the system stack (g0's), for the runtime's own work and for C; and the
 * signal stack. A few functions in assembly change from one to the other, and there the next frame
 * is not above this one. Each keeps what it left in a way of its own (src/runtime/asm_*.s,
 * cgocall.go): GOCODE_* names them, and the functions below follow each kind. Two more things are
 * in the way: a signal may come at any instruction, also between the two that change the stack
 * pointer and note it; and a handler may change the interrupted thread so that it seems to have
 * called sigpanic or asyncPreempt from where no call is written. */
#include "unwind.h"

#include <string.h>

#include "context.h"
#include "framepointer.h"
#include "rest.h"
#include "saved.h"

/* A walk of one stack, between calls from the loop. */
struct walk {
	struct go *go;
	struct unwind *u;
	const struct goruntime *rt;
	const struct gomachine *m; /* of the thread, or that the goroutine is locked to; NULL */
	const struct goroutine *g; /* that the stack is about; NULL: a thread without one */
	uint64_t lo, hi;           /* the goroutine's stack: m's curg, else g */
	uint64_t sp;
};

static const struct gocode *code_at(struct go *go, uint64_t pc)
{
	return gocode_at(&go->code, go->modules, go->count, pc);
}

static bool on_goroutine_stack(const struct walk *w, uint64_t sp)
{
	return sp >= w->lo && sp <= w->hi;
}

/* ---- signals ---- */

static enum unwind_result failed_at(struct walk *w, uint64_t address)
{
	w->u->failed = address;
	return UNWIND_UNREADABLE;
}

static bool push(struct walk *w, uint64_t pc, uint64_t sp, uint64_t cfa, unsigned flags)
{
	struct unwind *u = w->u;
	bool first = !u->stack->count;

	if (u->activation)
		flags |= STK_FRAME_ACTIVATION;
	return unwind_push(u, pc, sp, cfa,
			   first && u->thread && u->activation ? STK_HOW_REGS : STK_HOW_GOPCLNTAB,
			   flags, u->lang);
}

static enum unwind_result through_signal(struct walk *w)
{
	/* arm64: siginfo stands in front of it. */
	uint64_t context = w->sp + (w->go->arm ? 128 : 0);

	if (!push(w, w->u->regs.pc, w->sp, 0, STK_FRAME_SIGNAL))
		return UNWIND_STOPPED;
	return gocontext_take(w->go, w->u, context) ? UNWIND_HANDOFF : failed_at(w, context);
}

/* arm64: is this the trampoline that a signal's handler returns to, `mov x8, #rt_sigreturn; svc
 * #0`? The kernel's vdso has unwind information for its own, but an emulator's page has none. */
static bool is_trampoline(struct walk *w, uint64_t pc)
{
	const unsigned char *code = w->go->arm ? gomem_at(&w->go->mem, pc, 8) : NULL;

	return code && load64(code) == UINT64_C(0xd4000001d2801168);
}

/* ---- switches of stacks ---- */

static void go_on_at(struct walk *w, uint64_t pc, uint64_t sp)
{
	struct image_regs *regs = &w->u->regs;

	/* Forgetting is enough, and this is done for every frame. */
	memset(regs->known, 0, sizeof(regs->known));
	regs->pc = pc;
	regs_set(regs, w->go->sp, sp);
	w->u->activation = false;
}

/* mcall and morestack change to the system stack for good: whoever resumes the goroutine does not
 * return to them. Where it will go on they have saved in its g, and that is where its stack
 * continues. */
static enum unwind_result to_saved(struct walk *w, const struct gocode *code, uint64_t sp)
{
	uint64_t curg = w->m ? w->m->curg : 0, saved[2];

	if (!push(w, w->u->regs.pc, sp, sp + (uint64_t)code->delta + (w->go->arm ? 0 : 8), 0))
		return UNWIND_STOPPED;
	if (!curg || !gomem_get(&w->go->mem, curg + GO_G_SP, saved, sizeof(saved)) || !saved[1] ||
	    !on_goroutine_stack(w, saved[0]))
		return UNWIND_ROOT;
	go_on_at(w, saved[1], saved[0]);
	return UNWIND_HANDOFF;
}

/* Has morestack changed to the system stack? It has where it was called on a goroutine's: then it
 * stands in a call of newstack. Called on the system stack itself, which cannot grow, it complains
 * and aborts on the stack that it was called on: what has used it up is there. */
static bool morestack_changed(const struct walk *w)
{
	const struct unwind *u = w->u;
	const struct gocode *callee;

	if (!u->stack->count || u->activation)
		return true;
	callee = code_at(w->go, u->c->frames[u->c->nframes - 1].pc);
	return callee && callee->kind == GOCODE_NEWSTACK;
}

/* Since 1.22 the runtime tells of a system stack that has run out on a stack kept for that. What it
 * left was saved in the system stack's own g, by morestack. */
static enum unwind_result to_exhausted(struct walk *w, const struct gocode *code)
{
	uint64_t g0 = w->m ? gosched_exhausted_g0(w->rt, &w->go->mem, w->m) : 0, saved[2];

	if (!push(w, w->u->regs.pc, w->sp, w->sp + (uint64_t)code->delta + (w->go->arm ? 0 : 8), 0))
		return UNWIND_STOPPED;
	if (!g0 || !gomem_get(&w->go->mem, g0 + GO_G_SP, saved, sizeof(saved)) ||
	    !code_at(w->go, saved[1]))
		return UNWIND_NO_INFO;
	go_on_at(w, saved[1], saved[0]);
	return UNWIND_HANDOFF;
}

/* gogo() resumes a goroutine: it loads the stack pointer, then jumps to the saved pc. The thread
 * stands between the two: the stack is the goroutine's already, and its next frame is where it was
 * parked. */
static enum unwind_result resumed(struct walk *w)
{
	uint64_t pc = w->m ? gomem_word_or_0(&w->go->mem, w->m->curg + GO_G_PC) : 0;

	if (!push(w, w->u->regs.pc, w->sp, w->sp, 0))
		return UNWIND_STOPPED;
	if (!pc)
		return UNWIND_ROOT;
	go_on_at(w, pc, w->sp);
	return UNWIND_HANDOFF;
}

/* Has a function that calls the vdso put its old stack pointer into the register already? That it
 * has, if it is a caller. If the thread was stopped in the function itself, it may not: then the
 * register is believed if it and the stack pointer are close (no change of stacks was needed), or
 * if one points to the system stack and the other to the goroutine's. */
static bool was_saved(const struct walk *w, uint64_t sp, uint64_t saved)
{
	return !w->u->activation || saved - sp < 64 ||
	       (!on_goroutine_stack(w, sp) && on_goroutine_stack(w, saved));
}

/* The stack pointer that belongs to this frame; false: the stack ends here. */
static bool frame_sp(struct walk *w, const struct gocode *code, uint64_t *sp)
{
	unsigned saves = w->go->arm ? 20 : 12;
	uint64_t other = 0;

	switch (code->kind) {
	case GOCODE_SYSTEMSTACK:
		if (on_goroutine_stack(w, *sp) || !w->m || !w->m->curg)
			return true;
		other = gomem_word_or_0(&w->go->mem, w->m->curg + GO_G_SP);
		break;
	case GOCODE_ASMCGOCALL:
		if (on_goroutine_stack(w, *sp))
			return true;
		other = gorest_caller_of_c(w->go, w->rt, *sp);
		break;
	case GOCODE_VDSO:
		/* Calls of the vdso are made on the system stack: the old stack pointer is in R12
		 * (x20), which C has to preserve. */
		if (!regs_known(&w->u->regs, saves) || !was_saved(w, *sp, w->u->regs.r[saves]))
			return true;
		other = w->u->regs.r[saves];
		break;
	default:
		return true;
	}
	if (!other)
		return false;
	*sp = other;
	return true;
}

/* ---- callbacks from C ---- */

/* How far below the place where C began its callback is searched. */
#define CALLBACK_DEPTH ((uint64_t)1 << 20)

/* A callback from C begins in cgocallback on the system stack, and goes on in it on the goroutine's
 * stack: it has half a frame on each. Is the half at `at` on the system stack the other half of the
 * one at w->sp? It returns to crosscall2, and both have the same arguments. */
static bool is_callback(struct walk *w, const struct gocode *code, uint64_t at)
{
	uint64_t delta = (uint64_t)code->delta, back, in[2], out[2];
	const struct gocode *caller;

	if (!gomem_word(&w->go->mem, w->go->arm ? at : at + delta, &back))
		return false;
	caller = code_at(w->go, back);
	return caller && caller->kind == GOCODE_CROSSCALL &&
	       gomem_get(&w->go->mem, at + delta + 8, in, sizeof(in)) &&
	       gomem_get(&w->go->mem, w->sp + (w->go->arm ? 8 : 0), out, sizeof(out)) &&
	       in[0] == out[0] && in[1] == out[1];
}

/* Where the stack that C called from was left; 0: not found. A panic takes the runtime's own
 * record of it back before it prints (unwindm in cgocall.go): then it is searched for. */
static uint64_t callback_frame(struct walk *w, const struct gocode *code)
{
	uint64_t at = w->u->scratch ? w->u->scratch : w->m->g0_sp, low;

	if (!at || is_callback(w, code, at))
		return at;
	for (low = at > CALLBACK_DEPTH ? at - CALLBACK_DEPTH : 0, at &= ~UINT64_C(7); at > low;
	     at -= 8)
		if (is_callback(w, code, at))
			return at;
	return 0;
}

/* The way out of a callback: back on the system stack, where C called. Each cgocallback keeps the
 * place of the one before it. */
static enum unwind_result to_c(struct walk *w, const struct gocode *code, uint64_t fp, uint64_t at)
{
	struct unwind *u = w->u;
	uint64_t frame = at + (uint64_t)code->delta, back, outer;

	if (!push(w, u->regs.pc, w->sp, fp, 0))
		return UNWIND_STOPPED;
	if (!gomem_word(&w->go->mem, w->go->arm ? at : frame, &back) ||
	    !gomem_word(&w->go->mem, at + (w->go->arm ? 16 : 0), &outer))
		return failed_at(w, frame);
	u->scratch = outer;
	go_on_at(w, back, w->go->arm ? frame : frame + 8);
	return UNWIND_HANDOFF;
}

/* ---- one frame ---- */

/* The return address of a frame [sp, fp), where Go calls fp the end of a frame, the CFA of others;
 * false when it cannot be read. */
static bool return_address(struct walk *w, uint64_t sp, uint64_t fp, uint64_t *ret)
{
	struct unwind *u = w->u;

	if (!w->go->arm)
		return gomem_word(&w->go->mem, fp - 8, ret);
	/* Before the frame is set up the address is in the link register still. */
	if (sp == fp && regs_known(&u->regs, w->go->lr) && u->regs.r[w->go->lr]) {
		*ret = u->regs.r[w->go->lr];
		return true;
	}
	return gomem_word(&w->go->mem, sp, ret);
}

/* arm64: a handler that fakes a call needs the link register for the return address, though the
 * interrupted function may still need what was in it: that it has pushed, 16 bytes below the old
 * stack pointer. */
static void undo_injection(struct walk *w)
{
	struct unwind *u = w->u;
	uint64_t sp = u->regs.r[w->go->sp], lr;
	const struct gocode *code;

	if (!gomem_word(&w->go->mem, sp, &lr))
		return;
	code = code_at(w->go, u->regs.pc);
	if (!code)
		u->regs.pc = lr;
	else if (!code->delta)
		regs_set(&u->regs, w->go->lr, lr);
	regs_set(&u->regs, w->go->sp, sp + 16);
}

/* Was it called by a signal handler's doing, from where no call is written? Then the pc that it
 * returns to is the next instruction itself. The return address of a true call is behind the call:
 * one byte less is within it, which is what lines and tables are asked for; here that would be
 * another instruction's. */
static bool is_injected(const struct gocode *code)
{
	return code->kind == GOCODE_SIGPANIC || code->kind == GOCODE_PREEMPT;
}

static enum unwind_result step(struct walk *w, const struct gocode *code)
{
	struct unwind *u = w->u;
	uint64_t sp = w->sp, fp, pc = u->regs.pc, back = 0;
	bool interrupted;

	if (!frame_sp(w, code, &sp)) {
		(void)push(w, pc, sp, 0, 0);
		return UNWIND_NO_INFO;
	}
	fp = sp + (uint64_t)code->delta + (w->go->arm ? 0 : 8);
	if (pc == code->func.entry)
		u->activation = true;
	if (!push(w, pc, sp, fp, 0))
		return UNWIND_STOPPED;
	if (code->func.flag & GOFUNC_TOPFRAME && code->kind != GOCODE_SIGTRAMP)
		return UNWIND_ROOT;
	if (!return_address(w, sp, fp, &back))
		return failed_at(w, w->go->arm ? sp : fp - 8);
	/* A thread that clone() has just made has nothing on its stack yet. */
	if (code->func.flag & GOFUNC_SPWRITE && !code_at(w->go, back))
		return UNWIND_ROOT;
	if (!back)
		return UNWIND_NO_INFO;
	interrupted = u->activation;
	go_on_at(w, back, fp);
	if (code->kind == GOCODE_SIGTRAMP && is_trampoline(w, back)) {
		w->sp = fp;
		return through_signal(w);
	}
	if (!code_at(w->go, back))
		gosaved_restore(w->go, u, code, pc, fp, interrupted);
	if (is_injected(code) && w->go->arm)
		undo_injection(w);
	/* before 1.21 the runtime itself looks up one byte less for asyncPreempt, and prints that line */
	u->activation = is_injected(code) &&
			(code->kind == GOCODE_SIGPANIC || w->rt->layout.minor >= 21);
	return UNWIND_HANDOFF;
}

static enum unwind_result cross_or_step(struct walk *w, const struct gocode *code)
{
	struct unwind *u = w->u;
	bool runtimes_view = u->c->want->what & STK_WANT_GO_VIEW;
	uint64_t at;

	if (!code->has_delta) {
		(void)push(w, u->regs.pc, w->sp, 0, 0);
		return UNWIND_NO_INFO;
	}
	switch (code->kind) {
	case GOCODE_SIGRETURN:
		return through_signal(w);
	case GOCODE_CRASHSTACK:
		return to_exhausted(w, code);
	case GOCODE_MCALL:
		if (!on_goroutine_stack(w, w->sp))
			return to_saved(w, code, w->sp);
		break;
	case GOCODE_MORESTACK:
		if (!on_goroutine_stack(w, w->sp) && morestack_changed(w))
			return to_saved(w, code, w->sp);
		break;
	case GOCODE_GOGO:
		if (u->activation && on_goroutine_stack(w, w->sp))
			return resumed(w);
		break;
	case GOCODE_CGOCALLBACK:
		at = on_goroutine_stack(w, w->sp) && !runtimes_view && w->m
			     ? callback_frame(w, code)
			     : 0;
		if (at)
			return to_c(w, code, w->sp + (uint64_t)code->delta + (w->go->arm ? 0 : 8),
				    at);
		break;
	default:
		break;
	}
	return step(w, code);
}

static void begin(struct walk *w, struct go *go, struct unwind *u, const struct gocode *code)
{
	uint64_t bounds[2], curg;

	*w = (struct walk){ .go = go, .u = u, .rt = goruntime_of_code(go, code) };
	if (u->own && u->lang == u->own_lang)
		w->g = u->own;
	w->m = gosched_machine_of(w->rt, u->thread);
	if (!w->m && w->g && w->g->machine != STK_NONE)
		w->m = &w->rt->machines[w->g->machine];
	if (w->g) {
		w->lo = w->g->lo;
		w->hi = w->g->hi;
		return;
	}
	curg = w->m ? w->m->curg : 0;
	if (curg && gomem_get(&go->mem, curg, bounds, sizeof(bounds))) {
		w->lo = bounds[0];
		w->hi = bounds[1];
	}
}

enum unwind_result gounwind_frames(struct go *go, struct unwind *u)
{
	const struct gocode *code = code_at(go, u->regs.pc);
	enum unwind_result result;
	struct walk w;

	if (!code)
		return UNWIND_NO_INFO;
	if (code->kind == GOCODE_NO_TABLE)
		return goframepointer_frames(go, goruntime_of_code(go, code), u);
	begin(&w, go, u, code);
	do {
		w.sp = u->regs.r[go->sp];
		result = cross_or_step(&w, code);
		code = result == UNWIND_HANDOFF ? code_at(go, u->regs.pc) : NULL;
	} while (code && code->kind != GOCODE_NO_TABLE);
	return result;
}
