/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of Dart and Flutter (runtime/vm/object.cc, StackTrace::ToCString), and those that
 * package:stack_trace has made short.
 *	Unhandled exception:
 *	Bad state: no such key
 *	#0      Store.find (package:app/store.dart:12:5)
 *	#1      main.<anonymous closure> (file:///src/app.dart:40:3)
 *	<asynchronous suspension>
 *	#2      _delayEntrypointInvocation (dart:isolate-patch/isolate_patch.dart:297:19)
 * Short:
 *	package:app/store.dart 12:5      Store.find
 *	===== asynchronous gap ===========================
 * Compiled ahead of time, without symbols:
 *	    #00 abs 00007f3b5c6f7c9a virt 00000000001c7c9a _kDartIsolateSnapshotInstructions+0x1139 */
#include "exception.h"

#define MESSAGE 8 /* lines of a message above the frames */

static bool is_library(struct slice s)
{
	return slice_starts(s, "package:") || slice_starts(s, "dart:") ||
	       slice_starts(s, "file://") || slice_starts(s, "org-dartlang-") ||
	       slice_starts(s, "http://") || slice_starts(s, "https://");
}

/* "#N      FUNC (URI:LINE:COLUMN)" */
static bool parse_numbered(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), place;
	size_t open;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_starts(rest, " "))
		return false;
	rest = slice_trim(rest);
	open = slice_ends(rest, ")") ? slice_rfind(rest, '(') : SIZE_MAX;
	if (open == SIZE_MAX || open < 2 || rest.at[open - 1] != ' ')
		return false;
	place = slice_between(rest, open + 1, rest.size - 1);
	frame->func = slice_to(rest, open - 1);
	if (!is_library(place))
		return false;
	if (!slice_place(place, &frame->file, &frame->line, &frame->column))
		frame->file = place;
	return true;
}

/* "#00 abs ADDRESS virt ADDRESS SYMBOL+0xOFF" */
static bool parse_compiled(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), word;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " abs ") ||
	    !slice_hexdigits(&rest, &frame->pc))
		return false;
	if (slice_skip(&rest, " virt ") && !slice_hexdigits(&rest, &frame->offset))
		return false;
	rest = slice_trim(rest);
	if (slice_until(&rest, "+", &word) && slice_hex(&rest, &frame->func_offset))
		frame->func = word;
	else
		frame->why = "it was compiled without symbols";
	return true;
}

/* "package:app/store.dart 12:5      Store.find" */
static bool parse_short(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), file, place;
	uint64_t number, column = 0;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!is_library(rest) || !slice_until(&rest, " ", &file) ||
	    !slice_until(&rest, "  ", &place))
		return false;
	frame->file = file;
	frame->func = slice_trim(rest);
	if (!slice_dec(&place, &number) ||
	    (slice_skip(&place, ":") && !slice_dec(&place, &column)) || place.size ||
	    number > INT32_MAX || column > INT32_MAX)
		return false;
	frame->line = (uint32_t)number;
	frame->column = (uint32_t)column;
	return frame->func.size > 0;
}

static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	*number = UINT64_MAX;
	return parse_numbered(line, number, frame) || parse_compiled(line, number, frame) ||
	       parse_short(line, frame);
}

static bool is_gap(struct slice line)
{
	line = slice_trim(line);
	return slice_is(line, "<asynchronous suspension>") ||
	       slice_starts(line, "===== asynchronous gap ====");
}

static bool is_own(struct slice line)
{
	struct trace_frame frame;
	uint64_t number;

	return parse_frame(line, &number, &frame) || is_gap(line);
}

/* What introduces an exception; Flutter's has it in the same line. */
static bool parse_head(struct slice line, struct slice *message)
{
	struct slice rest = line, before;

	*message = NO_SLICE;
	if (slice_until(&rest, "Unhandled Exception: ", &before)) {
		*message = rest;
		return true;
	}
	return slice_is(slice_trim(line), "Unhandled exception:");
}

static bool is_head(struct slice line)
{
	struct slice message;

	return parse_head(line, &message);
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	unsigned own = 0, at;

	while (trace_above_line(above, own, &line) && is_own(line))
		own++;
	for (at = own; at < own + MESSAGE && trace_above_line(above, at, &line); at++)
		if (is_head(line))
			return at + 1;
	return own;
}

/* A frame behind a logger's prefix: what stands below is not of this trace. */
static bool has_wrapped_frame(struct slice line)
{
	return slice_find(line, " (package:") != SIZE_MAX ||
	       slice_find(line, " (dart:") != SIZE_MAX || slice_find(line, " abs ") != SIZE_MAX;
}

static unsigned message_lines(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines = 0;
	bool ended = false;

	while (lines < MESSAGE && trace_next(t, &line) && !is_head(line)) {
		ended = is_own(line);
		if (ended || has_wrapped_frame(line))
			break;
		lines++;
	}
	trace_return(t, start);
	return ended ? lines : 0;
}

static void read_head(struct trace *t, struct exception *e)
{
	struct exception_part *part;
	struct slice line, message;
	unsigned lines;

	trace_next(t, &line);
	(void)parse_head(line, &message);
	part = exception_part(e, slice_trim(line));
	part->message = message;
	e->fatal = true;
	for (lines = message_lines(t); lines && trace_next(t, &line); lines--) {
		if (part->message.at)
			exception_more(part, line);
		else
			part->message = slice_trim(line);
	}
}

static void read_stack(struct trace *t)
{
	struct exception e = { 0 };
	struct exception_part *part;
	struct trace_frame frame;
	struct slice line;
	uint32_t start = trace_place(t).line;
	uint64_t number, last = 0;

	if (!trace_peek(t, &line))
		return;
	if (is_head(line)) {
		read_head(t, &e);
	} else {
		exception_part(&e, NO_SLICE);
	}
	part = &e.parts[0];
	while (exception_goes_on(t, is_own, is_head) && trace_peek(t, &line)) {
		if (!is_gap(line)) {
			parse_frame(line, &number, &frame);
			/* another one begins */
			if (number != UINT64_MAX && part->count && number <= last)
				break;
			last = number;
			exception_frame(t, &e, part, &frame);
		}
		trace_skip(t);
	}
	exception_emit(t, &e, 0, start);
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned lines;

	if (!trace_next(t, &line))
		return false;
	for (lines = is_head(line) ? MESSAGE : 0; lines && !is_own(line); lines--)
		if (!trace_next(t, &line) || is_head(line) ||
		    (!is_own(line) && has_wrapped_frame(line)))
			return false;
	return is_own(line) && !is_gap(line);
}

/* Of numbered frames the number, also where the mark is the library. */
static size_t column(struct slice line)
{
	size_t number = slice_rfind(line, '#'), library = slice_find(line, "package:"), blanks;

	if (number == SIZE_MAX)
		return library != SIZE_MAX ? library
					   : line.size - (sizeof("Unhandled exception:") - 1);
	for (blanks = 0; blanks < 4 && number && line.at[number - 1] == ' '; blanks++)
		number--;
	return number;
}

static const struct trace_mark marks[] = {
	{ "#0      ", "", true }, { "#00 abs ", " ", true },
	{ "package:", "", true }, { "Unhandled exception:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_dart = {
	.name = "dart",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
	.above = above,
	.column = column,
};
