/* SPDX-License-Identifier: Apache-2.0 */
/* Native code: every OS thread, unwound by call frame information. */
#include "unwind.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "nocfi/nocfi.h"
#include "rows.h"

struct native {
	struct nocfi *nocfi;
	struct map deep; /* stack pointer -> the last task that began there and has a long stack */
};

struct native_walk {
	struct unwind *u;
	bool first;
	bool handed;     /* the frame is another row's: regs hold it */
	bool bare;       /* it was pushed, and has no call frame information: regs hold it */
	bool astray;     /* what was taken for a frame pointer is none */
	uint64_t lookup; /* of the frame before */
};

static enum stk_how how_found(struct native_walk *w)
{
	struct unwind *u = w->u;

	if (!w->first)
		return image_cfi(u->c->image, w->lookup).found ? STK_HOW_CFI : STK_HOW_FP;
	if (u->how)
		return u->how;
	return u->activation ? STK_HOW_REGS : STK_HOW_CFI;
}

/* The canonical frame address (CFA) of a frame is the stack pointer as it was right before the
 * call: so the frame before this one ends where this one's stack pointer is, on every architecture
 * whose return pops nothing but the return address. */
static void set_caller_sp(struct unwind *u, uint64_t sp)
{
	if (u->stack->count)
		u->c->frames[u->c->nframes - 1].cfa = sp;
}

/* x86 reports a breakpoint (int3, one byte) when it is over, so that the pc is behind it: there
 * another line may begin, or another function. Then the frame is looked up by pc - 1, as a return
 * address is. */
static bool is_behind_breakpoint(const struct unwind *u, uint64_t pc)
{
	enum { INT3 = 0xcc };
	const char *arch = image_arch(u->c->image)->name;
	uint8_t code;

	return u->thread && u->thread->crashed && u->thread->signal == SIGTRAP &&
	       (!strcmp(arch, "x86_64") || !strcmp(arch, "i386")) &&
	       image_u8(u->c->image, pc - 1, &code) && code == INT3 &&
	       (image_cfi(u->c->image, pc - 1).found || !image_cfi(u->c->image, pc).found);
}

/* A signal's handler is called by nobody: the kernel makes it return to a few instructions, the
 * trampoline, that hand the interrupted thread's registers back. Its frame is no function's; what
 * is behind it was interrupted, not called. Unwind information marks it, and where there is none
 * its instructions do. */
static bool is_trampoline(struct native_walk *w, uint64_t pc, const struct image_cfi *cfi)
{
	return cfi->signal || (!w->first && !cfi->found && image_is_trampoline(w->u->c->image, pc));
}

/* Behind a trampoline the kernel's own record of the interrupted registers (ucontext) tells more
 * than unwind information does: it is there for every trampoline, and has every register; and what
 * was interrupted may have been a call to where no code is, at which call frame information gives
 * up. */
static bool go_on_interrupted(struct native_walk *w, uint64_t pc, uint64_t sp)
{
	struct unwind *u = w->u;

	if (!image_interrupted(u->c->image, pc, sp, &u->regs))
		return false;
	set_caller_sp(u, u->regs.r[image_arch(u->c->image)->sp]);
	u->activation = true;
	w->handed = true;
	return true;
}

/* Is the code at `lookup` there, without call frame information? libdwfl's backends then try the
 * frame pointer, and believe it; nocfi/ knows better, but not of every machine. */
static bool is_bare(const struct unwind *u, uint64_t lookup)
{
	return nocfi_knows(image_arch(u->c->image)) && !image_cfi(u->c->image, lookup).found &&
	       unwind_is_code(u, lookup);
}

static bool on_frame(void *arg, const struct image_frame *frame, uint64_t pc, bool activation)
{
	struct native_walk *w = arg;
	struct unwind *u = w->u;
	uint64_t lookup = activation ? pc : pc - 1, sp = 0;
	unsigned flags = activation ? STK_FRAME_ACTIVATION : 0;
	struct image_cfi cfi;

	if (!w->first && unwind_owner(u->c, lookup) != u->lang) {
		image_frame_regs(frame, &u->regs);
		u->activation = activation;
		w->handed = true;
		return false;
	}
	if (!w->first && how_found(w) == STK_HOW_FP && !unwind_is_code(u, lookup)) {
		w->astray = true;
		return false;
	}
	(void)image_frame_reg(frame, (unsigned)image_arch(u->c->image)->sp, &sp);
	cfi = image_cfi(u->c->image, pc);
	if (w->first && activation && is_behind_breakpoint(u, pc))
		flags &= ~(unsigned)STK_FRAME_ACTIVATION;
	if (is_trampoline(w, pc, &cfi))
		flags |= STK_FRAME_SIGNAL;
	if (!w->first)
		set_caller_sp(u, sp);
	if (!unwind_push(u, pc, sp, 0, how_found(w), flags, u->lang))
		return false;
	if (flags & STK_FRAME_SIGNAL && go_on_interrupted(w, pc, sp))
		return false;
	w->first = false;
	w->lookup = lookup;
	u->how = 0;
	if (flags & STK_FRAME_SIGNAL || !is_bare(u, lookup))
		return true;
	image_frame_regs(frame, &u->regs);
	u->activation = activation;
	w->bare = true;
	return false;
}

/* The one frame that there is when nothing can be walked: the pc itself is known all the same. */
static void push_start(struct native_walk *w, const struct image_regs *start)
{
	struct unwind *u = w->u;

	(void)unwind_push(u, start->pc, start->r[image_arch(u->c->image)->sp], 0, how_found(w),
			  u->activation ? STK_FRAME_ACTIVATION : 0, u->lang);
}

/* From a frame without call frame information, which has been pushed, to its caller. */
static enum unwind_result leave_bare(struct unwind *u)
{
	const struct native *native = u->c->states[lang_native_index()];
	uint64_t sp = u->regs.r[image_arch(u->c->image)->sp], word;

	switch (nocfi_caller(native->nocfi, u)) {
	case NOCFI_CALLER:
		u->scanned |= u->how == STK_HOW_SCAN;
		set_caller_sp(u, u->regs.r[image_arch(u->c->image)->sp]);
		return UNWIND_HANDOFF;
	case NOCFI_ROOT:
		return UNWIND_ROOT;
	case NOCFI_UNKNOWN:
	case NOCFI_OTHER:
		break;
	}
	u->failed = sp;
	return image_word(u->c->image, sp, &word) ? UNWIND_NO_INFO : UNWIND_UNREADABLE;
}

static enum unwind_result native_unwind(void *state, struct unwind *u)
{
	struct native_walk w = { .u = u, .first = true };
	struct image_regs start = u->regs;
	enum image_walk_end end;

	(void)state;
	if (u->thread && u->thread->newborn && !u->stack->count) {
		push_start(&w, &start);
		return UNWIND_ROOT;
	}
	end = image_walk(u->c->image, &start, u->activation, on_frame, &w, &u->failed);
	if (w.first && end != WALK_STOPPED)
		push_start(&w, &start);
	switch (end) {
	case WALK_ROOT:
		return UNWIND_ROOT;
	case WALK_STOPPED:
		if (w.bare)
			return leave_bare(u);
		return w.handed ? UNWIND_HANDOFF : w.astray ? UNWIND_NO_INFO : UNWIND_STOPPED;
	case WALK_UNREADABLE:
		return UNWIND_UNREADABLE;
	case WALK_NO_INFO:
	case WALK_FAILED:
		break;
	}
	return UNWIND_NO_INFO;
}

struct native_step {
	struct unwind *u;
	bool pushed, stopped, bare;
};

static bool on_step(void *arg, const struct image_frame *frame, uint64_t pc, bool activation)
{
	struct native_step *s = arg;
	struct unwind *u = s->u;
	uint64_t sp = 0;

	(void)image_frame_reg(frame, (unsigned)image_arch(u->c->image)->sp, &sp);
	if (s->pushed) {
		set_caller_sp(u, sp);
		image_frame_regs(frame, &u->regs);
		u->activation = activation;
		return false;
	}
	s->pushed = true;
	if (!u->how && u->stack->count)
		u->how = STK_HOW_CFI;
	s->stopped = !unwind_push(u, pc, sp, 0, u->how, activation ? STK_FRAME_ACTIVATION : 0,
				  u->lang);
	u->how = 0;
	s->bare = !s->stopped && is_bare(u, activation ? pc : pc - 1);
	if (s->bare) {
		image_frame_regs(frame, &u->regs);
		u->activation = activation;
	}
	return !s->stopped && !s->bare;
}

enum unwind_result unwind_native_step(struct unwind *u)
{
	struct native_step s = { .u = u };
	struct image_regs start = u->regs;

	switch (image_walk(u->c->image, &start, u->activation, on_step, &s, &u->failed)) {
	case WALK_ROOT:
		return UNWIND_ROOT;
	case WALK_STOPPED:
		return s.stopped ? UNWIND_STOPPED : s.bare ? leave_bare(u) : UNWIND_HANDOFF;
	case WALK_UNREADABLE:
		return UNWIND_UNREADABLE;
	case WALK_NO_INFO:
	case WALK_FAILED:
		break;
	}
	return UNWIND_NO_INFO;
}

/* A core's stacks are far from each other, and each touch maps its neighbours, up to 2 MiB. */
#define MOST_RESIDENT ((uint64_t)32 << 20)
#define LOOK_EVERY 16

/* From the same registers the same stack follows. Two threads do not have the same, but a core may say so of
 * a million, and that they stand at the end of a million frames. */
#define DEEP 256u

static bool known_stack(const struct native *native, struct capture *c, struct raw_task *task)
{
	const struct image_thread *thread = task->thread;
	uint64_t at;

	if (!map_get(&native->deep, thread->regs.r[image_arch(c->image)->sp], &at) ||
	    c->tasks[at].thread->newborn != thread->newborn ||
	    memcmp(&c->tasks[at].thread->regs, &thread->regs, sizeof(thread->regs)))
		return false;
	unwind_as(c, task, &c->tasks[at]);
	return true;
}

static void unwind_thread(struct native *native, struct capture *c, struct raw_task *task)
{
	const struct image_regs *regs = &task->thread->regs;

	if (known_stack(native, c, task))
		return;
	unwind_task(c, task, regs, true);
	if (task->stack.count >= DEEP)
		map_put(&native->deep, regs->r[image_arch(c->image)->sp],
			(uint64_t)(task - c->tasks));
}

static void native_tasks(void *state, struct capture *c)
{
	uint32_t count, i;
	const struct image_thread *threads = image_threads(c->image, &count);

	for (i = 0; i < count; i++) {
		struct raw_task *task;

		if (c->want->what & STK_WANT_KEY && !threads[i].crashed)
			continue;
		task = capture_thread(c, &threads[i], &lang_native);
		if (!task)
			continue;
		if (threads[i].has_regs)
			unwind_thread(state, c, task);
		else
			task->stack.end = STK_END_NONE;
		if (i % LOOK_EVERY == 0)
			image_forget(c->image, MOST_RESIDENT);
	}
}

static void *native_detect(struct capture *c)
{
	struct native *native = xcalloc(1, sizeof(*native));

	native->nocfi = nocfi_open(c->image);
	return native;
}

static void native_close(void *state)
{
	struct native *native = state;

	nocfi_close(native->nocfi);
	map_deinit(&native->deep);
	free(native);
}

static void add_registers(struct capture *c, const struct image_thread *thread,
			  struct stk_more *more)
{
	const struct arch *arch = image_arch(c->image);
	struct stk_reg regs[64];
	uint32_t n = 0;

	for (; n < ARRAY_SIZE(regs) && arch->regs[n].name &&
	       image_register_at(c->image, thread, &arch->regs[n], &regs[n].value);
	     n++)
		regs[n].name = arch->regs[n].name;
	more->regs = builder_array(c->b, regs, n, sizeof(*regs));
	more->nregs = n;
}

static void native_describe(void *state, struct capture *c, const struct raw_task *raw,
			    struct stk_task *task)
{
	(void)state;
	describe_thread(c, raw->thread, task);
}

void describe_thread(struct capture *c, const struct image_thread *thread, struct stk_task *task)
{
	struct stk_more *more;

	if (!thread)
		return;
	task->tid = thread->tid;
	task->signal = (uint8_t)thread->signal;
	if (!task->name)
		task->name = thread->name;
	if (!task->state)
		task->state = thread->state;
	if (thread->crashed)
		task->flags |= STK_TASK_CRASHED;
	if (!thread->has_regs)
		task->flags |= STK_TASK_MISSED;
	if (thread->unverified)
		task->flags |= STK_TASK_UNVERIFIED;
	if (!thread->wchan && !thread->syscall &&
	    !(c->want->what & STK_WANT_REGS && thread->has_regs))
		return;
	more = builder_alloc(c->b, sizeof(*more));
	*more = *task->more;
	more->wchan = thread->wchan;
	more->syscall = thread->syscall;
	if (c->want->what & STK_WANT_REGS && thread->has_regs)
		add_registers(c, thread, more);
	task->more = more;
}

const struct lang lang_native = {
	.name = "native",
	.flags = LANG_NATIVE | LANG_FROM_COPIES,
	.detect = native_detect,
	.close = native_close,
	.tasks = native_tasks,
	.unwind = native_unwind,
	.describe = native_describe,
};
