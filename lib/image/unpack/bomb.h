/* SPDX-License-Identifier: Apache-2.0 */
/* Files that unpack to far more than they are. Only image/. */
#ifndef IMAGE_UNPACK_BOMB_H
#define IMAGE_UNPACK_BOMB_H

#include "../../base/base.h"

/* Do the compressed sections of an ELF file hold more than debug information does that was compressed? libelf
 * and libdwfl unpack whatever they are given: such a file is not given to them. *ret_why is malloc'ed. */
bool unpack_is_bomb(int fd, char **ret_why);

#endif
