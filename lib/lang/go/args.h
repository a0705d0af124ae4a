/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a Go function as words. */
#ifndef LANG_GO_ARGS_H
#define LANG_GO_ARGS_H

#include "state.h"

/* NULL when they cannot be read. */
const char *goargs_text(struct go *go, struct builder *b, const struct raw_frame *raw);

#endif
