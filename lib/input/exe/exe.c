/* SPDX-License-Identifier: Apache-2.0 */
/* --exe: frames of a text that lack a function or a place, or the calls that were inlined there,
 * get them from the files that the user names; addresses without a file get the one that a memory
 * map in the text has there. What is found is copied into the dump of the text. */
#include "exe.h"

#include <stdlib.h>

struct symbolizer {
	struct builder *b; /* of the text */
	struct exe *exes;
	size_t nexes;
	const struct trace_mapping *mappings;
	size_t nmappings;
	bool force;
	uint32_t report;             /* the one at hand */
	const struct stk_task *task; /* the same */
	struct map stacks;           /* of this report: old and kind -> new */
	uint32_t *frames, *origin;   /* the new stack; of each frame the old one's place */
	size_t count, frames_cap, origin_cap;
	uint32_t missed, unplaced, strange; /* frames */
};

/* ---- whose a frame is ---- */

static bool is_within(const struct exe *exe, uint64_t address)
{
	return address >= exe->module->start && address < exe->module->end;
}

/* The address in the file of a frame that has this module. */
static bool address_in_module(struct exe *exe, const struct stk_frame *frame,
			      const struct stk_loc *loc, uint64_t *ret)
{
	struct exe_function f = { .found = false };

	/* what is linked to its address has no other; systemd counts from where it begins */
	*ret = frame->pc;
	if (exe->fixed && frame->pc && is_within(exe, *ret))
		return true;
	*ret = loc->offset + exe->module->bias;
	if (loc->offset && is_within(exe, *ret))
		return true;
	*ret = frame->pc - (exe->load == LOAD_UNKNOWN ? 0 : exe->load);
	if (frame->pc && is_within(exe, *ret))
		return true;
	if (loc->func && loc->func_offset != UINT64_MAX)
		f = exe_function(exe, loc);
	*ret = f.start + loc->func_offset;
	return f.found;
}

/* The address in this file of a frame; false when it is not of this file. A pc without a module
 * could be anybody's: it must be where the file was loaded, or would be without relocation. */
static bool address_in(const struct symbolizer *r, struct exe *exe, const struct stk_frame *frame,
		       const struct stk_loc *loc, uint64_t *ret)
{
	if (loc->module != STK_NONE) {
		enum exe_match match = exe_match(exe, builder_module_at(r->b, loc->module));

		return (match >= EXE_NAME || (match == EXE_OTHER_BUILD && r->force)) &&
		       address_in_module(exe, frame, loc, ret);
	}
	*ret = frame->pc - (exe->load == LOAD_UNKNOWN ? 0 : exe->load);
	return frame->pc && is_within(exe, *ret);
}

/* The file has another function there than the text says. A function may have several names. */
static bool is_strange(struct exe *exe, uint64_t address, const struct stk_loc *loc,
		       const uint32_t *ids, size_t count)
{
	struct exe_function f;
	size_t i;

	if (!loc->func)
		return false;
	for (i = 0; i < count; i++) {
		const struct stk_loc *found = builder_loc_at(exe->b,
							     builder_frame_at(exe->b, ids[i])->loc);

		if (found->func && !strcmp(found->func, loc->func))
			return false;
	}
	f = exe_function(exe, loc);
	return f.found && f.size && (address < f.start || address > f.start + f.size);
}

/* ---- one frame ---- */

static void push(struct symbolizer *r, uint32_t frame, uint32_t origin)
{
	r->frames = grow(r->frames, &r->frames_cap, r->count + 1, sizeof(*r->frames));
	r->origin = grow(r->origin, &r->origin_cap, r->count + 1, sizeof(*r->origin));
	r->frames[r->count] = frame;
	r->origin[r->count++] = origin;
}

static const struct stk_source *copy_source(struct symbolizer *r, struct exe *exe,
					    const struct stk_source *source)
{
	uint64_t key = (uint64_t)(uintptr_t)source, known;
	const char **lines;
	struct stk_source *ret;
	uint32_t i;

	if (!source)
		return NULL;
	if (map_get(&exe->sources, key, &known))
		return (const struct stk_source *)(uintptr_t)known;
	ret = builder_alloc(r->b, sizeof(*ret));
	lines = builder_alloc(r->b, (source->count + 1) * sizeof(*lines));
	for (i = 0; i < source->count; i++)
		lines[i] = builder_str(r->b, source->lines[i]);
	*ret = (struct stk_source){ source->first, source->count, lines };
	map_put(&exe->sources, key, (uint64_t)(uintptr_t)ret);
	return ret;
}

static const struct stk_disasm *copy_disasm(struct symbolizer *r, const struct stk_disasm *disasm,
					    uint64_t load)
{
	struct stk_insn *insns;
	struct stk_disasm *ret;
	uint32_t i;

	if (!disasm)
		return NULL;
	ret = builder_alloc(r->b, sizeof(*ret));
	insns = builder_alloc(r->b, (disasm->count + 1) * sizeof(*insns));
	for (i = 0; i < disasm->count; i++)
		insns[i] = (struct stk_insn){ disasm->insns[i].address + load,
					      builder_str(r->b, disasm->insns[i].text),
					      disasm->insns[i].current };
	*ret = (struct stk_disasm){ disasm->count, insns };
	return ret;
}

/* The file as a module of the text's dump, for frames that came without one. */
static uint32_t own_module(struct symbolizer *r, struct exe *exe)
{
	if (exe->own == STK_NONE)
		exe->own = builder_module(
			r->b,
			&(struct stk_module){ .path = builder_str(r->b, exe->module->path),
					      .file = builder_str(r->b, exe->module->file),
					      .debug = builder_str(r->b, exe->module->debug),
					      .build_id = builder_str(r->b, exe->module->build_id),
					      .status = STK_MODULE_UNVERIFIED });
	return exe->own;
}

/* What is known now of the module that the text has named. */
static bool found_module(struct symbolizer *r, const struct exe *exe, uint32_t index)
{
	struct stk_module *module = builder_module_at(r->b, index);
	enum exe_match match = exe_match(exe, module);

	if (!module->file) {
		module->file = builder_str(r->b, exe->module->file);
		module->debug = builder_str(r->b, exe->module->debug);
		module->status = match == EXE_BUILD  ? STK_MODULE_FOUND
				 : match == EXE_NAME ? STK_MODULE_UNVERIFIED
						     : STK_MODULE_FORCED;
	}
	return match == EXE_OTHER_BUILD;
}

/* The frame that the file gives, in the dump of the text. */
static uint32_t copy_frame(struct symbolizer *r, struct exe *exe, uint32_t id, uint64_t address,
			   const struct stk_frame *old)
{
	const struct stk_frame *from = builder_frame_at(exe->b, id);
	struct stk_loc loc = *builder_loc_at(exe->b, from->loc);
	const struct stk_loc *old_loc = builder_loc_at(r->b, old->loc);
	uint64_t load = old->pc ? old->pc - address : 0;
	bool forced = false;

	/* a stripped file has less to say than the text */
	loc.func = loc.func ? builder_str(r->b, loc.func) : old_loc->func;
	loc.linkage = builder_str(r->b, loc.linkage);
	loc.file = builder_str(r->b, loc.file);
	if (!loc.file && old_loc->file) {
		loc.file = old_loc->file;
		loc.line = old_loc->line;
		loc.column = old_loc->column;
	}
	loc.why = loc.file ? NULL : builder_str(r->b, loc.why);
	loc.module = old_loc->module;
	loc.offset = old_loc->offset ? old_loc->offset : address - exe->module->bias;
	if (loc.module == STK_NONE)
		loc.module = own_module(r, exe);
	else
		forced = found_module(r, exe, loc.module);
	loc.source = copy_source(r, exe, loc.source);
	loc.disasm = copy_disasm(r, loc.disasm, load);
	return builder_frame(r->b, &(struct stk_frame){
					   .pc = old->pc,
					   .loc = builder_loc(r->b, &loc),
					   .flags = (uint16_t)(old->flags |
							       (forced ? STK_FRAME_FORCED : 0)),
					   .how = loc.inlined ? STK_HOW_INLINE : old->how });
}

/* A text that names the function and the innermost line leaves out the calls between them. */
static bool lacks_inlines(const struct symbolizer *r, const struct exe *exe,
			  const struct stk_stack *stack, uint32_t at, const uint32_t *ids,
			  size_t count)
{
	const struct stk_loc *loc = builder_loc_at(r->b,
						   builder_frame_at(r->b, stack->frames[at])->loc);
	const struct stk_loc *inner = builder_loc_at(exe->b, builder_frame_at(exe->b, ids[0])->loc);
	const struct stk_loc *outer = builder_loc_at(exe->b,
						     builder_frame_at(exe->b, ids[count - 1])->loc);
	bool follows =
		at &&
		builder_loc_at(r->b, builder_frame_at(r->b, stack->frames[at - 1])->loc)->inlined;

	return count > 1 && !loc->inlined && !follows && loc->line && loc->line == inner->line &&
	       loc->line != outer->line && outer->func && loc->func &&
	       !strcmp(outer->func, loc->func);
}

/* A frame that has called another stands behind a call. One that does not was interrupted by a signal:
 * its pc is exact, and the frame before is the signal's trampoline, which is in the C library. */
static bool was_interrupted(const struct symbolizer *r, struct exe *exe, uint32_t at,
			    uint64_t address)
{
	bool call;

	return at && r->task->kind != STK_GOROUTINE &&
	       image_call_before(exe->image, address, &call) && !call;
}

/* The last frame that was pushed, which the text has no name for. */
static void name_trampoline(struct symbolizer *r)
{
	struct stk_frame frame = *builder_frame_at(r->b, r->frames[r->count - 1]);
	struct stk_loc loc = *builder_loc_at(r->b, frame.loc);

	if (loc.func || loc.module == STK_NONE ||
	    strncmp(path_base(builder_module_at(r->b, loc.module)->path), "lib", 3) != 0)
		return;
	loc.func = builder_str(r->b, "__restore_rt");
	loc.why = NULL;
	frame.loc = builder_loc(r->b, &loc);
	frame.flags |= STK_FRAME_SIGNAL;
	r->frames[r->count - 1] = builder_frame(r->b, &frame);
}

static bool symbolize_in(struct symbolizer *r, struct exe *exe, const struct stk_stack *stack,
			 uint32_t at)
{
	struct stk_frame frame = *builder_frame_at(r->b, stack->frames[at]);
	struct stk_loc loc = *builder_loc_at(r->b, frame.loc);
	bool exact = symbolize_is_exact(r->b, r->task, stack, at), goroutine;
	const uint32_t *ids;
	uint64_t address;
	size_t count, i;

	if (!address_in(r, exe, &frame, &loc, &address))
		return false;
	if (!exact && was_interrupted(r, exe, at, address)) {
		exact = true;
		frame.flags |= STK_FRAME_ACTIVATION;
		if (r->count)
			name_trampoline(r);
	}
	count = lookup_frames(exe->lookup, address, exact ? STK_FRAME_ACTIVATION : 0, STK_HOW_TEXT,
			      &ids);
	if (!builder_loc_at(exe->b, builder_frame_at(exe->b, ids[count - 1])->loc)->func)
		return false;
	if (is_strange(exe, address, &loc, ids, count)) {
		r->strange++;
		return false;
	}
	if (loc.func && loc.file && !lacks_inlines(r, exe, stack, at, ids, count))
		return false;
	/* Go lists a call that was inlined as a frame of its own, with an address of its own in the
	 * function around it (runtime/symtab.go, "pseudo pc"). */
	goroutine = r->task->kind == STK_GOROUTINE;
	for (i = 0; i < (goroutine ? 1 : count); i++)
		push(r, copy_frame(r, exe, ids[i], address, &frame), at);
	return true;
}

bool symbolize_is_exact(const struct builder *b, const struct stk_task *task,
			const struct stk_stack *stack, uint32_t at)
{
	const struct stk_frame *newer;
	const char *func;

	if (builder_frame_at(b, stack->frames[at])->flags & STK_FRAME_ACTIVATION)
		return true;
	/* A goroutine's first frame has called the scheduler, that of a stack which a program prints
	 * of itself what printed it. */
	if (!at)
		return task->kind == STK_THREAD;
	newer = builder_frame_at(b, stack->frames[at - 1]);
	func = builder_loc_at(b, newer->loc)->func;
	return newer->flags & STK_FRAME_SIGNAL || (func && golang_is_sigpanic(func));
}

/* The module that a memory map in the text has at the address of a frame without one. */
static uint32_t mapped_frame(struct symbolizer *r, uint32_t id)
{
	struct stk_frame frame = *builder_frame_at(r->b, id);
	struct stk_loc loc = *builder_loc_at(r->b, frame.loc);
	const struct trace_mapping *m = NULL;
	uint64_t start = UINT64_MAX;
	size_t i;

	if (!frame.pc || loc.module != STK_NONE)
		return id;
	for (i = 0; i < r->nmappings && !m; i++)
		if (r->mappings[i].report == r->report && frame.pc >= r->mappings[i].start &&
		    frame.pc < r->mappings[i].end && r->mappings[i].offset != TRACE_OFFSET_UNKNOWN)
			m = &r->mappings[i];
	for (i = 0; m && i < r->nmappings; i++)
		if (r->mappings[i].report == r->report && r->mappings[i].module == m->module &&
		    r->mappings[i].offset != TRACE_OFFSET_UNKNOWN &&
		    r->mappings[i].start - r->mappings[i].offset < start)
			start = r->mappings[i].start - r->mappings[i].offset;
	if (!m)
		return id;
	loc.module = m->module;
	loc.offset = start < TRACE_LINKED_BELOW ? frame.pc : frame.pc - start;
	frame.loc = builder_loc(r->b, &loc);
	return builder_frame(r->b, &frame);
}

static void symbolize_frame(struct symbolizer *r, const struct stk_stack *stack, uint32_t at)
{
	struct stk_frame frame = *builder_frame_at(r->b, stack->frames[at]);
	struct stk_loc loc = *builder_loc_at(r->b, frame.loc);
	bool known = loc.func && loc.file;
	size_t i;

	for (i = 0; (frame.pc || loc.module != STK_NONE) && i < r->nexes; i++)
		if (symbolize_in(r, &r->exes[i], stack, at))
			return;
	if (!known && (frame.pc || loc.module != STK_NONE))
		r->missed++;
	push(r, mapped_frame(r, stack->frames[at]), at);
}

/* ---- stacks ---- */

/* The new stack of an old one; r->origin tells what became of each frame. */
static uint32_t make_stack(struct symbolizer *r, uint32_t id)
{
	struct stk_stack stack = *builder_stack_at(r->b, id);
	uint32_t elided_at = stack.elided_at, at;

	r->count = 0;
	for (at = 0; at < stack.count; at++) {
		if (at == elided_at)
			stack.elided_at = (uint32_t)r->count;
		symbolize_frame(r, &stack, at);
	}
	if (elided_at >= stack.count)
		stack.elided_at = (uint32_t)r->count;
	stack.frames = r->frames;
	stack.count = (uint32_t)r->count;
	return builder_stack(r->b, &stack);
}

static uint32_t symbolize_stack(struct symbolizer *r, uint32_t id)
{
	uint64_t key = (uint64_t)id << 2 | r->task->kind, known;

	if (map_get(&r->stacks, key, &known))
		return (uint32_t)known;
	known = make_stack(r, id);
	map_put(&r->stacks, key, known);
	return (uint32_t)known;
}

/* Details stand beside the frames: a call that was found inlined has none. */
static void spread_details(struct symbolizer *r, struct stk_task *task, uint32_t old)
{
	uint32_t missed = r->missed, strange = r->strange;
	struct stk_detail *details;
	size_t i;

	(void)make_stack(r, old);
	r->missed = missed;
	r->strange = strange;
	details = builder_alloc(r->b, (r->count + 1) * sizeof(*details));
	for (i = 0; i < r->count; i++)
		if (i + 1 == r->count || r->origin[i + 1] != r->origin[i])
			details[i] = task->detail[r->origin[i]];
	task->detail = details;
}

static void symbolize_ancestors(struct symbolizer *r, struct stk_task *task)
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
		list[i].stack = symbolize_stack(r, list[i].stack);
	}
	more->ancestors = list;
	task->more = more;
}

static void symbolize_report(struct symbolizer *r, const struct stk_report *report)
{
	uint32_t i, old;

	for (i = report->first; i < report->first + report->count; i++) {
		struct stk_task *task = builder_task_at(r->b, i);

		r->task = task;
		old = task->stack;
		task->stack = symbolize_stack(r, old);
		if (task->detail && task->stack != old)
			spread_details(r, task, old);
		symbolize_ancestors(r, task);
	}
}

/* ---- what has not been done ---- */

/* Modules whose name is that of a file, but their build is not. */
static void note_builds(const struct symbolizer *r)
{
	uint32_t i;
	size_t e;

	for (i = 0; i < builder_nmodules(r->b); i++) {
		const struct stk_module *module = builder_module_at(r->b, i);

		for (e = 0; e < r->nexes && exe_match(&r->exes[e], module) != EXE_OTHER_BUILD; e++)
			;
		if (e < r->nexes)
			builder_note(r->b,
				     r->force ? STK_NOTE_BUILD_ID_FORCED
					      : STK_NOTE_BUILD_ID_MISMATCH,
				     r->exes[e].path, "its build id is %s, that of the text %s",
				     r->exes[e].module->build_id, module->build_id);
	}
}

static void note_frames(const struct symbolizer *r)
{
	const char *nowhere = "";
	size_t e;

	for (e = 0; e < r->nexes; e++)
		if (r->exes[e].load == LOAD_UNKNOWN)
			nowhere =
				"; where a file that is relocated was loaded the text does not tell";
	if (r->missed)
		builder_note(r->b, STK_NOTE_MODULE_MISSING, "",
			     "%u frames are in none of the files given%s", r->missed, nowhere);
	if (r->strange)
		builder_note(r->b, STK_NOTE_UNVERIFIED, "",
			     "%u frames are of other functions in the "
			     "files given, which may be of another build",
			     r->strange);
}

static void symbolize_arguments(struct symbolizer *r)
{
	struct symbols **files = xcalloc(r->nexes, sizeof(struct symbols *));
	size_t i;

	for (i = 0; i < r->nexes; i++)
		files[i] = r->exes[i].symbols;
	trace_arguments(r->b, files, r->nexes);
	free(files);
}

/* The text's reports, and what tasks are in none: a dump of stk's need not have any. */
static struct reports all_reports(struct builder *b)
{
	uint32_t count = builder_nreports(b), ntasks = builder_ntasks(b), next = 0, i;
	struct reports ret = { xcalloc(2 * (size_t)count + 1, sizeof(*ret.list)), count };

	for (i = 0; i < count; i++)
		ret.list[i] = *builder_report_at(b, i);
	for (i = 0; i <= count; i++) {
		uint32_t first = i < count ? ret.list[i].first : ntasks;

		if (next < first)
			ret.list[ret.count++] = (struct stk_report){ .source = "the text",
								     .first = next,
								     .count = first - next };
		if (i < count && first + ret.list[i].count > next)
			next = first + ret.list[i].count;
	}
	return ret;
}

static void symbolize_all(struct symbolizer *r)
{
	struct reports reports = all_reports(r->b);
	struct loads *loads = loads_open(r->b, r->exes, r->nexes, &reports, r->mappings,
					 r->nmappings, r->force);

	for (r->report = 0; r->report < reports.count; r->report++) {
		loads_use(loads, r->report);
		symbolize_report(r, &reports.list[r->report]);
		map_deinit(&r->stacks);
	}
	loads_close(loads);
	free(reports.list);
}

/* One that is damaged is left out, which is said: the text is worth reading without it. */
static struct stk_error *open_exe(struct symbolizer *r, const char *path,
				  const struct stk_files *files, const struct stk_want *want)
{
	struct stk_error *err = exe_open(&r->exes[r->nexes], path, files, want);

	r->nexes += !err;
	if (!err || err->code != STK_FAILED)
		return err;
	builder_note(r->b, STK_NOTE_DEBUG_UNREADABLE, path, "it is not used: %s", err->message);
	error_drop(err);
	return NULL;
}

struct stk_error *trace_symbolize(struct builder *b, const struct stk_files *files,
				  const struct stk_want *want, const struct trace_mapping *mappings,
				  size_t nmappings)
{
	struct symbolizer r = {
		.b = b, .mappings = mappings, .nmappings = nmappings, .force = files && files->force
	};
	size_t nexes = files ? files->nexes : 0, i;
	struct stk_error *err = NULL;

	r.exes = xcalloc(nexes + 1, sizeof(*r.exes));
	for (i = 0; i < nexes && !err; i++)
		err = open_exe(&r, files->exes[i], files, want);
	if (!err) {
		symbolize_all(&r);
		note_builds(&r);
		if (nexes)
			note_frames(&r);
		if (want && want->what & STK_WANT_ARGS)
			symbolize_arguments(&r);
	}
	for (i = 0; i < r.nexes; i++)
		exe_close(&r.exes[i]);
	free(r.frames);
	free(r.origin);
	free(r.exes);
	return err;
}
