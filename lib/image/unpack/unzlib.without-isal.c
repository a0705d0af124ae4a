/* SPDX-License-Identifier: Apache-2.0 */
#include "unzlib.h"

#include <stdlib.h>
#include <zlib.h>

struct unzlib {
	z_stream z;
	const unsigned char *in;
	size_t left; /* of in, without what z has */
	bool ended;
};

struct unzlib *unzlib_open(const unsigned char *in, size_t in_size)
{
	struct unzlib *z = xcalloc(1, sizeof(*z));

	z->in = in;
	z->left = in_size;
	if (inflateInit(&z->z) == Z_OK)
		return z;
	free(z);
	return NULL;
}

static void feed(struct unzlib *z)
{
	size_t piece = z->left < UNZLIB_PIECE ? z->left : UNZLIB_PIECE;

	if (z->z.avail_in)
		return;
	z->z.next_in = (z_const Bytef *)(uintptr_t)z->in;
	z->z.avail_in = (uInt)piece;
	z->in += piece;
	z->left -= piece;
}

size_t unzlib_read(struct unzlib *z, unsigned char *out, size_t size)
{
	size_t done = 0;
	int result = Z_OK;

	while (done < size && result == Z_OK) {
		size_t room = size - done < UNZLIB_PIECE ? size - done : UNZLIB_PIECE;

		feed(z);
		z->z.next_out = out + done;
		z->z.avail_out = (uInt)room;
		result = inflate(&z->z, Z_SYNC_FLUSH);
		done += room - z->z.avail_out;
	}
	z->ended = result == Z_STREAM_END;
	return done;
}

bool unzlib_is_good(struct unzlib *z)
{
	unsigned char more;

	return z->ended || (unzlib_read(z, &more, 1) == 0 && z->ended);
}

void unzlib_close(struct unzlib *z)
{
	if (z)
		inflateEnd(&z->z);
	free(z);
}
