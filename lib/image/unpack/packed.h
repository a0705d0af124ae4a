/* SPDX-License-Identifier: Apache-2.0 */
/* One compressed section, unpacked in place as far as it is wanted. Only image/. */
#ifndef IMAGE_UNPACK_PACKED_H
#define IMAGE_UNPACK_PACKED_H

#include "../../base/base.h"

struct unzlib;

struct packed {
	unsigned type; /* ELFCOMPRESS_* */
	const unsigned char *in;
	size_t in_size;
	unsigned char *out;
	uint64_t out_size;     /* zeros where nothing is yet */
	uint64_t filled;       /* so many bytes are there */
	bool failed;           /* and no more can be had: the stream is damaged */
	struct unzlib *stream; /* NULL: not begun, or done */
};

/* After this the first `end` bytes are there (all, when it has no more); false: they cannot be had. */
bool packed_fill(struct packed *packed, uint64_t end);
void packed_deinit(struct packed *packed);

#endif
