/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <stdlib.h>
#include <zstd.h>

#include "../../base/base.h"

struct zstd {
	ZSTD_DStream *stream;
	bool ended;
	unsigned char out[1 << 17];
};

static void *zstd_open(void)
{
	struct zstd *z = xcalloc(1, sizeof(*z));

	z->stream = ZSTD_createDStream();
	/* `zstd --long` needs a larger window than the default limit of 128 MiB allows. */
	if (z->stream && !ZSTD_isError(ZSTD_DCtx_setParameter(z->stream, ZSTD_d_windowLogMax, 31)))
		return z;
	ZSTD_freeDStream(z->stream);
	free(z);
	return NULL;
}

static const char *zstd_feed(void *state, const void *bytes, size_t size, codec_sink *sink,
			     void *arg)
{
	struct zstd *z = state;
	ZSTD_inBuffer in = { bytes, size, 0 };
	ZSTD_outBuffer out;

	do {
		size_t left;

		out = (ZSTD_outBuffer){ z->out, sizeof(z->out), 0 };
		left = ZSTD_decompressStream(z->stream, &out, &in);
		if (ZSTD_isError(left))
			return ZSTD_getErrorName(left);
		z->ended = left == 0;
		if (!sink(arg, z->out, out.pos))
			return NULL;
	} while (in.pos < in.size || out.pos == out.size);
	return NULL;
}

static bool zstd_at_end(void *state)
{
	return ((struct zstd *)state)->ended;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(((struct zstd *)state)->stream);
	free(state);
}

const struct codec codec_zstd = {
	.name = "zstd",
	.magic = { 0x28, 0xb5, 0x2f, 0xfd },
	.magic_size = 4,
	.open = zstd_open,
	.feed = zstd_feed,
	.at_end = zstd_at_end,
	.close = zstd_close,
};
