/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "unwind.h"
#include "values.h"

const struct lang *const langs[] = { &lang_go, &lang_python, &lang_native };
const unsigned nlangs = ARRAY_SIZE(langs);

unsigned lang_index(const struct lang *lang)
{
	unsigned i = 0;

	while (langs[i] != lang)
		i++;
	return i;
}

unsigned lang_native_index(void)
{
	return lang_index(&lang_native);
}

struct raw_task *capture_task(struct capture *c, const struct lang *lang)
{
	struct raw_task *task;

	c->tasks = grow(c->tasks, &c->cap_tasks, c->ntasks + 1, sizeof(*task));
	task = &c->tasks[c->ntasks++];
	memset(task, 0, sizeof(*task));
	task->lang = (uint8_t)lang_index(lang);
	task->stack.end = STK_END_NONE;
	return task;
}

struct raw_task *capture_thread(struct capture *c, const struct image_thread *thread,
				const struct lang *lang)
{
	uint64_t taken;
	struct raw_task *task;

	if (map_get(&c->taken, thread->tid, &taken))
		return NULL;
	task = capture_task(c, lang);
	task->kind = STK_THREAD;
	task->id = thread->tid;
	task->thread = thread;
	return task;
}

static uint64_t hash_stack(const struct raw_frame *frames, uint32_t count)
{
	uint64_t hash = count;
	uint32_t i;

	for (i = 0; i < count; i++)
		hash = (hash ^ frames[i].pc ^ (uint64_t)frames[i].flags << 56) *
		       UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static bool same_stack(const struct capture *c, const struct raw_stack *a,
		       const struct raw_stack *b)
{
	const struct raw_frame *x = &c->frames[a->first], *y = &c->frames[b->first];
	uint32_t i;

	if (a->count != b->count || a->elided != b->elided || a->end != b->end ||
	    a->end_address != b->end_address)
		return false;
	for (i = 0; i < a->count; i++)
		if (x[i].pc != y[i].pc || x[i].flags != y[i].flags || x[i].how != y[i].how ||
		    x[i].lang != y[i].lang || x[i].own != y[i].own)
			return false;
	return true;
}

bool capture_share(struct capture *c, struct raw_task *task)
{
	struct raw_stack *stack = &task->stack;
	uint64_t hash, known;

	if (!stack->count || stack->first + stack->count != c->nframes)
		return false;
	hash = hash_stack(&c->frames[stack->first], stack->count);
	if (!map_get(&c->shared, hash, &known)) {
		map_put(&c->shared, hash, (uint64_t)(task - c->tasks) + 1);
	} else if (same_stack(c, stack, &c->tasks[known - 1].stack)) {
		c->nframes = stack->first;
		*stack = c->tasks[known - 1].stack;
		return true;
	}
	return false;
}

void capture_take_thread(struct capture *c, uint32_t tid)
{
	map_put(&c->taken, tid, 1);
}

/* Of the rows whose tasks are made from copies, or of those for which the target must stand still. */
static void add_tasks(struct capture *c, bool from_copies)
{
	unsigned i;

	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->tasks &&
		    !(langs[i]->flags & LANG_FROM_COPIES) == !from_copies)
			langs[i]->tasks(c->states[i], c);
}

/* While the target is stopped. */
static void capture(struct capture *c)
{
	unsigned i;

	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->read)
			langs[i]->read(c->states[i], c);
	if (c->waits)
		waits_read(c->waits);
	if (c->want->what & STK_WANT_NO_STACKS)
		return;
	add_tasks(c, false);
	image_resume(c->image);
	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->rest)
			langs[i]->rest(c->states[i], c);
	add_tasks(c, true);
}

/* Is more read than the stacks of threads? */
static bool moves(const struct capture *c)
{
	unsigned i;

	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->read)
			return true;
	return c->waits;
}

/* Does a runtime have tasks beside the threads, or code that it unwinds itself? */
static bool has_own_tasks(const struct capture *c)
{
	unsigned i;

	for (i = 0; i < nlangs; i++)
		if (c->states[i] && !(langs[i]->flags & LANG_NATIVE) &&
		    (langs[i]->owns || langs[i]->tasks))
			return true;
	return false;
}

struct stk_error *lang_capture(struct image *image, struct builder *b, const struct stk_want *want,
			       struct capture **ret)
{
	struct capture *c = xcalloc(1, sizeof(*c));
	struct stk_error *err = NULL;
	unsigned i;

	c->image = image;
	c->b = b;
	c->want = want;
	if (want->what & STK_WANT_WAITS && !(want->what & STK_WANT_NO_STACKS))
		c->waits = waits_open(image, b);
	for (i = 0; i < nlangs; i++)
		c->states[i] = langs[i]->detect(c);
	/* For modules and facts alone nobody has to stand still. */
	if (!(want->what & STK_WANT_NO_STACKS) || moves(c))
		err = image_stop(image, moves(c));
	if (err) {
		capture_close(c);
		return err;
	}
	if (!image_stale(image) && !(want->what & STK_WANT_KEY && has_own_tasks(c)))
		capture(c);
	image_resume(image);
	*ret = c;
	return NULL;
}

bool lang_is_native(const struct raw_frame *frame)
{
	return langs[frame->lang]->flags & LANG_NATIVE;
}

bool lang_is_physical(const struct raw_frame *frame)
{
	return !(langs[frame->lang]->flags & LANG_RUNS);
}

void capture_close(struct capture *c)
{
	unsigned i;

	if (!c)
		return;
	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->close)
			langs[i]->close(c->states[i]);
	waits_close(c->waits);
	map_deinit(&c->taken);
	map_deinit(&c->shared);
	free(c->frames);
	free(c->tasks);
	free(c);
}

/* Where stacks are put together: ids of frames, and which raw frame each came from. */
struct assembly {
	struct capture *c;
	struct symbols *symbols;
	uint32_t *ids;
	struct stk_detail *detail;
	struct values *values; /* of the task; NULL not asked for */
	size_t count, cap_ids, cap_detail;
	struct map stacks;  /* first raw frame -> stack: many tasks share one */
	struct map details; /* the same -> the address of its details */
};

/* A frame by its build and offset alone. */
static uint32_t bare_frame(struct assembly *a, const struct raw_frame *raw)
{
	struct builder *b = a->c->b;
	struct stk_loc loc = { .module = image_module(a->c->image, raw->pc),
			       .func_offset = UINT64_MAX };
	struct stk_frame frame = { .pc = raw->pc, .flags = raw->flags, .how = raw->how };

	if (loc.module != STK_NONE)
		loc.offset = raw->pc - image_module_info(a->c->image, loc.module)->bias;
	frame.loc = builder_loc(b, &loc);
	return builder_frame(b, &frame);
}

static size_t frames_of(struct assembly *a, const struct raw_task *task,
			const struct raw_frame *raw, const uint32_t **ret, uint32_t *room)
{
	const struct lang *lang = langs[raw->lang];

	if (a->c->want->what & STK_WANT_KEY) {
		room[0] = bare_frame(a, raw);
		*ret = room;
		return 1;
	}
	if (!lang->symbolize)
		return symbols_frames(a->symbols, raw->pc, raw->flags, raw->how, ret);
	*ret = room;
	return lang->symbolize(a->c->states[raw->lang], a->c->b, task, raw, room);
}

/* Helpers of an interpreter's evaluator, among the physical frames of a stack that it is in. */
static void mark_own_work(struct assembly *a, uint32_t *ids, size_t n)
{
	struct builder *b = a->c->b;
	size_t i;
	unsigned row;

	for (i = 0; i < n; i++) {
		struct stk_frame frame = *builder_frame_at(b, ids[i]);

		for (row = 0; row < nlangs; row++)
			if (a->c->states[row] && langs[row]->is_own_work &&
			    langs[row]->is_own_work(a->c->states[row],
						    builder_loc_at(b, frame.loc)))
				frame.flags |= STK_FRAME_INTERPRETER;
		ids[i] = builder_frame(b, &frame);
	}
}

/* Arguments and variables of the n frames at a raw frame. */
static void add_values(struct assembly *a, const struct raw_frame *raw, uint32_t at, size_t n)
{
	const struct lang *lang = langs[raw->lang];
	struct stk_detail *detail = a->detail + a->count;
	struct capture *c = a->c;

	/* The function itself is the last of the frames at its pc. */
	if (lang->args)
		detail[n - 1].args = lang->args(c->states[raw->lang], c->b, raw);
	if (!lang_is_physical(raw) || lang->values) {
		if (lang->values && c->want->what & (STK_WANT_ARGS | STK_WANT_LOCALS))
			detail[n - 1].nvalues = lang->values(c->states[raw->lang], c->b, raw,
							     c->want->what, &detail[n - 1].values);
		return;
	}
	values_fill(a->values, a->symbols, at, detail, n);
}

static void append(struct assembly *a, const struct raw_task *task, uint32_t at, bool detail)
{
	const struct raw_frame *raw = &a->c->frames[task->stack.first + at];
	uint32_t room[LIMIT_INLINE_DEPTH];
	const uint32_t *ids;
	size_t n = frames_of(a, task, raw, &ids, room), i;

	a->ids = grow(a->ids, &a->cap_ids, a->count + n, sizeof(*a->ids));
	memcpy(a->ids + a->count, ids, n * sizeof(*ids));
	if (task->has_runs && lang_is_native(raw))
		mark_own_work(a, a->ids + a->count, n);
	if (detail) {
		a->detail = grow(a->detail, &a->cap_detail, a->count + n, sizeof(*a->detail));
		for (i = 0; i < n; i++)
			a->detail[a->count + i] = (struct stk_detail){ .sp = raw->sp,
								       .cfa = raw->cfa };
		if (n)
			add_values(a, raw, at, n);
	}
	a->count += n;
}

static uint32_t build_stack(struct assembly *a, const struct raw_task *task, bool detail)
{
	const struct raw_stack *raw = &task->stack;
	struct stk_stack stack = { .elided = raw->elided,
				   .end = raw->end,
				   .end_address = raw->end_address };
	uint64_t known;
	uint32_t i;

	a->count = 0;
	if (raw->count && map_get(&a->stacks, raw->first, &known))
		return (uint32_t)known;
	for (i = 0; i < raw->count; i++) {
		if (raw->elided && i == raw->elided_at)
			stack.elided_at = (uint32_t)a->count;
		append(a, task, i, detail);
	}
	stack.frames = a->ids;
	stack.count = (uint32_t)a->count;
	known = builder_stack(a->c->b, &stack);
	if (raw->count)
		map_put(&a->stacks, raw->first, known);
	return (uint32_t)known;
}

/* Tasks share frames and their details where all of their registers are the same. */
static const struct stk_detail *share_detail(struct assembly *a, const struct raw_task *raw)
{
	uint64_t known;

	if (raw->stack.count && map_get(&a->details, raw->stack.first, &known))
		return (const struct stk_detail *)(uintptr_t)known;
	known = (uintptr_t)builder_array(a->c->b, a->detail, a->count, sizeof(*a->detail));
	if (raw->stack.count)
		map_put(&a->details, raw->stack.first, known);
	return (const struct stk_detail *)(uintptr_t)known;
}

/* What the thread of a task waits for, where the task's own runtime has not said it. */
static void add_waits(struct assembly *a, const struct raw_task *raw, struct stk_task *task)
{
	struct capture *c = a->c;
	struct stk_more more = *task->more, *own;

	if (!c->waits || !raw->thread || more.nwaits ||
	    !waits_describe(c->waits, a->symbols, raw->thread, task->stack, &more))
		return;
	own = builder_alloc(c->b, sizeof(*own));
	*own = more;
	task->more = own;
}

static void build_task(struct assembly *a, const struct raw_task *raw)
{
	struct capture *c = a->c;
	bool detail = c->want->what & (STK_WANT_DETAIL | STK_WANT_ARGS | STK_WANT_LOCALS);
	struct stk_task *task;
	uint32_t stack;

	a->values = values_open(c, raw);
	stack = build_stack(a, raw, detail);
	values_close(a->values);
	task = builder_task(c->b);
	task->kind = raw->kind;
	task->id = raw->id;
	task->stack = stack;
	if (detail)
		task->detail = share_detail(a, raw);
	if (!image_verified(c->image))
		task->flags |= STK_TASK_UNVERIFIED;
	if (langs[raw->lang]->describe)
		langs[raw->lang]->describe(c->states[raw->lang], c, raw, task);
	add_waits(a, raw, task);
}

/* The one that died is what people look for. Without a crash, the first is the one that a debugger
 * would show. */
static void put_crashed_first(struct builder *b)
{
	uint32_t i, count = builder_ntasks(b);

	for (i = 0; i < count; i++)
		if (builder_task_at(b, i)->flags & STK_TASK_CRASHED)
			break;
	if (i == count)
		i = 0;
	if (i)
		builder_put_first(b, i);
	if (count)
		builder_task_at(b, 0)->flags |= STK_TASK_CURRENT;
}

void lang_build(struct capture *c, struct symbols *symbols)
{
	struct assembly a = { .c = c, .symbols = symbols };
	unsigned lang;
	size_t i;

	c->symbols = symbols;
	for (i = 0; i < c->ntasks; i++)
		build_task(&a, &c->tasks[i]);
	free(a.ids);
	free(a.detail);
	map_deinit(&a.stacks);
	map_deinit(&a.details);
	put_crashed_first(c->b);
	for (lang = 0; lang < nlangs; lang++)
		if (c->states[lang] && langs[lang]->explain)
			langs[lang]->explain(c->states[lang], c);
}
