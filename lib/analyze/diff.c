/* SPDX-License-Identifier: Apache-2.0 */
/* Several dumps side by side: their tasks become those of one dump, in which equal strings are
 * equal pointers again, so that grouping it counts over all of them. */
#include "analyze.h"

#include <stdlib.h>
#include <string.h>

/* Where the parts of one dump went. */
struct moved {
	const struct stk_dump *dump;
	struct builder *b;
	uint32_t *modules, *locs, *frames, *stacks;
};

/* The modules of all dumps so far; their places in the intern are those in the dump. */
struct seen {
	struct intern modules;
	struct map by_name; /* the last part of a path, interned, to the first module of that name */
};

/* A text of stk has no build IDs, and in places the last part of a module's path only: it is any
 * module of that path, or of that name. Both paths are known to end with the same name. */
static bool is_unbuilt_same(const struct stk_module *one, const struct stk_module *other)
{
	return !*one->build_id && (!strchr(one->path, '/') || !strcmp(one->path, other->path));
}

static bool is_same_by_name(const struct stk_module *one, const struct stk_module *other)
{
	return is_unbuilt_same(one, other) || is_unbuilt_same(other, one);
}

/* A module is the same by its path and build, wherever it was loaded. */
static uint32_t move_module(struct moved *m, struct seen *seen, struct stk_module module)
{
	uint64_t name = (uintptr_t)builder_str(m->b, path_base(module.path)), known;
	const void *key[2];
	size_t before = seen->modules.count;
	uint32_t id;

	module.path = key[0] = builder_str(m->b, module.path);
	module.build_id = key[1] = builder_str(m->b, module.build_id);
	module.file = builder_str(m->b, module.file);
	module.debug = builder_str(m->b, module.debug);
	if (map_get(&seen->by_name, name, &known) &&
	    is_same_by_name(&module, builder_module_at(m->b, (uint32_t)known)))
		return (uint32_t)known;
	id = intern_put(&seen->modules, key, sizeof(key));
	if (id != before)
		return id;
	map_put(&seen->by_name, name, id);
	return builder_module(m->b, &module);
}

static uint32_t move_loc(struct moved *m, struct stk_loc loc)
{
	loc.func = builder_str(m->b, loc.func);
	loc.linkage = builder_str(m->b, loc.linkage);
	loc.file = builder_str(m->b, loc.file);
	loc.why = builder_str(m->b, loc.why);
	loc.module = loc.module < m->dump->nmodules ? m->modules[loc.module] : STK_NONE;
	return builder_loc(m->b, &loc);
}

static uint32_t move_stack(struct moved *m, struct stk_stack stack)
{
	FREE_AT_END uint32_t *frames = xmalloc(((size_t)stack.count + 1) * sizeof(*frames));
	uint32_t i;

	for (i = 0; i < stack.count; i++)
		frames[i] = m->frames[stack.frames[i]];
	stack.frames = frames;
	return builder_stack(m->b, &stack);
}

static uint32_t *numbers(uint32_t count)
{
	return xmalloc(((size_t)count + 1) * sizeof(uint32_t));
}

static void move_code(struct moved *m, struct seen *modules)
{
	const struct stk_dump *dump = m->dump;
	uint32_t i;

	for (i = 0; i < dump->nmodules; i++)
		m->modules[i] = move_module(m, modules, dump->modules[i]);
	for (i = 0; i < dump->nlocs; i++)
		m->locs[i] = move_loc(m, dump->locs[i]);
	for (i = 0; i < dump->nframes; i++) {
		struct stk_frame frame = dump->frames[i];

		frame.loc = m->locs[frame.loc];
		m->frames[i] = builder_frame(m->b, &frame);
	}
	for (i = 0; i < dump->nstacks; i++)
		m->stacks[i] = move_stack(m, dump->stacks[i]);
}

/* Arguments tell groups apart by pointer. */
static const struct stk_detail *move_detail(struct moved *m, const struct stk_task *task)
{
	uint32_t count = m->dump->stacks[task->stack].count, i;
	struct stk_detail *detail;

	if (!task->detail)
		return NULL;
	detail = builder_alloc(m->b, ((size_t)count + 1) * sizeof(*detail));
	for (i = 0; i < count; i++) {
		detail[i] = task->detail[i];
		detail[i].args = builder_str(m->b, detail[i].args);
	}
	return detail;
}

static void move_task(struct moved *m, const struct stk_task *from)
{
	struct stk_task task = *from;

	task.name = builder_str(m->b, task.name);
	task.state = builder_str(m->b, task.state);
	task.stack = m->stacks[task.stack];
	task.creator = task.creator < m->dump->nframes ? m->frames[task.creator] : STK_NONE;
	task.detail = move_detail(m, from);
	*builder_task(m->b) = task;
}

static void move_notes(struct moved *m)
{
	uint32_t i;

	for (i = 0; i < m->dump->nnotes; i++)
		builder_note(m->b, m->dump->notes[i].id, m->dump->notes[i].subject, "%s: %s",
			     m->dump->target.name, m->dump->notes[i].text);
}

static struct stk_compared move_dump(struct builder *b, const struct stk_dump *dump,
				     struct seen *modules)
{
	struct moved m = { dump,
			   b,
			   numbers(dump->nmodules),
			   numbers(dump->nlocs),
			   numbers(dump->nframes),
			   numbers(dump->nstacks) };
	struct stk_compared part = { builder_str(b, dump->target.name), builder_ntasks(b),
				     dump->ntasks };
	uint32_t i;

	move_code(&m, modules);
	for (i = 0; i < dump->ntasks; i++)
		move_task(&m, &dump->tasks[i]);
	move_notes(&m);
	free(m.modules);
	free(m.locs);
	free(m.frames);
	free(m.stacks);
	return part;
}

void analyze_merge(const struct stk_dump *const *dumps, size_t count, struct builder *b)
{
	FREE_AT_END struct stk_compared *parts = xcalloc(count, sizeof(*parts));
	struct stk_target *target = builder_target(b);
	struct seen modules = { .by_name = { 0 } };
	struct arena keys = { 0 };
	size_t i;

	intern_init(&modules.modules, &keys);
	target->kind = STK_TARGET_TEXT;
	target->name = builder_fmt(b, "%zu dumps", count);
	for (i = 0; i < count; i++) {
		parts[i] = move_dump(b, dumps[i], &modules);
		target->threads += dumps[i]->target.threads;
		target->goroutines += dumps[i]->target.goroutines;
	}
	builder_compared(b, parts, (uint32_t)count);
	intern_deinit(&modules.modules);
	map_deinit(&modules.by_name);
	arena_deinit(&keys);
}

/* ---- what becomes of a group ---- */

/* How many of its tasks are in it, under the same id, in every dump. */
static uint32_t count_stuck(const struct stk_dump *dump, const struct stk_group *group)
{
	struct map seen = { 0 };
	uint32_t stuck = 0, i;
	uint64_t times;

	for (i = 0; i < group->count; i++) {
		const struct stk_task *task = &dump->tasks[group->tasks[i]];

		if (!task->id)
			continue;
		if (!map_get(&seen, task->id, &times))
			times = 0;
		map_put(&seen, task->id, ++times);
		stuck += times == dump->ncompared;
	}
	map_deinit(&seen);
	return stuck;
}

void analyze_counts(const struct stk_dump *dump, struct stk_group *group, struct builder *b)
{
	uint32_t *counts, part = 0, i;

	if (!dump->ncompared)
		return;
	counts = builder_alloc(b, dump->ncompared * sizeof(*counts));
	/* in the order of the tasks, which is that of the dumps */
	for (i = 0; i < group->count; i++) {
		while (group->tasks[i] >= dump->compared[part].first + dump->compared[part].count)
			part++;
		counts[part]++;
	}
	group->counts = counts;
	group->stuck = count_stuck(dump, group);
}
