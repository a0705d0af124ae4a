/* SPDX-License-Identifier: Apache-2.0 */
/* Go: goroutines as tasks. Needs neither symbols nor DWARF nor a known version. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "clock.h"
#include "death.h"
#include "facts.h"
#include "foreign.h"
#include "knownstack.h"
#include "rest.h"
#include "sym.h"
#include "task.h"
#include "unwind.h"
#include "walk.h"
#include "wait.h"

static void find_now(struct goruntime *rt, struct builder *b)
{
	bool least;

	rt->now = goclock_now(rt, builder_target(b), &least);
	if (least && rt->now)
		builder_note(
			b, STK_NOTE_RUNTIME_FALLBACK, "Go",
			"the time of the core is not known: waits are at least as long as shown");
}

/* Where the program does not say its version (the text is in a file that is gone). */
static void say_version(const struct goruntime *rt, struct builder *b)
{
	if (!builder_target(b)->go_version)
		builder_target(b)->go_version = builder_fmt(b, "go1.%u (by its layout)",
							    rt->layout.minor);
}

/* Other architectures have other stack frames and other offsets. */
static bool is_supported(const struct arch *arch)
{
	return arch && arch->word == 8 && !arch->big_endian &&
	       (!strcmp(arch->name, "x86_64") || !strcmp(arch->name, "aarch64"));
}

/* Structures of older releases are not known, and what is read of them would be no more than noise. */
static void drop_old(struct go *go)
{
	size_t i, kept = 0;

	for (i = 0; i < go->count; i++)
		if (goforeign_is_old(go->modules[i].own.version))
			gomodules_deinit(&go->modules[i]);
		else
			go->modules[kept++] = go->modules[i];
	go->count = kept;
}

static void *go_nothing(struct go *go, struct capture *c, bool supported)
{
	enum stk_target_kind kind = builder_target(c->b)->kind;

	if (kind == STK_TARGET_CORE || kind == STK_TARGET_PROCESS)
		goforeign_say(c, &go->mem, supported);
	gomem_deinit(&go->mem);
	free(go);
	return NULL;
}

static void *go_detect(struct capture *c)
{
	const struct arch *arch = image_arch(c->image);
	struct go *go;
	size_t i;

	if (!arch)
		return NULL;
	go = xcalloc(1, sizeof(*go));
	go->image = c->image;
	go->c = c;
	gomem_init(&go->mem, c->image);
	if (!is_supported(arch))
		return go_nothing(go, c, false);
	go->arm = !strcmp(arch->name, "aarch64");
	go->sp = (unsigned)arch->sp;
	go->lr = go->arm ? (unsigned)arch->lr : 0;
	go->mem.live = builder_target(c->b)->kind == STK_TARGET_PROCESS;
	go->count = gomodule_find(&go->mem, c->b, go->modules, GOMODULE_RUNTIMES);
	drop_old(go);
	if (!go->count)
		return go_nothing(go, c, true);
	go->runtimes = xcalloc(go->count, sizeof(*go->runtimes));
	for (i = 0; i < go->count; i++) {
		go->runtimes[i].modules = &go->modules[i];
		if (go->mem.live)
			gosched_expect(&go->runtimes[i], &go->mem);
	}
	if (go->modules[0].own.version)
		builder_target(c->b)->go_version = builder_str(c->b, go->modules[0].own.version);
	return go;
}

static void go_read(void *state, struct capture *c)
{
	struct go *go = state;
	size_t i;

	/* What was read before the target was stopped is old. */
	gomem_reset(&go->mem);
	for (i = 0; i < go->count; i++) {
		gosched_read(&go->runtimes[i], &go->mem, c->b);
		find_now(&go->runtimes[i], c->b);
		say_version(&go->runtimes[i], c->b);
		/* What there is, be it readable or not. */
		builder_target(c->b)->goroutines +=
			(uint32_t)(go->runtimes[i].count + go->runtimes[i].unreadable);
	}
}

static void go_close(void *state)
{
	struct go *go = state;
	size_t i;

	for (i = 0; i < go->count; i++) {
		gosched_deinit(&go->runtimes[i]);
		gomodules_deinit(&go->modules[i]);
	}
	free(go->runtimes);
	gowait_deinit(go);
	gocode_deinit(&go->code);
	gomem_deinit(&go->mem);
	map_deinit(&go->frames);
	map_deinit(&go->frame_kinds);
	map_deinit(&go->stacks);
	map_deinit(&go->plans);
	map_deinit(&go->creators);
	goknownstack_deinit(&go->known);
	free(go->ids);
	free(go);
}

static void go_tasks(void *state, struct capture *c)
{
	struct go *go = state;

	gowalk_tasks(go, c);
	godeath_capture(go, c);
	/* The target runs on after this: pointers into it end here. */
	gomem_reset(&go->mem);
}

static void go_rest(void *state, struct capture *c)
{
	struct go *go = state;

	gowalk_rest(go, c);
	gomem_reset(&go->mem);
}

static bool go_owns(void *state, uint64_t pc)
{
	struct go *go = state;

	return gocode_at(&go->code, go->modules, go->count, pc) != NULL;
}

static enum unwind_result go_unwind(void *state, struct unwind *u)
{
	return gounwind_frames(state, u);
}

static bool go_resume(void *state, struct capture *c, const struct raw_task *task,
		      struct image_regs *ret)
{
	return gorest_find(state, c, task, ret);
}

static size_t go_symbolize(void *state, struct builder *b, const struct raw_task *task,
			   const struct raw_frame *frame, uint32_t *ids)
{
	(void)task;
	return gosym_frames(state, b, frame, ids);
}

static bool go_find(void *state, const char *name, uint64_t *ret_addr, uint64_t *ret_size)
{
	return gosym_find(state, name, ret_addr, ret_size);
}

static const char *go_args(void *state, struct builder *b, const struct raw_frame *frame)
{
	return goargs_text(state, b, frame);
}

static void go_describe(void *state, struct capture *c, const struct raw_task *raw,
			struct stk_task *task)
{
	gotask_describe(state, c, raw, task);
}

static void go_explain(void *state, struct capture *c)
{
	godeath_blame(state, c);
	gofacts_add(state, c->b);
}

const struct lang lang_go = {
	.name = "go",
	.detect = go_detect,
	.read = go_read,
	.close = go_close,
	.tasks = go_tasks,
	.rest = go_rest,
	.owns = go_owns,
	.unwind = go_unwind,
	.resume = go_resume,
	.symbolize = go_symbolize,
	.find = go_find,
	.args = go_args,
	.describe = go_describe,
	.explain = go_explain,
};
