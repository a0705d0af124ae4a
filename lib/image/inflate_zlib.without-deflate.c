#include "inflate.h"

#include <zlib.h>

bool inflate_zlib(const void *in, size_t in_size, void *out, size_t out_size)
{
	uLongf size = out_size;

	return uncompress(out, &size, in, in_size) == Z_OK && size == out_size;
}
