/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind.h"

#include <string.h>

#include "rows.h"

/* How often a stack may be handed from one row to another without a new frame. Whoever changes to
 * another stack pushes a frame for it, so that more than a few without one go round in a circle. */
#define MAX_HANDOFFS 8

static const struct arch *arch_of(const struct unwind *u)
{
	return image_arch(u->c->image);
}

static uint64_t sp_of(const struct unwind *u)
{
	return u->regs.r[arch_of(u)->sp];
}

/* A stack of Go may take a gigabyte: endless recursion gives tens of millions of frames. Which
 * function recurses is seen at the newest end, and who called it first at the oldest: when
 * LIMIT_FRAMES are there, frames in the middle are dropped and counted, while the walk goes on to
 * the end. */
#define OUTERMOST 2048u
#define LIMIT_ELIDED ((uint32_t)1 << 27)

static bool make_room(struct unwind *u, uint64_t sp, enum stk_how how)
{
	struct capture *c = u->c;
	struct raw_stack *stack = u->stack;
	struct raw_frame *last = c->frames + c->nframes;

	if (how != STK_HOW_GOPCLNTAB || sp <= u->last_sp || stack->elided > LIMIT_ELIDED)
		return false;
	memmove(last - OUTERMOST, last - OUTERMOST / 2, OUTERMOST / 2 * sizeof(*last));
	c->nframes -= OUTERMOST / 2;
	stack->count -= OUTERMOST / 2;
	stack->elided += OUTERMOST / 2;
	stack->elided_at = LIMIT_FRAMES - OUTERMOST;
	return true;
}

bool unwind_push(struct unwind *u, uint64_t pc, uint64_t sp, uint64_t cfa, enum stk_how how,
		 unsigned flags, unsigned lang)
{
	struct capture *c = u->c;

	if (u->stack->count && pc == u->last_pc && sp == u->last_sp) {
		u->stack->end = STK_END_LOOP;
		u->stack->end_address = pc;
		return false;
	}
	if (u->stack->count >= LIMIT_FRAMES && !make_room(u, sp, how)) {
		u->stack->end = STK_END_LIMIT;
		u->stack->end_address = pc;
		return false;
	}
	c->frames = grow(c->frames, &c->cap_frames, c->nframes + 1, sizeof(*c->frames));
	c->frames[c->nframes++] =
		(struct raw_frame){ pc, sp, cfa, (uint8_t)how, (uint16_t)flags, (uint8_t)lang, 0 };
	u->stack->count++;
	u->last_pc = pc;
	u->last_sp = sp;
	return true;
}

unsigned unwind_owner(struct capture *c, uint64_t pc)
{
	unsigned i;

	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->owns && langs[i]->owns(c->states[i], pc))
			return i;
	return lang_native_index();
}

/* "thread 12": what a note is about. */
static const char *subject_of(const struct unwind *u)
{
	return builder_fmt(u->c->b, "%s %llu",
			   u->task->kind == STK_GOROUTINE ? "goroutine" : "thread",
			   (unsigned long long)u->task->id);
}

bool unwind_is_code(const struct unwind *u, uint64_t addr)
{
	const struct image_range *range = image_range_at(u->c->image, addr);

	return range ? range->executable : image_module(u->c->image, addr) != STK_NONE;
}

static void note_recovery(const struct unwind *u, uint64_t pc)
{
	builder_note(u->c->b, STK_NOTE_STACK_GUESSED, subject_of(u),
		     "a call to 0x%llx, where no code is; its caller is taken from the %s",
		     (unsigned long long)pc,
		     arch_of(u)->lr < 0 ? "top of the stack" : "link register");
}

/* A call through a bad pointer dies at its first instruction, at an address where no code is:
 * nothing can tell how that "function" is to be unwound. But it has done nothing yet, so the return
 * address is where the call has put it: at the top of the stack, or in the link register. The frame
 * is pushed as it is, and the walk goes on from the caller. What is found this way is a guess, and
 * noted as one. */
static bool recover_caller(struct unwind *u)
{
	const struct arch *arch = arch_of(u);
	uint64_t back, pc = u->regs.pc;

	if (!u->activation || unwind_is_code(u, pc))
		return false;
	if (arch->lr >= 0)
		back = arch_code_address(arch, u->regs.r[arch->lr]);
	else if (!image_word(u->c->image, sp_of(u), &back))
		return false;
	if (!back || !unwind_is_code(u, back - 1))
		return false;
	if (!unwind_push(u, pc, sp_of(u), 0, STK_HOW_REGS, STK_FRAME_ACTIVATION,
			 lang_native_index()))
		return false;
	if (arch->lr < 0)
		regs_set(&u->regs, (unsigned)arch->sp, sp_of(u) + arch->word);
	else
		regs_forget(&u->regs, (unsigned)arch->lr);
	u->regs.pc = back;
	u->activation = false;
	u->how = STK_HOW_LINK;
	note_recovery(u, pc);
	return true;
}

static void note_end(const struct unwind *u)
{
	struct builder *b = u->c->b;
	unsigned long long at = u->stack->end_address;
	enum stk_remedy remedy;
	const char *why;

	if (u->stack->elided && u->stack->elided != STK_NONE)
		builder_note(b, STK_NOTE_STACK_LIMIT, subject_of(u),
			     "the stack is longer than %u frames; %u in the middle are left out",
			     LIMIT_FRAMES, u->stack->elided);
	if (u->scanned)
		builder_note(
			b, STK_NOTE_STACK_SCANNED, subject_of(u),
			"frames marked \"scan\" are the first return address on the stack: there may be "
			"others between, and they may be old");
	switch (u->stack->end) {
	case STK_END_NO_UNWIND:
		builder_note(b, STK_NOTE_STACK_NO_UNWIND, subject_of(u),
			     "the stack ends at 0x%llx, for which there is no unwind information",
			     at);
		break;
	case STK_END_UNREADABLE:
		why = image_why_unreadable(u->c->image, at, &remedy);
		builder_note_remedy(b, remedy, STK_NOTE_STACK_UNREADABLE, subject_of(u),
				    "the stack ends early: memory at 0x%llx %s", at, why);
		break;
	case STK_END_LOOP:
		builder_note(b, STK_NOTE_STACK_LOOP, subject_of(u),
			     "the stack ends early: the frame at 0x%llx leads to itself", at);
		break;
	case STK_END_LIMIT:
		builder_note(b, STK_NOTE_STACK_LIMIT, subject_of(u),
			     "the stack is longer than %u frames; the rest is left out",
			     LIMIT_FRAMES);
		break;
	default:
		break;
	}
}

static void finish(struct unwind *u, enum unwind_result result)
{
	switch (result) {
	case UNWIND_ROOT:
	case UNWIND_HANDOFF:
		u->stack->end = STK_END_ROOT;
		break;
	case UNWIND_NO_INFO:
		u->stack->end = STK_END_NO_UNWIND;
		u->stack->end_address = u->last_pc;
		break;
	case UNWIND_UNREADABLE:
		u->stack->end = STK_END_UNREADABLE;
		u->stack->end_address = u->failed;
		break;
	case UNWIND_STOPPED:
		break;
	}
	note_end(u);
}

static void walk(struct unwind *u)
{
	struct capture *c = u->c;
	enum unwind_result result = UNWIND_HANDOFF;
	unsigned handoffs = 0;

	while (result == UNWIND_HANDOFF && handoffs < MAX_HANDOFFS) {
		const struct lang *lang;
		uint32_t before = u->stack->count;

		(void)recover_caller(u);
		u->lang = unwind_owner(c, u->activation ? u->regs.pc : u->regs.pc - 1);
		lang = langs[u->lang];
		result = lang->unwind(c->states[u->lang], u);
		handoffs = u->stack->count > before ? 0 : handoffs + 1;
	}
	finish(u, handoffs >= MAX_HANDOFFS ? UNWIND_NO_INFO : result);
}

static struct unwind begin(struct capture *c, struct raw_task *task, const struct image_regs *start)
{
	return (struct unwind){ .c = c,
				.stack = &task->stack,
				.regs = *start,
				.thread = task->thread,
				.own = task->own,
				.own_lang = task->lang,
				.task = task };
}

/* Goes on at these registers with a stack that could not be followed to its end: an unknown number of
 * frames between is lost. */
static void unwind_rest(struct capture *c, struct raw_task *task, const struct image_regs *start)
{
	struct unwind u = begin(c, task, start);

	task->stack.elided = STK_NONE;
	task->stack.elided_at = task->stack.count;
	walk(&u);
}

/* A runtime may know where its own frames are, above others' that cannot be unwound. */
static void resume(struct capture *c, struct raw_task *task)
{
	struct raw_stack *stack = &task->stack;
	struct image_regs regs;
	unsigned i;

	if ((stack->end != STK_END_NO_UNWIND && stack->end != STK_END_UNREADABLE) || stack->elided)
		return;
	for (i = 0; i < nlangs; i++)
		if (c->states[i] && langs[i]->resume &&
		    langs[i]->resume(c->states[i], c, task, &regs)) {
			unwind_rest(c, task, &regs);
			return;
		}
}

void unwind_task(struct capture *c, struct raw_task *task, const struct image_regs *start,
		 bool activation)
{
	struct unwind u = begin(c, task, start);

	u.activation = activation;
	task->stack.first = c->nframes;
	task->stack.count = 0;
	walk(&u);
	resume(c, task);
	anchors_merge_all(c, task);
}

void unwind_as(struct capture *c, struct raw_task *task, const struct raw_task *same)
{
	struct unwind u = begin(c, task, &task->thread->regs);

	task->stack = same->stack;
	task->has_runs = same->has_runs;
	note_end(&u);
}
