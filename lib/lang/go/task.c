/* SPDX-License-Identifier: Apache-2.0 */
/* A goroutine as a task of the dump: its state in the runtime's words, who made it, how long it
 * has waited. */
#include "task.h"

#include <string.h>

#include "sym.h"

#define NS_UNKNOWN (-1)

static uint32_t status_of(const struct goroutine *g)
{
	return g->status & ~(uint32_t)GO_SCAN;
}

static bool has_reason(const struct goruntime *rt, const struct goroutine *g)
{
	uint32_t status = status_of(g);

	return (status == GO_WAITING || (status == GO_LEAKED && rt->layout.minor >= 26)) &&
	       g->reason && g->reason < rt->layout.nreasons;
}

static const char *reason_of(struct goruntime *rt, struct builder *b, const struct goroutine *g)
{
	if (!rt->reasons[g->reason])
		rt->reasons[g->reason] = builder_str(b, rt->layout.reasons[g->reason]);
	return rt->reasons[g->reason];
}

static int64_t wait_ns(const struct goruntime *rt, const struct goroutine *g)
{
	uint32_t status = status_of(g);

	/* waitsince is stamped by the collector: 0 until one has run. */
	if ((status != GO_WAITING && status != GO_SYSCALL) || !g->waitsince ||
	    rt->now < g->waitsince)
		return NS_UNKNOWN;
	return (int64_t)(rt->now - g->waitsince);
}

static const char *function_name(struct go *go, uint64_t pc)
{
	const struct gocode *code = pc ? gocode_at(&go->code, go->modules, go->count, pc) : NULL;

	return code ? code->name : "";
}

/* Where functions have no names: these waits are the runtime's own goroutines'. */
static bool waits_for_runtime(const struct goruntime *rt, const struct goroutine *g)
{
	return has_reason(rt, g) && golang_is_system_wait(rt->layout.reasons[g->reason]);
}

/* isSystemGoroutine() of src/runtime/traceback.go. The runners of finalizers and cleanups count
 * as the user's while they run the user's code. */
static bool is_system(struct go *go, const struct goroutine *g, const struct stk_stack *stack,
		      struct builder *b)
{
	const char *name = function_name(go, g->startpc);
	enum golang_start start;
	uint32_t i;

	if (!*name)
		return waits_for_runtime(goruntime_of_goroutine(go, g), g);
	start = golang_start(name);
	if (start != GOLANG_EITHER)
		return start == GOLANG_SYSTEM;
	for (i = 0; i < stack->count; i++) {
		name = builder_loc_at(b, builder_frame_at(b, stack->frames[i])->loc)->func;
		if (name && !golang_is_runtime(name))
			return false;
	}
	return true;
}

static uint32_t make_creator(struct go *go, const struct goruntime *rt, struct builder *b,
			     uint64_t gopc)
{
	struct raw_frame raw = { .pc = gopc, .how = STK_HOW_GOPCLNTAB };
	uint32_t ids[LIMIT_INLINE_DEPTH];
	const struct gocode *code = gopc ? gocode_at(&go->code, go->modules, go->count, gopc)
					 : NULL;
	struct stk_frame frame;
	struct stk_loc loc;
	size_t n;

	if (!code)
		return STK_NONE;
	n = gosym_frames(go, b, &raw, ids);
	if (code->kind == GOCODE_NO_TABLE)
		return ids[0];
	/* The line is the innermost one's, also where the go statement was inlined. */
	frame = *builder_frame_at(b, ids[n - 1]);
	loc = *builder_loc_at(b, frame.loc);
	loc.file = builder_loc_at(b, builder_frame_at(b, ids[0])->loc)->file;
	loc.line = builder_loc_at(b, builder_frame_at(b, ids[0])->loc)->line;
	frame.loc = builder_loc(b, &loc);
	if (!gosym_shows(code, false, rt->layout.minor))
		frame.flags |= STK_FRAME_RUNTIME;
	return builder_frame(b, &frame);
}

/* The go statement that made it: the function itself, as the runtime says it. */
uint32_t gotask_creator(struct go *go, const struct goruntime *rt, struct builder *b, uint64_t gopc)
{
	uint64_t known;

	if (!map_get(&go->creators, gopc, &known)) {
		known = make_creator(go, rt, b, gopc);
		map_put(&go->creators, gopc, known);
	}
	return (uint32_t)known;
}

/* isIdleInSynctest of src/runtime/runtime2.go: nothing outside of the bubble can end these. */
static bool is_durable(const struct goruntime *rt, const struct goroutine *g)
{
	/* 1.25 says it of the reason that a goroutine had last, though it runs. */
	if (!g->bubble || rt->layout.minor < 25 || g->reason >= rt->layout.nreasons ||
	    (status_of(g) != GO_WAITING && rt->layout.minor > 25))
		return false;
	return golang_is_durable_wait(rt->layout.reasons[g->reason]);
}

const struct stk_go *gotask_part(struct goruntime *rt, struct builder *b, const struct goroutine *g)
{
	const struct gomachine *m = g->machine != STK_NONE ? &rt->machines[g->machine] : NULL;
	const struct stk_go *last = rt->last_part;
	struct stk_go part;

	memset(&part, 0, sizeof(part));
	part.m = m && m->curg == g->address ? m->id : -1;
	part.m_address = m && m->curg == g->address ? m->address : 0;
	part.scan = g->status & GO_SCAN;
	part.bubble = g->bubble_id;
	part.durable = is_durable(rt, g);
	part.leaked = status_of(g) == GO_LEAKED;
	part.labels = rt->shows_labels;
	part.status = golayout_status(g->status);
	/* Most are parked, and there is nothing to say of them. */
	if (last && !strcmp(last->status, part.status))
		part.status = last->status;
	else
		part.status = builder_str(b, part.status);
	if (!last || memcmp(last, &part, sizeof(part)) != 0)
		rt->last_part = builder_interned(b, &part, sizeof(part));
	return rt->last_part;
}

void gotask_describe(struct go *go, struct capture *c, const struct raw_task *raw,
		     struct stk_task *task)
{
	const struct goroutine *g = raw->own;
	struct goruntime *rt = goruntime_of_goroutine(go, g);

	task->state = has_reason(rt, g) ? reason_of(rt, c->b, g) : g->more->go->status;
	task->wait_ns = wait_ns(rt, g);
	task->stack = gosym_mark_stack(go, c->b, task->stack, rt->layout.minor);
	if (g->locked)
		task->flags |= STK_TASK_LOCKED;
	if (is_system(go, g, builder_stack_at(c->b, task->stack), c->b))
		task->flags |= STK_TASK_SYSTEM;
	if (status_of(g) == GO_RUNNING)
		task->flags |= STK_TASK_RUNNING;
	if (g->id != 1) {
		task->creator = gotask_creator(go, rt, c->b, g->gopc);
		task->creator_id = g->parent;
	}
	task->address = g->address;
	task->more = g->more;
	describe_thread(c, raw->thread, task);
	task->name = NULL; /* the thread's, which the goroutine is on by chance */
}
