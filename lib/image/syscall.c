/* SPDX-License-Identifier: Apache-2.0 */
/* The system call that a thread is in, from its registers alone: needs no unwinding and no symbols.
 *
 * A thread that dies with its process, or is stopped by a debugger, while it sleeps in a call is woken
 * first: the call gives up with one of ERESTART*, which no program ever sees, and the thread stops on
 * its way out of the kernel. x86 looks at that result only after the signal, so that it is still in rax,
 * and the number and the arguments are where the program put them. arm64 has by then prepared to
 * enter the call once more (do_signal() in arch/arm64/kernel/signal.c): pc is at the svc again and x0,
 * which is the result's place too, has its argument back. */
#include "private.h"

#include <string.h>

#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516
#define INTERRUPTED 4 /* EINTR, which is the same everywhere */

/* clang-format off */
static const struct call_regs rows[] = {
	{ "x86_64", 15 * 8, 10 * 8, 16 * 8, 19 * 8, { 14 * 8, 13 * 8, 12 * 8, 7 * 8, 9 * 8, 8 * 8 },
	  { 5, 4, 1, 10, 8, 9 } },
	{ "i386", 11 * 4, 6 * 4, 12 * 4, 15 * 4, { 0, 4, 8, 12, 16, 20 }, { 3, 1, 2, 6, 7, 5 } },
	{ "aarch64", 8 * 8, 0, 32 * 8, 31 * 8, { 0, 8, 16, 24, 32, 40 }, { 0, 1, 2, 3, 4, 5 } },
};
/* clang-format on */

const struct call_regs *call_regs_of(const struct arch *arch)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].arch, arch->name))
			return &rows[i];
	return NULL;
}

int64_t call_signed_word(const struct arch *arch, const unsigned char *at)
{
	uint64_t value = arch_word(arch, at, arch->word);

	return arch->word == 4 ? (int32_t)value : (int64_t)value;
}

bool call_is_interrupted(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK || result == -INTERRUPTED;
}

/* svc #0 */
static bool is_at_svc(struct image *image, uint64_t pc)
{
	static const unsigned char svc[] = { 0x01, 0x00, 0x00, 0xd4 };
	unsigned char code[sizeof(svc)];

	return image_get(image, pc, code, sizeof(code)) && !memcmp(code, svc, sizeof(svc));
}

static bool is_in_call(struct image *image, const struct call_regs *regs, const unsigned char *raw)
{
	const struct arch *arch = image->arch;

	if (call_signed_word(arch, raw + regs->number) < 0)
		return false;
	if (regs->result == regs->args[0])
		return is_at_svc(image, arch_word(arch, raw + regs->pc, arch->word));
	return call_is_interrupted(call_signed_word(arch, raw + regs->result));
}

bool image_syscall(struct image *image, const struct image_thread *thread, int64_t *ret_number,
		   uint64_t ret_args[6])
{
	const struct call_regs *regs = call_regs_of(image->arch);
	unsigned i;

	if (!regs || !thread->raw || !is_in_call(image, regs, thread->raw))
		return false;
	*ret_number = call_signed_word(image->arch, thread->raw + regs->number);
	for (i = 0; i < 6; i++)
		ret_args[i] = arch_word(image->arch, thread->raw + regs->args[i],
					image->arch->word);
	return true;
}
