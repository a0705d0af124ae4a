/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom: the objects that tasks wait for, and the graph of tasks. What is in it is said in
 * verdict.c. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

const struct stk_task *graph_task(const struct graph *g, uint32_t task)
{
	return builder_task_at(g->b, task);
}

/* Of several candidates none blocks for sure. */
const struct stk_wait *graph_wait(const struct graph *g, uint32_t task)
{
	const struct stk_more *more = graph_task(g, task)->more;

	return more->nwaits == 1 && more->waits[0].certainty != STK_POSSIBLE ? &more->waits[0]
									     : NULL;
}

struct stk_party graph_party(const struct graph *g, uint32_t task)
{
	const struct stk_task *t = graph_task(g, task);

	return (struct stk_party){ .id = t->id, .kind = t->kind, .target = g->target[task] };
}

bool graph_is_in_handler(const struct graph *g, uint32_t task)
{
	const struct stk_stack *stack = builder_stack_at(g->b, graph_task(g, task)->stack);
	uint32_t i;

	for (i = 0; i < stack->count; i++)
		if (builder_frame_at(g->b, stack->frames[i])->flags & STK_FRAME_SIGNAL)
			return true;
	return false;
}

/* ---- threads by id ---- */

static uint64_t thread_key(uint32_t target, uint64_t tid)
{
	return (uint64_t)target << 32 | (uint32_t)tid;
}

static void list_threads(struct graph *g)
{
	uint64_t known;
	uint32_t i;

	for (i = 0; i < g->ntasks; i++) {
		const struct stk_task *task = graph_task(g, i);
		uint64_t tid = task->kind == STK_THREAD ? task->id : task->tid;

		if (!tid || tid > UINT32_MAX || task->kind == STK_TRACE)
			continue;
		/* of a goroutine and the thread that it is on, the thread */
		if (task->kind == STK_THREAD ||
		    !map_get(&g->threads, thread_key(g->target[i], tid), &known))
			map_put(&g->threads, thread_key(g->target[i], tid), i + 1);
	}
}

static void list_targets(struct graph *g)
{
	uint32_t n = builder_ncompared(g->b), i, at;

	for (i = 0; i < n; i++) {
		const struct stk_compared *part = builder_compared_at(g->b, i);

		for (at = part->first; at < part->first + part->count && at < g->ntasks; at++)
			g->target[at] = i;
	}
}

/* The task of a thread: of the same process, or (a lock or a child that processes share) the one other that
 * has it. STK_NONE. */
static uint32_t find_thread(const struct graph *g, uint32_t target, uint64_t tid, bool anywhere)
{
	uint32_t n = builder_ncompared(g->b), i, found = STK_NONE;
	uint64_t task;

	if (map_get(&g->threads, thread_key(target, tid), &task))
		return (uint32_t)task - 1;
	for (i = 0; anywhere && i < n; i++)
		if (map_get(&g->threads, thread_key(i, tid), &task)) {
			if (found != STK_NONE)
				return STK_NONE;
			found = (uint32_t)task - 1;
		}
	return found;
}

static void link_tasks(struct graph *g)
{
	uint32_t i;

	for (i = 0; i < g->ntasks; i++) {
		const struct stk_wait *wait = graph_wait(g, i);

		g->next[i] = STK_NONE;
		if (wait && wait->owner && !(wait->flags & STK_WAIT_ENDING))
			g->next[i] = find_thread(g, g->target[i], wait->owner,
						 wait->flags & STK_WAIT_OUTSIDE);
	}
}

/* ---- objects ---- */

/* Readers and writers wait for the same lock, senders and receivers for the same channel. */
static const char *object_kind(const char *kind)
{
	if (!strncmp(kind, "rwlock", 6))
		return "rwlock";
	return !strncmp(kind, "chan ", 5) ? "chan" : kind;
}

struct waiter {
	const struct stk_wait *wait;
	uint32_t task, target;
};

static int by_address(const void *a, const void *b)
{
	const struct waiter *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	if (x->wait->address != y->wait->address)
		return x->wait->address < y->wait->address ? -1 : 1;
	return x->task < y->task ? -1 : x->task > y->task;
}

static int by_waiters(const void *a, const void *b)
{
	const struct stk_object *x = a, *y = b;

	if (x->nwaiters != y->nwaiters)
		return x->nwaiters > y->nwaiters ? -1 : 1;
	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static size_t list_waiters(const struct graph *g, struct waiter **ret)
{
	size_t count = 0, cap = 0;
	uint32_t i, n;

	*ret = NULL;
	for (i = 0; i < g->ntasks; i++) {
		const struct stk_more *more = graph_task(g, i)->more;

		for (n = 0; n < more->nwaits; n++) {
			if (!more->waits[n].address || more->waits[n].certainty == STK_POSSIBLE ||
			    !strcmp(more->waits[n].kind, "scheduler"))
				continue;
			*ret = grow(*ret, &cap, count + 1, sizeof(**ret));
			(*ret)[count++] = (struct waiter){ &more->waits[n], i, g->target[i] };
		}
	}
	if (count)
		qsort(*ret, count, sizeof(**ret), by_address);
	return count;
}

static void set_owner(const struct graph *g, const struct waiter *waiter, struct stk_object *object)
{
	uint32_t owner = g->next[waiter->task];

	object->name = waiter->wait->object;
	if (!waiter->wait->owner)
		return;
	object->owned = true;
	object->gone = waiter->wait->flags & STK_WAIT_OWNER_GONE && owner == STK_NONE;
	object->owner = owner != STK_NONE ? graph_party(g, owner)
					  : (struct stk_party){ waiter->wait->owner, STK_THREAD,
								waiter->target };
}

/* Those of waiters[0 .. count). */
static struct stk_object make_object(const struct graph *g, const struct waiter *waiters,
				     size_t count)
{
	struct stk_object object = {
		.kind = builder_str(g->b, object_kind(waiters->wait->kind)),
		.address = waiters->wait->address,
		.target = waiters->target,
		.nwaiters = (uint32_t)count,
	};
	struct stk_party *parties = builder_alloc(g->b, count * sizeof(*parties));
	size_t i;

	for (i = 0; i < count; i++) {
		parties[i] = graph_party(g, waiters[i].task);
		if (!object.owned)
			set_owner(g, &waiters[i], &object);
	}
	object.waiters = parties;
	return object;
}

static size_t list_objects(const struct graph *g, struct stk_object **ret)
{
	FREE_AT_END struct waiter *waiters = NULL;
	size_t nwaiters = list_waiters(g, &waiters), count = 0, cap = 0, i, n;

	*ret = NULL;
	for (i = 0; i < nwaiters; i += n) {
		for (n = 1; i + n < nwaiters && waiters[i + n].target == waiters[i].target &&
			    waiters[i + n].wait->address == waiters[i].wait->address;
		     n++)
			;
		*ret = grow(*ret, &cap, count + 1, sizeof(**ret));
		(*ret)[count++] = make_object(g, waiters + i, n);
	}
	if (count)
		qsort(*ret, count, sizeof(**ret), by_waiters);
	return count;
}

/* ---- the whole ---- */

void analyze_waits(struct builder *b)
{
	struct graph g = { .b = b, .ntasks = builder_ntasks(b) };
	FREE_AT_END struct stk_object *objects = NULL;
	size_t room = (size_t)g.ntasks + 1, count, i;

	g.target = xcalloc(room, sizeof(*g.target));
	g.next = xcalloc(room, sizeof(*g.next));
	g.held = xcalloc(room, sizeof(*g.held));
	g.in_cycle = xcalloc(room, sizeof(*g.in_cycle));
	list_targets(&g);
	list_threads(&g);
	link_tasks(&g);
	count = list_objects(&g, &objects);
	for (i = 0; i < count; i++)
		builder_object(b, &objects[i]);
	verdicts_add(&g, objects, (uint32_t)count);
	map_deinit(&g.threads);
	free(g.target);
	free(g.next);
	free(g.held);
	free(g.in_cycle);
}
