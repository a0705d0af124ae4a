/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed debug sections. Only image/.
 *
 * libdw decompresses all sections when it opens a file, one after the other, each at the speed of zlib,
 * and before 0.189 knows no zstd. It is given a copy in memory (a memfd) instead, in which nothing is
 * compressed: small sections are unpacked at once, the large ones as they are asked for, behind
 * libdw's back: it has the copy mapped. */
#ifndef IMAGE_UNPACK_H
#define IMAGE_UNPACK_H

#include "../image.h"

struct inflation;

/* NULL when no section is compressed, or it cannot be done. fd stays the caller's; the copy's
 * goes to *ret_fd and is the caller's, too. */
struct inflation *inflation_open(int fd, int *ret_fd);
/* See image_debug_need(). */
bool inflation_need(struct inflation *inf, enum image_debug part, uint64_t unit);
bool inflation_is_whole(const struct inflation *inf, enum image_debug part);
void inflation_close(struct inflation *inf); /* NULL is fine */

/* A copy with everything unpacked; -1: as above. alien: only if there is a compression that libelf
 * cannot undo itself. */
int inflate_file(int fd, bool alien);

/* Do the compressed sections of an ELF file hold more than debug information does that was compressed?
 * libelf and libdwfl unpack whatever they are given: such a file is not given to them. *ret_why is
 * malloc'ed. */
bool unpack_is_bomb(int fd, char **ret_why);

#endif
