/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <bzlib.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/base.h"

struct bzip2 {
	bz_stream stream;
	bool ended;
	char out[1 << 16];
};

static void *bzip2_open(void)
{
	struct bzip2 *z = xcalloc(1, sizeof(*z));

	if (BZ2_bzDecompressInit(&z->stream, 0, 0) == BZ_OK)
		return z;
	free(z);
	return NULL;
}

/* Streams may follow each other (pbzip2). */
static bool restart(struct bzip2 *z)
{
	char *in = z->stream.next_in;
	unsigned left = z->stream.avail_in;

	BZ2_bzDecompressEnd(&z->stream);
	memset(&z->stream, 0, sizeof(z->stream));
	if (BZ2_bzDecompressInit(&z->stream, 0, 0) != BZ_OK)
		return false;
	z->stream.next_in = in;
	z->stream.avail_in = left;
	z->ended = false;
	return true;
}

static const char *bzip2_feed(void *state, const void *bytes, size_t size, codec_sink *sink,
			      void *arg)
{
	struct bzip2 *z = state;
	int result;

	z->stream.next_in = (char *)(uintptr_t)bytes;
	z->stream.avail_in = (unsigned)size;
	do {
		if (z->ended && (!z->stream.avail_in || !restart(z)))
			return NULL;
		z->stream.next_out = z->out;
		z->stream.avail_out = sizeof(z->out);
		result = BZ2_bzDecompress(&z->stream);
		if (result != BZ_OK && result != BZ_STREAM_END)
			return "damaged data";
		z->ended = result == BZ_STREAM_END;
		if (!sink(arg, z->out, sizeof(z->out) - z->stream.avail_out))
			return NULL;
	} while (z->stream.avail_in || z->stream.avail_out == 0);
	return NULL;
}

static bool bzip2_at_end(void *state)
{
	return ((struct bzip2 *)state)->ended;
}

static void bzip2_close(void *state)
{
	BZ2_bzDecompressEnd(&((struct bzip2 *)state)->stream);
	free(state);
}

const struct codec codec_bzip2 = {
	.name = "bzip2",
	.magic = { 'B', 'Z', 'h' },
	.magic_size = 3,
	.open = bzip2_open,
	.feed = bzip2_feed,
	.at_end = bzip2_at_end,
	.close = bzip2_close,
};
