/* SPDX-License-Identifier: Apache-2.0 */
/* A compressed section. The first bytes choose its type, the size that it claims and where it is
 * stopped on the way. What is true of every one: it fills its room and not a byte more, and what it
 * fills in pieces is what it fills in one go. */
#include "fuzz.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "image/unpack/packed.h"

#define GUARD 512u

static struct packed packed_of(const uint8_t *data, size_t size, unsigned type, size_t room)
{
	struct packed packed = { .type = type,
				 .in = data,
				 .in_size = size,
				 .out = calloc(1, room + GUARD),
				 .out_size = room };

	memset(packed.out + room, 0xa5, GUARD);
	return packed;
}

static void drop(struct packed *packed)
{
	size_t i;

	for (i = 0; i < GUARD; i++)
		if (packed->out[packed->out_size + i] != 0xa5)
			__builtin_trap();
	packed_deinit(packed);
	free(packed->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packed once, pieces;
	unsigned type;
	size_t room, stop;

	if (size < 4)
		return 0;
	type = data[0] & 1 ? 2 : ELFCOMPRESS_ZLIB; /* 2: zstd */
	room = 1 + (size_t)data[1] * 1031;
	stop = (size_t)data[2] * 1031 % room;
	once = packed_of(data + 4, size - 4, type, room);
	pieces = packed_of(data + 4, size - 4, type, room);
	if (packed_fill(&once, UINT64_MAX) && once.filled != room)
		__builtin_trap();
	(void)packed_fill(&pieces, stop);
	(void)packed_fill(&pieces, UINT64_MAX);
	if (once.filled == room && pieces.filled == room && memcmp(once.out, pieces.out, room) != 0)
		__builtin_trap();
	drop(&once);
	drop(&pieces);
	return 0;
}
