/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of lang.c, for the files of lang/. */
#ifndef LANG_ROWS_H
#define LANG_ROWS_H

#include "lang.h"

/* In order of who is asked first. */
extern const struct lang *const langs[];
extern const unsigned nlangs;

/* Index of a row. */
unsigned lang_index(const struct lang *lang);
/* Of the one that takes what no other row owns. */
unsigned lang_native_index(void);

/* Puts the runs of a row (its index) into the stack of the newest task, which has been unwound
 * (anchors.c). */
void anchors_merge(struct capture *c, struct raw_task *task, unsigned lang,
		   const struct lang_run *runs, size_t nruns);
/* Those of all rows that have some. */
void anchors_merge_all(struct capture *c, struct raw_task *task);

#endif
