/* SPDX-License-Identifier: Apache-2.0 */
#include "nocfi.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "callsite.h"
#include "prologue.h"
#include "root.h"

#define SCAN_WORDS 1000u /* of the stack, that are looked at for one frame */
#define MAX_TARGETS \
	32u /* functions that the words on the stack may belong to, followed for one frame */
#define BUDGET 4000000u /* instructions that are followed for one target */
#define NEIGHBOURS 256u /* functions begin at multiples of 16: so many are tried */

/* What is known of a place. */
struct place {
	struct prologue_rule rule;
	struct function function;
	bool is_root;
	bool searched; /* for where its function begins */
};

struct nocfi {
	struct image *image;
	const struct arch *arch;
	struct prologue prologue;
	struct map places; /* lookup pc -> struct place, in the arena */
	struct arena arena;
};

/* One frame whose caller is looked for. */
struct frame {
	struct nocfi *n;
	struct unwind *u;
	struct place *place;
	uint64_t lookup, sp, fp;
	uint64_t top;   /* of the stack: the end of what is mapped there */
	bool has_fp;    /* it is within the stack, above sp */
	bool generated; /* the code is of no file */
};

struct nocfi *nocfi_open(struct image *image)
{
	struct nocfi *n = xcalloc(1, sizeof(*n));

	n->image = image;
	n->arch = image_arch(image);
	n->prologue = (struct prologue){ .ops = prologue_ops_of(n->arch),
					 .image = image,
					 .budget = BUDGET };
	if (n->prologue.ops && n->prologue.ops->open) {
		n->prologue.own = n->prologue.ops->open(n->arch);
		if (!n->prologue.own)
			n->prologue.ops = NULL;
	}
	return n;
}

void nocfi_close(struct nocfi *n)
{
	if (!n)
		return;
	if (n->prologue.own)
		n->prologue.ops->close(n->prologue.own);
	map_deinit(&n->places);
	arena_deinit(&n->arena);
	free(n);
}

bool nocfi_knows(const struct arch *arch)
{
	return arch->machine == EM_X86_64 || arch->machine == EM_386 || arch->machine == EM_AARCH64;
}

/* ---- what can be believed ---- */

static bool is_in_stack(const struct frame *f, uint64_t addr)
{
	return addr >= f->sp && addr < f->top;
}

/* May a frame return to pc? */
static bool is_return(const struct frame *f, uint64_t pc)
{
	uint64_t target;

	return callsite_before(f->n->image, pc, &target) != CALLSITE_NONE ||
	       image_is_trampoline(f->n->image, pc);
}

static enum nocfi_result take(const struct frame *f, const struct image_regs *caller,
			      enum stk_how how)
{
	f->u->regs = *caller;
	f->u->activation = false;
	f->u->how = how;
	return NOCFI_CALLER;
}

/* ---- by the function's code ---- */

static bool apply(const struct frame *f, const struct prologue_rule *rule, struct image_regs *ret)
{
	struct image_regs regs = f->u->regs;
	uint64_t cfa;
	bool leaf = f->n->prologue.ops->ra_reg >= 0;

	if (!prologue_apply(&f->n->prologue, rule, &regs, &cfa) ||
	    (cfa <= f->sp && !(leaf && cfa == f->sp)) || cfa > f->top)
		return false;
	*ret = regs;
	return true;
}

/* By what is known of the place. */
static enum nocfi_result by_rule(const struct frame *f)
{
	struct image_regs caller;

	if (!f->place->rule.found || !apply(f, &f->place->rule, &caller))
		return NOCFI_UNKNOWN;
	if (!caller.pc)
		return NOCFI_ROOT;
	return is_return(f, caller.pc) ? take(f, &caller, STK_HOW_PROLOGUE) : NOCFI_UNKNOWN;
}

/* A word of the stack is a return address, and the call before it is of a function from whose
 * beginning the code leads here: if it would then find its return address in that very word, this
 * is how it was. */
static bool is_caller(const struct frame *f, uint64_t word, uint64_t target)
{
	struct prologue_rule rule;
	struct image_regs caller;

	if (!prologue_follow(&f->n->prologue, target, f->u->regs.pc, false, &rule) ||
	    !apply(f, &rule, &caller) || caller.pc != word)
		return false;
	f->place->rule = rule;
	return true;
}

static enum nocfi_result by_callers(const struct frame *f)
{
	struct image *image = f->n->image;
	uint64_t tried[MAX_TARGETS], word, target;
	int lr = f->n->arch->lr;
	unsigned count = 0, i, j;

	for (i = 0; i <= SCAN_WORDS && count < MAX_TARGETS; i++) {
		uint64_t at = f->sp + (uint64_t)(i - 1) * f->n->arch->word;

		if (!i && (lr < 0 || !regs_known(&f->u->regs, (unsigned)lr)))
			continue;
		if (!i)
			word = arch_code_address(f->n->arch, f->u->regs.r[lr]);
		else if (!is_in_stack(f, at) || !image_word(image, at, &word))
			break;
		word = arch_code_address(f->n->arch, word);
		if (callsite_before(image, word, &target) != CALLSITE_DIRECT)
			continue;
		for (j = 0; j < count && tried[j] != target; j++)
			;
		if (j < count)
			continue;
		tried[count++] = target;
		if (is_caller(f, word, target))
			return by_rule(f);
	}
	return NOCFI_UNKNOWN;
}

/* Can a function begin here? Before it are no instructions that go on: a return, a jump, or what
 * fills up. */
static bool can_begin(const struct frame *f, uint64_t at)
{
	enum { RET = 0xd65f03c0, NOP = 0xd503201f };
	static const uint8_t ends[] = { 0xc3, 0xcb, 0x90, 0xcc, 0x00, 0xf4, 0x0b };
	uint32_t word;
	uint8_t byte;

	if (image_cfi(f->n->image, at - 1).found)
		return true;
	if (f->n->arch->machine == EM_AARCH64)
		return image_u32(f->n->image, at - 4, &word) &&
		       (word == RET || word == NOP || !word || word >> 26 == 5);
	return image_u8(f->n->image, at - 1, &byte) && memchr(ends, byte, sizeof(ends));
}

/* Without a symbol, and called through a pointer: compilers begin functions at multiples of 16.
 * From a wrong beginning the code does not lead to the pc, or to a word of the stack that is no
 * return address. */
static enum nocfi_result by_neighbour(const struct frame *f)
{
	uint64_t at = f->lookup & ~UINT64_C(15);
	enum nocfi_result result = NOCFI_UNKNOWN;
	unsigned i;

	if (f->place->searched)
		return NOCFI_UNKNOWN;
	for (i = 0; i < NEIGHBOURS && result != NOCFI_CALLER && at > 16; i++, at -= 16) {
		if (image_cfi(f->n->image, at).found)
			break;
		if (can_begin(f, at) &&
		    prologue_follow(&f->n->prologue, at, f->u->regs.pc, false, &f->place->rule))
			result = by_rule(f);
	}
	f->place->searched = true;
	f->place->rule.found &= result == NOCFI_CALLER;
	return result == NOCFI_ROOT ? NOCFI_UNKNOWN : result;
}

/* ---- by the frame pointer ---- */

/* The chain rises within the stack. Code made at run time returns to where a call was, or to what
 * its compiler has put in place of that: there it is enough that it is code. */
static enum nocfi_result by_frame_pointer(const struct frame *f)
{
	struct image *image = f->n->image;
	const struct arch *arch = f->n->arch;
	struct image_regs caller = { .pc = 0 };
	uint64_t saved, back, target;
	bool rises;

	/* The code has just been followed: it leaves its caller's frame pointer alone. */
	if (f->place->rule.found && f->place->rule.same >> arch->fp & 1)
		return NOCFI_UNKNOWN;
	if (!f->has_fp || f->fp % arch->word || !image_word(image, f->fp, &saved) ||
	    !image_word(image, f->fp + arch->word, &back))
		return NOCFI_UNKNOWN;
	back = arch_code_address(arch, back);
	rises = saved > f->fp && saved < f->top;
	if (f->generated || image_module(image, back) == STK_NONE) {
		if ((!rises && saved) || !unwind_is_code(f->u, back - 1))
			return NOCFI_UNKNOWN;
	} else {
		enum callsite site = callsite_before(image, back, &target);

		if (site == CALLSITE_NONE || (site == CALLSITE_UNSEEN && !rises))
			return NOCFI_UNKNOWN;
	}
	caller.pc = back;
	regs_set(&caller, (unsigned)arch->fp, saved);
	regs_set(&caller, (unsigned)arch->sp, f->fp + 2u * arch->word);
	return take(f, &caller, STK_HOW_FP);
}

/* ---- by the return address that is where the call has put it ---- */

/* Is pc right behind a system call, in a function that has no unwind information there? So are
 * glibc's clone() and clone3(): the child returns from the call with an empty stack, for which no
 * information could be true, so it ends before the call. Such functions do not use the stack: their
 * caller's address is at its top. */
static bool is_behind_system_call(const struct frame *f)
{
	static const struct {
		uint16_t machine;
		uint8_t size;
		uint8_t code[4];
	} calls[] = {
		{ EM_X86_64, 2, { 0x0f, 0x05 } },
		{ EM_386, 2, { 0xcd, 0x80 } },
		{ EM_AARCH64, 4, { 0x01, 0x00, 0x00, 0xd4 } },
	};
	uint8_t code[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].machine == f->n->arch->machine)
			return image_get(f->n->image, f->u->regs.pc - calls[i].size, code,
					 calls[i].size) &&
			       !memcmp(code, calls[i].code, calls[i].size);
	return false;
}

/* Assembly that has no frame, called through a pointer. In the middle of other code the same place
 * holds a variable, which is seldom a return address, and in a frame with a pointer never its own. */
static enum nocfi_result by_top(const struct frame *f)
{
	const struct arch *arch = f->n->arch;
	struct image_regs caller = f->u->regs;
	uint64_t back, target, own = 0;
	enum callsite site;

	uint8_t code;
	bool system_call = is_behind_system_call(f);

	if (!f->u->activation || !image_u8(f->n->image, f->lookup, &code) ||
	    (!system_call && (f->place->function.sure || f->generated)))
		return NOCFI_UNKNOWN;
	if (arch->lr >= 0)
		back = caller.r[arch->lr];
	else if (!image_word(f->n->image, f->sp, &back))
		return NOCFI_UNKNOWN;
	back = arch_code_address(arch, back);
	if (f->has_fp)
		(void)image_word(f->n->image, f->fp + arch->word, &own);
	site = callsite_before(f->n->image, back, &target);
	if (own == back || (system_call ? site == CALLSITE_NONE : site != CALLSITE_POINTER))
		return NOCFI_UNKNOWN;
	caller.pc = back;
	if (arch->lr < 0)
		regs_set(&caller, (unsigned)arch->sp, f->sp + arch->word);
	else
		regs_forget(&caller, (unsigned)arch->lr);
	return take(f, &caller, STK_HOW_LINK);
}

/* ---- by a search ---- */

static bool is_same_function(const struct frame *f, uint64_t target)
{
	struct function function = function_at(f->n->image, target);

	if (!f->place->function.sure || !function.sure)
		return image_module(f->n->image, target) == image_module(f->n->image, f->lookup);
	return function.start == f->place->function.start;
}

/* The registers at a return address that was found at `at`: the stack pointer, and the frame
 * pointer as far as it can still be the caller's. */
static struct image_regs regs_at(const struct frame *f, uint64_t at, uint64_t pc)
{
	const struct arch *arch = f->n->arch;
	struct image_regs caller = { .pc = pc };
	uint64_t sp = at + arch->word, saved;

	regs_set(&caller, (unsigned)arch->sp, sp);
	if (image_word(f->n->image, at - arch->word, &saved) && saved >= sp && saved < f->top &&
	    saved % arch->word == 0)
		regs_set(&caller, (unsigned)arch->fp, saved);
	else if (f->has_fp && f->fp >= sp)
		regs_set(&caller, (unsigned)arch->fp, f->fp);
	return caller;
}

/* sure: a call of this very function; else of any that is not known. */
static bool scan(const struct frame *f, bool sure, struct image_regs *ret)
{
	const struct arch *arch = f->n->arch;
	uint64_t word, target;
	unsigned i;

	for (i = 0; i < SCAN_WORDS; i++) {
		uint64_t at = f->sp + (uint64_t)i * arch->word;
		enum callsite site;

		if (!is_in_stack(f, at) || !image_word(f->n->image, at, &word))
			return false;
		word = arch_code_address(arch, word);
		site = callsite_before(f->n->image, word, &target);
		if (site == CALLSITE_NONE || site == CALLSITE_UNSEEN)
			continue;
		if (sure && (site != CALLSITE_DIRECT || !is_same_function(f, target)))
			continue;
		*ret = regs_at(f, at, word);
		return true;
	}
	return false;
}

static enum nocfi_result by_scan(const struct frame *f)
{
	struct image_regs caller;

	if (!scan(f, true, &caller) && !scan(f, false, &caller))
		return NOCFI_UNKNOWN;
	return take(f, &caller, STK_HOW_SCAN);
}

/* ---- in order ---- */

static struct place *place_at(struct nocfi *n, const struct unwind *u, uint64_t lookup)
{
	struct place *place;
	uint64_t known;

	if (map_get(&n->places, u->regs.pc, &known))
		return (struct place *)(uintptr_t)known;
	place = arena_zalloc(&n->arena, sizeof(*place));
	place->function = function_at(n->image, lookup);
	place->is_root = root_is(n->image, &place->function, u->regs.pc);
	if (place->function.name && n->prologue.ops)
		(void)prologue_follow(&n->prologue, place->function.start, u->regs.pc,
				      place->function.sure, &place->rule);
	map_put(&n->places, u->regs.pc, (uintptr_t)place);
	return place;
}

static struct frame frame_of(struct nocfi *n, struct unwind *u)
{
	uint64_t lookup = u->activation ? u->regs.pc : u->regs.pc - 1;
	struct frame f = { .n = n,
			   .u = u,
			   .place = place_at(n, u, lookup),
			   .lookup = lookup,
			   .sp = u->regs.r[n->arch->sp] };
	const struct image_range *range = image_range_at(n->image, f.sp);

	f.top = range ? range->end : UINT64_MAX;
	f.fp = u->regs.r[n->arch->fp];
	f.has_fp = regs_known(&u->regs, (unsigned)n->arch->fp) && is_in_stack(&f, f.fp);
	f.generated = image_module(n->image, lookup) == STK_NONE;
	return f;
}

static enum nocfi_result by_code(const struct frame *f)
{
	enum nocfi_result result;

	if (!f->n->prologue.ops)
		return NOCFI_UNKNOWN;
	result = by_rule(f);
	if (result == NOCFI_UNKNOWN && (!f->generated || f->u->activation))
		result = by_callers(f);
	if (result == NOCFI_UNKNOWN && !f->place->function.sure && !f->generated)
		result = by_neighbour(f);
	return result;
}

enum nocfi_result nocfi_caller(struct nocfi *n, struct unwind *u)
{
	static enum nocfi_result (*const ways[])(const struct frame *f) = {
		by_code,
		by_top,
		by_frame_pointer,
		by_scan,
	};
	enum nocfi_result result = NOCFI_UNKNOWN;
	struct frame f;
	size_t i;

	if (!nocfi_knows(n->arch))
		return NOCFI_OTHER;
	f = frame_of(n, u);
	if (f.place->is_root)
		return NOCFI_ROOT;
	for (i = 0; i < ARRAY_SIZE(ways) && result == NOCFI_UNKNOWN; i++) {
		if (i == 1 && root_is_named(&f.place->function))
			return NOCFI_ROOT;
		result = ways[i](&f);
	}
	return result;
}
