/* SPDX-License-Identifier: Apache-2.0 */
/* Goroutines and their stacks, by Go's function table. */
#ifndef LANG_GO_UNWIND_H
#define LANG_GO_UNWIND_H

#include "state.h"

enum unwind_result gounwind_frames(struct go *go, struct unwind *u);
#endif
