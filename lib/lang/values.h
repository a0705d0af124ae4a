/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments and variables of a task's frames. Their registers are found again by a second walk: to keep
 * them for every frame of every thread would cost more memory than the stacks. */
#ifndef LANG_VALUES_H
#define LANG_VALUES_H

#include "lang.h"

struct values;

/* NULL unless the user asked for values. */
struct values *values_open(struct capture *c, const struct raw_task *task);
void values_close(struct values *values);
/* Fills detail[0 .. count): the frames at raw frame i (of the task's), innermost first. */
void values_fill(struct values *values, struct symbols *symbols, uint32_t i,
		 struct stk_detail *detail, size_t count);

#endif
