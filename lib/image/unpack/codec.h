/* SPDX-License-Identifier: Apache-2.0 */
/* Decompressors of core files, one file a library. */
#ifndef IMAGE_UNPACK_CODEC_H
#define IMAGE_UNPACK_CODEC_H

#include <stdbool.h>
#include <stddef.h>

/* Takes unpacked bytes; false: stop, there is no room. */
typedef bool codec_sink(void *arg, const void *bytes, size_t size);

/* To add one: fill in a row in codec_NAME.with-NAME.c (and codec_NAME.without-NAME.c, which says what is
 * missing), and name it in codec.c. */
struct codec {
	const char *name;
	const char *missing; /* the library that this build lacks; NULL: it is there */
	unsigned char magic[8];
	size_t magic_size;
	void *(*open)(void);
	/* Unpacks a piece; NULL, or what is wrong with the stream. */
	const char *(*feed)(void *state, const void *bytes, size_t size, codec_sink *sink,
			    void *arg);
	/* Was the last byte fed the end of a stream? */
	bool (*at_end)(void *state);
	void (*close)(void *state);
};

extern const struct codec codec_gzip, codec_zstd, codec_xz, codec_lz4, codec_bzip2;
extern const struct codec *const codecs[]; /* ends with NULL */

#endif
