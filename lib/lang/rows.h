/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of lang.c, for the files of lang/. */
#ifndef LANG_ROWS_H
#define LANG_ROWS_H

#include "lang.h"

/* In order of who is asked first; native code is last and takes what is left. */
extern const struct lang *const langs[];
extern const unsigned nlangs;

#endif
