/* SPDX-License-Identifier: Apache-2.0 */
/* What cores and processes have in common once there is an image. */
#ifndef INPUT_BINARY_H
#define INPUT_BINARY_H

#include "input.h"

/* Captures, lets a live target run, symbolizes, fills the builder; closes the image. *ret_stale:
 * the target's modules changed meanwhile, and the builder is of no use. */
struct stk_error *binary_build(struct image *image, const struct stk_files *files,
			       const struct stk_want *want, struct builder *b,
			       bool *ret_stale) STK_MUST;

#endif
