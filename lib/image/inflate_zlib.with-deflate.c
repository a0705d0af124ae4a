#include "inflate.h"

#include <libdeflate.h>

bool inflate_zlib(const void *in, size_t in_size, void *out, size_t out_size)
{
	struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
	bool good = inflater && libdeflate_zlib_decompress(inflater, in, in_size, out, out_size,
							   NULL) == LIBDEFLATE_SUCCESS;

	libdeflate_free_decompressor(inflater);
	return good;
}
