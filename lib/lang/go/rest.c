/* SPDX-License-Identifier: Apache-2.0 */
/* C below Go may have neither call frame information nor frame pointers: the helpers of runtime/cgo
 * have none where Go's own linker links them (it leaves C's .eh_frame out). But Go keeps where it
 * called C: a goroutine in its g, when it enters a system call or C; and on the system stack, where
 * C runs, there is the return address into asmcgocall, with the state that it keeps beside it. */
#include "rest.h"

#include <string.h>

#include "framepointer.h"

/* So far above the place where the stack was lost asmcgocall's frame is looked for. */
#define SEARCHED ((uint64_t)1 << 18)

static const struct gocode *code_at(struct go *go, uint64_t pc)
{
	return gocode_at(&go->code, go->modules, go->count, pc);
}

uint64_t gorest_caller_of_c(struct go *go, const struct goruntime *rt, uint64_t sp)
{
	/* How deep g's stack was (stacks may move), and g; g 0: the old stack pointer itself. Until
	 * 1.21 room for C's arguments was left below. */
	uint64_t at = go->arm || rt->layout.minor >= 22 ? sp : sp + 40, hi;
	uint64_t g = gomem_word_or_0(&go->mem, go->arm ? at : at + 8);
	uint64_t depth = gomem_word_or_0(&go->mem, go->arm ? at + 8 : at);

	if (!g)
		return depth > sp && depth - sp < 65536 ? depth : 0;
	hi = gomem_word_or_0(&go->mem, g + GO_G_HI);
	return depth < hi ? hi - depth : 0;
}

static void set_regs(struct go *go, uint64_t pc, uint64_t sp, struct image_regs *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->pc = pc;
	regs_set(ret, go->sp, sp);
}

static uint64_t last_sp(const struct capture *c, const struct raw_stack *stack)
{
	return stack->count ? c->frames[stack->first + stack->count - 1].sp : 0;
}

/* Was the stack lost in C before it came back to the goroutine's own? Where Go called C is known all
 * the same. (A thread of C's has a goroutine with nothing on its stack: newextram() in proc.go.) */
static bool is_in_c(struct go *go, const struct goroutine *g, uint64_t sp)
{
	return g->syscallsp >= g->lo && g->syscallsp < g->hi && g->hi - g->syscallsp > 64 &&
	       code_at(go, g->syscallpc) && (sp < g->lo || sp >= g->hi);
}

/* Is `back`, at `at`, where asmcgocall called C, with its own state above it? */
static bool is_call_of_c(struct go *go, const struct goruntime *rt, uint64_t back, uint64_t at)
{
	const struct gocode *code = gomodules_at(rt->modules, back) ? code_at(go, back) : NULL;

	return code && code->kind == GOCODE_ASMCGOCALL && back != code->func.entry &&
	       gorest_caller_of_c(go, rt, at + 8);
}

/* amd64 alone: elsewhere C's return address is in a register first, and what the stack has is not
 * where the call was. */
static bool find_call_of_c(struct go *go, const struct goruntime *rt, const struct gomachine *m,
			   uint64_t sp, struct image_regs *ret)
{
	uint64_t at = (sp + 7) & ~UINT64_C(7), end = sp + SEARCHED, back;

	if (go->arm || sp < m->g0_lo || sp >= m->g0_hi)
		return false;
	for (end = end < m->g0_hi ? end : m->g0_hi; at < end; at += 8) {
		if (!gomem_word(&go->mem, at, &back))
			return false;
		if (!is_call_of_c(go, rt, back, at))
			continue;
		set_regs(go, back, at + 8, ret);
		return true;
	}
	return false;
}

bool gorest_find(struct go *go, struct capture *c, const struct raw_task *task,
		 struct image_regs *ret)
{
	const struct goroutine *g = task->kind == STK_GOROUTINE ? task->own : NULL;
	uint64_t sp = last_sp(c, &task->stack);
	const struct gomachine *m;
	size_t i;

	if (g && is_in_c(go, g, sp)) {
		set_regs(go, g->syscallpc, g->syscallsp, ret);
		goframepointer_parked(go, goruntime_of_goroutine(go, g), g, ret);
		return true;
	}
	for (i = 0; i < go->count; i++) {
		m = gosched_machine_of(&go->runtimes[i], task->thread);
		if (m && find_call_of_c(go, &go->runtimes[i], m, sp, ret))
			return true;
	}
	return false;
}
