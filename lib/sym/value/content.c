/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include <string.h>

struct content content_at(struct image *image, uint64_t address)
{
	return (struct content){ .image = image, .in_memory = true, .address = address };
}

struct content content_part(const struct content *c, uint64_t offset)
{
	struct content part = *c;
	size_t skip = offset < c->size ? (size_t)offset : c->size;

	if (c->in_memory) {
		part.address += offset;
		return part;
	}
	part.bytes += skip;
	part.known += skip;
	part.size -= skip;
	return part;
}

enum content_state content_get(const struct content *c, void *ret, size_t size)
{
	size_t i;

	if (c->in_memory)
		return image_get(c->image, c->address, ret, size) ? CONTENT_HERE
								  : CONTENT_UNREADABLE;
	if (size > c->size)
		return CONTENT_GONE;
	for (i = 0; i < size; i++)
		if (!c->known[i])
			return CONTENT_GONE;
	memcpy(ret, c->bytes, size);
	return CONTENT_HERE;
}

bool content_number(const struct content *c, unsigned size, uint64_t *ret)
{
	unsigned char bytes[8];

	if (size == 0 || size > 8 || content_get(c, bytes, size) != CONTENT_HERE)
		return false;
	*ret = image_number(c->image, bytes, size);
	return true;
}
