/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <stdlib.h>
#include <zlib.h>

#include "../../base/base.h"

struct gzip {
	z_stream z;
	bool ended;
	unsigned char out[1 << 16];
};

static void *gzip_open(void)
{
	struct gzip *g = xcalloc(1, sizeof(*g));

	if (inflateInit2(&g->z, 15 + 16) == Z_OK)
		return g;
	free(g);
	return NULL;
}

static const char *gzip_feed(void *state, const void *bytes, size_t size, codec_sink *sink,
			     void *arg)
{
	struct gzip *g = state;
	int result = Z_OK;

	g->z.next_in = (unsigned char *)(uintptr_t)bytes;
	g->z.avail_in = (uInt)size;
	do {
		/* Members may follow each other (pigz, concatenated files). */
		if (g->ended && (g->z.avail_in == 0 || inflateReset(&g->z) != Z_OK))
			return NULL;
		g->z.next_out = g->out;
		g->z.avail_out = sizeof(g->out);
		result = inflate(&g->z, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return g->z.msg ? g->z.msg : "damaged data";
		g->ended = result == Z_STREAM_END;
		if (!sink(arg, g->out, sizeof(g->out) - g->z.avail_out))
			return NULL;
	} while (g->z.avail_in || g->z.avail_out == 0);
	return NULL;
}

static bool gzip_at_end(void *state)
{
	return ((struct gzip *)state)->ended;
}

static void gzip_close(void *state)
{
	inflateEnd(&((struct gzip *)state)->z);
	free(state);
}

const struct codec codec_gzip = {
	.name = "gzip",
	.magic = { 0x1f, 0x8b },
	.magic_size = 2,
	.open = gzip_open,
	.feed = gzip_feed,
	.at_end = gzip_at_end,
	.close = gzip_close,
};
