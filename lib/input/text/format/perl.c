/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of Perl: Carp's confess and cluck (lib/Carp.pm), Devel::Confess, Devel::SimpleTrace.
 *	no such key at lib/Store.pm line 12.
 *		Store::find('Store', "a (b)") called at app.pl line 40
 *		eval {...} called at app.pl line 44
 *		main::load() called at app.pl line 50
 * A place is where the function was called, that is, where the next one was: the newest function was where
 * the message says, the main program where the last one was called. */
#include "exception.h"

#define MESSAGE 8 /* lines of a message */

struct place {
	struct slice file;
	uint32_t line;
};

/* "FILE line N", and what may stand behind it: ".", ", <STDIN> line 3.", " thread 1" */
static bool parse_place(struct slice s, struct place *place)
{
	size_t at = slice_find(s, " line ");
	uint64_t line;

	if (at == SIZE_MAX || !at)
		return false;
	place->file = slice_to(s, at);
	s = slice_from(s, at + 6);
	if (!slice_dec(&s, &line) || line > INT32_MAX)
		return false;
	place->line = (uint32_t)line;
	return !s.size || slice_is(s, ".") || slice_starts(s, ", <") ||
	       slice_starts(s, " thread ") || slice_starts(s, " during global destruction");
}

/* Behind the last `word`, so that text before it may say anything. */
static bool place_behind(struct slice *s, const char *word, struct place *place)
{
	struct slice rest = *s, before, last = NO_SLICE;

	while (slice_until(&rest, word, &before))
		last = rest;
	if (!last.at || !parse_place(last, place))
		return false;
	*s = slice_to(*s, (size_t)(last.at - s->at) - strlen(word));
	return s->size > 0;
}

/* Without arguments; of "eval {...}" and "require Foo.pm" everything is the name. */
static struct slice function_of(struct slice s)
{
	size_t open;

	if (slice_starts(s, "eval ") || slice_starts(s, "require "))
		return s;
	open = slice_find(s, "(");
	return open == SIZE_MAX ? s : slice_to(s, open);
}

static bool parse_frame(struct slice line, struct slice *func, struct place *place)
{
	struct slice rest = slice_trim(line);

	if (!exception_indent(line) || !place_behind(&rest, " called at ", place))
		return false;
	*func = function_of(rest);
	return slice_starts(rest, "eval ") || slice_starts(rest, "require ") ||
	       exception_is_name(*func, ":'[]~^.");
}

/* "MESSAGE at FILE line N." */
static bool parse_head(struct slice line, struct slice *message, struct place *place)
{
	*message = slice_trim(line);
	return place_behind(message, " at ", place);
}

static bool is_frame(struct slice line)
{
	struct slice func;
	struct place place;

	return parse_frame(line, &func, &place);
}

static bool is_head(struct slice line)
{
	struct slice message;
	struct place place;

	return !is_frame(line) && parse_head(line, &message, &place);
}

/* A message of several lines has its place in the last one; where it begins is not known. */
static unsigned above(struct trace_above *above)
{
	struct slice line;
	unsigned own = 0;

	while (trace_above_line(above, own, &line) && is_frame(line))
		own++;
	return own + (trace_above_line(above, own, &line) && is_head(line));
}

static void add_frame(struct trace *t, struct exception *e, struct slice func,
		      const struct place *place)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	frame.func = func;
	frame.file = place->file;
	frame.line = place->line;
	if (!func.at)
		frame.why = "the main program";
	exception_frame(t, e, &e->parts[0], &frame);
}

static void read_stack(struct trace *t)
{
	struct exception e = { 0 };
	struct exception_part *part;
	struct place at = { NO_SLICE, 0 }, next;
	uint32_t number = trace_place(t).line;
	struct slice line, func, message;
	bool logged = exception_is_logged(t);

	if (!trace_peek(t, &line))
		return;
	if (is_head(line) && parse_head(line, &message, &at)) {
		part = exception_part(&e, line);
		part->message = message;
		e.fatal = !logged;
		trace_skip(t);
	} else {
		exception_part(&e, NO_SLICE);
	}
	while (exception_goes_on(t, is_frame, is_head) && trace_peek(t, &line) &&
	       parse_frame(line, &func, &next)) {
		trace_skip(t);
		add_frame(t, &e, func, &at);
		at = next;
	}
	add_frame(t, &e, NO_SLICE, &at);
	exception_emit(t, &e, 0, number);
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned lines;

	if (!trace_next(t, &line))
		return false;
	for (lines = is_head(line) ? MESSAGE : 0; lines && !is_frame(line); lines--)
		if (!trace_next(t, &line) || is_head(line))
			return false;
	return is_frame(line);
}

static const struct trace_mark marks[] = {
	{ "called at ", trace_to_tab, true },
	{ NULL, NULL, false },
};

const struct trace_format trace_perl = {
	.name = "perl",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
	.above = above,
};
