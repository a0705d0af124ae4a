/* SPDX-License-Identifier: Apache-2.0 */
/* pprof - the gzipped profile.proto that `go tool pprof` and its friends read. */
#include <errno.h>
#include <zlib.h>

#include "../output.h"
#include "profile.h"

/* What protobuf-c packs into and zlib takes from. */
struct gzip {
	ProtobufCBuffer base; /* first: protobuf-c hands it back */
	z_stream zlib;
	struct out *out;
};

static void put_deflated(struct gzip *gzip, int flush)
{
	unsigned char chunk[16 * 1024];

	do {
		gzip->zlib.next_out = chunk;
		gzip->zlib.avail_out = sizeof(chunk);
		deflate(&gzip->zlib, flush);
		out_bytes(gzip->out, chunk, sizeof(chunk) - gzip->zlib.avail_out);
	} while (!gzip->zlib.avail_out);
}

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes)
{
	struct gzip *gzip = (struct gzip *)buffer;

	/* zlib counts with 32 bits, and takes its input as not const. */
	while (size) {
		uInt piece = size < UINT32_MAX ? (uInt)size : UINT32_MAX;

		gzip->zlib.next_in = (z_const Bytef *)(uintptr_t)bytes;
		gzip->zlib.avail_in = piece;
		put_deflated(gzip, Z_NO_FLUSH);
		bytes += piece;
		size -= piece;
	}
}

static void write_pprof(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	/* + 16: with gzip's header, in which zlib leaves the time out. Go, too, writes its profiles
	 * with the fastest level. */
	enum { WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };
	struct gzip gzip = { .base = { .append = append }, .out = out };
	struct profile *profile;

	(void)style;
	if (deflateInit2(&gzip.zlib, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		out->errnum = ENOMEM;
		return;
	}
	profile = profile_open(dump);
	protobuf_c_message_pack_to_buffer(&profile_message(profile)->base, &gzip.base);
	put_deflated(&gzip, Z_FINISH);
	deflateEnd(&gzip.zlib);
	profile_close(profile);
}

const struct output output_pprof = {
	.format = {
		.name = "pprof",
		.summary = "gzipped profile for `go tool pprof`: counts and waits",
	},
	.listed = true,
	.write = write_pprof,
};
