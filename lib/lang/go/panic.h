/* SPDX-License-Identifier: Apache-2.0 */
/* The panics of a goroutine, as its runtime words them. */
#ifndef LANG_GO_PANIC_H
#define LANG_GO_PANIC_H

#include "state.h"

/* printpanics() of src/runtime/panic.go; false when g panics not at all. */
bool gopanic_print(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out);

#endif
