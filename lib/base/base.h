/* SPDX-License-Identifier: Apache-2.0 */
/* base/ - the ground: memory, errors, interning, bounded reading, escaped writing.
 * Knows nothing about stacks. This is the door; other directories include only this. */
#ifndef BASE_H
#define BASE_H

#include "../include/stk.h"
#include "alloc.h"
#include "arena.h"
#include "cursor.h"
#include "err.h"
#include "fdio.h"
#include "intern.h"
#include "limits.h"
#include "lost.h"
#include "map.h"
#include "named.h"
#include "out.h"
#include "path.h"
#include "search.h"
#include "utf8.h"

#define NS_PER_MINUTE INT64_C(60000000000)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
