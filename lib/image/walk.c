/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over frames: by the rules of rules.c as long as these are plain, by libdwfl's unwinder where
 * they are not. Registers and memory are ours in both: libdwfl's own core reader is quadratic in 0.188
 * and believes p_memsz. */
#include "private.h"

#include "rules.h"

/* One walk, standing at a frame. */
struct walk {
	struct image *image;
	image_step *step;
	void *arg;
	struct image_regs regs;  /* of the frame, when libdwfl does not have them */
	bool exact;              /* regs.pc is the next instruction, not a return address */
	bool first;              /* no frame was told yet */
	bool started;            /* libdwfl: regs are still those of its frame */
	bool plain;              /* it came to a frame that rules lead on from */
	bool stopped;            /* step() said so */
	struct rules_failure failure; /* while the next frame was looked for */
	uint64_t lookup;         /* of the last frame told: where its unwind information is looked up */
	uint64_t fp;             /* its frame pointer */
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
	/* libdwfl takes the first frame's pc for the next instruction. A return address may be behind the
	 * function (a call that does not return is its last instruction): step into the call. */
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

static bool tell(struct walk *walk, Dwfl_Frame *frame, uint64_t pc, bool activation)
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
	WALKED_ON,     /* a frame from which the other way leads on */
	WALKED_STOP,   /* step() said so */
	WALKED_TO_END,
	WALKED_FAILED,
};

static const struct rules *rules_of(const struct walk *walk, uint64_t pc)
{
	return rules_at(walk->image, walk->exact ? pc : pc - 1);
}

/* A signal trampoline was not called: the kernel made it look so. */
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
		if (!tell(walk, NULL, walk->regs.pc, is_activation(walk, rules)))
			return WALKED_STOP;
		walk->failure.any = false;
		if (!rules_apply(rules, walk->image, &walk->regs, &walk->failure))
			return WALKED_TO_END;
		walk->exact = rules->signal;
	}
}

/* More registers may be known than image_regs has room for: then libdwfl goes on. */
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
	if (walk->plain || !tell(walk, frame, pc, is_activation(walk, rules)))
		return DWARF_CB_ABORT;
	/* Next, libdwfl looks for the caller. */
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

enum image_walk_end image_walk(struct image *image, const struct image_regs *start,
			       bool activation, image_step *step, void *arg, uint64_t *ret_failed)
{
	struct walk walk = { .image = image, .regs = *start, .step = step, .arg = arg,
			     .exact = activation, .first = true };
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
	/* Without call frame information libdwfl follows what it takes for a frame pointer: that a
	 * read failed there says nothing about the target's memory. */
	if (walk.has_lookup && !image_cfi(image, walk.lookup).found)
		/* The ABIs say: a frame pointer of 0 marks the outermost frame. That is believed of code
		 * that is here and says nothing else (musl's clone), not of a file that is missing. */
		return walk.has_fp && walk.fp == 0 && has_file(image, walk.lookup) ? WALK_ROOT :
										     WALK_NO_INFO;
	if (walk.failure.any)
		return WALK_UNREADABLE;
	return walked == WALKED_TO_END ? WALK_ROOT : WALK_FAILED;
}

struct image_cfi image_cfi(struct image *image, uint64_t pc)
{
	const struct rules *rules = rules_at(image, pc);

	return (struct image_cfi){ rules->found, rules->signal };
}
