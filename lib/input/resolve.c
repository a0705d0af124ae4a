/* --exe: frames of a text that lack a function or a place get them from the files that the user
 * names. Each file is an image of its own with a builder of its own; what is found there is
 * copied into the dump of the text. */
#include "trace.h"

#include <stdlib.h>

/* A file to look addresses up in. */
struct exe {
	struct builder *b;
	struct image *image;
	struct symbols *symbols;
	const struct stk_module *module;
};

struct resolver {
	struct builder *b;          /* of the text */
	struct exe *exes;
	size_t nexes;
	struct map stacks;          /* old and `goroutine` -> new */
	bool goroutine;             /* the task at hand is one */
	uint32_t *frames, *origin;  /* the new stack; of each frame the old one's place */
	size_t count, frames_cap, origin_cap;
	uint32_t found, missed;     /* frames */
};

/* ---- files ---- */

static struct stk_error *exe_open(struct exe *exe, const char *path, const struct stk_files *files,
				  const struct stk_want *want)
{
	struct stk_error *err;

	exe->b = builder_open();
	err = image_open_file(path, files, exe->b, &exe->image);
	if (err) {
		builder_close(exe->b);
		return err;
	}
	exe->symbols = symbols_open(exe->image, exe->b, files, want);
	exe->module = image_module_info(exe->image, 0);
	return NULL;
}

static void exe_close(struct exe *exe)
{
	symbols_close(exe->symbols);
	image_close(exe->image);
	builder_close(exe->b);
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Some tools print only the first bytes of a build id. */
static bool same_build(const char *a, const char *b)
{
	size_t size = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return size >= 8 && !strncmp(a, b, size);
}

/* By build id where the text has one; by name otherwise. */
static bool is_module(const struct exe *exe, const struct stk_module *module)
{
	if (module->build_id[0] && exe->module->build_id[0])
		return same_build(module->build_id, exe->module->build_id);
	return !strcmp(basename_of(module->path), basename_of(exe->module->path));
}

/* ---- one frame ---- */

/* The link address of a frame in this file: by module and offset, or the pc of a program that is
 * not relocated; 0 when it is not of this file. A pc without a module could be anybody's: it
 * must be where the file would be without relocation. */
static uint64_t address_in(const struct resolver *r, const struct exe *exe,
			   const struct stk_frame *frame, const struct stk_loc *loc)
{
	if (loc->module != STK_NONE) {
		if (!is_module(exe, builder_module_at(r->b, loc->module)))
			return 0;
		return loc->offset ? loc->offset + exe->module->bias : frame->pc;
	}
	return frame->pc >= exe->module->start && frame->pc < exe->module->end ? frame->pc : 0;
}

static void push(struct resolver *r, uint32_t frame, uint32_t origin)
{
	r->frames = grow(r->frames, &r->frames_cap, r->count + 1, sizeof(*r->frames));
	r->origin = grow(r->origin, &r->origin_cap, r->count + 1, sizeof(*r->origin));
	r->frames[r->count] = frame;
	r->origin[r->count++] = origin;
}

/* The frame that the file gives, in the dump of the text. */
static uint32_t copy_frame(struct resolver *r, const struct exe *exe, uint32_t id,
			   const struct stk_frame *old)
{
	const struct stk_frame *from = builder_frame_at(exe->b, id);
	struct stk_loc loc = *builder_loc_at(exe->b, from->loc);
	const struct stk_loc *old_loc = builder_loc_at(r->b, old->loc);

	/* a stripped file has less to say than the text */
	loc.func = loc.func ? builder_str(r->b, loc.func) : old_loc->func;
	loc.linkage = builder_str(r->b, loc.linkage);
	loc.file = builder_str(r->b, loc.file);
	loc.why = loc.file ? NULL : builder_str(r->b, loc.why);
	loc.module = old_loc->module;
	loc.offset = old_loc->offset;
	loc.source = NULL;
	loc.disasm = NULL;
	return builder_frame(r->b, &(struct stk_frame){
		.pc = old->pc, .loc = builder_loc(r->b, &loc), .flags = old->flags,
		.how = loc.inlined ? STK_HOW_INLINE : old->how });
}

static bool resolve_in(struct resolver *r, const struct exe *exe, const struct stk_frame *frame,
		       uint32_t at, bool exact)
{
	struct stk_loc loc = *builder_loc_at(r->b, frame->loc);
	uint64_t address = address_in(r, exe, frame, &loc);
	const uint32_t *ids;
	size_t count, i;

	if (!address)
		return false;
	count = symbols_frames(exe->symbols, address, exact ? STK_FRAME_ACTIVATION : 0, STK_HOW_TEXT,
			       &ids);
	if (!builder_loc_at(exe->b, builder_frame_at(exe->b, ids[count - 1])->loc)->func)
		return false;
	/* Go lists a call that was inlined as a frame of its own, with an address of its own in the
	 * function around it (runtime/symtab.go, "pseudo pc"). */
	for (i = 0; i < (r->goroutine ? 1 : count); i++)
		push(r, copy_frame(r, exe, ids[i], frame), at);
	return true;
}

/* What is looked up is the call: of a thread's first frame, and of one that a signal interrupted,
 * the pc itself; of others the instruction before it, unless the text prints the calls'
 * addresses. A goroutine's first frame has called the scheduler. */
static bool is_exact(const struct resolver *r, const struct stk_stack *stack, uint32_t at)
{
	if (builder_frame_at(r->b, stack->frames[at])->flags & STK_FRAME_ACTIVATION)
		return true;
	if (!at)
		return !r->goroutine;
	return (builder_frame_at(r->b, stack->frames[at - 1])->flags & STK_FRAME_SIGNAL) != 0;
}

static void resolve_frame(struct resolver *r, const struct stk_stack *stack, uint32_t at)
{
	struct stk_frame frame = *builder_frame_at(r->b, stack->frames[at]);
	const struct stk_loc *loc = builder_loc_at(r->b, frame.loc);
	bool wanted = (!loc->func || !loc->file) && (frame.pc || loc->module != STK_NONE);
	size_t i;

	for (i = 0; wanted && i < r->nexes; i++) {
		if (resolve_in(r, &r->exes[i], &frame, at, is_exact(r, stack, at))) {
			r->found++;
			return;
		}
	}
	r->missed += wanted;
	push(r, stack->frames[at], at);
}

/* ---- stacks ---- */

/* The new stack of an old one; r->origin tells what became of each frame. */
static uint32_t make_stack(struct resolver *r, uint32_t id)
{
	struct stk_stack stack = *builder_stack_at(r->b, id);
	uint32_t elided_at = stack.elided_at, at;

	r->count = 0;
	for (at = 0; at < stack.count; at++) {
		if (at == elided_at)
			stack.elided_at = (uint32_t)r->count;
		resolve_frame(r, &stack, at);
	}
	if (elided_at >= stack.count)
		stack.elided_at = (uint32_t)r->count;
	stack.frames = r->frames;
	stack.count = (uint32_t)r->count;
	return builder_stack(r->b, &stack);
}

static uint32_t resolve_stack(struct resolver *r, uint32_t id)
{
	uint64_t key = (uint64_t)id << 1 | r->goroutine, known;

	if (map_get(&r->stacks, key, &known))
		return (uint32_t)known;
	known = make_stack(r, id);
	map_put(&r->stacks, key, known);
	return (uint32_t)known;
}

/* Details stand beside the frames: a call that was found inlined has none. */
static void spread_details(struct resolver *r, struct stk_task *task, uint32_t old)
{
	struct stk_detail *details;
	size_t i;

	(void)make_stack(r, old);
	details = builder_alloc(r->b, (r->count + 1) * sizeof(*details));
	for (i = 0; i < r->count; i++)
		if (i + 1 == r->count || r->origin[i + 1] != r->origin[i])
			details[i] = task->detail[r->origin[i]];
	task->detail = details;
}

static void resolve_ancestors(struct resolver *r, struct stk_task *task)
{
	struct stk_ancestor *list;
	struct stk_more *more;
	uint32_t i;

	if (!task->more->nancestors)
		return;
	more = builder_alloc(r->b, sizeof(*more));
	*more = *task->more;
	list = builder_alloc(r->b, more->nancestors * sizeof(*list));
	for (i = 0; i < more->nancestors; i++) {
		list[i] = more->ancestors[i];
		list[i].stack = resolve_stack(r, list[i].stack);
	}
	more->ancestors = list;
	task->more = more;
}

static void resolve_tasks(struct resolver *r)
{
	uint32_t i, old;

	for (i = 0; i < builder_ntasks(r->b); i++) {
		struct stk_task *task = builder_task_at(r->b, i);

		r->goroutine = task->kind == STK_GOROUTINE;
		old = task->stack;
		task->stack = resolve_stack(r, old);
		if (task->detail && task->stack != old)
			spread_details(r, task, old);
		resolve_ancestors(r, task);
	}
}

static void resolve_arguments(struct resolver *r)
{
	struct symbols **files = xcalloc(r->nexes, sizeof(struct symbols *));
	size_t i;

	for (i = 0; i < r->nexes; i++)
		files[i] = r->exes[i].symbols;
	trace_arguments(r->b, files, r->nexes);
	free(files);
}

struct stk_error *trace_resolve(struct builder *b, const struct stk_files *files,
				const struct stk_want *want)
{
	struct resolver r = { .b = b };
	struct stk_error *err = NULL;
	size_t i;

	r.exes = xcalloc(files->nexes, sizeof(*r.exes));
	for (i = 0; i < files->nexes && !err; i++) {
		err = exe_open(&r.exes[i], files->exes[i], files, want);
		r.nexes += !err;
	}
	if (!err)
		resolve_tasks(&r);
	if (!err && want && want->what & STK_WANT_ARGS)
		resolve_arguments(&r);
	if (!err && r.missed)
		builder_note(b, STK_NOTE_MODULE_MISSING, "",
			     "%u frames are in none of the files given", r.missed);
	for (i = 0; i < r.nexes; i++)
		exe_close(&r.exes[i]);
	map_deinit(&r.stacks);
	free(r.frames);
	free(r.origin);
	free(r.exes);
	return err;
}
