/* What cores and processes have in common once there is an image. */
#ifndef INPUT_BINARY_H
#define INPUT_BINARY_H

#include "input.h"

/* Captures, lets a live target run, symbolizes, fills the builder; closes the image. */
void binary_build(struct image *image, const struct stk_files *files, const struct stk_want *want,
		  struct builder *b);

#endif
