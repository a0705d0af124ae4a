/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a unit's debug information that the compiler has put into a .dwo file. */
#ifndef SYM_SPLIT_H
#define SYM_SPLIT_H

#include <elfutils/libdw.h>

#include "../base/base.h"
#include "../image/image.h"

/* The unit in the .dwo file of a skeleton. false: it is not here, or may not be opened; *ret_why is then
 * malloc'ed, or NULL: not here. */
bool split_open(struct image *image, uint32_t module, Dwarf_Die *skeleton, Dwarf_Die *ret,
		char **ret_why);

#endif
