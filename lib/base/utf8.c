/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <string.h>

#define MAPPED_FIRST 0xef80u /* byte 0x80 */
#define MAPPED_LAST 0xefffu  /* byte 0xff */
#define MAPPED_LENGTH 3      /* bytes of such a character in UTF-8 */

size_t utf8_char(const char *text, size_t size, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t length, i;
	uint32_t c;

	if (!size)
		return 0;
	length = p[0] < 0x80                   ? 1
		 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
		 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
		 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
					       : 0;
	if (!length || length > size)
		return 0;
	c = length == 1 ? p[0] : p[0] & (0xffu >> (length + 1));
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return length;
}

/* How many bytes at text stand for themselves; 0 when the first must be mapped. */
static size_t plain_length(const char *text, size_t size)
{
	uint32_t c = 0;
	size_t length = utf8_char(text, size, &c);

	return c >= MAPPED_FIRST && c <= MAPPED_LAST ? 0 : length;
}

size_t utf8_mapped_size(const char *bytes, size_t size)
{
	size_t at = 0, total = 0;

	while (at < size) {
		size_t length = plain_length(bytes + at, size - at);

		at += length ? length : 1;
		total += length ? length : MAPPED_LENGTH;
	}
	return total;
}

void utf8_map(const char *bytes, size_t size, char *ret)
{
	size_t at = 0;

	while (at < size) {
		size_t length = plain_length(bytes + at, size - at);

		if (length) {
			memcpy(ret, bytes + at, length);
			ret += length;
			at += length;
			continue;
		}
		unsigned char byte = (unsigned char)bytes[at++];
		*ret++ = (char)0xee;
		*ret++ = (char)(0xbe | (byte >> 6 & 1));
		*ret++ = (char)(0x80 | (byte & 0x3f));
	}
}

size_t utf8_unmap(char *text, size_t size)
{
	size_t at = 0, to = 0;

	while (at < size) {
		uint32_t c = 0;
		size_t length = utf8_char(text + at, size - at, &c);

		if (c >= MAPPED_FIRST && c <= MAPPED_LAST) {
			text[to++] = (char)(c - MAPPED_FIRST + 0x80);
			at += length;
			continue;
		}
		length = length ? length : 1;
		memmove(text + to, text + at, length);
		to += length;
		at += length;
	}
	return to;
}

size_t utf8_put(uint32_t c, char *ret)
{
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		ret[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		ret[0] = (char)(0xc0 | c >> 6);
		ret[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		ret[0] = (char)(0xe0 | c >> 12);
		ret[1] = (char)(0x80 | (c >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | c >> 18);
	ret[1] = (char)(0x80 | (c >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (c >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
