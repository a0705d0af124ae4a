/* SPDX-License-Identifier: Apache-2.0 */
/* Wrappers: what stands around the lines of a trace by the time that somebody reads them.
 *
 * A program prints a trace line by line to its standard error. What collects that (a container
 * runtime, a log daemon, a continuous integration service) puts something of its own around every
 * line, and formats could not tell a frame from it. Four kinds are taken off here:
 *
 *   prefixes	docker-compose	svc-1  | #0 0x1149 in f
 *		kubernetes	2024-01-02T03:04:05.6Z stderr F #0 0x1149 in f
 *		syslog		Jan  2 03:04:05 host app[12]: #0 0x1149 in f
 *		klog		E0102 03:04:05.6 1 x.go:1] #0 0x1149 in f
 *		pastes		    #0 0x1149 in f		(indented, or with line numbers)
 *   suffixes	fields that a structured logger appends: #0 0x1149 in f source=x function=g
 *   strings	one line of the log holds many of the trace, with escapes for line ends:
 *		docker's and others' JSON {"log":"#0 0x1149 in f\n#1 ...","stream":"stderr"},
 *		logrus' msg="...\n...", rsyslog's #012, TeamCity's |n
 *   empty lines	every line end became two
 *
 * Nobody says which of them a file has. So a wrapper is learnt from the first line of a trace: find.c
 * knows at which column that begins, all before is the prefix. The lines after it must have the same
 * prefix to belong to the trace, the same but for its times and counters, and those without are
 * lines of another writer, which are passed over. */
#include "reader.h"

#include <string.h>

#define CRI_TIME 40 /* a time with its zone is no longer */

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

/* Is this word of a prefix something that counts or tells the time, so that the next line has another
 * one? "03:04:05.6", "2024-01-02T03:04:05Z", "13042": nothing but digits and what stands in times. And
 * klog's "E0102", a letter for the severity and the date; "app1" in "app1 | " is none, it is a name. */
static bool token_varies(struct slice token)
{
	size_t i;

	if (token.size == 5 && strchr("DIWEF", token.at[0]) && is_digit(token.at[1]))
		token = slice_from(token, 1);
	for (i = 0; i < token.size; i++)
		if (!is_digit(token.at[i]) && !memchr("TZ:.+-/", token.at[i], 7))
			return false;
	return token.size > 0;
}

static void mark_varying(struct wrapper *w)
{
	size_t start = 0, i, j;

	for (i = 0; i <= w->prefix.size; i++) {
		if (i < w->prefix.size && !ends_token(w->prefix.at[i]))
			continue;
		if (token_varies(slice_between(w->prefix, start, i)))
			for (j = start; j < i; j++)
				w->varies[j] = is_digit(w->prefix.at[j]);
		start = i + 1;
	}
}

/* Where the string in which `column` stands begins, behind its opening quote; 0: it is in none. */
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

/* CockroachDB's logs number their entries; behind the number each line of an entry has a sign of how it
 * goes on: "[n1] 99  first line", "[n1] 99 +next line", "[n1] 99 !stack", "[n1] 99 |rest of a long line". */
static bool ends_in_sign(struct slice prefix)
{
	size_t size = prefix.size;

	return size > 3 && memchr("+!", prefix.at[size - 1], 2) && prefix.at[size - 2] == ' ' &&
	       is_digit(prefix.at[size - 3]);
}

static bool has_words(struct slice s)
{
	size_t i;

	for (i = 0; i < s.size; i++)
		if (is_digit(s.at[i]) || is_alpha(s.at[i]) || (unsigned char)s.at[i] >= 0x80)
			return true;
	return false;
}

static void set_prefix(struct wrapper *w, struct slice prefix)
{
	w->prefix = prefix;
	w->bare = !has_words(prefix);
	w->cri = prefix.size > 10 && prefix.at[prefix.size - 1] == ' ' &&
		 memchr("FP", prefix.at[prefix.size - 2], 2) &&
		 (slice_find(prefix, " stderr ") != SIZE_MAX ||
		  slice_find(prefix, " stdout ") != SIZE_MAX);
	w->signs = ends_in_sign(prefix);
	mark_varying(w);
}

struct slice wrapper_suffix(struct slice bytes)
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
	/* Lines of a trace may end alike, too (" in libc.so.6)"): a logger's fields begin behind a
	 * separator and are key=value. */
	for (start = first.size - common; start < first.size; start++)
		if (first.at[start] == ' ' || first.at[start] == ',' || first.at[start] == '\t')
			break;
	for (i = start; i < first.size && (first.at[i] == ' ' || first.at[i] == ','); i++)
		;
	if (i == start || i == first.size || !is_alpha(first.at[i]) ||
	    !memchr(first.at + i, '=', first.size - i))
		return NO_SLICE;
	return slice_from(first, start);
}

static bool has_line_end(const struct wrapper *w, struct slice s)
{
	if (w->piped)
		return slice_find(s, "|n") != SIZE_MAX;
	return slice_find(s, "#012") != SIZE_MAX || slice_find(s, "\\n") != SIZE_MAX;
}

bool wrapper_may_escape(struct slice raw)
{
	return slice_find(raw, "\\n") != SIZE_MAX || slice_find(raw, "#012") != SIZE_MAX ||
	       slice_find(raw, "|n") != SIZE_MAX;
}

bool wrapper_skip_piped(struct slice *s)
{
	size_t at;

	for (at = 0; at < s->size && s->at[at] != '\''; at++)
		at += s->at[at] == '|';
	if (at >= s->size)
		return false;
	*s = slice_from(*s, at);
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
	return slice_between(raw, at, quote);
}

bool wrapper_doubles_lines(struct slice bytes)
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

size_t wrapper_journal_field(struct slice raw)
{
	static const char journal[] = "MESSAGE=";

	return slice_starts(raw, journal) ? sizeof(journal) - 1 : 0;
}

static bool find_around(struct wrapper *w, struct slice raw, size_t column, struct slice next)
{
	size_t always = wrapper_journal_field(raw);
	struct slice rest = { raw.at + column, raw.size - column };
	size_t quote = string_start(raw, column), attribute = attribute_start(raw, column);

	memset(w, 0, sizeof(*w));
	w->on = true;
	w->quoted = quote == 1 || (quote && memchr("=:,[{ ", raw.at[quote - 2], 6));
	w->hashed = !w->quoted && slice_find(rest, "#012") != SIZE_MAX;
	w->piped = attribute != 0;
	w->quoted &= !w->piped;
	w->escaped = w->quoted || w->hashed || w->piped || slice_find(rest, "\\n") != SIZE_MAX;
	w->after_line_end = w->escaped && has_line_end(w, slice_to(raw, column));
	if (w->quoted)
		w->key = json_key(raw, quote);
	if (always && !w->escaped)
		column = always;
	if (w->quoted || w->piped)
		column = w->quoted ? quote : attribute;
	else if (w->after_line_end)
		column = 0;
	/* blanks that belong to the trace: the first is the prefix's, where it needs one */
	if (column && !w->quoted && !w->piped && raw.at[column] == ' ' &&
	    !ends_prefix(raw.at[column - 1]))
		column++;
	if (column >= WRAPPER_PREFIX || (!column && !w->escaped))
		return false;
	if (column && !w->quoted && !ends_prefix(raw.at[column - 1]) && !w->escaped &&
	    !ends_in_sign(slice_to(raw, column)))
		return false;
	set_prefix(w, slice_to(raw, column));
	if (w->escaped) {
		w->continues = slice_find(rest, "\\n\"") != SIZE_MAX;
		return true;
	}
	w->suffix = wrapper_suffix(slice_to(raw, (size_t)(next.at + next.size - raw.at)));
	return true;
}

/* Where the text begins behind the prefix of kubernetes; 0: it has none. */
static size_t cri_column(struct slice raw)
{
	static const char *const marks[] = { " stderr F ", " stderr P ", " stdout F ",
					     " stdout P " };
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		at = slice_find(raw, marks[i]);
		if (at != SIZE_MAX && at < CRI_TIME)
			return at + strlen(marks[i]);
	}
	return 0;
}

bool wrapper_find(struct wrapper *w, struct slice raw, size_t column, struct slice next)
{
	if (column == SIZE_MAX)
		column = cri_column(raw);
	return find_around(w, raw, column, next);
}

static bool skip_digits(struct slice s, size_t *at)
{
	size_t start = *at;

	while (*at < s.size && is_digit(s.at[*at]))
		(*at)++;
	return *at > start;
}

/* Go writes times without the trailing zeros of their fraction, and those of whole seconds without
 * any: "05.123Z" in the prefix, "06Z" in the line, or the other way. */
static bool fraction_differs(const struct wrapper *w, size_t *p, struct slice raw, size_t *q)
{
	struct slice prefix = w->prefix;
	bool here = *p + 1 < prefix.size && prefix.at[*p] == '.' && w->varies[*p + 1];

	if (here && *q < raw.size && raw.at[*q] == 'Z') {
		*p += 1;
		skip_digits(prefix, p);
		return true;
	}
	if (*p < prefix.size && prefix.at[*p] == 'Z' && *p && w->varies[*p - 1] && *q < raw.size &&
	    raw.at[*q] == '.') {
		*q += 1;
		return skip_digits(raw, q);
	}
	return false;
}

/* One step over the prefix as it was learnt (at *p) and over another line (at *q): a number that
 * varies, whatever its length, or a byte that must be the same. false: they do not go together. */
static bool match_step(const struct wrapper *w, size_t *p, struct slice raw, size_t *q)
{
	struct slice prefix = w->prefix;

	if (w->varies[*p] && raw.at[*q] == ' ' && *q && raw.at[*q - 1] == ' ') {
		++*q;
		return true;
	}
	if (w->varies[*p]) {
		skip_digits(prefix, p);
		return skip_digits(raw, q);
	}
	if (raw.at[*q] == prefix.at[*p] ||
	    (w->cri && *p == prefix.size - 2 && memchr("FP", raw.at[*q], 2)) ||
	    (w->signs && *p == prefix.size - 1 && memchr("+!| =", raw.at[*q], 5))) {
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
	return fraction_differs(w, p, raw, q);
}

/* Of an empty line only the prefix is left, and somebody may have trimmed the blanks in which it
 * ends. */
static bool only_blanks(struct slice prefix, size_t at)
{
	struct slice rest = { prefix.at + at, prefix.size - at };

	return slice_trim(rest).size == 0;
}

/* A line that is an object of JSON: the string begins behind the same key, but the members before
 * it (journalctl's cursor, times) may differ in any way. */
static size_t match_key(const struct wrapper *w, struct slice raw)
{
	const char *at;

	if (!w->key.size || !slice_starts(raw, "{"))
		return SIZE_MAX;
	at = memmem(raw.at, raw.size, w->key.at, w->key.size);
	return at ? (size_t)(at - raw.at) + w->key.size : SIZE_MAX;
}

size_t wrapper_match(const struct wrapper *w, struct slice raw)
{
	size_t p = 0, q = 0;

	while (p < w->prefix.size) {
		if (q == raw.size)
			return only_blanks(w->prefix, p) ? q : SIZE_MAX;
		if (!match_step(w, &p, raw, &q))
			return match_key(w, raw);
	}
	return q;
}

bool wrapper_is_part(const struct wrapper *w, struct slice raw, size_t prefix)
{
	return w->cri && prefix >= 2 && raw.at[prefix - 2] == 'P';
}
