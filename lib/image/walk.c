/* The adapter to libdwfl's unwinder: its only user. Registers and memory are ours: libdwfl's own core
 * reader is quadratic in 0.188 and believes p_memsz. */
#include "private.h"

#include <dwarf.h>
#include <stdlib.h>

/* One walk: what the callbacks of libdwfl need to know. */
struct walk {
	struct image *image;
	const struct image_regs *start;
	image_step *step;
	void *arg;
	uint64_t failed;       /* address of the read that failed last while finding the next frame */
	bool has_failed;
	bool stopped;          /* step() said so */
	bool activation;       /* of the first frame */
	bool first;
	uint64_t lookup;       /* of the last frame: where its unwind information is looked up */
	uint64_t fp;           /* its frame pointer */
	bool has_lookup, has_fp;
};

struct image_frame {
	Dwfl_Frame *frame;
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
	image->walk->failed = addr;
	image->walk->has_failed = true;
	return false;
}

static bool set_registers(Dwfl_Thread *thread, void *thread_arg)
{
	const struct walk *walk = thread_arg;
	const struct image_regs *regs = walk->start;
	unsigned n;

	for (n = 0; n < IMAGE_REGS; n++) {
		Dwarf_Word value = regs->r[n];

		if (regs_known(regs, n) && !dwfl_thread_state_registers(thread, (int)n, 1, &value))
			return false;
	}
	/* libdwfl takes the first frame's pc for the next instruction. A return address may be behind the
	 * function (a call that does not return is its last instruction): step into the call. */
	dwfl_thread_state_register_pc(thread, walk->activation ? regs->pc : regs->pc - 1);
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
	map_deinit(&image->cfi);
}

bool image_frame_reg(const struct image_frame *f, unsigned n, uint64_t *ret)
{
	Dwarf_Word value;

	if (dwfl_frame_reg(f->frame, n, &value) != 0)
		return false;
	*ret = value;
	return true;
}

void image_frame_regs(const struct image_frame *f, struct image_regs *ret)
{
	const struct arch_reg *reg;
	uint64_t value;

	*ret = (struct image_regs){ .pc = f->pc };
	for (reg = f->image->arch->regs; reg->name; reg++)
		if (reg->dwarf >= 0 && image_frame_reg(f, (unsigned)reg->dwarf, &value))
			regs_set(ret, (unsigned)reg->dwarf, value);
}

static int on_frame(Dwfl_Frame *frame, void *arg)
{
	struct walk *walk = arg;
	struct image_frame f = { frame, walk->image, 0 };
	bool activation;
	Dwarf_Addr pc;

	/* Asking for the activation makes libdwfl find the next frame: from here on a failed read is
	 * about that one. */
	walk->has_failed = false;
	if (!dwfl_frame_pc(frame, &pc, &activation))
		return DWARF_CB_ABORT;
	if (walk->first && !walk->activation) {
		pc++;
		activation = false;
	}
	walk->first = false;
	f.pc = pc;
	walk->lookup = activation ? pc : pc - 1;
	walk->has_lookup = true;
	walk->has_fp = walk->image->arch->fp >= 0 &&
		       image_frame_reg(&f, (unsigned)walk->image->arch->fp, &walk->fp);
	if (walk->step(walk->arg, &f, pc, activation))
		return DWARF_CB_OK;
	walk->stopped = true;
	return DWARF_CB_ABORT;
}

static bool has_file(struct image *image, uint64_t pc)
{
	return image_dwfl_module(image, image_module(image, pc)) != NULL;
}

enum image_walk_end image_walk(struct image *image, const struct image_regs *start,
			       bool activation, image_step *step, void *arg, uint64_t *ret_failed)
{
	struct walk walk = { .image = image, .start = start, .step = step, .arg = arg,
			     .activation = activation, .first = true };
	int result;

	if (!image->attached)
		return WALK_NO_INFO;
	image->walk = &walk;
	result = dwfl_getthread_frames(image->dwfl, 1, on_frame, &walk);
	image->walk = NULL;
	*ret_failed = walk.failed;
	if (walk.stopped)
		return WALK_STOPPED;
	/* Without call frame information libdwfl follows what it takes for a frame pointer: that a
	 * read failed there says nothing about the target's memory. */
	if (walk.has_lookup && !image_cfi(image, walk.lookup).found)
		/* The ABIs say: a frame pointer of 0 marks the outermost frame. That is believed of code
		 * that is here and says nothing else (musl's clone), not of a file that is missing. */
		return walk.has_fp && walk.fp == 0 && has_file(image, walk.lookup) ? WALK_ROOT :
										     WALK_NO_INFO;
	if (walk.has_failed)
		return WALK_UNREADABLE;
	return result == 0 ? WALK_ROOT : WALK_FAILED;
}

static bool ask_cfi(Dwarf_CFI *cfi, Dwarf_Addr pc, struct image_cfi *ret)
{
	Dwarf_Frame *frame;
	bool signal;

	if (!cfi || dwarf_cfi_addrframe(cfi, pc, &frame) != 0)
		return false;
	ret->found = true;
	ret->signal = dwarf_frame_info(frame, NULL, NULL, &signal) >= 0 && signal;
	free(frame);
	return true;
}

struct image_cfi image_cfi(struct image *image, uint64_t pc)
{
	struct image_cfi ret = { false, false };
	uint64_t known;
	Dwfl_Module *module;
	Dwarf_Addr bias;

	if (map_get(&image->cfi, pc, &known))
		return (struct image_cfi){ known & 1, known & 2 };
	module = image_dwfl_module(image, image_module(image, pc));
	if (module) {
		Dwarf_CFI *cfi = dwfl_module_eh_cfi(module, &bias);

		if (!ask_cfi(cfi, pc - bias, &ret)) {
			cfi = dwfl_module_dwarf_cfi(module, &bias);
			(void)ask_cfi(cfi, pc - bias, &ret);
		}
	}
	map_put(&image->cfi, pc, (uint64_t)ret.found | (uint64_t)ret.signal << 1);
	return ret;
}
