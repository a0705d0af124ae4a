/* SPDX-License-Identifier: Apache-2.0 */
/* From a frame to its caller, and so on to the outermost: one walk of a stack.
 *
 * To unwind is to answer, for a frame of which the registers are known, what these registers were in
 * its caller at the moment of the call. Compilers write the answer down for every instruction ("call
 * frame information": the canonical frame address CFA is rsp + 24, rbx was saved at CFA - 16, the
 * return address is at CFA - 8). There are two ways to follow it, and a walk changes between them:
 *
 *	by rules	rules.c has taken the information of a place apart once, where it is as plain as in
 *			the example. This is nearly every frame, and costs a few reads of memory.
 *	by libdwfl	where it is not: expressions, registers that rules.c has no room for, and code
 *			without any, where libdwfl's backend tries the frame pointer.
 *
 * Each goes on from where the other stopped. libdwfl gets its registers and its memory from here, too
 * (the callbacks below), not from its own reader of cores: that one takes time quadratic in the number
 * of segments (elfutils 0.188) and trusts the sizes that a damaged core claims.
 *
 * A subtlety that appears everywhere: the pc of a frame that has called another is a return address,
 * the place *behind* the call. Looked up as it is it can belong to the next line, to another function
 * (after a call that never returns there need not be an instruction), or to other call frame
 * information. So such a pc is looked up at pc - 1, within the call. Only where the frame was
 * interrupted rather than calling, the pc is exact: the first frame of a thread, and the frame
 * that a signal arrived in, which is the one behind the signal's trampoline. */
#include "private.h"

#include "rules.h"

/* One walk, standing at a frame. */
struct walk {
	struct image *image;
	image_step *step;
	void *arg;
	struct image_regs regs; /* of the frame, when libdwfl does not have them */
	bool exact;             /* regs.pc is where it was interrupted, not a return address */
	bool first;             /* step() has had no frame yet */
	bool started;           /* libdwfl begins: its first frame is the one in regs */
	bool plain;             /* libdwfl came to a frame that rules lead on from */
	bool stopped;           /* step() said so */
	struct rules_failure failure; /* while the next frame was looked for */
	uint64_t lookup; /* of step()'s last frame: where its unwind information is looked up */
	uint64_t fp;     /* its frame pointer */
	bool has_lookup, has_fp;
};

struct image_frame {
	Dwfl_Frame *frame; /* NULL: it stands in regs */
	const struct image_regs *regs;
	const struct image *image;
	uint64_t pc;
};

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	struct image *image = arg;

	(void)dwfl;
	if (*thread_arg)
		return 0;
	*thread_arg = image->walk;
	return 1;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	struct image *image = arg;

	(void)dwfl, (void)tid;
	*thread_arg = image->walk;
	return true;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *ret, void *arg)
{
	struct image *image = arg;
	uint64_t word;

	(void)dwfl;
	if (image->arch->word == 4)
		addr &= UINT32_MAX;
	if (image_word(image, addr, &word)) {
		*ret = word;
		return true;
	}
	image->walk->failure = (struct rules_failure){ true, addr };
	return false;
}

static bool set_registers(Dwfl_Thread *thread, void *thread_arg)
{
	const struct walk *walk = thread_arg;
	const struct image_regs *regs = &walk->regs;
	unsigned n;

	for (n = 0; n < IMAGE_REGS; n++) {
		Dwarf_Word value = regs->r[n];

		if (regs_known(regs, n) && !dwfl_thread_state_registers(thread, (int)n, 1, &value))
			return false;
	}
	/* libdwfl takes the pc of the first frame for exact. Where it is a return address, it has to
	 * be moved into the call, as above. */
	dwfl_thread_state_register_pc(thread, walk->exact ? regs->pc : regs->pc - 1);
	return true;
}

static const Dwfl_Thread_Callbacks callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_memory,
	.set_initial_registers = set_registers,
};

void walk_attach(struct image *image)
{
	/* Without an Elf libdwfl takes the architecture from the modules. */
	image->attached = image->nmodules &&
			  dwfl_attach_state(image->dwfl, NULL, 1, &callbacks, image);
}

void walk_detach(struct image *image)
{
	if (image->dwfl)
		dwfl_end(image->dwfl);
	map_deinit(&image->rules);
	arena_deinit(&image->rules_arena);
}

bool image_frame_reg(const struct image_frame *f, unsigned n, uint64_t *ret)
{
	Dwarf_Word value;

	if (!f->frame) {
		if (!regs_known(f->regs, n))
			return false;
		*ret = f->regs->r[n];
		return true;
	}
	if (dwfl_frame_reg(f->frame, n, &value) != 0)
		return false;
	*ret = value;
	return true;
}

void image_frame_regs(const struct image_frame *f, struct image_regs *ret)
{
	const struct arch_reg *reg;
	uint64_t value;

	if (!f->frame) {
		*ret = *f->regs;
		return;
	}
	*ret = (struct image_regs){ .pc = f->pc };
	for (reg = f->image->arch->regs; reg->name; reg++)
		if (reg->dwarf >= 0 && image_frame_reg(f, (unsigned)reg->dwarf, &value))
			regs_set(ret, (unsigned)reg->dwarf, value);
}

/* Gives a frame to step(). */
static bool pass_frame(struct walk *walk, Dwfl_Frame *frame, uint64_t pc, bool activation)
{
	struct image_frame f = { frame, &walk->regs, walk->image, pc };

	walk->first = false;
	walk->lookup = activation ? pc : pc - 1;
	walk->has_lookup = true;
	walk->has_fp = walk->image->arch->fp >= 0 &&
		       image_frame_reg(&f, (unsigned)walk->image->arch->fp, &walk->fp);
	walk->stopped = !walk->step(walk->arg, &f, pc, activation);
	return !walk->stopped;
}

/* Where a walk got to by one of the two ways. */
enum walked {
	WALKED_ON,   /* a frame from which the other way leads on */
	WALKED_STOP, /* step() said so */
	WALKED_TO_END,
	WALKED_FAILED,
};

static const struct rules *rules_of(const struct walk *walk, uint64_t pc)
{
	return rules_at(walk->image, walk->exact ? pc : pc - 1);
}

/* Is the pc of this frame exact? That of a signal trampoline is: it was not called, the kernel has
 * only put its address where a handler's return address is. */
static bool is_activation(const struct walk *walk, const struct rules *rules)
{
	return walk->exact || (!walk->first && rules->signal);
}

static enum walked walk_by_rules(struct walk *walk)
{
	for (;;) {
		const struct rules *rules = rules_of(walk, walk->regs.pc);

		if (!rules->plain)
			return WALKED_ON;
		if (!pass_frame(walk, NULL, walk->regs.pc, is_activation(walk, rules)))
			return WALKED_STOP;
		walk->failure.any = false;
		if (!rules_apply(rules, walk->image, &walk->regs, &walk->failure))
			return WALKED_TO_END;
		walk->exact = rules->signal;
	}
}

/* Takes over from libdwfl, unless it knows registers that image_regs has no room for: they would be
 * lost. Then it is libdwfl that goes on. */
static bool take_regs(struct walk *walk, const struct image_frame *f)
{
	uint64_t value;
	unsigned n;

	for (n = IMAGE_REGS; n < walk->image->arch->plain_regs; n++)
		if (image_frame_reg(f, n, &value))
			return false;
	image_frame_regs(f, &walk->regs);
	return true;
}

static int on_frame(Dwfl_Frame *frame, void *arg)
{
	struct walk *walk = arg;
	Dwarf_Addr pc = walk->regs.pc;
	const struct rules *rules;

	if (!walk->started && !dwfl_frame_pc(frame, &pc, NULL))
		return DWARF_CB_ABORT;
	pc = arch_code_address(walk->image->arch, pc);
	rules = rules_of(walk, pc);
	walk->plain = rules->plain && !walk->started &&
		      take_regs(walk, &(struct image_frame){ frame, NULL, walk->image, pc });
	walk->started = false;
	if (walk->plain || !pass_frame(walk, frame, pc, is_activation(walk, rules)))
		return DWARF_CB_ABORT;
	/* When this returns, libdwfl looks for the caller. */
	walk->failure.any = false;
	walk->exact = rules->signal;
	return DWARF_CB_OK;
}

static enum walked walk_by_libdwfl(struct walk *walk)
{
	int result;

	walk->started = true;
	walk->plain = false;
	walk->image->walk = walk;
	result = dwfl_getthread_frames(walk->image->dwfl, 1, on_frame, walk);
	walk->image->walk = NULL;
	if (walk->plain)
		return WALKED_ON;
	if (walk->stopped)
		return WALKED_STOP;
	return result == 0 ? WALKED_TO_END : WALKED_FAILED;
}

static bool has_file(struct image *image, uint64_t pc)
{
	return image_dwfl_module(image, image_module(image, pc)) != NULL;
}

enum image_walk_end image_walk(struct image *image, const struct image_regs *start, bool activation,
			       image_step *step, void *arg, uint64_t *ret_failed)
{
	struct walk walk = { .image = image,
			     .regs = *start,
			     .step = step,
			     .arg = arg,
			     .exact = activation,
			     .first = true };
	enum walked walked = WALKED_ON;

	if (!image->attached)
		return WALK_NO_INFO;
	image_window(image, start->r[image->arch->sp]);
	while (walked == WALKED_ON) {
		walked = walk_by_rules(&walk);
		if (walked == WALKED_ON)
			walked = walk_by_libdwfl(&walk);
	}
	*ret_failed = walk.failure.address;
	if (walked == WALKED_STOP)
		return WALK_STOPPED;
	/* Without call frame information libdwfl follows what it takes for a frame pointer: a read that
	 * failed on the way says nothing about the target's memory, only that it was none. The ABIs
	 * say that a frame pointer of 0 marks the outermost frame. That is believed where the file
	 * of the code is here and has no information for it (musl's clone), not where it is missing. */
	if (walk.has_lookup && !image_cfi(image, walk.lookup).found)
		return walk.has_fp && walk.fp == 0 && has_file(image, walk.lookup) ? WALK_ROOT
										   : WALK_NO_INFO;
	if (walk.failure.any)
		return WALK_UNREADABLE;
	return walked == WALKED_TO_END ? WALK_ROOT : WALK_FAILED;
}

struct image_cfi image_cfi(struct image *image, uint64_t pc)
{
	const struct rules *rules = rules_at(image, pc);

	return (struct image_cfi){ rules->found, rules->signal };
}
