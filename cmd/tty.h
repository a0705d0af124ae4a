/* SPDX-License-Identifier: Apache-2.0 */
/* tty - what the terminal is, and progress on it. */
#ifndef TTY_H
#define TTY_H

#include <stk.h>

#include "opt.h"

/* Colour for what is written to fd: --color, then NO_COLOR, then CLICOLOR_FORCE, then whether
 * fd is a terminal that is not dumb. */
bool tty_colour(enum colour_when when, int fd);
/* Columns of the terminal at fd; 0 when it is none. */
uint32_t tty_width(int fd);

/* For struct stk_files: shows long work on standard error, where that is a terminal, after the
 * first second. */
struct progress {
	int64_t start_ns; /* 0 until the first call */
	bool shown;
};
int progress_show(void *progress, const char *what, uint64_t done, uint64_t total);
/* Takes the line away again. */
void progress_end(struct progress *progress);

#endif
