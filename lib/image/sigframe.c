/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel puts on the stack when it calls a handler of a signal: struct rt_sigframe of
 * arch/.../kernel/signal*.c, and ucontext and sigcontext of the uapi headers. The handler returns to
 * a trampoline, whose whole code is the system call sigreturn: it is known by its bytes, for many have
 * no unwind information (those of musl, and qemu's). */
#include "private.h"

#include <elf.h>
#include <signal.h>
#include <string.h>

/* DWARF numbers in the order of sigcontext; NOT_ONE is not a general register, PC the pc. */
#define NOT_ONE 0xff
#define PC 0xfe
static const uint8_t x86_64_order[] = {
	8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, PC,
};
static const uint8_t i386_order[] = {
	NOT_ONE, NOT_ONE, NOT_ONE, NOT_ONE, 7, 6, 5, 4, 3, 2, 1, 0, NOT_ONE, NOT_ONE, PC,
};
static const uint8_t aarch64_order[] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, PC,
};
static const uint8_t riscv64_order[] = {
	PC, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

/* Offsets are from the stack pointer at the trampoline; -1: is not there. */
struct layout {
	const char *arch;
	uint8_t size;
	unsigned char code[9];
	int16_t info, number; /* siginfo; the signal's number alone */
	int16_t trap,
		fault; /* which exception of the processor it was; the address of a page fault */
	int16_t regs;
	const uint8_t *order;
	uint8_t count;
	bool in_vdso; /* the only one of the architecture, and the kernel's */
};

/* clang-format off */
static const struct layout layouts[] = {
	/* mov $15, %rax; syscall */
	{ "x86_64", 9, { 0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05 }, 304, -1, 200, 216, 40,
	  x86_64_order, sizeof(x86_64_order), false },
	/* mov $15, %eax; syscall */
	{ "x86_64", 7, { 0xb8, 15, 0, 0, 0, 0x0f, 0x05 }, 304, -1, 200, 216, 40,
	  x86_64_order, sizeof(x86_64_order), false },
	/* mov $173, %eax; int $0x80 */
	{ "i386", 7, { 0xb8, 173, 0, 0, 0, 0xcd, 0x80 }, 12, 0, 208, 244, 160,
	  i386_order, sizeof(i386_order), false },
	/* pop %eax; mov $119, %eax; int $0x80: of handlers without siginfo */
	{ "i386", 8, { 0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80 }, -1, 0, 52, 88, 4,
	  i386_order, sizeof(i386_order), false },
	/* mov x8, #139; svc #0 */
	{ "aarch64", 8, { 0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4 }, 0, -1, -1, 304, 312,
	  aarch64_order, sizeof(aarch64_order), true },
	/* li a7, 139; ecall */
	{ "riscv64", 8, { 0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0 }, 0, -1, -1, -1, 304,
	  riscv64_order, sizeof(riscv64_order), true },
};
/* clang-format on */

/* qemu 8.2 and later have the trampoline in a vdso, which they leave out of cores. Nothing else there
 * is ever returned to. */
static bool is_lost_vdso(struct image *image, uint64_t pc)
{
	const struct image_range *range = image_range_at(image, pc);
	uint64_t vdso;

	return range && !range->captured && image_auxv(image, AT_SYSINFO_EHDR, &vdso) &&
	       vdso >= range->start && vdso < range->end;
}

static bool is_code_of(struct image *image, const struct layout *layout, uint64_t pc)
{
	unsigned char code[sizeof(layout->code)];

	if (image_get(image, pc, code, layout->size))
		return !memcmp(code, layout->code, layout->size);
	return layout->in_vdso && is_lost_vdso(image, pc);
}

static const struct layout *layout_at(struct image *image, uint64_t pc)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++)
		if (!strcmp(layouts[i].arch, image->arch->name) &&
		    is_code_of(image, &layouts[i], pc))
			return &layouts[i];
	return NULL;
}

bool image_is_trampoline(struct image *image, uint64_t pc)
{
	return layout_at(image, pc) != NULL;
}

bool image_interrupted(struct image *image, uint64_t pc, uint64_t sp, struct image_regs *ret)
{
	const struct layout *l = layout_at(image, pc);
	struct image_regs regs = { .pc = 0 };
	uint64_t word;
	unsigned i;

	for (i = 0; l && i < l->count; i++) {
		if (!image_word(image, sp + (uint64_t)l->regs + i * image->arch->word, &word))
			return false;
		if (l->order[i] == PC)
			regs.pc = word;
		else if (l->order[i] != NOT_ONE)
			regs_set(&regs, l->order[i], word);
	}
	if (l)
		*ret = regs;
	return l != NULL;
}

/* Exceptions of x86, by their numbers in the frame. */
enum { DIVIDE = 0, INVALID = 6, PROTECTION = 13, PAGE_FAULT = 14 };

/* What the processor faulted on last: trap and fault of a layout. */
struct exception {
	bool known;
	uint64_t trap, error, address;
};

static struct exception read_exception(struct image *image, const struct layout *l, uint64_t sp)
{
	/* The error code stands before the exception's number on 64 bits, after it on 32. */
	int64_t error = image->arch->word == 8 ? l->trap - 8 : l->trap + 4;
	struct exception e = { .known = false };

	e.known = l->trap >= 0 && image_word(image, sp + (uint64_t)l->trap, &e.trap) &&
		  image_word(image, sp + (uint64_t)error, &e.error) &&
		  image_word(image, sp + (uint64_t)l->fault, &e.address);
	return e;
}

/* Can the exception have raised this signal? One that somebody sent has none of its own. */
static bool has_raised(const struct exception *e, const struct stk_cause *cause, uint64_t pc)
{
	if (cause->signal == SIGSEGV && cause->code == SI_KERNEL)
		return e->trap && e->trap != PAGE_FAULT;
	if (cause->signal == SIGSEGV || cause->signal == SIGBUS)
		return cause->has_address &&
		       (cause->address == e->address || cause->address == pc) &&
		       (e->trap == PAGE_FAULT || cause->signal == SIGBUS);
	if (cause->signal == SIGFPE)
		return cause->address == pc && e->trap != PAGE_FAULT;
	if (cause->signal == SIGILL)
		return cause->address == pc && e->trap == INVALID;
	return cause->code == SI_KERNEL || cause->address == pc;
}

/* The kernel's siginfo has 48 bytes, and it makes the rest of the 128 that programs know 0. */
static bool is_filled_up(struct image *image, uint64_t info)
{
	enum { KERNELS = 48, ALL = 128 };
	uint8_t bytes[ALL - KERNELS];
	size_t i;

	if (!image_get(image, info + KERNELS, bytes, sizeof(bytes)))
		return false;
	for (i = 0; i < sizeof(bytes) && !bytes[i]; i++)
		;
	return i == sizeof(bytes);
}

/* siginfo is only written for handlers that asked for it (SA_SIGINFO): without, there are old
 * bytes, which may even be those of another signal. So it must be one that can have been written here: an
 * exception's is held against what the processor says of it, another's against what the kernel can
 * write. */
static bool read_info(struct image *image, const struct layout *l, uint64_t sp, uint64_t pc,
		      struct stk_cause *ret)
{
	enum { LARGEST_PID = 1 << 22 };
	uint64_t info = sp + (uint64_t)l->info;
	uint64_t payload = info + (image->arch->word == 8 ? 16 : 12);
	struct exception e = read_exception(image, l, sp);
	uint32_t number, errno_value, code;

	if (l->info < 0 || !image_u32(image, info, &number) ||
	    !image_u32(image, info + 4, &errno_value) || !image_u32(image, info + 8, &code) ||
	    !image_word(image, payload, &ret->address))
		return false;
	ret->signal = (int)number;
	ret->code = (int)code;
	if (!signal_name(ret->signal) || errno_value || !signal_code_text(ret->signal, ret->code))
		return false;
	ret->has_address = signal_has_address(ret->signal, ret->code);
	if (ret->code > 0)
		return e.known ? has_raised(&e, ret, pc)
			       : ret->has_address || ret->code == SI_KERNEL;
	return is_filled_up(image, info) && image_u32(image, payload, &ret->sender_pid) &&
	       image_u32(image, payload + 4, &ret->sender_uid) && ret->sender_pid <= LARGEST_PID;
}

/* An exception, by what the processor said of it. */
static bool read_fault(struct image *image, const struct layout *l, uint64_t sp, uint64_t pc,
		       struct stk_cause *ret)
{
	enum { NOT_PRESENT_IS_0 = 1 };
	struct exception e = read_exception(image, l, sp);

	if (!e.known)
		return false;
	*ret = (struct stk_cause){ .signal = SIGSEGV, .code = SI_KERNEL };
	switch (e.trap) {
	case PAGE_FAULT:
		ret->code = e.error & NOT_PRESENT_IS_0 ? SEGV_ACCERR : SEGV_MAPERR;
		ret->address = e.address;
		break;
	case PROTECTION:
		break;
	case INVALID:
		ret->signal = SIGILL;
		ret->code = ILL_ILLOPN;
		ret->address = pc;
		break;
	case DIVIDE:
		ret->signal = SIGFPE;
		ret->code = FPE_INTDIV;
		ret->address = pc;
		break;
	default:
		return false;
	}
	ret->has_address = signal_has_address(ret->signal, ret->code);
	return true;
}

bool image_signal_of(struct image *image, uint64_t pc, uint64_t sp, struct stk_cause *ret)
{
	const struct layout *l = layout_at(image, pc);
	struct stk_cause cause = { .signal = 0 };
	struct image_regs regs;

	if (!l || !image_interrupted(image, pc, sp, &regs) ||
	    !read_info(image, l, sp, regs.pc, &cause))
		return false;
	signal_explain(image->b, &cause);
	*ret = cause;
	return true;
}

bool image_fault_of(struct image *image, uint64_t pc, uint64_t sp, struct stk_cause *ret)
{
	const struct layout *l = layout_at(image, pc);
	struct stk_cause cause = { .signal = 0 };
	struct image_regs regs;

	if (!l || !image_interrupted(image, pc, sp, &regs) ||
	    !read_fault(image, l, sp, regs.pc, &cause))
		return false;
	signal_explain(image->b, &cause);
	*ret = cause;
	return true;
}

/* A frame begins with the trampoline's address, where the handler's return address is. The kernel puts it
 * below the stack pointer of what it interrupts, with the processor's vector registers (up to 11 KiB)
 * between. When the handler has returned, nothing writes there. */
bool image_returned_signal(struct image *image, const struct image_regs *regs, uint64_t *ret_pc,
			   uint64_t *ret_sp)
{
	enum { DEPTH = 32768 };
	unsigned word = image->arch->word;
	uint64_t sp = regs->r[image->arch->sp], at, pc;
	struct image_regs before;

	for (at = sp & ~UINT64_C(15); at && sp - at < DEPTH; at -= word) {
		if (!image_word(image, at, &pc))
			return false;
		if (!image_interrupted(image, pc, at + word, &before) || before.pc != regs->pc ||
		    before.r[image->arch->sp] != sp)
			continue;
		*ret_pc = pc;
		*ret_sp = at + word;
		return true;
	}
	return false;
}

void image_explain_signal(const struct image *image, struct stk_cause *cause)
{
	signal_explain(image->b, cause);
}
