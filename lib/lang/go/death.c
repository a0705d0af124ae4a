/* SPDX-License-Identifier: Apache-2.0 */
/* What happened: the panic, the runtime's fatal error or the signal of which the program died, in
 * the words in which the runtime printed it, and whose fault it was. Read from the M that was
 * dying: neither the kernel's first thread nor its signal tell (the runtime relays a signal
 * through all threads, and ends with SIGABRT). */
#include "death.h"

#include <string.h>

#include "panic.h"
#include "signal.h"
#include "throw.h"

/* The one that is dying; all NULL when none is. */
struct death {
	const struct goruntime *rt;
	const struct gomachine *m;
};

/* Two may die at once; the one that the kernel took is then the one that got furthest. */
static struct death find_death(const struct go *go)
{
	struct death d = { NULL, NULL };
	size_t i, j;

	for (i = 0; i < go->count; i++)
		for (j = 0; j < go->runtimes[i].nmachines; j++) {
			const struct gomachine *m = &go->runtimes[i].machines[j];

			if (m->dying >= 1 && (!d.m || (m->thread && m->thread->crashed)))
				d = (struct death){ &go->runtimes[i], m };
		}
	return d;
}

/* ---- the dying thread's stack ---- */

static const char *name_at(struct go *go, const struct raw_frame *frame)
{
	const struct gocode *code = gocode_at(&go->code, go->modules, go->count, frame->pc);

	return code ? code->name : "";
}

/* The stack of the thread from its registers on: its task's, or a walk of its own where the task
 * begins elsewhere. */
static struct raw_stack thread_stack(struct capture *c, const struct image_thread *thread)
{
	struct raw_task task = { .thread = thread, .id = thread->tid, .kind = STK_THREAD };
	size_t i;

	for (i = 0; i < c->ntasks; i++) {
		const struct raw_stack *stack = &c->tasks[i].stack;

		if (c->tasks[i].thread == thread && stack->count &&
		    c->frames[stack->first].pc == thread->regs.pc)
			return *stack;
	}
	unwind_task(c, &task, &thread->regs, true);
	return task.stack;
}

static void print_message(struct go *go, struct capture *c, const struct death *d, struct out *out)
{
	struct raw_stack stack = { 0 };
	uint64_t g = gomem_u32_or_0(&go->mem, d->m->g0 + d->rt->layout.g.sig) ? d->m->g0
									      : d->m->curg;
	uint32_t i;

	if (d->m->thread && d->m->thread->has_regs)
		stack = thread_stack(c, d->m->thread);
	for (i = 0; i < stack.count; i++) {
		const struct raw_frame *frame = &c->frames[stack.first + i];
		const char *name = name_at(go, frame);
		bool fatal = !strcmp(name, "runtime.fatal");

		if (fatal || !strcmp(name, "runtime.throw")) {
			gothrow_print(go, d->rt, g, frame, stack.count - i, fatal, out);
			gosignal_line(d->rt, &go->mem, g, out);
			return;
		}
		/* sighandler, sigtrampgo, sigtramp, then the trampoline */
		if (d->m->caughtsig && !strcmp(name, "runtime.sighandler")) {
			while (i < stack.count && !(frame->flags & STK_FRAME_SIGNAL))
				frame = &c->frames[stack.first + ++i];
			if (i == stack.count)
				return;
			gosignal_death(go, d->rt, d->m, frame->sp, out);
			if (c->want->what & STK_WANT_REGS)
				gosignal_registers(go, frame->sp, c->b);
			return;
		}
	}
	if (gopanic_print(d->rt, &go->mem, d->m->curg, out))
		gosignal_line(d->rt, &go->mem, g, out);
}

void godeath_capture(struct go *go, struct capture *c)
{
	struct death d = find_death(go);
	struct out out;

	if (!d.m)
		return;
	out_init(&out, -1);
	print_message(go, c, &d, &out);
	if (out.used) {
		builder_cause(c->b)->message = builder_strn(c->b, out.buffer, out.used - 1);
		builder_cause(c->b)->deadlock = golang_is_deadlock(builder_cause(c->b)->message);
	}
	out_deinit(&out);
}

/* ---- whose fault ---- */

/* The goroutine to blame: the one that was on the dying M; 0: none (a thread without one). */
static uint64_t culprit(struct go *go, const struct death *d)
{
	struct goruntime *rt = &go->runtimes[d->rt - go->runtimes];
	struct goroutine *g = NULL;

	if (d->m->throwing >= 2 && d->m->caughtsig)
		g = gosched_at(rt, d->m->caughtsig);
	if (!g && d->m->curg)
		g = gosched_at(rt, d->m->curg);
	return g ? g->address : 0;
}

static bool is_culprit(const struct stk_task *task, const struct death *d, uint64_t g)
{
	if (g)
		return task->address == g;
	/* All asleep: nobody ran. What the program began with is what waits for the others. */
	if (!d->m->throwing || d->m->throwing == 1)
		return task->kind == STK_GOROUTINE && task->id == 1;
	return task->kind == STK_THREAD && d->m->thread && task->tid == d->m->thread->tid;
}

void godeath_blame(struct go *go, struct capture *c)
{
	struct death d = find_death(go);
	uint32_t count = builder_ntasks(c->b), i, found = STK_NONE;
	uint64_t g;

	if (!d.m)
		return;
	g = culprit(go, &d);
	for (i = 0; i < count && found == STK_NONE; i++)
		if (is_culprit(builder_task_at(c->b, i), &d, g))
			found = i;
	if (found == STK_NONE)
		return;
	for (i = 0; i < count; i++)
		builder_task_at(c->b, i)->flags &= (uint16_t) ~(STK_TASK_CRASHED |
								STK_TASK_CURRENT);
	builder_task_at(c->b, found)->flags |= STK_TASK_CRASHED | STK_TASK_CURRENT;
	if (found)
		builder_put_first(c->b, found);
}
