/* SPDX-License-Identifier: Apache-2.0 */
/* Go programs whose goroutines are not read: of other architectures, releases and compilers. */
#ifndef LANG_GO_FOREIGN_H
#define LANG_GO_FOREIGN_H

#include "../lang.h"
#include "mem.h"

/* Says so, where the target is a Go program. supported: goroutines are read on its architecture. */
void goforeign_say(struct capture *c, struct gomem *mem, bool supported);
/* Is this release too old? version: "go1.15.3"; NULL unknown. */
bool goforeign_is_old(const char *version);

#endif
