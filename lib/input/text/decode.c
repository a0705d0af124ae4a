/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes that loggers, services and pages put into lines, undone. */
#include "reader.h"

#include <string.h>

/* rsyslog's escapes of control bytes. */
static size_t decode_hashed(char *s, size_t size)
{
	size_t in, out = 0;

	for (in = 0; in < size; in++) {
		if (size - in >= 4 && (!memcmp(s + in, "#012", 4) || !memcmp(s + in, "#011", 4))) {
			s[out++] = s[in + 3] == '2' ? '\n' : '\t';
			in += 3;
		} else if (size - in >= 5 && !memcmp(s + in, "#033[", 5)) {
			s[out++] = '\033';
			in += 3;
		} else {
			s[out++] = s[in];
		}
	}
	return out;
}

/* TeamCity's service messages: "|n", "|t" of older versions, "||", "|'", "|[", "|]", "|0x00e9". */
static size_t decode_piped(struct slice s, char *out)
{
	size_t in, size = 0;
	uint64_t c;

	for (in = 0; in < s.size && s.at[in] != '\''; in++) {
		struct slice hex = { s.at + in + 4, 4 };

		if (s.at[in] != '|' || ++in == s.size) {
			if (in < s.size)
				out[size++] = s.at[in];
		} else if (s.at[in] == 'n') {
			out[size++] = '\n';
		} else if (s.at[in] == 'r') {
			continue;
		} else if (s.size - in > 6 && !memcmp(s.at + in, "0x", 2) &&
			   (hex.at = s.at + in + 2, slice_hexdigits(&hex, &c)) && !hex.size) {
			size += utf8_put((uint32_t)c, out + size);
			in += 5;
		} else {
			out[size++] = s.at[in];
		}
	}
	return size;
}

/* Undoes escapes until there are line ends: JSON stands in JSON in some logs. */
size_t wrapper_unescape(const struct wrapper *w, struct slice content, char *out)
{
	struct slice again;
	unsigned depth;
	size_t size;

	if (w->piped)
		return decode_piped(content, out);
	if (w->hashed) {
		memcpy(out, content.at, content.size);
		return decode_hashed(out, content.size);
	}
	size = slice_unescape(&content, w->quoted, out);
	for (depth = 0; depth < 3 && !memchr(out, '\n', size); depth++) {
		if (!memmem(out, size, "\\n\\t", 4))
			break;
		again = (struct slice){ out, size };
		size = slice_unescape(&again, false, out);
	}
	return size;
}

/* ---- pages ---- */

static const struct {
	const char *entity;
	char c;
} entities[] = {
	{ "&lt;", '<' },    { "&gt;", '>' },  { "&quot;", '"' },
	{ "&#39;", '\'' },  { "&#34;", '"' }, { "&apos;", '\'' },
	{ "&#x27;", '\'' }, { "&#43;", '+' }, { "&amp;", '&' },
};

static size_t entity_at(struct slice s, char *ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(entities); i++)
		if (slice_starts(s, entities[i].entity)) {
			*ret = entities[i].c;
			return strlen(entities[i].entity);
		}
	return 0;
}

/* Does one begin in the first `size` bytes? "&amp;" alone may be anybody's. */
static bool has_entities(struct slice text, size_t size)
{
	const char *at = text.at, *end = at + size;
	char c;

	for (; (at = memchr(at, '&', (size_t)(end - at))) != NULL; at++)
		if (entity_at((struct slice){ at, (size_t)(text.at + text.size - at) }, &c) &&
		    c != '&')
			return true;
	return false;
}

/* Pieces are small enough to be in the processor's cache when they are looked at again. */
#define PIECE ((size_t)128 << 10)

struct text_needs text_needs(struct slice text)
{
	struct text_needs needs = { false, false };

	while (text.size && !(needs.colours && needs.entities)) {
		size_t size = text.size < PIECE ? text.size : PIECE;

		needs.colours = needs.colours || memchr(text.at, '\033', size);
		needs.entities = needs.entities || has_entities(text, size);
		text = slice_from(text, size);
	}
	return needs;
}

size_t text_decode_entities(struct slice s, char *out)
{
	size_t size = 0, length;
	char c;

	while (s.size) {
		length = *s.at == '&' ? entity_at(s, &c) : 0;
		out[size++] = length ? c : *s.at;
		length = length ? length : 1;
		s = slice_from(s, length);
	}
	return size;
}

/* ---- UTF-16 ---- */

bool text_is_utf16(struct slice text)
{
	return slice_starts(text, "\xff\xfe") || slice_starts(text, "\xfe\xff");
}

/* Room for three bytes of each two. A surrogate without its other half becomes U+FFFD. */
size_t text_decode_utf16(struct slice text, char *out)
{
	const unsigned char *at = (const unsigned char *)text.at;
	unsigned high = at[0] == 0xfe ? 0 : 1;
	size_t size = 0, i;
	uint32_t c, next;

	for (i = 2; i + 1 < text.size; i += 2) {
		c = (uint32_t)at[i + high] << 8 | at[i + !high];
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < text.size) {
			next = (uint32_t)at[i + 2 + high] << 8 | at[i + 2 + !high];
			if (next >= 0xdc00 && next < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
				i += 2;
			}
		}
		size += utf8_put(c, out + size);
	}
	return size;
}
