/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"

#include <elf.h>
#include <string.h>

#include "codec.h"
#include "unzlib.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

/* What is asked for next is often close behind. */
#define STEP ((uint64_t)1 << 16)

/* ---- zstd: all of it ---- */

struct room {
	unsigned char *at;
	size_t left;
};

static bool put(void *arg, const void *bytes, size_t size)
{
	struct room *room = arg;

	if (size > room->left)
		return false;
	memcpy(room->at, bytes, size);
	room->at += size;
	room->left -= size;
	return true;
}

static void unpack_zstd(struct packed *packed)
{
	struct room room = { packed->out, packed->out_size };
	void *state = codec_zstd.missing ? NULL : codec_zstd.open();

	if (!state || codec_zstd.feed(state, packed->in, packed->in_size, put, &room) || room.left)
		packed->failed = true;
	else
		packed->filled = packed->out_size;
	if (state)
		codec_zstd.close(state);
}

/* ---- zlib: as far as it is wanted ---- */

static void unpack_zlib(struct packed *packed, uint64_t end)
{
	uint64_t stop = end / STEP < packed->out_size / STEP ? (end / STEP + 1) * STEP
							     : packed->out_size;

	if (!packed->stream)
		packed->stream = unzlib_open(packed->in, packed->in_size);
	if (packed->stream)
		packed->filled += unzlib_read(packed->stream, packed->out + packed->filled,
					      stop - packed->filled);
	packed->failed = packed->filled < stop ||
			 (stop == packed->out_size && !unzlib_is_good(packed->stream));
	if (packed->failed || stop == packed->out_size)
		packed_deinit(packed);
}

bool packed_fill(struct packed *packed, uint64_t end)
{
	if (end > packed->out_size)
		end = packed->out_size;
	if (end > packed->filled && !packed->failed) {
		if (packed->type == ELFCOMPRESS_ZLIB)
			unpack_zlib(packed, end);
		else
			unpack_zstd(packed);
	}
	/* What came before an error is as good as any; a wrong checksum is about all of it. */
	return packed->filled >= end && (end < packed->out_size || !packed->failed);
}

void packed_deinit(struct packed *packed)
{
	unzlib_close(packed->stream);
	packed->stream = NULL;
}
