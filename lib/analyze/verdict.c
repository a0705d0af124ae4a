/* SPDX-License-Identifier: Apache-2.0 */
/* What the graph of who waits for whom means: cycles, locks without an owner, nobody left to wake the
 * others; and contention, which is none of these. Each with how sure it is. */
#include "graph.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* So many wait for one that goes on before it is worth a line. */
#define MIN_CONTENTION 2u

static bool is_kind(const struct stk_wait *wait, const char *kind)
{
	return wait && !strcmp(wait->kind, kind);
}

static enum stk_certainty less_sure(enum stk_certainty a, enum stk_certainty b)
{
	return a > b ? a : b;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "mutex 0x10 (lock)" */
static const char *wait_object(const struct graph *g, const struct stk_wait *wait)
{
	const char *kind = !strncmp(wait->kind, "rwlock", 6) ? "rwlock" : wait->kind;

	return builder_fmt(g->b, "%s 0x%" PRIx64 "%s%s%s", kind, wait->address,
			   wait->object ? " (" : "", wait->object ? wait->object : "",
			   wait->object ? ")" : "");
}

static void add(struct graph *g, struct stk_verdict *verdict, const struct stk_party *parties,
		size_t count)
{
	verdict->tasks = builder_array(g->b, parties, count, sizeof(*parties));
	verdict->ntasks = (uint32_t)count;
	builder_verdict(g->b, verdict);
	g->nverdicts++;
}

static void add_one(struct graph *g, struct stk_verdict *verdict, uint32_t task)
{
	struct stk_party party = graph_party(g, task);

	verdict->behind = g->held[task];
	add(g, verdict, &party, 1);
}

/* ---- cycles ---- */

/* Takes away those that nobody waits for, again and again: what is left stands in cycles. */
static void find_cycles(struct graph *g)
{
	FREE_AT_END uint32_t *degree = xcalloc((size_t)g->ntasks + 1, sizeof(*degree));
	FREE_AT_END uint32_t *queue = xcalloc((size_t)g->ntasks + 1, sizeof(*queue));
	uint32_t head = 0, tail = 0, i;

	for (i = 0; i < g->ntasks; i++)
		if (g->next[i] != STK_NONE)
			degree[g->next[i]]++;
	for (i = 0; i < g->ntasks; i++)
		if (!degree[i])
			queue[tail++] = i;
	while (head < tail) {
		uint32_t task = queue[head++], next = g->next[task];

		if (next == STK_NONE)
			continue;
		g->held[next] += g->held[task] + 1;
		if (!--degree[next])
			queue[tail++] = next;
	}
	for (i = 0; i < g->ntasks; i++)
		g->in_cycle[i] = degree[i] != 0;
}

static const char *cycle_text(struct graph *g, const struct stk_verdict *verdict, uint32_t first,
			      uint32_t count)
{
	const struct stk_wait *wait = graph_wait(g, first);
	uint64_t id = graph_task(g, first)->id;
	const char *by_time = verdict->certainty == STK_POSSIBLE
				      ? ", some of them for a limited time"
				      : "";

	if (count == 1)
		return builder_fmt(g->b, "thread %" PRIu64 " waits for %s, which it has itself%s%s",
				   id, is_kind(wait, "join") ? "its own end" : wait_object(g, wait),
				   graph_is_in_handler(g, first) ? ", in the handler of a signal"
								 : "",
				   verdict->certainty == STK_POSSIBLE ? ", for a limited time"
								      : "");
	if (verdict->kind == STK_VERDICT_JOIN)
		return builder_fmt(g->b, "%u threads wait for each other's end%s", count, by_time);
	return builder_fmt(g->b, "%u threads wait for each other%s", count, by_time);
}

/* Some of them wait for a limited time: it ends. */
static bool is_timed(struct graph *g, uint32_t first)
{
	uint32_t task = first;
	bool timed = false;

	do {
		timed |= graph_wait(g, task)->flags & STK_WAIT_TIMED;
		g->in_cycle[task] = false;
		task = g->next[task];
	} while (task != first);
	return timed;
}

static void add_cycle(struct graph *g, uint32_t first)
{
	struct stk_verdict verdict = { .kind = STK_VERDICT_DEADLOCK };
	struct stk_party *parties = NULL;
	size_t count = 0, cap = 0;
	uint32_t task = first, joins = 0;

	do {
		const struct stk_wait *wait = graph_wait(g, task);

		parties = grow(parties, &cap, count + 1, sizeof(*parties));
		parties[count++] = graph_party(g, task);
		verdict.behind += g->held[task];
		verdict.certainty = less_sure(verdict.certainty,
					      wait->flags & STK_WAIT_TIMED
						      ? STK_POSSIBLE
						      : (enum stk_certainty)wait->certainty);
		joins += is_kind(wait, "join");
		task = g->next[task];
	} while (task != first);
	if (joins == count)
		verdict.kind = STK_VERDICT_JOIN;
	if (verdict.certainty == STK_POSSIBLE)
		verdict.kind = STK_VERDICT_CONTENTION;
	if (count == 1) {
		if (verdict.kind == STK_VERDICT_DEADLOCK)
			verdict.kind = STK_VERDICT_SELF;
		verdict.address = graph_wait(g, first)->address;
	}
	verdict.text = cycle_text(g, &verdict, first, (uint32_t)count);
	add(g, &verdict, parties, count);
	free(parties);
}

/* ---- locks that do not say who has them ---- */

static const char *function_at(const struct graph *g, const struct stk_stack *stack, uint32_t i)
{
	const struct stk_frame *frame = builder_frame_at(g->b, stack->frames[i]);
	const char *func = builder_loc_at(g->b, frame->loc)->func;

	return func ? func + strspn(func, "_") : "";
}

static bool is_allocator(const char *func)
{
	/* clang-format off */
	static const char *const names[] = {
		"malloc", "calloc", "realloc", "free", "int_malloc", "int_free", "int_realloc",
		"libc_malloc", "libc_free", "libc_calloc", "libc_realloc", "sysmalloc",
		"malloc_consolidate", "int_memalign", "memalign", "unlink_chunk", "systrim",
		"libc_malloc_impl",
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(func, names[i]))
			return true;
	return false;
}

/* Does a function of the allocator, or one that also waits above the handler, stand right below it? What the
 * signal interrupted is then most likely the holder. */
static bool is_interrupted_holder(const struct graph *g, uint32_t task, const struct stk_wait *wait)
{
	const struct stk_stack *stack = builder_stack_at(g->b, graph_task(g, task)->stack);
	bool heap = is_kind(wait, "malloc arena");
	uint32_t i, above;

	for (i = 0; i < stack->count; i++)
		if (builder_frame_at(g->b, stack->frames[i])->flags & STK_FRAME_SIGNAL)
			break;
	above = i;
	for (i++; i < stack->count; i++) {
		const char *func = function_at(g, stack, i);
		uint32_t n;

		if (!(builder_frame_at(g->b, stack->frames[i])->flags & STK_FRAME_PLUMBING) &&
		    !is_allocator(func))
			return false;
		if (heap && is_allocator(func))
			return true;
		for (n = 0; !heap && *func && n < above; n++)
			if (builder_frame_at(g->b, stack->frames[n])->flags & STK_FRAME_PLUMBING &&
			    !strcmp(func, function_at(g, stack, n)))
				return true;
	}
	return false;
}

static bool has_no_owner(const struct stk_wait *wait)
{
	static const char *const kinds[] = { "malloc arena", "lock",  "stdio lock",
					     "loader lock",  "mutex", "once" };
	size_t i;

	for (i = 0; wait && !wait->owner && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(wait->kind, kinds[i]))
			return !(wait->flags & (STK_WAIT_OUTSIDE | STK_WAIT_ENDING));
	return false;
}

/* pthread_once() in the function that pthread_once() has called. */
static bool is_once_within_once(const struct graph *g, uint32_t task)
{
	const struct stk_stack *stack = builder_stack_at(g->b, graph_task(g, task)->stack);
	bool between = false, first = false;
	uint32_t i;

	for (i = 0; i < stack->count; i++) {
		const char *func = function_at(g, stack, i);
		bool once = !strncmp(func, "pthread_once", 12) || !strncmp(func, "call_once", 9);

		if (once && first && between)
			return true;
		between |= first && !once;
		first |= once;
	}
	return false;
}

static void add_unowned(struct graph *g)
{
	bool alone = builder_target(g->b)->threads == 1 && !builder_ncompared(g->b);
	uint32_t i;

	for (i = 0; i < g->ntasks; i++) {
		const struct stk_wait *wait = graph_wait(g, i);
		struct stk_verdict verdict = { .kind = STK_VERDICT_SELF, .certainty = STK_LIKELY };

		if (!has_no_owner(wait))
			continue;
		verdict.address = wait->address;
		if (is_interrupted_holder(g, i, wait)) {
			verdict.text = builder_fmt(g->b,
						   "thread %" PRIu64
						   " waits for %s in the handler of a signal that "
						   "interrupted it with that lock",
						   graph_task(g, i)->id, wait_object(g, wait));
			verdict.basis =
				builder_str(g->b,
					    "the same code stands above and below the handler");
		} else if (is_kind(wait, "once") && is_once_within_once(g, i)) {
			verdict.text = builder_fmt(g->b,
						   "thread %" PRIu64
						   " waits for the end of an initialisation that "
						   "it does itself",
						   graph_task(g, i)->id);
			verdict.basis = builder_str(g->b, "pthread_once() below pthread_once()");
		} else if (alone && g->ntasks == 1 && !(wait->flags & STK_WAIT_TIMED)) {
			verdict.kind = STK_VERDICT_OWNER_GONE;
			verdict.text = builder_fmt(
				g->b,
				"the only thread waits for %s: it has it already, or the process was "
				"forked while another thread of its parent held it",
				wait_object(g, wait));
		} else {
			continue;
		}
		add_one(g, &verdict, i);
	}
}

/* ---- objects: without an owner, or with many waiters ---- */

static uint32_t find_task(const struct graph *g, const struct stk_party *party)
{
	uint64_t task;

	return map_get(&g->threads, (uint64_t)party->target << 32 | (uint32_t)party->id, &task)
		       ? (uint32_t)task - 1
		       : STK_NONE;
}

static uint32_t count_behind(const struct graph *g, const struct stk_object *object)
{
	uint32_t behind = 0, i, task;

	for (i = 0; i < object->nwaiters; i++) {
		task = find_task(g, &object->waiters[i]);
		behind += task == STK_NONE ? 0 : g->held[task];
	}
	return behind;
}

static void add_gone(struct graph *g, const struct stk_object *object)
{
	uint32_t task = find_task(g, &object->waiters[0]);
	const struct stk_wait *wait = task == STK_NONE ? NULL : graph_wait(g, task);
	struct stk_verdict verdict = { .kind = STK_VERDICT_OWNER_GONE, .address = object->address };
	bool single = builder_target(g->b)->threads == 1;

	/* Another process may be the owner of one that is shared. */
	if (!wait || wait->flags & (STK_WAIT_OUTSIDE | STK_WAIT_ENDING))
		return;
	verdict.certainty = wait->flags & STK_WAIT_TIMED ? STK_POSSIBLE
							 : (enum stk_certainty)wait->certainty;
	verdict.text = builder_fmt(
		g->b, "%s is held by thread %" PRIu64 ", which this process does not have: %s",
		wait_object(g, wait), wait->owner,
		single ? "the process was forked while a thread of its parent held it"
		       : "it ended without unlocking it, or the process was forked while it held it");
	verdict.behind = count_behind(g, object);
	add(g, &verdict, object->waiters, object->nwaiters);
}

static void add_contention(struct graph *g, const struct stk_object *object)
{
	struct stk_verdict verdict = { .kind = STK_VERDICT_CONTENTION, .address = object->address };
	uint32_t owner = find_task(g, &object->owner), i;

	/* Stuck ones have been told of. */
	for (i = 0; owner != STK_NONE && g->next[owner] != STK_NONE && i < 64; i++)
		owner = g->next[owner];
	if (owner == STK_NONE || i)
		return;
	verdict.text = builder_fmt(g->b,
				   "%u tasks wait for %s 0x%" PRIx64 "%s%s%s, which thread %" PRIu64
				   " has",
				   object->nwaiters, object->kind, object->address,
				   object->name ? " (" : "", object->name ? object->name : "",
				   object->name ? ")" : "", object->owner.id);
	verdict.behind = count_behind(g, object);
	add(g, &verdict, object->waiters, object->nwaiters);
}

/* ---- nobody is left ---- */

/* Can a task go on without another of its process? */
static bool can_go_on(const struct graph *g, uint32_t task)
{
	const struct stk_task *t = graph_task(g, task);
	const struct stk_wait *wait = graph_wait(g, task);

	if (t->flags & (STK_TASK_RUNNING | STK_TASK_MISSED | STK_TASK_UNVERIFIED) || !wait)
		return true;
	return wait->flags & (STK_WAIT_OUTSIDE | STK_WAIT_TIMED | STK_WAIT_ENDING) ||
	       is_kind(wait, "futex") || is_kind(wait, "scheduler");
}

static const char *nobody_text(const struct graph *g, const struct stk_wait *upgrade)
{
	if (upgrade)
		return builder_fmt(
			g->b,
			"all threads wait, one of them to write %s, which only readers have: one of "
			"the waiting threads is a reader",
			wait_object(g, upgrade));
	return builder_fmt(g->b, "all %u thread%s wait%s to be woken by one another", g->ntasks,
			   plural(g->ntasks), g->ntasks == 1 ? "s" : "");
}

/* A signal's handler may still post a semaphore: so it is likely, not certain. */
static void add_nobody(struct graph *g)
{
	FREE_AT_END struct stk_party *parties = xcalloc((size_t)g->ntasks + 1, sizeof(*parties));
	struct stk_verdict verdict = { .kind = STK_VERDICT_NOBODY, .certainty = STK_LIKELY };
	const struct stk_wait *upgrade = NULL;
	uint32_t i, count = 0;

	for (i = 0; i < g->ntasks; i++) {
		const struct stk_wait *wait = graph_wait(g, i);

		if (can_go_on(g, i))
			return;
		if (g->next[i] == STK_NONE)
			parties[count++] = graph_party(g, i);
		if (is_kind(wait, "rwlock write") && !wait->owner)
			upgrade = wait;
	}
	if (!count)
		return;
	if (upgrade)
		verdict.kind = STK_VERDICT_UPGRADE;
	verdict.text = nobody_text(g, upgrade);
	verdict.behind = g->ntasks - count;
	add(g, &verdict, parties, count);
}

/* ---- Go ---- */

static void add_leaks(struct graph *g)
{
	FREE_AT_END struct stk_party *parties = xcalloc((size_t)g->ntasks + 1, sizeof(*parties));
	struct stk_verdict verdict = { .kind = STK_VERDICT_LEAK };
	uint32_t i, count = 0;

	for (i = 0; i < g->ntasks; i++) {
		const struct stk_go *go = graph_task(g, i)->more->go;

		if (go && go->leaked)
			parties[count++] = graph_party(g, i);
	}
	if (!count)
		return;
	verdict.text = builder_fmt(g->b,
				   "%u goroutine%s wait%s for what nothing that runs can reach",
				   count, plural(count), count == 1 ? "s" : "");
	verdict.basis = builder_str(g->b, "the runtime has found it");
	add(g, &verdict, parties, count);
}

/* "all goroutines are asleep": the same, found by the runtime. */
static void add_asleep(struct graph *g)
{
	const struct stk_cause *cause = builder_cause(g->b);
	struct stk_verdict verdict = { .kind = STK_VERDICT_NOBODY };
	FREE_AT_END struct stk_party *parties = xcalloc((size_t)g->ntasks + 1, sizeof(*parties));
	uint32_t i, count = 0;

	if (!cause->deadlock)
		return;
	for (i = 0; i < g->ntasks; i++)
		if (graph_task(g, i)->kind == STK_GOROUTINE &&
		    !(graph_task(g, i)->flags & STK_TASK_SYSTEM))
			parties[count++] = graph_party(g, i);
	verdict.text = builder_str(g->b, "all goroutines are asleep");
	verdict.basis = builder_str(g->b, "the runtime has found it");
	add(g, &verdict, parties, count);
}

static bool has_goroutines(const struct graph *g)
{
	uint32_t i;

	for (i = 0; i < g->ntasks; i++)
		if (graph_task(g, i)->kind != STK_THREAD)
			return true;
	return false;
}

void verdicts_add(struct graph *g, const struct stk_object *objects, uint32_t count)
{
	FREE_AT_END uint32_t *timed = xcalloc((size_t)g->ntasks + 1, sizeof(*timed));
	uint32_t ntimed = 0, i;

	find_cycles(g);
	for (i = 0; i < g->ntasks; i++) {
		if (!g->in_cycle[i])
			continue;
		if (is_timed(g, i))
			timed[ntimed++] = i;
		else
			add_cycle(g, i);
	}
	for (i = 0; i < count; i++)
		if (objects[i].gone)
			add_gone(g, &objects[i]);
	add_unowned(g);
	add_asleep(g);
	if (!g->nverdicts && g->ntasks && !has_goroutines(g))
		add_nobody(g);
	add_leaks(g);
	for (i = 0; i < ntimed; i++)
		add_cycle(g, timed[i]);
	for (i = 0; i < count; i++)
		if (objects[i].owned && !objects[i].gone && objects[i].nwaiters >= MIN_CONTENTION)
			add_contention(g, &objects[i]);
}
