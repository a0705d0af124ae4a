/* SPDX-License-Identifier: Apache-2.0 */
/* The header line of a goroutine, and its labels. */
#include "gotext.h"

#include <stdlib.h>
#include <string.h>

/* The end of a quoted string that begins at `at`; s.size when it has none. */
static size_t quote_end(struct slice s, size_t at)
{
	for (at++; at < s.size && s.at[at] != '"'; at++)
		if (s.at[at] == '\\')
			at++;
	return at < s.size ? at + 1 : s.size;
}

/* The offset of the closing `c`, quoted strings passed over; SIZE_MAX when there is none. */
static size_t closing(struct slice s, size_t at, char c)
{
	while (at < s.size) {
		if (s.at[at] == c)
			return at;
		at = s.at[at] == '"' ? quote_end(s, at) : at + 1;
	}
	return SIZE_MAX;
}

/* The bracket ends at the first "]" that a colon or labels follow: states are free text, and
 * the values of labels may hold anything. */
static size_t bracket_end(struct slice s)
{
	static const char inner[] = " labels:{";
	size_t at;

	for (at = 0; at < s.size; at++) {
		struct slice rest = { s.at + at, s.size - at };

		if (slice_starts(rest, inner)) {
			at = closing(s, at + sizeof(inner) - 1, '}');
			if (at == SIZE_MAX)
				return at;
		} else if (slice_starts(rest, "]:") || slice_starts(rest, "] {")) {
			return at;
		}
	}
	return SIZE_MAX;
}

static bool drop_minutes(struct slice *s, uint64_t *ret)
{
	struct slice rest = *s, number;
	size_t comma;

	if (!slice_drop(&rest, " minutes"))
		return false;
	comma = slice_rfind(rest, ',');
	if (comma == SIZE_MAX)
		return false;
	number = slice_from(rest, comma + 1);
	if (!slice_skip(&number, " ") || !slice_dec(&number, ret) || number.size)
		return false;
	s->size = comma;
	return true;
}

static bool drop_bubble(struct slice *s, uint64_t *ret)
{
	struct slice number;
	size_t at = slice_find(*s, ", synctest ");

	if (at == SIZE_MAX)
		return false;
	number = slice_from(*s, at);
	if (!slice_skip(&number, ", synctest bubble ") && !slice_skip(&number, ", synctest group "))
		return false;
	if (!slice_dec(&number, ret) || number.size)
		return false;
	s->size = at;
	return true;
}

static bool drop_labels(struct slice *s, struct slice *ret)
{
	size_t at = slice_find(*s, " labels:{");

	if (at == SIZE_MAX || s->at[s->size - 1] != '}')
		return false;
	*ret = slice_between(*s, at + 9, s->size - 1);
	s->size = at;
	return true;
}

/* What the bracket says, taken off from its end until only the state is left. */
static void parse_bracket(struct slice s, struct go_header *h)
{
	drop_labels(&s, &h->labels);
	for (;;) {
		if (slice_drop(&s, ", locked to thread"))
			h->locked = true;
		else if (slice_drop(&s, " (scan)"))
			h->scan = true;
		else if (slice_drop(&s, " (leaked)"))
			h->leaked = true;
		else if (slice_drop(&s, " (durable)"))
			h->durable = true;
		else if (!drop_minutes(&s, &h->minutes) && !drop_bubble(&s, &h->bubble))
			break;
	}
	h->state = s;
}

/* " gp=0x.. m=3 mp=0x..", or " gp=0x.. m=nil" */
static bool parse_pointers(struct slice *s, struct go_header *h)
{
	uint64_t m;

	if (!slice_skip(s, " gp="))
		return true;
	if (!slice_hex(s, &h->g) || !slice_skip(s, " m="))
		return false;
	if (slice_skip(s, "nil"))
		return true;
	if (!slice_dec(s, &m) || m > INT64_MAX)
		return false;
	h->m = (int64_t)m;
	return !slice_skip(s, " mp=") || slice_hex(s, &h->mp);
}

bool go_header(struct slice line, struct go_header *ret)
{
	struct go_header h = { .m = -1 };
	struct slice s = line;
	size_t end;

	if (!slice_skip(&s, "goroutine ") || !slice_dec(&s, &h.id) || !parse_pointers(&s, &h) ||
	    !slice_skip(&s, " ["))
		return false;
	end = bracket_end(s);
	if (end == SIZE_MAX)
		return false;
	parse_bracket(slice_to(s, end), &h);
	s = slice_from(s, end + 1);
	if (slice_skip(&s, " {")) {
		end = closing(s, 0, '}');
		if (end == SIZE_MAX)
			return false;
		h.labels = slice_to(s, end);
		s = slice_from(s, end + 1);
	}
	if (!slice_skip(&s, ":"))
		return false;
	h.size = line.size - s.size;
	*ret = h;
	return true;
}

/* A key or a value: quoted, or everything up to one of `ends`. */
static bool take_word(struct trace *t, struct slice *s, const char *ends, const char **ret)
{
	FREE_AT_END char *text = NULL;
	size_t size;

	if (s->size && s->at[0] == '"') {
		if (!slice_quoted(s, &text, &size))
			return false;
		*ret = builder_strn(trace_builder(t), text, size);
		return true;
	}
	for (size = 0; size < s->size && !strchr(ends, s->at[size]); size++)
		;
	*ret = builder_strn(trace_builder(t), s->at, size);
	*s = slice_from(*s, size);
	return size > 0;
}

uint32_t go_labels(struct trace *t, struct slice labels, const struct stk_label **ret)
{
	FREE_AT_END struct stk_label *list = NULL;
	struct stk_label label;
	size_t count = 0, cap = 0;

	do {
		if (!take_word(t, &labels, ":", &label.key) || !slice_skip(&labels, ":"))
			break;
		slice_skip(&labels, " ");
		if (!take_word(t, &labels, ",}", &label.value))
			label.value = builder_str(trace_builder(t), "");
		list = grow(list, &cap, count + 1, sizeof(*list));
		list[count++] = label;
	} while (slice_skip(&labels, ", "));
	*ret = builder_array(trace_builder(t), list, count, sizeof(*list));
	return (uint32_t)count;
}
