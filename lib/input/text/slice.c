/* SPDX-License-Identifier: Apache-2.0 */
/* Scanning of one line of a text trace. */
#include "slice.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/base.h"

bool slice_dec(struct slice *s, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < s->size && s->at[i] >= '0' && s->at[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s->at[i] - '0'), &value))
			return false;
	if (!i)
		return false;
	*s = slice_from(*s, i);
	*ret = value;
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool slice_hexdigits(struct slice *s, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < s->size && hex_value(s->at[i]) >= 0; i++) {
		if (value >> 60)
			return false;
		value = value << 4 | (uint64_t)hex_value(s->at[i]);
	}
	if (!i)
		return false;
	*s = slice_from(*s, i);
	*ret = value;
	return true;
}

bool slice_hex(struct slice *s, uint64_t *ret)
{
	struct slice digits = *s;

	if (!slice_skip(&digits, "0x") || !slice_hexdigits(&digits, ret))
		return false;
	*s = digits;
	return true;
}

/* memmem() makes tables before it looks, which costs more than a line is long: first the letters with
 * which the text begins, one by one, as long as they are rare. */
size_t slice_find(struct slice s, const char *text)
{
	size_t size = strlen(text);
	const char *at = s.at, *end = s.at + s.size;
	unsigned tries;

	if (!s.size || !size || size > s.size)
		return s.size && !size ? 0 : SIZE_MAX;
	for (tries = 0; tries < 8; tries++, at++) {
		at = memchr(at, text[0], (size_t)(end - at));
		if (!at || (size_t)(end - at) < size)
			return SIZE_MAX;
		if (!memcmp(at, text, size))
			return (size_t)(at - s.at);
	}
	at = memmem(at, (size_t)(end - at), text, size);
	return at ? (size_t)(at - s.at) : SIZE_MAX;
}

size_t slice_rfind(struct slice s, char c)
{
	const char *at = s.size ? memrchr(s.at, c, s.size) : NULL;

	return at ? (size_t)(at - s.at) : SIZE_MAX;
}

bool slice_until(struct slice *s, const char *text, struct slice *ret)
{
	size_t at = slice_find(*s, text), taken;

	if (at == SIZE_MAX)
		return false;
	taken = at + strlen(text);
	*ret = slice_to(*s, at);
	*s = slice_from(*s, taken);
	return true;
}

uint64_t slice_number_behind(struct slice line, const char *key)
{
	struct slice before;
	uint64_t value = 0;

	if (slice_until(&line, key, &before))
		slice_dec(&line, &value);
	return value;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice s)
{
	while (s.size && is_blank(s.at[0]))
		s = slice_from(s, 1);
	while (s.size && is_blank(s.at[s.size - 1]))
		s.size--;
	return s;
}

struct slice slice_trim_lines(struct slice s)
{
	while (s.size && memchr(" \t\r\n", s.at[s.size - 1], 4))
		s.size--;
	while (s.size && memchr(" \t\r\n", *s.at, 4)) {
		s.at++;
		s.size--;
	}
	return s;
}

/* ":N" at the end of s, which is then cut off. */
static bool drop_number(struct slice *s, uint32_t *ret)
{
	size_t colon = slice_rfind(*s, ':');
	struct slice digits;
	uint64_t value;

	if (colon == SIZE_MAX)
		return false;
	digits = slice_from(*s, colon + 1);
	if (!slice_dec(&digits, &value) || digits.size || value > INT32_MAX)
		return false;
	s->size = colon;
	*ret = (uint32_t)value;
	return true;
}

bool slice_place(struct slice s, struct slice *file, uint32_t *line, uint32_t *column)
{
	uint32_t last, before;

	if (!drop_number(&s, &last) || !s.size)
		return false;
	*line = last;
	*column = 0;
	*file = s;
	if (drop_number(&s, &before) && s.size) {
		*line = before;
		*column = last;
		*file = s;
	}
	return true;
}

/* Exactly `digits` hex digits. */
static bool take_hex(struct slice *s, unsigned digits, uint32_t *ret)
{
	struct slice exact = { s->at, digits };
	uint64_t value;

	if (s->size < digits || !slice_hexdigits(&exact, &value) || exact.size)
		return false;
	*s = slice_from(*s, digits);
	*ret = (uint32_t)value;
	return true;
}

static bool take_unicode(struct slice *s, unsigned digits, char *out, size_t *size)
{
	struct slice low;
	uint32_t c, second;

	if (!take_hex(s, digits, &c))
		return false;
	low = *s;
	if (c >= 0xd800 && c < 0xdc00 && slice_skip(&low, "\\u") && take_hex(&low, 4, &second) &&
	    second >= 0xdc00 && second < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (second - 0xdc00);
		*s = low;
	}
	*size += utf8_put(c, out + *size);
	return true;
}

static bool take_octal(struct slice *s, char *out, size_t *size)
{
	unsigned value = 0, i;

	if (s->size < 3)
		return false;
	for (i = 0; i < 3; i++) {
		if (s->at[i] < '0' || s->at[i] > '7')
			return false;
		value = value * 8 + (unsigned)(s->at[i] - '0');
	}
	out[(*size)++] = (char)value;
	*s = slice_from(*s, 3);
	return true;
}

/* What follows a backslash. false: it was none of the escapes, and is kept as it is. */
static bool take_escape(struct slice *s, char *out, size_t *size)
{
	static const char from[] = "ntr\"\\/'abfv", to[] = "\n\t\r\"\\/'\a\b\f\v";
	const char *simple = memchr(from, s->at[0], sizeof(from) - 1);
	struct slice after = { s->at + 1, s->size - 1 };
	uint32_t byte;
	bool done;

	if (simple) {
		out[(*size)++] = to[simple - from];
		*s = after;
		return true;
	}
	switch (s->at[0]) {
	case 'u':
		done = take_unicode(&after, 4, out, size);
		break;
	case 'U':
		done = take_unicode(&after, 8, out, size);
		break;
	case 'x':
		done = take_hex(&after, 2, &byte);
		if (done)
			out[(*size)++] = (char)byte;
		break;
	default:
		return take_octal(s, out, size);
	}
	if (done)
		*s = after;
	return done;
}

size_t slice_unescape(struct slice *s, bool quoted, char *out)
{
	size_t size = 0;

	while (s->size && !(quoted && s->at[0] == '"')) {
		char c = s->at[0];

		*s = slice_from(*s, 1);
		if (c != '\\' || !s->size || !take_escape(s, out, &size))
			out[size++] = c;
	}
	return size;
}

/* Length of the sequence at the start of s, which is an ESC: "ESC[1;31m", "ESC[K" (of compilers),
 * "ESC]8;;URL" and Buildkite's "ESC_bk;t=17" up to BEL or "ESC\\"; 0: another one. */
static size_t colour_size(struct slice s)
{
	size_t at;

	if (slice_starts(s, "\033]8;") || slice_starts(s, "\033_bk;")) {
		for (at = 4; at < s.size && s.at[at] != '\n'; at++)
			if (s.at[at] == '\a' || (s.at[at] == '\\' && s.at[at - 1] == '\033'))
				return at + 1;
		return 0;
	}
	if (!slice_starts(s, "\033["))
		return 0;
	for (at = 2; at < s.size && memchr("0123456789;:", s.at[at], 12); at++)
		;
	return at < s.size && (s.at[at] == 'm' || s.at[at] == 'K') ? at + 1 : 0;
}

size_t slice_without_colours(char *bytes, size_t size)
{
	const char *escape = memchr(bytes, '\033', size);
	size_t in, out;

	if (!escape)
		return size;
	for (in = out = (size_t)(escape - bytes); in < size;) {
		size_t length = bytes[in] == '\033'
					? colour_size((struct slice){ bytes + in, size - in })
					: 0;

		if (length)
			in += length;
		else
			bytes[out++] = bytes[in++];
	}
	return out;
}

bool slice_skip_string(struct slice *s)
{
	size_t at;

	for (at = 0; at < s->size && s->at[at] != '"'; at++)
		at += s->at[at] == '\\';
	if (at >= s->size)
		return false;
	*s = slice_from(*s, at);
	return true;
}

bool slice_quoted(struct slice *s, char **ret, size_t *size)
{
	struct slice body = *s;
	char *out;

	if (!slice_skip(&body, "\""))
		return false;
	out = xmalloc(body.size + 1);
	*size = slice_unescape(&body, true, out);
	if (!slice_skip(&body, "\"")) {
		free(out);
		return false;
	}
	out[*size] = '\0';
	*ret = out;
	*s = body;
	return true;
}
