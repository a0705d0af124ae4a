/* SPDX-License-Identifier: Apache-2.0 */
/* Go's standard library, by names. */
#ifndef BASE_GOLIB_H
#define BASE_GOLIB_H

#include <stdbool.h>

/* Is this function of this file (as debug information has them; NULL unknown) of the library? */
bool is_go_library(const char *func, const char *file);

#endif
