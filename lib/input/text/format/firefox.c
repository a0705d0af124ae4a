/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of JavaScript as SpiderMonkey and JavaScriptCore have them, that is, of Firefox and Safari
 * (js/src/vm/SavedStacks.cpp; WebKit's JSStack).
 *	JavaScript error: resource:///app.js, line 12: TypeError: x is undefined
 *	find@https://example.org/app.js:12:9
 *	load/<@resource://app/store.sys.mjs:40:3
 *	async*run@file:///src/app.js:44:1
 *	map@[native code]
 *	@https://example.org/app.js:50:1 */
#include "exception.h"

static bool is_location(struct slice s)
{
	/* clang-format off */
	static const char *const starts[] = {
		"http://", "https://", "file://", "resource://", "chrome://", "moz-extension://",
		"webpack://", "webpack-internal://", "blob:", "debugger eval code", "self-hosted", "app://",
		"safari-web-extension://", "user-script:", "javascript:",
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(s, starts[i]))
			return true;
	return false;
}

/* "load/<", "promise callback*find": blanks stand only before the star. */
static bool is_function(struct slice s)
{
	size_t star = slice_rfind(s, '*');
	struct slice why = star == SIZE_MAX ? slice_to(s, 0) : slice_to(s, star);

	if (star != SIZE_MAX)
		s = slice_from(s, star + 1);
	return exception_name_size(why, " .*/<>") == why.size &&
	       slice_find(why, "  ") == SIZE_MAX && slice_find(s, " ") == SIZE_MAX &&
	       slice_find(s, "|") == SIZE_MAX;
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), func;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_until(&rest, "@", &func) || !is_function(func))
		return false;
	frame->func = func;
	if (!func.size) {
		frame->func = NO_SLICE;
		frame->why = "the function has no name";
	}
	if (slice_is(rest, "[native code]")) {
		frame->file = rest;
		return true;
	}
	return is_location(rest) && slice_place(rest, &frame->file, &frame->line, &frame->column);
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame);
}

static bool is_type(struct slice s)
{
	return exception_is_name(s, "$.") &&
	       (slice_ends(s, "Error") || slice_ends(s, "Exception") || slice_ends(s, "Warning"));
}

/* "TYPE: MESSAGE", which may stand behind what Firefox writes before it */
static bool parse_head(struct slice line, struct slice *type, struct slice *message)
{
	struct slice rest = slice_trim(line), before;

	do {
		if (exception_split(rest, is_type, type, message))
			return true;
	} while (slice_until(&rest, ": ", &before));
	return false;
}

static bool is_head(struct slice line)
{
	struct slice type, message;

	return !is_frame(line) && parse_head(line, &type, &message);
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	unsigned own = 0;

	while (trace_above_line(above, own, &line) && is_frame(line))
		own++;
	return own + (trace_above_line(above, own, &line) && is_head(line));
}

static void read_error(struct trace *t)
{
	struct exception e = { 0 };
	struct exception_part *part;
	struct trace_frame frame;
	struct slice line, type, message;
	uint32_t number = trace_place(t).line;

	if (trace_peek(t, &line) && is_head(line) && parse_head(line, &type, &message)) {
		part = exception_part(&e, slice_trim(line));
		part->type = type;
		part->message = message;
		trace_skip(t);
	} else {
		part = exception_part(&e, NO_SLICE);
	}
	while (exception_goes_on(t, is_frame, is_head) && trace_peek(t, &line) &&
	       parse_frame(line, &frame)) {
		trace_skip(t);
		exception_frame(t, &e, part, &frame);
	}
	exception_emit(t, &e, 0, number);
}

static bool probe(struct trace *t)
{
	struct slice line, next;

	if (!trace_next(t, &line) || !trace_next(t, &next))
		return false;
	/* one line of this kind may be an address of somebody */
	return is_frame(next) && (is_frame(line) || is_head(line));
}

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$*/<."

static const struct trace_mark marks[] = {
	{ "@http", NAME, true },
	{ "@file://", NAME, true },
	{ "@resource://", NAME, true },
	{ "@chrome://", NAME, true },
	{ "@moz-extension://", NAME, true },
	{ "@webpack", NAME, true },
	{ "@[native code]", NAME, true },
	{ "@debugger eval code", NAME, true },
	{ NULL, NULL, false },
};

const struct trace_format trace_firefox = {
	.name = "firefox",
	.marks = marks,
	.probe = probe,
	.read = read_error,
	.above = above,
};
