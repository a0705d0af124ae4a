/* SPDX-License-Identifier: Apache-2.0 */
/* Debug information that is there and cannot be read. */
#ifndef SYM_UNREADABLE_H
#define SYM_UNREADABLE_H

#include <elfutils/libdwfl.h>

#include "../base/base.h"
#include "../model/model.h"

/* Call for a module in which libdw found no unit: notes it if a file of it has a .debug_info. */
void unreadable_note(struct builder *b, Dwfl_Module *mod, const char *path);

#endif
