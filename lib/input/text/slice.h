/* SPDX-License-Identifier: Apache-2.0 */
/* A piece of text, and scanning it. The short ones are inline: their texts are literals. */
#ifndef INPUT_TEXT_SLICE_H
#define INPUT_TEXT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the input or of a decoded copy; valid until the format's read() returns. */
struct slice {
	const char *at; /* NULL: unknown */
	size_t size;
};

#define SLICE(literal) ((struct slice){ literal, sizeof(literal) - 1 })
#define NO_SLICE ((struct slice){ NULL, 0 })

static inline struct slice slice_string(const char *string)
{
	return (struct slice){ string, strlen(string) };
}

/* Pieces of s: without its first `from` bytes, its first `to`, and what is between. The caller
 * knows that s has as many. */
static inline struct slice slice_from(struct slice s, size_t from)
{
	return (struct slice){ s.at + from, s.size - from };
}

static inline struct slice slice_to(struct slice s, size_t to)
{
	return (struct slice){ s.at, to };
}

static inline struct slice slice_between(struct slice s, size_t from, size_t to)
{
	return (struct slice){ s.at + from, to - from };
}

/* ---- scanning one line: every function moves `s` forward only when it is true ---- */

static inline bool slice_starts(struct slice s, const char *text)
{
	size_t size = strlen(text);

	return s.size >= size && (!size || !memcmp(s.at, text, size));
}

static inline bool slice_is(struct slice s, const char *text)
{
	return s.size == strlen(text) && slice_starts(s, text);
}

static inline bool slice_ends(struct slice s, const char *text)
{
	size_t size = strlen(text);

	return s.size >= size && (!size || !memcmp(s.at + s.size - size, text, size));
}

/* The text after the prefix, or before the suffix. */
static inline bool slice_skip(struct slice *s, const char *prefix)
{
	if (!slice_starts(*s, prefix))
		return false;
	s->at += strlen(prefix);
	s->size -= strlen(prefix);
	return true;
}

static inline bool slice_drop(struct slice *s, const char *suffix)
{
	if (!slice_ends(*s, suffix))
		return false;
	s->size -= strlen(suffix);
	return true;
}

bool slice_dec(struct slice *s, uint64_t *ret);
/* "0x" and hex digits; slice_hexdigits without the 0x. */
bool slice_hex(struct slice *s, uint64_t *ret);
bool slice_hexdigits(struct slice *s, uint64_t *ret);
/* Up to the first `text`, which is skipped as well. */
bool slice_until(struct slice *s, const char *text, struct slice *ret);
/* The number that stands behind the first `key`; 0 when there is none. */
uint64_t slice_number_behind(struct slice s, const char *key);
/* Where `text` stands first or last: an offset, or SIZE_MAX. */
size_t slice_find(struct slice s, const char *text);
size_t slice_rfind(struct slice s, char c);
struct slice slice_trim(struct slice s);       /* blanks and tabs at both ends */
struct slice slice_trim_lines(struct slice s); /* line ends, too */
/* FILE:LINE or FILE:LINE:COLUMN at the end of s (the colon of "C:/x" is none of them). */
bool slice_place(struct slice s, struct slice *file, uint32_t *line, uint32_t *column);
/* Undoes the escapes of C, Go and JSON up to the end or (quoted) the closing quote, where s is
 * left. `out` has room for s->size bytes; returns how many it got. */
size_t slice_unescape(struct slice *s, bool quoted, char *out);
/* Takes out of bytes[0, size) what sets colours and links on a terminal; returns the new size. */
size_t slice_without_colours(char *bytes, size_t size);
/* Moves to the quote that closes the string in which s begins; false when there is none. */
bool slice_skip_string(struct slice *s);
/* A quoted string at the start of s, undone into malloc'ed *ret. */
bool slice_quoted(struct slice *s, char **ret, size_t *size);

#endif
