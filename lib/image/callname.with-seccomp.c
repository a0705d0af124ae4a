/* SPDX-License-Identifier: Apache-2.0 */
/* Names of system calls, from libseccomp's tables. */
#include "private.h"

#include <elf.h>
#include <seccomp.h>

char *callname(const struct arch *arch, int64_t number)
{
	static const struct {
		uint16_t machine;
		uint8_t word;
		uint32_t token;
	} archs[] = {
		{ EM_X86_64, 8, SCMP_ARCH_X86_64 },   { EM_386, 4, SCMP_ARCH_X86 },
		{ EM_AARCH64, 8, SCMP_ARCH_AARCH64 }, { EM_ARM, 4, SCMP_ARCH_ARM },
		{ EM_RISCV, 8, SCMP_ARCH_RISCV64 },   { EM_S390, 8, SCMP_ARCH_S390X },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i].machine == arch->machine && archs[i].word == arch->word)
			return seccomp_syscall_resolve_num_arch(archs[i].token, (int)number);
	return NULL;
}
