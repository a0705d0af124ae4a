/* SPDX-License-Identifier: Apache-2.0 */
/* ways - walks over every stack of a core by rules and libdwfl, as stk does, and by libdwfl alone,
 * and holds all that there is to a frame against each other. Then the same from each frame on, as
 * stacks are gone on with after another runtime's frames.
 *
 *	ways CORE [EXE]    ->    FRAMES BY-RULES    or what differs first, and status 1
 */
#include <dwarf.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/private.h"
#include "image/rules.h"

#define MAX_FRAMES 3000 /* of a stack */
#define MAX_AGAIN 40    /* of them, those from which it is begun again */

struct seen {
	struct image_regs regs;
	bool activation;
};

struct stack {
	struct seen frames[MAX_FRAMES];
	size_t count;
	enum image_walk_end end;
	uint64_t failed;
};

static size_t frames, by_rules;

static bool on_frame(void *arg, const struct image_frame *frame, uint64_t pc, bool activation)
{
	struct stack *stack = arg;
	struct seen *seen = &stack->frames[stack->count];

	image_frame_regs(frame, &seen->regs);
	seen->regs.pc = pc;
	seen->activation = activation;
	return ++stack->count < MAX_FRAMES;
}

static void walk(struct image *image, const struct image_regs *start, bool activation,
		 struct stack *ret)
{
	ret->count = 0;
	ret->failed = 0;
	ret->end = image_walk(image, start, activation, on_frame, ret, &ret->failed);
}

/* rax and rbx: libdw takes one for the other where nothing is said of them (rules.c). */
static bool is_mended(const struct image *image, unsigned n)
{
	return image->arch->machine == EM_X86_64 && (n == 0 || n == 3);
}

/* The first register that is not the same; IMAGE_REGS: all are. */
static unsigned other_reg(const struct image *image, const struct image_regs *a,
			  const struct image_regs *b)
{
	unsigned n;

	for (n = 0; n < IMAGE_REGS; n++)
		if (!is_mended(image, n) && (regs_known(a, n) != regs_known(b, n) ||
					     (regs_known(a, n) && a->r[n] != b->r[n])))
			break;
	return n;
}

static int differ(const struct image_regs *start, size_t frame, const char *what)
{
	printf("from pc %#" PRIx64 ", frame %zu: %s\n", start->pc, frame, what);
	return 1;
}

static int differ_reg(size_t frame, unsigned n, const struct image_regs *a,
		      const struct image_regs *b)
{
	printf("frame %zu, pc %#" PRIx64 " and %#" PRIx64, frame, a->pc, b->pc);
	if (n < IMAGE_REGS)
		printf(": register %u is %#" PRIx64 " and %#" PRIx64 " (known %d, %d)", n, a->r[n],
		       b->r[n], regs_known(a, n), regs_known(b, n));
	putchar('\n');
	return 1;
}

/* A signed return address: libdwfl looks for it as it is. */
static bool is_signed(const struct arch *arch, const struct image_regs *regs)
{
	return arch->lr >= 0 && regs_known(regs, (unsigned)arch->lr) &&
	       regs->r[arch->lr] != arch_code_address(arch, regs->r[arch->lr]);
}

static int hold(struct image *ours, struct image *theirs, const struct image_regs *start,
		bool activation, struct stack *a)
{
	static struct stack b;
	unsigned n;
	size_t i;

	walk(ours, start, activation, a);
	walk(theirs, start, activation, &b);
	for (i = 0; i < a->count && i < b.count; i++) {
		const struct seen *x = &a->frames[i], *y = &b.frames[i];

		if (is_signed(theirs->arch, &y->regs))
			return 0;
		if (x->activation != y->activation)
			return differ(start, i, "whether it was called");
		n = other_reg(ours, &x->regs, &y->regs);
		if (n < IMAGE_REGS || x->regs.pc != y->regs.pc)
			return differ_reg(i, n, &x->regs, &y->regs);
		frames++;
		by_rules += rules_at(ours, x->regs.pc - !x->activation)->plain;
	}
	if (a->count != b.count)
		return differ(start, i, "one goes on");
	if (a->end != b.end || (a->end == WALK_UNREADABLE && a->failed != b.failed))
		return differ(start, i, "how the stack ends");
	return 0;
}

static int hold_thread(struct image *ours, struct image *theirs, const struct image_thread *thread)
{
	static struct stack whole, rest;
	size_t i, step;

	if (!thread->has_regs)
		return 0;
	if (hold(ours, theirs, &thread->regs, true, &whole))
		return 1;
	step = whole.count / MAX_AGAIN + 1;
	for (i = 0; i < whole.count; i += step)
		if (hold(ours, theirs, &whole.frames[i].regs, whole.frames[i].activation, &rest) ||
		    hold(ours, theirs, &whole.frames[i].regs, !whole.frames[i].activation, &rest))
			return 1;
	return 0;
}

static struct image *open_core(struct builder *b, const char *core, const char *const *exe)
{
	struct stk_files *files = builder_alloc(b, sizeof(*files));
	struct image *image;
	struct stk_error *err;

	files->exes = exe;
	files->nexes = *exe ? 1 : 0;
	files->force = true;
	err = image_open_core(core, files, b, &image);
	if (!err)
		return image;
	stk_error_free(err);
	return NULL;
}

int main(int argc, char **argv)
{
	struct builder *b = builder_open(), *c = builder_open();
	struct image *ours, *theirs;
	const struct image_thread *threads;
	uint32_t count, i;
	struct arch alone;
	int status = 0;

	if (argc < 2)
		return 64;
	ours = open_core(b, argv[1], (const char *const *)argv + 2);
	theirs = open_core(c, argv[1], (const char *const *)argv + 2);
	if (ours && theirs) {
		/* An architecture of which nothing is known to be plain. */
		alone = *theirs->arch;
		alone.plain_regs = 0;
		theirs->arch = &alone;
		threads = image_threads(ours, &count);
		for (i = 0; i < count && !status; i++)
			status = hold_thread(ours, theirs, &threads[i]);
		if (!status)
			printf("%zu %zu\n", frames, by_rules);
	} else {
		puts("0 0 refused");
	}
	image_close(ours);
	image_close(theirs);
	builder_close(b);
	builder_close(c);
	return status;
}
