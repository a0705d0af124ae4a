/* SPDX-License-Identifier: Apache-2.0 */
/* A zlib stream in memory, unpacked piece by piece. unzlib.with-isal.c is by ISA-L, which takes half of
 * zlib's time; unzlib.without-isal.c by zlib. Only image/. */
#ifndef IMAGE_UNPACK_UNZLIB_H
#define IMAGE_UNPACK_UNZLIB_H

#include "../../base/base.h"

struct unzlib;

/* The bytes are borrowed. NULL when it cannot begin. */
struct unzlib *unzlib_open(const unsigned char *in, size_t in_size);
/* The next bytes; less than size when the stream ends or is damaged there. out: behind what came
 * before. */
size_t unzlib_read(struct unzlib *z, unsigned char *out, size_t size);
/* After the last byte: does the stream end there, with the right checksum? */
bool unzlib_is_good(struct unzlib *z);
void unzlib_close(struct unzlib *z); /* NULL is fine */

/* Both count with 32 bits. */
#define UNZLIB_PIECE ((size_t)1 << 30)

#endif
