/* SPDX-License-Identifier: Apache-2.0 */
#include "pieces.h"

/* Of bytes outside of strings: what they do. */
enum { PLAIN, QUOTE, OPEN, CLOSE };

static const unsigned char acts[256] = {
	['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE,
};

/* Up to behind the quote that ends the string; SIZE_MAX: it does not end. `escaped`: the first byte
 * has a backslash before it, and what that is like at the end. Most are too short for memchr(). */
static size_t string_end(struct slice s, size_t at, bool *escaped)
{
	if (*escaped && at < s.size) {
		*escaped = false;
		at++;
	}
	for (; at < s.size; at++) {
		if (s.at[at] == '"')
			return at + 1;
		if (s.at[at] == '\\' && ++at == s.size)
			*escaped = true;
	}
	return SIZE_MAX;
}

bool json_balance(struct json_balance *b, struct slice more, size_t *used)
{
	size_t at = 0;

	while (at < more.size) {
		unsigned char act;

		if (b->in_string) {
			at = string_end(more, at, &b->escaped);
			if (at == SIZE_MAX)
				return false;
			b->in_string = false;
			continue;
		}
		act = acts[(unsigned char)more.at[at++]];
		if (act == PLAIN)
			continue;
		b->in_string = act == QUOTE;
		b->depth += act == OPEN;
		b->begun |= act == OPEN;
		b->depth -= act == CLOSE && b->depth;
		if (b->begun && !b->depth) {
			*used = at;
			return true;
		}
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct slice *s)
{
	while (s->size && is_blank(*s->at)) {
		s->at++;
		s->size--;
	}
}

static void advance(struct slice *s, size_t size)
{
	s->at += size;
	s->size -= size;
}

/* A number or a word: up to what may follow it. */
static size_t word_size(struct slice s)
{
	size_t at;

	for (at = 0; at < s.size && !is_blank(s.at[at]) && !memchr(",]}:", s.at[at], 4); at++)
		;
	return at;
}

bool json_value(struct slice *s, struct slice *ret)
{
	struct json_balance balance = { 0 };
	bool escaped = false;
	size_t size;

	skip_blanks(s);
	if (!s->size)
		return false;
	if (*s->at == '"') {
		size = string_end(*s, 1, &escaped);
		if (size == SIZE_MAX)
			return false;
	} else if (acts[(unsigned char)*s->at] == OPEN) {
		if (!json_balance(&balance, *s, &size))
			return false;
	} else {
		size = word_size(*s);
	}
	*ret = slice_to(*s, size);
	advance(s, size);
	return size > 0;
}

/* Over the bracket at the start, or the comma between two. */
static bool skip_separator(struct slice *s, const char *either)
{
	skip_blanks(s);
	if (!s->size || !memchr(either, *s->at, 2))
		return false;
	advance(s, 1);
	skip_blanks(s);
	return s->size && !memchr("]}", *s->at, 2);
}

bool json_key(struct slice *s, struct slice *key)
{
	if (!skip_separator(s, "{,") || *s->at != '"' || !json_value(s, key))
		return false;
	skip_blanks(s);
	if (!s->size || *s->at != ':')
		return false;
	advance(s, 1);
	skip_blanks(s);
	return true;
}

bool json_next(struct slice *s)
{
	return skip_separator(s, "[,");
}

bool json_close(struct slice *s)
{
	skip_blanks(s);
	if (!s->size || !memchr("]}", *s->at, 2))
		return false;
	advance(s, 1);
	return true;
}

bool json_member(struct slice *s, struct slice *key, struct slice *value)
{
	return json_key(s, key) && json_value(s, value);
}

bool json_is_key(struct slice key, const char *name)
{
	size_t size = strlen(name);

	return key.size == size + 2 && !memcmp(key.at + 1, name, size);
}

bool json_find(struct slice object, const char *name, struct slice *ret)
{
	struct slice key;

	while (json_member(&object, &key, ret))
		if (json_is_key(key, name))
			return true;
	return false;
}
