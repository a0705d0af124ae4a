/* SPDX-License-Identifier: Apache-2.0 */
#include "parties.h"

#include <stdlib.h>
#include <string.h>

/* Ids of threads and goroutines meet in one map: a collision of this mix would show another task's
 * name, and there are too few of them for one. */
static uint64_t key_of(uint32_t kind, uint32_t target, uint64_t id)
{
	return id ^ (uint64_t)kind << 62 ^ (uint64_t)target << 40;
}

static void put(struct parties *p, uint32_t kind, uint32_t task, uint64_t id)
{
	uint64_t key = key_of(kind, p->target[task], id), known;

	if (id && !map_get(&p->tasks, key, &known))
		map_put(&p->tasks, key, task + 1);
}

static void list_tasks(struct parties *p)
{
	uint32_t i, n;

	for (i = 0; i < p->dump->ncompared; i++)
		for (n = 0; n < p->dump->compared[i].count; n++)
			if (p->dump->compared[i].first + n < p->dump->ntasks)
				p->target[p->dump->compared[i].first + n] = i;
	for (i = 0; i < p->dump->ntasks; i++)
		put(p, p->dump->tasks[i].kind, i, p->dump->tasks[i].id);
	/* the goroutine that a thread runs stands for it */
	for (i = 0; i < p->dump->ntasks; i++)
		if (p->dump->tasks[i].kind == STK_GOROUTINE)
			put(p, STK_THREAD, i, p->dump->tasks[i].tid);
}

static uint32_t find(const struct parties *p, uint32_t kind, uint32_t target, uint64_t id)
{
	uint64_t task;

	return map_get(&p->tasks, key_of(kind, target, id), &task) ? (uint32_t)task - 1 : STK_NONE;
}

static uint32_t find_owner(const struct parties *p, uint32_t task, const struct stk_wait *wait)
{
	uint32_t found = find(p, STK_THREAD, p->target[task], wait->owner), i;

	if (wait->flags & STK_WAIT_OUTSIDE)
		for (i = 0; found == STK_NONE && i < p->dump->ncompared; i++)
			found = find(p, STK_THREAD, i, wait->owner);
	return found;
}

static void link_task(struct parties *p, uint32_t task)
{
	const struct stk_more *more = p->dump->tasks[task].more;
	uint32_t owner;

	if (more->nwaits != 1 || !more->waits[0].owner ||
	    more->waits[0].certainty == STK_POSSIBLE || more->waits[0].flags & STK_WAIT_ENDING)
		return;
	owner = find_owner(p, task, &more->waits[0]);
	p->next[task] = owner;
	if (owner == STK_NONE)
		return;
	p->sibling[task] = p->first[owner];
	p->first[owner] = task;
}

static uint32_t *numbers(uint32_t count, int fill)
{
	uint32_t *list = xmalloc(((size_t)count + 1) * sizeof(*list));

	return memset(list, fill, ((size_t)count + 1) * sizeof(*list));
}

void parties_init(struct parties *p, const struct stk_dump *dump)
{
	uint32_t i;

	memset(p, 0, sizeof(*p));
	p->dump = dump;
	p->target = numbers(dump->ntasks, 0);
	p->next = numbers(dump->ntasks, 0xff);
	p->first = numbers(dump->ntasks, 0xff);
	p->sibling = numbers(dump->ntasks, 0xff);
	list_tasks(p);
	/* backwards: the first of those that wait for one is the first of them all */
	for (i = dump->ntasks; i--;)
		link_task(p, i);
}

void parties_deinit(struct parties *p)
{
	map_deinit(&p->tasks);
	free(p->target);
	free(p->next);
	free(p->first);
	free(p->sibling);
}

const struct stk_task *parties_task(const struct parties *p, const struct stk_party *party)
{
	uint32_t task = find(p, party->kind, party->target, party->id);

	return task == STK_NONE ? NULL : &p->dump->tasks[task];
}

struct stk_party parties_of(const struct parties *p, uint32_t task)
{
	const struct stk_task *t = &p->dump->tasks[task];

	return (struct stk_party){ .id = t->id, .kind = t->kind, .target = p->target[task] };
}
