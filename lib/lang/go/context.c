/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

/* By DWARF number of a register, where it stands in the ucontext. amd64: uc_mcontext is at 40, its
 * order is that of asm/sigcontext.h. arm64: x0 to sp are at 184, the pc behind them. */
bool gocontext_take(struct go *go, struct unwind *u, uint64_t context)
{
	static const uint8_t amd64[] = {
		/* rax rdx rcx rbx rsi rdi rbp rsp r8..r15 */
		144, 136, 152, 128, 112, 104, 120, 160, 40, 48, 56, 64, 72, 80, 88, 96,
	};
	struct image_regs regs = { .pc = 0 };
	uint64_t value;
	unsigned i, count = go->arm ? 32 : ARRAY_SIZE(amd64);

	for (i = 0; i < count; i++) {
		if (!gomem_word(&go->mem, context + (go->arm ? 184 + i * 8 : amd64[i]), &value))
			return false;
		regs_set(&regs, i, value);
	}
	if (!gomem_word(&go->mem, context + (go->arm ? 440 : 168), &regs.pc))
		return false;
	u->regs = regs;
	u->activation = true;
	return true;
}
