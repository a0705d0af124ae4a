/* SPDX-License-Identifier: Apache-2.0 */
/* A fatal error of the runtime. */
#ifndef LANG_GO_THROW_H
#define LANG_GO_THROW_H

#include "state.h"

/* The fatal error that g (0: none) died of: frames begin with that of throw() or fatal(). */
void gothrow_print(struct go *go, const struct goruntime *rt, uint64_t g,
		   const struct raw_frame *frames, uint32_t n, bool fatal, struct out *out);

#endif
