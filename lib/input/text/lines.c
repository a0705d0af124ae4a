/* SPDX-License-Identifier: Apache-2.0 */
/* The reader: physical lines of the input become the clean lines that formats see. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

/* How many parts a line may be made of; kubernetes cuts at 16 KiB. */
#define LINE_PARTS 256

static struct slice without_cr(struct slice line)
{
	while (line.size && line.at[line.size - 1] == '\r')
		line.size--;
	return line;
}

struct slice line_at(struct slice bytes, size_t at, size_t *next)
{
	const char *start = bytes.at + at;
	const char *end = memchr(start, '\n', bytes.size - at);
	size_t size = end ? (size_t)(end - start) : bytes.size - at;

	*next = at + size + (end != NULL);
	return without_cr((struct slice){ start, size });
}

static struct slice take_rest(struct trace *t)
{
	struct slice *rest = &t->place.rest;
	size_t next;
	struct slice line = line_at(*rest, 0, &next);

	*rest = next < rest->size ? slice_from(*rest, next) : NO_SLICE;
	return line;
}

static struct slice take_physical(struct trace *t)
{
	t->line = t->place.line++;
	return line_at(t->bytes, t->place.at, &t->place.at);
}

static void note_foreign(struct trace *t, size_t at, size_t end, uint32_t task)
{
	struct foreign *last = t->nforeign ? &t->foreign[t->nforeign - 1] : NULL;

	/* trace_peek() comes by more than once */
	if (last && at < last->end)
		return;
	if (last && at == last->end && !last->copy.at) {
		last->end = end;
		return;
	}
	t->foreign = grow(t->foreign, &t->foreign_cap, t->nforeign + 1, sizeof(*t->foreign));
	t->foreign[t->nforeign++] = (struct foreign){ at, end, NO_SLICE, task };
}

/* Of a decoded string, which has no bytes in the input. */
void lines_keep(struct trace *t, struct slice text)
{
	char *copy = builder_alloc(t->b, text.size);

	memcpy(copy, text.at, text.size);
	t->foreign = grow(t->foreign, &t->foreign_cap, t->nforeign + 1, sizeof(*t->foreign));
	t->foreign[t->nforeign++] = (struct foreign){ .copy = { copy, text.size },
						      .task = builder_ntasks(t->b) };
}

/* Passes over lines of others, when a line with the trace's wrapper comes soon after them. */
static bool skip_foreign(struct trace *t)
{
	size_t at = t->place.at, next;
	uint32_t lines;
	struct slice raw;

	for (lines = 0; lines <= FOREIGN_LINES && at < t->bytes.size; lines++) {
		raw = line_at(t->bytes, at, &next);
		if (wrapper_match(&t->wrapper, raw) != SIZE_MAX) {
			if (lines)
				note_foreign(t, t->place.at, at, builder_ntasks(t->b));
			t->place.at = at;
			t->place.line += lines;
			return true;
		}
		if (t->wrapper.bare && slice_trim(raw).size)
			return false;
		at = next;
	}
	return false;
}

static struct slice without_suffix(const struct trace *t, struct slice s)
{
	struct slice suffix = t->wrapper.suffix;

	if (suffix.size && s.size >= suffix.size &&
	    !memcmp(s.at + s.size - suffix.size, suffix.at, suffix.size))
		s.size -= suffix.size;
	return s;
}

/* Of a page, with its entities undone. */
static struct slice without_entities(struct trace *t, struct slice line)
{
	char *out;

	if (!t->html || !line.size || !memchr(line.at, '&', line.size))
		return line;
	out = arena_alloc(&t->scratch, line.size);
	return (struct slice){ out, text_decode_entities(line, out) };
}

/* Where all lines end twice: the second end. */
static void skip_second_end(struct trace *t)
{
	size_t next;

	if (t->place.at < t->bytes.size && !line_at(t->bytes, t->place.at, &next).size) {
		t->place.at = next;
		t->place.line++;
	}
}

/* The clean part of the physical line at the place, which is then passed. */
static bool take_content(struct trace *t, struct slice *ret, bool *part)
{
	struct slice raw;
	size_t prefix;

	if (t->place.at >= t->bytes.size || !skip_foreign(t))
		return false;
	raw = take_physical(t);
	prefix = wrapper_match(&t->wrapper, raw);
	*part = wrapper_is_part(&t->wrapper, raw, prefix);
	raw = without_suffix(t, slice_from(raw, prefix));
	*ret = t->wrapper.escaped ? raw : without_entities(t, raw);
	if (t->wrapper.doubled)
		skip_second_end(t);
	return true;
}

/* What one or more physical lines say, escapes taken out; in the scratch arena. */
struct message {
	char *bytes;
	size_t size;
};

static void message_add(struct trace *t, struct message *message, struct slice content)
{
	char *bytes = arena_alloc(&t->scratch, message->size + content.size + 1);

	if (message->size)
		memcpy(bytes, message->bytes, message->size);
	message->bytes = bytes;
	if (t->wrapper.escaped) {
		size_t size = wrapper_unescape(&t->wrapper, content, bytes + message->size);

		message->size += slice_without_colours(bytes + message->size, size);
	} else {
		memcpy(bytes + message->size, content.at, content.size);
		message->size += content.size;
	}
}

/* The line that ends before `end`. */
static struct slice line_before(struct slice bytes, size_t end)
{
	const char *before = end ? memrchr(bytes.at, '\n', end - 1) : NULL;
	size_t start = before ? (size_t)(before - bytes.at) + 1 : 0, next;

	return line_at(slice_to(bytes, end), start, &next);
}

/* What stands around a string of several lines is a message of its own: it is kept. */
static void keep_around(struct trace *t, struct slice content, const struct message *message)
{
	size_t start = (size_t)(content.at - t->bytes.at);
	struct slice line = line_before(t->bytes, t->place.at);
	char *end = memchr(message->bytes, '\n', message->size);

	if (!end || end + 1 == message->bytes + message->size)
		return;
	note_foreign(t, (size_t)(line.at - t->bytes.at), start, builder_ntasks(t->b));
	/* the string itself, escapes and all, ends at its quote */
	if (t->wrapper.piped ? wrapper_skip_piped(&content) : slice_skip_string(&content))
		note_foreign(t, (size_t)(content.at - t->bytes.at), t->place.at, STK_NONE);
}

/* Fills place.rest with what one or more physical lines say. */
static bool decode(struct trace *t)
{
	struct message message = { NULL, 0 };
	struct slice content;
	bool part = false;
	unsigned parts;

	for (parts = 0; parts < LINE_PARTS && take_content(t, &content, &part); parts++) {
		message_add(t, &message, content);
		if ((t->wrapper.quoted && !t->wrapper.continues) || t->wrapper.piped)
			keep_around(t, content, &message);
		if (t->wrapper.continues)
			part = !message.size || message.bytes[message.size - 1] != '\n';
		if (!part)
			break;
	}
	if (!message.bytes)
		return false;
	if (!message.size || message.bytes[message.size - 1] != '\n')
		message.bytes[message.size++] = '\n';
	t->place.rest = t->decoded = (struct slice){ message.bytes, message.size };
	return true;
}

bool trace_next(struct trace *t, struct slice *ret)
{
	struct trace_place start;
	bool part;

	if (t->place.rest.at) {
		*ret = take_rest(t);
		return true;
	}
	if (t->place.at >= t->bytes.size)
		return false;
	if (!t->wrapper.on) {
		*ret = without_entities(t, take_physical(t));
		return true;
	}
	start = t->place;
	if (!t->wrapper.escaped && !t->wrapper.cri)
		return take_content(t, ret, &part);
	if (!decode(t)) {
		t->place = start;
		return false;
	}
	*ret = take_rest(t);
	return true;
}

bool trace_peek_at(struct trace *t, unsigned ahead, struct slice *ret)
{
	struct trace_place place = t->place;
	uint32_t line = t->line;
	bool there;

	do
		there = trace_next(t, ret);
	while (there && ahead--);
	t->place = place;
	t->line = line;
	return there;
}

bool trace_peek(struct trace *t, struct slice *ret)
{
	return trace_peek_at(t, 0, ret);
}

void trace_skip(struct trace *t)
{
	struct slice line;

	(void)trace_next(t, &line);
}

static bool above_in_decoded(const struct trace *t, struct slice *ret)
{
	const char *at = t->place.rest.at;

	if (!at || !t->decoded.at || at <= t->decoded.at || at > t->decoded.at + t->decoded.size)
		return false;
	*ret = line_before(t->decoded, (size_t)(at - t->decoded.at));
	return true;
}

struct slice lines_clean(struct trace *t, struct slice raw, size_t prefix)
{
	struct slice content = without_suffix(t, slice_from(raw, prefix));
	struct message message = { NULL, 0 };

	if (!t->wrapper.escaped)
		return without_entities(t, content);
	message_add(t, &message, content);
	return line_before((struct slice){ message.bytes, message.size }, message.size);
}

bool trace_above(struct trace *t, struct slice *ret)
{
	size_t end = t->place.at, prefix;
	struct slice raw, content;
	struct message message = { NULL, 0 };
	unsigned lines;

	if (above_in_decoded(t, ret))
		return true;
	if (t->place.rest.at) /* the line that it is of */
		end = (size_t)(line_before(t->bytes, end).at - t->bytes.at);
	for (lines = 0; lines < FOREIGN_LINES && end; lines++) {
		raw = line_before(t->bytes, end);
		prefix = wrapper_match(&t->wrapper, raw);
		if (t->wrapper.doubled && !raw.size && !lines)
			prefix = SIZE_MAX;
		if (prefix != SIZE_MAX) {
			content = without_suffix(t, slice_from(raw, prefix));
			message_add(t, &message, content);
			*ret = line_before((struct slice){ message.bytes, message.size },
					   message.size);
			return true;
		}
		end = (size_t)(raw.at - t->bytes.at);
	}
	return false;
}

struct trace_place trace_place(const struct trace *t)
{
	return t->place;
}

void trace_return(struct trace *t, struct trace_place place)
{
	t->place = place;
}

uint32_t trace_line_number(const struct trace *t)
{
	return t->line;
}

void trace_split(struct trace *t, struct slice line, size_t taken)
{
	struct slice *rest = &t->place.rest;
	const char *start = line.at + taken;

	/* The lines that follow in a decoded buffer stand right behind. */
	if (rest->at && rest->at > start)
		*rest = (struct slice){ start, (size_t)(rest->at + rest->size - start) };
	else if (!rest->at)
		*rest = (struct slice){ start, line.size - taken };
}

/* Is `to` a later part of the line that `from` is in? */
static bool is_same_line(struct trace_place from, struct trace_place to)
{
	return from.rest.at && to.rest.at >= from.rest.at &&
	       to.rest.at <= from.rest.at + from.rest.size;
}

void trace_pass(struct trace *t, struct trace_place from, struct trace_place to)
{
	struct slice text = from.rest;

	if (!trace_wants(t, STK_WANT_TEXT))
		return;
	if (is_same_line(from, to))
		text.size = (size_t)(to.rest.at - from.rest.at);
	if (text.size)
		lines_keep(t, text);
	if (!is_same_line(from, to) && from.at < to.at)
		note_foreign(t, from.at, to.at, builder_ntasks(t->b));
}

void trace_pass_line(struct trace *t)
{
	struct trace_place start = t->place;

	trace_skip(t);
	trace_pass(t, start, t->place);
}

struct slice trace_raw(const struct trace *t)
{
	if (t->wrapper.on || t->place.rest.at)
		return NO_SLICE;
	return slice_from(t->bytes, t->place.at);
}

void trace_take(struct trace *t, size_t size)
{
	size_t end = t->place.at + size;

	while (t->place.at < end)
		(void)take_physical(t);
}

bool trace_at_end(struct trace *t)
{
	return !t->place.rest.at && t->place.at >= t->bytes.size;
}

void lines_deinit(struct trace *t)
{
	free(t->foreign);
	arena_deinit(&t->scratch);
}
