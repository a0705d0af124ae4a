/* SPDX-License-Identifier: Apache-2.0 */
/* Registers as Go's runtime prints them. */
#ifndef OUTPUT_GOREGS_H
#define OUTPUT_GOREGS_H

#include "output.h"

/* Those that the signal came upon of which the program died; else those of the first task. */
void goregs_write(struct out *out, const struct stk_dump *dump);

#endif
