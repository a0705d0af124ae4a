/* SPDX-License-Identifier: Apache-2.0 */
/* The stack of each goroutine, from where it was parked or from its thread. Of a live target most wait
 * until it runs again: what they need was copied in large pieces (gather.c), and walking takes longer
 * than that. */
#include "walk.h"

#include <string.h>

#include "framepointer.h"
#include "gather.h"
#include "knownstack.h"
#include "labels.h"
#include "task.h"
#include "wait.h"

static void set_start(struct go *go, struct image_regs *regs, uint64_t pc, uint64_t sp, uint64_t lr)
{
	memset(regs, 0, sizeof(*regs));
	/* A call of a nil function: its caller is what there is. */
	if (!pc) {
		pc = gomem_word_or_0(&go->mem, sp);
		sp += go->arm ? 0 : 8;
		lr = 0;
	}
	regs->pc = pc;
	regs_set(regs, go->sp, sp);
	if (go->arm && lr)
		regs_set(regs, go->lr, lr);
}

/* Where a goroutine's stack begins: on its thread, or where it was parked. false: unknown. */
static bool start_of(struct go *go, const struct goruntime *rt, const struct goroutine *g,
		     unsigned want, struct image_regs *regs, bool *activation)
{
	const struct gomachine *m = g->on_thread ? &rt->machines[g->machine] : NULL;
	bool saved = g->syscallsp && want & STK_WANT_GO_VIEW;

	*activation = false;
	if (m && m->thread->has_regs && !saved) {
		*regs = m->thread->regs;
		*activation = true;
		return !(want & STK_WANT_STRICT) || (g->status & ~(uint32_t)GO_SCAN) != GO_RUNNING;
	}
	/* One that runs was resumed since it was parked. */
	if (!g->syscallsp && (g->status & ~(uint32_t)GO_SCAN) == GO_RUNNING)
		return false;
	if (g->syscallsp)
		set_start(go, regs, g->syscallpc, g->syscallsp, 0);
	else
		set_start(go, regs, g->pc, g->sp, g->lr);
	return regs->pc != 0;
}

/* What was walked frame by frame: others may stand there too. */
static void keep_stack(struct go *go, struct capture *c, struct raw_task *task)
{
	if (c->want->what & WANT_OWN_FRAMES || capture_share(c, task))
		goknownstack_learn(go, c, task->own, &task->stack);
}

/* While the target stands. */
static void read_labels(struct go *go, struct capture *c, struct goruntime *rt, struct goroutine *g)
{
	struct stk_more more;

	memset(&more, 0, sizeof(more));
	golabels_read(go, c->b, rt, g, &more);
	g->more = builder_array(c->b, &more, 1, sizeof(more));
}

static void read_more(struct go *go, struct capture *c, struct goruntime *rt,
		      const struct raw_task *task, uint64_t shift)
{
	struct goroutine *g = task->own;
	struct stk_more more;
	bool alone = g->has_more;

	/* Interned: padding counts. */
	memset(&more, 0, sizeof(more));
	if (g->more)
		more = *g->more;
	more.go = gotask_part(rt, c->b, g);
	if (c->want->what & STK_WANT_WAITS)
		alone |= gowait_read(go, c, task, shift, &more);
	g->more = alone ? builder_array(c->b, &more, 1, sizeof(more))
			: builder_interned(c->b, &more, sizeof(more));
}

/* Its stack is at hand, if it was copied. */
static void show_stack(struct go *go, const struct goruntime *rt, const struct goroutine *g)
{
	const struct image_piece *stack = &rt->stacks[g - rt->gs];

	if (stack->bytes)
		gomem_show(&go->mem, stack->start, stack->bytes, stack->size);
}

static void walk_task(struct go *go, struct capture *c, struct goruntime *rt, struct raw_task *task)
{
	struct goroutine *g = task->own;
	bool activation, known = false;
	struct image_regs start;
	uint64_t shift = 0;

	if (start_of(go, rt, g, c->want->what, &start, &activation)) {
		known = !g->on_thread && goknownstack_find(go, c, g, &start, &task->stack, &shift);
		if (!known && !activation)
			goframepointer_parked(go, rt, g, &start);
		if (!known)
			unwind_task(c, task, &start, activation);
	}
	read_more(go, c, rt, task, shift);
	if (!g->on_thread && !known)
		keep_stack(go, c, task);
}

/* May its stack be walked when a live target runs again? Where it is parked, all of its own stack was
 * copied, and it is not locked to a thread, on whose stack its own might go on. */
static bool can_wait(struct go *go, struct capture *c, const struct goruntime *rt,
		     struct goroutine *g)
{
	const struct image_piece *stack = &rt->stacks[g - rt->gs];

	return stack->bytes && stack->start + stack->size == g->hi && g->machine == STK_NONE &&
	       !g->syscallsp && (g->status & ~(uint32_t)GO_SCAN) != GO_RUNNING &&
	       (!(c->want->what & STK_WANT_WAITS) || gowait_foresee(go, c, g));
}

static void add_task(struct go *go, struct capture *c, struct goruntime *rt, struct goroutine *g)
{
	const struct gomachine *m = g->on_thread ? &rt->machines[g->machine] : NULL;
	struct raw_task *task = capture_task(c, &lang_go);

	task->kind = STK_GOROUTINE;
	task->id = g->id;
	task->own = g;
	if (m && !(c->want->what & STK_WANT_THREADS)) {
		task->thread = m->thread;
		capture_take_thread(c, m->thread->tid);
	}
	if (g->has_more)
		read_labels(go, c, rt, g);
	g->later = can_wait(go, c, rt, g);
	if (!g->later) {
		show_stack(go, rt, g);
		walk_task(go, c, rt, task);
	}
}

/* So many goroutines before its turn a stack is fetched from memory. */
#define AHEAD 4

/* A thread without a goroutine that a signal interrupted: of a live target the stacks of threads are
 * copied for later, but not those that they left. */
static void add_interrupted(struct capture *c, const struct go *go, const struct gomachine *m)
{
	uint64_t sp = m->thread && m->thread->has_regs ? m->thread->regs.r[go->sp] : 0;
	struct raw_task *task;

	if (sp < m->signal_lo || sp >= m->signal_hi)
		return;
	task = capture_thread(c, m->thread, &lang_native);
	if (!task)
		return;
	capture_take_thread(c, m->thread->tid);
	unwind_task(c, task, &m->thread->regs, true);
}

/* Fetched from memory ahead of its turn. */
static void expect(struct go *go, const struct goruntime *rt, size_t at)
{
	if (at < rt->count && rt->stacks[at].bytes)
		__builtin_prefetch(rt->stacks[at].bytes);
	else if (at < rt->count)
		gomem_expect(&go->mem, rt->gs[at].sp, 512);
}

void gowalk_tasks(struct go *go, struct capture *c)
{
	size_t i, j;

	for (i = 0; i < go->count; i++) {
		struct goruntime *rt = &go->runtimes[i];

		if (go->mem.live)
			gogather_objects(rt, &go->mem, c->want->what & STK_WANT_WAITS);
		gogather_stacks(rt, &go->mem);
		rt->first_task = c->ntasks;
		for (j = 0; j < rt->count; j++) {
			expect(go, rt, j + AHEAD);
			add_task(go, c, rt, &rt->gs[j]);
		}
	}
	for (i = 0; i < go->count; i++)
		for (j = 0; j < go->runtimes[i].nmachines && go->mem.live; j++)
			add_interrupted(c, go, &go->runtimes[i].machines[j]);
}

void gowalk_rest(struct go *go, struct capture *c)
{
	size_t i, j;

	for (i = 0; i < go->count; i++) {
		struct goruntime *rt = &go->runtimes[i];

		for (j = 0; j < rt->count; j++) {
			expect(go, rt, j + AHEAD);
			if (!rt->gs[j].later)
				continue;
			show_stack(go, rt, &rt->gs[j]);
			walk_task(go, c, rt, &c->tasks[rt->first_task + j]);
		}
	}
}
