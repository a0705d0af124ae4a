/* Compressed debug sections. Only image/. */
#ifndef IMAGE_INFLATE_H
#define IMAGE_INFLATE_H

#include "../base/base.h"

/* A copy of an ELF file in memory (a memfd) with its debug sections decompressed; -1 when none
 * is compressed, or it cannot be done. `alien`: only if there is a compression that libelf cannot
 * undo itself. libdw decompresses all sections when it opens a file, one after the other, each at
 * the speed of zlib, and before 0.189 knows no zstd: here they are done at the same time. */
int inflate_file(int fd, bool alien);

/* A whole zlib stream of which the unpacked size is known. inflate_zlib.with-deflate.c is by
 * libdeflate, which takes half of zlib's time. */
bool inflate_zlib(const void *in, size_t in_size, void *out, size_t out_size);

#endif
