/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed bytes in memory. */
#include "../private.h"

#include "codec.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)1 << 20)

struct unpacked {
	char *bytes;
	size_t size, cap, limit;
};

static bool take(void *arg, const void *bytes, size_t size)
{
	struct unpacked *u = arg;

	if (size > u->limit - u->size)
		return false;
	u->bytes = grow(u->bytes, &u->cap, u->size + size, 1);
	if (size)
		memcpy(u->bytes + u->size, bytes, size);
	u->size += size;
	return true;
}

static const struct codec *codec_of(const void *bytes, size_t size)
{
	size_t i;

	for (i = 0; codecs[i]; i++)
		if (codecs[i]->magic_size && size >= codecs[i]->magic_size &&
		    !memcmp(bytes, codecs[i]->magic, codecs[i]->magic_size))
			return codecs[i];
	return NULL;
}

bool image_unpack_bytes(const void *bytes, size_t size, size_t limit, char **ret, size_t *ret_size,
			const char **why)
{
	const struct codec *codec = codec_of(bytes, size);
	struct unpacked u = { .limit = limit };
	const char *at = bytes, *end = at + size;
	void *state;

	if (!codec)
		return false;
	*why = codec->missing ? "this build of stk cannot decompress it" : NULL;
	state = codec->missing ? NULL : codec->open();
	while (state && at < end && !*why && u.size < limit) {
		size_t piece = (size_t)(end - at) < PIECE ? (size_t)(end - at) : PIECE;

		*why = codec->feed(state, at, piece, take, &u);
		at += piece;
	}
	if (state && !*why && !codec->at_end(state))
		*why = "it is cut off";
	if (state)
		codec->close(state);
	*ret = u.bytes;
	*ret_size = u.size;
	return true;
}
