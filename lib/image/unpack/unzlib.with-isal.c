/* SPDX-License-Identifier: Apache-2.0 */
#include "unzlib.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

struct unzlib {
	struct inflate_state z;
	const unsigned char *in;
	size_t left; /* of in, without what z has */
	bool failed;
};

struct unzlib *unzlib_open(const unsigned char *in, size_t in_size)
{
	struct unzlib *z = xmalloc(sizeof(*z));

	isal_inflate_init(&z->z);
	z->z.crc_flag = ISAL_ZLIB;
	z->in = in;
	z->left = in_size;
	z->failed = false;
	return z;
}

static void feed(struct unzlib *z)
{
	size_t piece = z->left < UNZLIB_PIECE ? z->left : UNZLIB_PIECE;

	if (z->z.avail_in)
		return;
	z->z.next_in = (uint8_t *)(uintptr_t)z->in;
	z->z.avail_in = (uint32_t)piece;
	z->in += piece;
	z->left -= piece;
}

/* Returns how much came; *ret_more: and more may come. */
static size_t go_on(struct unzlib *z, unsigned char *out, size_t room, bool *ret_more)
{
	uint32_t in;

	feed(z);
	in = z->z.avail_in;
	z->z.next_out = out;
	z->z.avail_out = (uint32_t)room;
	/* It says once that the checksum is wrong, and then that all is well. */
	if (!z->failed && z->z.block_state != ISAL_BLOCK_FINISH)
		z->failed = isal_inflate(&z->z) < 0;
	*ret_more = !z->failed && (z->z.avail_out < room || z->z.avail_in < in);
	return room - z->z.avail_out;
}

size_t unzlib_read(struct unzlib *z, unsigned char *out, size_t size)
{
	size_t done = 0;
	bool more = true;

	while (more && done < size) {
		size_t room = size - done < UNZLIB_PIECE ? size - done : UNZLIB_PIECE;

		done += go_on(z, out + done, room, &more);
	}
	return done;
}

bool unzlib_is_good(struct unzlib *z)
{
	unsigned char more;

	return unzlib_read(z, &more, 1) == 0 && !z->failed && z->z.block_state == ISAL_BLOCK_FINISH;
}

void unzlib_close(struct unzlib *z)
{
	free(z);
}
