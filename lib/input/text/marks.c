/* SPDX-License-Identifier: Apache-2.0 */
/* Marks, by which traces are found: one pass over the bytes, whatever the number of formats. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

struct mark {
	const struct trace_mark *mark;
	size_t size;
	unsigned format;
};

/* Pairs of letters with which a mark begins are in every line: what is looked for are two pairs, the
 * first four bytes. The marks are dealt out to eight groups, all with the same first pair to one, and
 * each group has a bit in both tables: where some group has its bit of the pair here and of the next
 * one, a mark is likely. A log has few pairs, so that what is used of the tables stays near. */
#define GROUPS 8

struct marks {
	const struct trace_format *const *formats;
	unsigned count;
	uint8_t begins[65536];  /* by the pair with which a mark begins: its group ... */
	uint8_t goes_on[65536]; /* ... and by the pair that is next: the groups that have it */
	uint16_t first[65536];  /* the first in `list` + 1 */
	struct mark list[];
};

static unsigned pair_of(const char *p)
{
	return (unsigned char)p[0] | (unsigned)(unsigned char)p[1] << 8;
}

static int compare_marks(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	unsigned px = pair_of(x->mark->text), py = pair_of(y->mark->text);

	return px != py ? (px > py) - (px < py) : (x->format > y->format) - (x->format < y->format);
}

/* Marks of two or three bytes go on in any way. */
static void enter_next_pair(struct marks *marks, const struct mark *mark, uint8_t group)
{
	const char *text = mark->mark->text;
	unsigned pair;

	if (mark->size >= 4) {
		marks->goes_on[pair_of(text + 2)] |= group;
		return;
	}
	for (pair = 0; pair < ARRAY_SIZE(marks->goes_on); pair++)
		if (mark->size == 2 || (pair & 0xff) == (unsigned char)text[2])
			marks->goes_on[pair] |= group;
}

/* Short marks have the group 0 for themselves, which lets all through. */
static void enter_pairs(struct marks *marks)
{
	unsigned i, end, pair, pairs = 0;
	uint8_t group;

	for (i = 0; i < marks->count; i = end) {
		bool is_short = false;

		pair = pair_of(marks->list[i].mark->text);
		for (end = i; end < marks->count && pair_of(marks->list[end].mark->text) == pair;
		     end++)
			is_short |= marks->list[end].size < 4;
		group = (uint8_t)(is_short ? 1 : 1 << (1 + pairs++ % (GROUPS - 1)));
		marks->begins[pair] = group;
		marks->first[pair] = (uint16_t)(i + 1);
		for (; i < end; i++)
			enter_next_pair(marks, &marks->list[i], group);
	}
}

struct marks *marks_new(const struct trace_format *const *formats, unsigned nformats)
{
	const struct trace_mark *mark;
	struct marks *marks;
	size_t count = 0;
	unsigned i;

	for (i = 0; i < nformats; i++)
		for (mark = formats[i]->marks; mark->text; mark++)
			count++;
	marks = xcalloc(1, sizeof(*marks) + count * sizeof(marks->list[0]));
	for (i = 0; i < nformats; i++)
		for (mark = formats[i]->marks; mark->text; mark++)
			marks->list[marks->count++] = (struct mark){ mark, strlen(mark->text), i };
	qsort(marks->list, marks->count, sizeof(marks->list[0]), compare_marks);
	marks->formats = formats;
	enter_pairs(marks);
	return marks;
}

/* Offset of the next bytes with which a mark may begin; SIZE_MAX when there are none. */
static size_t next_begin(const struct marks *marks, struct slice bytes, size_t at, size_t end)
{
	size_t last;

	if (bytes.size < 2)
		return SIZE_MAX;
	if (end > bytes.size - 1)
		end = bytes.size - 1;
	last = bytes.size < 4 ? 0 : bytes.size - 3;
	if (last > end)
		last = end;
	for (; at < last; at++)
		if (marks->begins[pair_of(bytes.at + at)] &
		    marks->goes_on[pair_of(bytes.at + at + 2)])
			return at;
	for (; at < end; at++)
		if (marks->begins[pair_of(bytes.at + at)])
			return at;
	return SIZE_MAX;
}

size_t line_start(struct slice bytes, size_t floor, size_t at)
{
	const char *end = memrchr(bytes.at + floor, '\n', at - floor);

	return end ? (size_t)(end - bytes.at) + 1 : floor;
}

const char trace_to_tab[] = "\t";

/* The trace of this mark begins `back` bytes before it. */
static size_t mark_column(const struct mark *mark, const char *line, size_t column)
{
	if (mark->mark->back == trace_to_tab) {
		const char *tab = memrchr(line, '\t', column);

		return tab ? (size_t)(tab - line) : column;
	}
	while (column && line[column - 1] && strchr(mark->mark->back, line[column - 1])) {
		/* rsyslog's line end is none of its digits */
		if (column >= 4 && !memcmp(line + column - 4, "#012", 4))
			break;
		column--;
	}
	return column;
}

static size_t column_of(const struct marks *marks, const struct mark *mark, struct slice line,
			size_t at)
{
	const struct trace_format *format = marks->formats[mark->format];

	return format->column ? format->column(slice_to(line, at + mark->size))
			      : mark_column(mark, line.at, at);
}

/* Its first two bytes do, already; the last of it is most often another one. */
static bool mark_stands(const struct mark *mark, const char *at, size_t left)
{
	const char *text = mark->mark->text;
	size_t last = mark->size - 1;

	return left > last && at[last] == text[last] && !memcmp(at, text, last);
}

static bool mark_fits(const struct marks *marks, const struct mark *mark, struct slice line,
		      size_t at)
{
	const struct trace_format *format = marks->formats[mark->format];

	return !format->fits || format->fits(line, at);
}

/* Enters the marks that stand at offset `at`. */
static void add_marks(const struct marks *marks, struct slice bytes, size_t at, struct candidate *c)
{
	unsigned pair = pair_of(bytes.at + at), i;
	struct slice line = slice_between(bytes, c->marked, c->end);

	for (i = marks->first[pair] - 1u; i < marks->count; i++) {
		const struct mark *mark = &marks->list[i];

		if (pair_of(mark->mark->text) != pair)
			break;
		if (!mark_stands(mark, bytes.at + at, bytes.size - at) ||
		    (c->has[mark->format] && !mark->mark->above) ||
		    !mark_fits(marks, mark, line, at - c->marked))
			continue;
		c->count += !c->has[mark->format];
		c->has[mark->format] = true;
		c->above[mark->format] = mark->mark->above;
		c->column[mark->format] = column_of(marks, mark, slice_from(bytes, c->marked),
						    at - c->marked);
	}
}

bool marks_next(const struct marks *marks, struct slice bytes, size_t floor, size_t from,
		struct candidate *c)
{
	size_t at = from, start = from;

	while ((at = next_begin(marks, bytes, at, SIZE_MAX)) != SIZE_MAX) {
		c->count = 0;
		memset(c->has, 0, sizeof(c->has));
		c->marked = line_start(bytes, start, at);
		line_at(bytes, c->marked, &c->end);
		for (; at != SIZE_MAX; at = next_begin(marks, bytes, at + 1, c->end))
			add_marks(marks, bytes, at, c);
		if (c->count) {
			c->line = c->marked > floor ? line_start(bytes, floor, c->marked - 1)
						    : c->marked;
			return true;
		}
		start = at = c->end;
	}
	return false;
}
