/* SPDX-License-Identifier: Apache-2.0 */
/* Traces that are found by a line in their middle: the lines above it, backwards.
 *
 * Exceptions begin with any text: a message may have several lines, and what is certain is only how
 * frames look. So a frame is the mark, and the format says where the trace begins. */
#include "reader.h"

#include <string.h>

struct trace_above {
	struct trace *t;
	struct slice decoded; /* the lines are those of this string; at NULL: of the input */
	size_t floor, at;     /* not before this; where the line begins that was given last */
	unsigned count;
	struct slice lines[TRACE_ABOVE_LINES];
	size_t starts[TRACE_ABOVE_LINES];
};

static size_t start_before(struct slice bytes, size_t floor, size_t at)
{
	const char *end = memrchr(bytes.at + floor, '\n', at - 1 - floor);

	return end ? (size_t)(end - bytes.at) + 1 : floor;
}

/* The physical line that ends at *at and has what stands around the marked one; others' may stand
 * between. */
static bool own_before(struct trace_above *a, size_t *at, struct slice *raw, size_t *prefix)
{
	const struct wrapper *wrapper = &a->t->wrapper;
	size_t start = *at, next;
	unsigned lines;

	for (lines = 0; lines < FOREIGN_LINES && start > a->floor; lines++) {
		start = start_before(a->t->bytes, a->floor, start);
		*raw = line_at(a->t->bytes, start, &next);
		*prefix = wrapper->doubled && !raw->size && !lines ? SIZE_MAX
								   : wrapper_match(wrapper, *raw);
		if (*prefix != SIZE_MAX) {
			*at = start;
			return true;
		}
		if (wrapper->bare && slice_trim(*raw).size)
			return false;
	}
	return false;
}

/* With the parts of which it is made, where loggers have cut it. */
static bool whole_before(struct trace_above *a, struct slice *ret)
{
	struct slice raw, part;
	size_t prefix, at;

	if (!own_before(a, &a->at, &raw, &prefix))
		return false;
	*ret = lines_clean(a->t, raw, prefix);
	for (at = a->at; a->t->wrapper.cri && own_before(a, &at, &raw, &prefix) &&
			 wrapper_is_part(&a->t->wrapper, raw, prefix);
	     a->at = at) {
		char *joined;

		part = lines_clean(a->t, raw, prefix);
		joined = arena_alloc(&a->t->scratch, part.size + ret->size + 1);
		memcpy(joined, part.at, part.size);
		memcpy(joined + part.size, ret->at, ret->size);
		*ret = (struct slice){ joined, part.size + ret->size };
	}
	return true;
}

static bool decoded_before(struct trace_above *a, struct slice *ret)
{
	size_t next;

	if (a->at <= a->floor)
		return false;
	a->at = start_before(a->decoded, a->floor, a->at);
	*ret = line_at(a->decoded, a->at, &next);
	return true;
}

bool trace_above_line(struct trace_above *a, unsigned number, struct slice *ret)
{
	while (a->count <= number) {
		if (a->count == TRACE_ABOVE_LINES ||
		    !(a->decoded.at ? decoded_before(a, &a->lines[a->count])
				    : whole_before(a, &a->lines[a->count])))
			return false;
		a->starts[a->count++] = a->at;
	}
	*ret = a->lines[number];
	return true;
}

static size_t start_of(struct trace_above *a, const struct trace_format *format, size_t marked)
{
	struct slice line;
	unsigned lines = format->above(a);

	return lines && trace_above_line(a, lines - 1, &line) ? a->starts[lines - 1] : marked;
}

size_t above_start(struct trace *t, const struct trace_format *format, size_t marked)
{
	struct trace_above a;

	a.t = t;
	a.decoded = NO_SLICE;
	a.floor = t->floor;
	a.at = marked;
	a.count = 0;
	return start_of(&a, format, marked);
}

size_t above_start_decoded(struct trace *t, const struct trace_format *format, struct slice text,
			   size_t marked)
{
	struct trace_above a;

	a.t = t;
	a.decoded = text;
	a.floor = 0;
	a.at = marked;
	a.count = 0;
	return start_of(&a, format, marked);
}
