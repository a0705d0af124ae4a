/* SPDX-License-Identifier: Apache-2.0 */
#include "cursor.h"

#include <string.h>

struct cursor cursor_over(const void *bytes, size_t size)
{
	return (struct cursor){ .at = bytes, .left = size };
}

const void *cursor_bytes(struct cursor *c, size_t size)
{
	const void *bytes = c->at;

	if (c->failed || size > c->left) {
		c->failed = true;
		return NULL;
	}
	c->at += size;
	c->left -= size;
	return bytes;
}

void cursor_skip(struct cursor *c, size_t size)
{
	(void)cursor_bytes(c, size);
}

static uint64_t fixed(struct cursor *c, unsigned size)
{
	const unsigned char *bytes = cursor_bytes(c, size);
	uint64_t value = 0;
	unsigned i;

	if (!bytes)
		return 0;
	for (i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << (c->big_endian ? (size - 1 - i) * 8 : i * 8);
	return value;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)fixed(c, 1);
}

uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)fixed(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)fixed(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
	return fixed(c, 8);
}

uint64_t cursor_word(struct cursor *c, unsigned size)
{
	return fixed(c, size == 4 ? 4 : 8);
}

uint64_t cursor_uleb(struct cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = cursor_u8(c);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && shift < 140);
	return value;
}

const char *cursor_string(struct cursor *c)
{
	const unsigned char *end = c->failed ? NULL : memchr(c->at, 0, c->left);

	if (!end) {
		c->failed = true;
		return NULL;
	}
	return cursor_bytes(c, (size_t)(end - c->at) + 1);
}
