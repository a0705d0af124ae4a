/* SPDX-License-Identifier: Apache-2.0 */
/* Debug information that is there and cannot be read. */
#ifndef SYM_UNREADABLE_H
#define SYM_UNREADABLE_H

#include <elfutils/libdwfl.h>

#include "../base/base.h"
#include "../image/image.h"
#include "../model/model.h"

/* Call for a module in which libdw found no unit: notes it if a file of it has a .debug_info. error: of
 * dwfl_errno(), when it could not even begin; 0. */
void unreadable_note(struct image *image, struct builder *b, uint32_t module, int error);

#endif
