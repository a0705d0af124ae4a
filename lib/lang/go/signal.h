/* SPDX-License-Identifier: Apache-2.0 */
/* A signal that a Go program died of. */
#ifndef LANG_GO_SIGNAL_H
#define LANG_GO_SIGNAL_H

#include "state.h"

/* "[signal SIGSEGV: ...]", of one that became a panic or a fatal error; nothing when none did. */
void gosignal_line(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out);
/* A signal that the runtime died of on m, whose trampoline's frame is at sp. */
void gosignal_death(struct go *go, const struct goruntime *rt, const struct gomachine *m,
		    uint64_t sp, struct out *out);
/* The registers that it came upon go to the cause. */
void gosignal_registers(struct go *go, uint64_t sp, struct builder *b);

#endif
