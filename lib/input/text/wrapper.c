/* SPDX-License-Identifier: Apache-2.0 */
/* Recognising what loggers put around the lines of a trace.
 *
 * Seen in the wild: docker-compose "svc-1  | ", kubernetes CRI "2024-01-02T03:04:05.6Z stderr F ",
 * syslog "Jan  2 03:04:05 host app[12]: ", klog "E0102 03:04:05.6 1 x.go:1] ", line numbers,
 * docker's {"log":"...\n","stream":"stderr"}, logrus msg="...\n...", rsyslog's #012, and fields
 * appended to every line (" function=f source=x"). */
#include "reader.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool ends_token(char c)
{
	return memchr(" \t\"=[](){}|,", c, 12) != NULL;
}

/* Is it something that counts or tells the time, so that the next line may have another one:
 * only digits, the punctuation of times, T and Z; or klog's letter and four digits. */
static bool token_varies(struct slice token)
{
	size_t i;

	if (token.size == 5 && strchr("DIWEF", token.at[0]) && is_digit(token.at[1]))
		token = (struct slice){ token.at + 1, 4 };
	for (i = 0; i < token.size; i++)
		if (!is_digit(token.at[i]) && !memchr("TZ:.+-/", token.at[i], 7))
			return false;
	return token.size > 0;
}

static void mark_varying(struct lens *lens)
{
	size_t start = 0, i, j;

	for (i = 0; i <= lens->prefix.size; i++) {
		if (i < lens->prefix.size && !ends_token(lens->prefix.at[i]))
			continue;
		if (token_varies((struct slice){ lens->prefix.at + start, i - start }))
			for (j = start; j < i; j++)
				lens->varies[j] = is_digit(lens->prefix.at[j]);
		start = i + 1;
	}
}

/* The offset after the quote that opens the string in which `column` stands; 0: in none. */
static size_t string_start(struct slice raw, size_t column)
{
	size_t start = 0, i;

	for (i = 0; i < column; i++) {
		if (raw.at[i] == '\\' && start)
			i++;
		else if (raw.at[i] == '"')
			start = start ? 0 : i + 1;
	}
	return start;
}

static bool ends_prefix(char c)
{
	return c == ' ' || c == '\t' || c == '|' || c == ']' || c == ':' || c == '>' || c == '=';
}

static void set_prefix(struct lens *lens, struct slice prefix)
{
	lens->prefix = prefix;
	lens->indent = slice_trim(prefix).size == 0;
	lens->cri = prefix.size > 10 && prefix.at[prefix.size - 1] == ' ' &&
		    memchr("FP", prefix.at[prefix.size - 2], 2) &&
		    (slice_find(prefix, " stderr ") != SIZE_MAX ||
		     slice_find(prefix, " stdout ") != SIZE_MAX);
	mark_varying(lens);
}

struct slice lens_suffix(struct slice bytes)
{
	struct slice first, other;
	size_t next, common, i, lines, start;

	first = line_at(bytes, 0, &next);
	common = first.size;
	for (lines = 0; lines < 2 && next < bytes.size; lines++) {
		other = line_at(bytes, next, &next);
		for (i = 0; i < common && i < other.size; i++)
			if (first.at[first.size - 1 - i] != other.at[other.size - 1 - i])
				break;
		common = i;
	}
	if (lines < 2)
		return NO_SLICE;
	/* It begins with a separator and is made of key=value, or it may be the trace's own. */
	for (start = first.size - common; start < first.size; start++)
		if (first.at[start] == ' ' || first.at[start] == ',' || first.at[start] == '\t')
			break;
	for (i = start; i < first.size && (first.at[i] == ' ' || first.at[i] == ','); i++)
		;
	if (i == start || i == first.size || !is_alpha(first.at[i]) ||
	    !memchr(first.at + i, '=', first.size - i))
		return NO_SLICE;
	return (struct slice){ first.at + start, first.size - start };
}

static bool has_line_end(const struct lens *lens, struct slice s)
{
	if (lens->piped)
		return slice_find(s, "|n") != SIZE_MAX;
	return slice_find(s, "#012") != SIZE_MAX || slice_find(s, "\\n") != SIZE_MAX;
}

bool lens_skip_pipes(struct slice *s)
{
	size_t at;

	for (at = 0; at < s->size && s->at[at] != '\''; at++)
		at += s->at[at] == '|';
	if (at >= s->size)
		return false;
	*s = (struct slice){ s->at + at, s->size - at };
	return true;
}

/* "##teamcity[message text='...": the offset after the apostrophe that opens the attribute in which
 * `column` stands; 0: in none. */
static size_t attribute_start(struct slice raw, size_t column)
{
	struct slice before = { raw.at, column };
	size_t at = slice_find(before, "##teamcity["), start = 0;

	for (; at < column; at++) {
		if (raw.at[at] == '|' && start)
			at++;
		else if (raw.at[at] == '\'')
			start = start ? 0 : at + 1;
	}
	return start;
}

/* `"message":"` that ends before `quote`, of an object that begins the line. */
static struct slice json_key(struct slice raw, size_t quote)
{
	size_t at = quote - 1;

	while (at && memchr(": ", raw.at[at - 1], 2))
		at--;
	if (raw.at[0] != '{' || at < 3 || raw.at[at - 1] != '"')
		return NO_SLICE;
	for (at -= 2; at && raw.at[at] != '"'; at--)
		;
	return (struct slice){ raw.at + at, quote - at };
}

bool lens_doubled(struct slice bytes)
{
	size_t at = 0, lines, filled = 0;
	bool empty;

	for (lines = 0; lines < 10 && at < bytes.size; lines++) {
		empty = line_at(bytes, at, &at).size == 0;
		if (lines % 2 && !empty)
			return false;
		filled += !empty;
	}
	return filled > 1 && lines > 3;
}

size_t lens_always(struct slice raw)
{
	static const char journal[] = "MESSAGE=";

	return slice_starts(raw, journal) ? sizeof(journal) - 1 : 0;
}

bool lens_find(struct lens *lens, struct slice raw, size_t column, struct slice next)
{
	size_t always = lens_always(raw);
	struct slice rest = { raw.at + column, raw.size - column };
	size_t quote = string_start(raw, column), attribute = attribute_start(raw, column);

	memset(lens, 0, sizeof(*lens));
	lens->on = true;
	lens->quoted = quote == 1 || (quote && memchr("=:,[{ ", raw.at[quote - 2], 6));
	lens->hashed = !lens->quoted && slice_find(rest, "#012") != SIZE_MAX;
	lens->piped = attribute != 0;
	lens->quoted &= !lens->piped;
	lens->escaped = lens->quoted || lens->hashed || lens->piped ||
			slice_find(rest, "\\n") != SIZE_MAX;
	lens->inner = lens->escaped && has_line_end(lens, (struct slice){ raw.at, column });
	if (lens->quoted)
		lens->key = json_key(raw, quote);
	if (always && !lens->escaped)
		column = always;
	if (lens->quoted || lens->piped)
		column = lens->quoted ? quote : attribute;
	else if (lens->inner)
		column = 0;
	/* blanks that belong to the trace: the first is the prefix's, where it needs one */
	if (column && !lens->quoted && !lens->piped && raw.at[column] == ' ' &&
	    !ends_prefix(raw.at[column - 1]))
		column++;
	if (column >= LENS_PREFIX || (!column && !lens->escaped))
		return false;
	if (column && !lens->quoted && !ends_prefix(raw.at[column - 1]) && !lens->escaped)
		return false;
	set_prefix(lens, (struct slice){ raw.at, column });
	if (lens->escaped) {
		lens->joins = slice_find(rest, "\\n\"") != SIZE_MAX;
		return true;
	}
	lens->suffix = lens_suffix((struct slice){ raw.at, (size_t)(next.at + next.size - raw.at) });
	return true;
}

static bool skip_digits(struct slice s, size_t *at)
{
	size_t start = *at;

	while (*at < s.size && is_digit(s.at[*at]))
		(*at)++;
	return *at > start;
}

/* Go's RFC3339Nano drops the trailing zeros of a fraction, and the whole of one that is zero. */
static bool fraction_differs(const struct lens *lens, size_t *p, struct slice raw, size_t *q)
{
	struct slice prefix = lens->prefix;
	bool here = *p + 1 < prefix.size && prefix.at[*p] == '.' && lens->varies[*p + 1];

	if (here && *q < raw.size && raw.at[*q] == 'Z') {
		*p += 1;
		skip_digits(prefix, p);
		return true;
	}
	if (*p < prefix.size && prefix.at[*p] == 'Z' && *p && lens->varies[*p - 1] &&
	    *q < raw.size && raw.at[*q] == '.') {
		*q += 1;
		return skip_digits(raw, q);
	}
	return false;
}

/* One step over prefix and line; false when they do not go together. */
static bool match_step(const struct lens *lens, size_t *p, struct slice raw, size_t *q)
{
	struct slice prefix = lens->prefix;

	if (lens->varies[*p]) {
		skip_digits(prefix, p);
		return skip_digits(raw, q);
	}
	if (raw.at[*q] == prefix.at[*p] ||
	    (lens->cri && *p == prefix.size - 2 && memchr("FP", raw.at[*q], 2))) {
		++*p;
		++*q;
		return true;
	}
	/* numbers that are padded with blanks: "Jan  2", "Jan 12" */
	if (raw.at[*q] == ' ' && *q && raw.at[*q - 1] == ' ') {
		++*q;
		return true;
	}
	if (prefix.at[*p] == ' ' && *p && prefix.at[*p - 1] == ' ') {
		++*p;
		return true;
	}
	return fraction_differs(lens, p, raw, q);
}

/* What is left of the prefix is only blanks: they were trimmed at the end of an empty line. */
static bool only_blanks(struct slice prefix, size_t at)
{
	struct slice rest = { prefix.at + at, prefix.size - at };

	return slice_trim(rest).size == 0;
}

/* The members before the one that matters, as journalctl's cursor, may differ in any way. */
static size_t match_key(const struct lens *lens, struct slice raw)
{
	const char *at;

	if (!lens->key.size || !slice_starts(raw, "{"))
		return SIZE_MAX;
	at = memmem(raw.at, raw.size, lens->key.at, lens->key.size);
	return at ? (size_t)(at - raw.at) + lens->key.size : SIZE_MAX;
}

size_t lens_match(const struct lens *lens, struct slice raw)
{
	size_t p = 0, q = 0;

	while (p < lens->prefix.size) {
		if (q == raw.size)
			return only_blanks(lens->prefix, p) ? q : SIZE_MAX;
		if (!match_step(lens, &p, raw, &q))
			return match_key(lens, raw);
	}
	return q;
}

bool lens_is_part(const struct lens *lens, struct slice raw, size_t prefix)
{
	return lens->cri && prefix >= 2 && raw.at[prefix - 2] == 'P';
}
