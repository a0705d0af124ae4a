/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <lz4frame.h>
#include <stdlib.h>

#include "../../base/base.h"

struct lz4 {
	LZ4F_dctx *context;
	bool ended;
	unsigned char out[1 << 16];
};

static void *lz4_open(void)
{
	struct lz4 *l = xcalloc(1, sizeof(*l));

	if (!LZ4F_isError(LZ4F_createDecompressionContext(&l->context, LZ4F_VERSION)))
		return l;
	free(l);
	return NULL;
}

static const char *lz4_feed(void *state, const void *bytes, size_t size, codec_sink *sink,
			    void *arg)
{
	struct lz4 *l = state;
	const unsigned char *in = bytes;
	size_t made;

	do {
		size_t used = size, left;

		made = sizeof(l->out);
		left = LZ4F_decompress(l->context, l->out, &made, in, &used, NULL);
		if (LZ4F_isError(left))
			return LZ4F_getErrorName(left);
		l->ended = left == 0;
		in += used;
		size -= used;
		if (!sink(arg, l->out, made))
			return NULL;
		if (!used && !made)
			break;
	} while (size || made == sizeof(l->out));
	return NULL;
}

static bool lz4_at_end(void *state)
{
	return ((struct lz4 *)state)->ended;
}

static void lz4_close(void *state)
{
	LZ4F_freeDecompressionContext(((struct lz4 *)state)->context);
	free(state);
}

const struct codec codec_lz4 = {
	.name = "lz4",
	.magic = { 0x04, 0x22, 0x4d, 0x18 },
	.magic_size = 4,
	.open = lz4_open,
	.feed = lz4_feed,
	.at_end = lz4_at_end,
	.close = lz4_close,
};
