/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <lzma.h>
#include <stdlib.h>

#include "../../base/base.h"

struct xz {
	lzma_stream stream;
	bool ended;
	unsigned char out[1 << 16];
};

static void *xz_open(void)
{
	struct xz *x = xcalloc(1, sizeof(*x));

	x->stream = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(&x->stream, (uint64_t)1 << 30, LZMA_CONCATENATED) == LZMA_OK)
		return x;
	free(x);
	return NULL;
}

static const char *xz_run(struct xz *x, lzma_action action, codec_sink *sink, void *arg)
{
	lzma_ret result;

	do {
		x->stream.next_out = x->out;
		x->stream.avail_out = sizeof(x->out);
		result = lzma_code(&x->stream, action);
		x->ended = result == LZMA_STREAM_END;
		if (!sink(arg, x->out, sizeof(x->out) - x->stream.avail_out))
			return NULL;
		if (result == LZMA_MEMLIMIT_ERROR)
			return "it needs more than 1 GiB of memory to unpack";
		if (result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR)
			return "damaged data";
	} while (!x->ended && (x->stream.avail_in || x->stream.avail_out == 0));
	return NULL;
}

static const char *xz_feed(void *state, const void *bytes, size_t size, codec_sink *sink, void *arg)
{
	struct xz *x = state;

	x->stream.next_in = bytes;
	x->stream.avail_in = size;
	return xz_run(x, LZMA_RUN, sink, arg);
}

static bool discard(void *arg, const void *bytes, size_t size)
{
	(void)arg, (void)bytes, (void)size;
	return true;
}

/* With LZMA_CONCATENATED the end is only known when there is no more input. */
static bool xz_at_end(void *state)
{
	struct xz *x = state;

	(void)xz_run(x, LZMA_FINISH, discard, NULL);
	return x->ended;
}

static void xz_close(void *state)
{
	lzma_end(&((struct xz *)state)->stream);
	free(state);
}

const struct codec codec_xz = {
	.name = "xz",
	.magic = { 0xfd, '7', 'z', 'X', 'Z', 0 },
	.magic_size = 6,
	.open = xz_open,
	.feed = xz_feed,
	.at_end = xz_at_end,
	.close = xz_close,
};
