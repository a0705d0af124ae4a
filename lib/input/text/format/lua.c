/* SPDX-License-Identifier: Apache-2.0 */
/* Tracebacks of Lua 5.1 to 5.4 and LuaJIT (lauxlib.c, luaL_traceback; lj_debug.c).
 *	lua: app.lua:12: no such key
 *	stack traceback:
 *		[C]: in function 'error'
 *		app.lua:12: in function 'store.find'        in upvalue, local, method, field, metamethod
 *		(...tail calls...)
 *		app.lua:40: in function <app.lua:38>
 *		...	(skipping 12 levels)
 *		app.lua:50: in main chunk
 *		[C]: in ? */
#include "exception.h"

static bool is_head(struct slice line)
{
	return slice_is(slice_trim(line), "stack traceback:");
}

/* "function 'NAME'", "method 'NAME' (a userdata)", "function <FILE:LINE>", "main chunk", "?" */
static struct slice name_of(struct slice s)
{
	struct slice rest = s, before, name;

	if (slice_until(&rest, " '", &before) && slice_until(&rest, "'", &name) && name.size)
		return name;
	rest = s;
	if (slice_skip(&rest, "function <") && slice_ends(rest, ">"))
		return slice_from(s, sizeof("function ") - 1);
	return s;
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), place;
	uint32_t column;
	uint64_t pc;
	size_t at;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!exception_indent(line))
		return false;
	at = slice_find(rest, ": in ");
	if (at == SIZE_MAX || !at) {
		/* LuaJIT's: "[C]: at 0x0040b2e0" */
		if (!slice_until(&rest, ": at ", &place) || !slice_hex(&rest, &pc) || rest.size)
			return false;
		frame->pc = pc;
		frame->why = "it is written in C";
		return slice_starts(place, "[");
	}
	place = slice_to(rest, at);
	frame->func = name_of(slice_from(rest, at + 5));
	if (slice_is(frame->func, "?")) {
		frame->func = NO_SLICE;
		frame->why = "Lua knows no name of it";
	}
	if (slice_is(place, "[C]")) {
		frame->file = place;
		return true;
	}
	return slice_place(place, &frame->file, &frame->line, &column) && !column;
}

/* "...	(skipping 12 levels)", "..." of Lua 5.1, "(...tail calls...)" */
static bool parse_skipped(struct slice line, uint64_t *count)
{
	struct slice rest = slice_trim(line);

	*count = STK_NONE;
	if (slice_is(rest, "(...tail calls...)") || slice_is(rest, "..."))
		return exception_indent(line) > 0;
	if (!slice_skip(&rest, "..."))
		return false;
	rest = slice_trim(rest);
	return slice_skip(&rest, "(skipping ") && slice_dec(&rest, count) &&
	       slice_is(rest, " levels)");
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;
	uint64_t count;

	return parse_frame(line, &frame) || parse_skipped(line, &count);
}

/* "lua: ", "/usr/bin/lua5.4: ": the interpreter died of it. */
static bool skip_interpreter(struct slice *s)
{
	struct slice rest = *s, name;
	size_t slash;

	if (!slice_until(&rest, ": ", &name))
		return false;
	slash = slice_rfind(name, '/');
	if (slash != SIZE_MAX)
		name = slice_from(name, slash + 1);
	if (!slice_skip(&name, "luajit") && !slice_skip(&name, "lua"))
		return false;
	if (name.size && !exception_is_name(name, ".-"))
		return false;
	*s = rest;
	return true;
}

/* "[lua: ]FILE:LINE: MESSAGE" */
static bool parse_message(struct slice line, bool *fatal, struct slice *message)
{
	struct slice rest = slice_trim(line), place, file;
	uint32_t number, column;

	*fatal = skip_interpreter(&rest);
	*message = rest;
	if (!slice_until(&rest, ": ", &place) || !slice_place(place, &file, &number, &column))
		return *fatal;
	*message = rest;
	return true;
}

#define MESSAGE 8

static unsigned above(struct trace_above *above)
{
	struct slice line, message;
	unsigned at;
	bool fatal;

	for (at = 0; at < MESSAGE && trace_above_line(above, at, &line); at++)
		if (parse_message(line, &fatal, &message))
			return at + 1;
	return trace_above_line(above, 0, &line) && slice_trim(line).size ? 1 : 0;
}

static void read_frames(struct trace *t, struct exception *e)
{
	struct exception_part *part = &e->parts[0];
	struct trace_frame frame;
	struct slice line;
	uint64_t count;

	while (exception_goes_on(t, is_frame, is_head) && trace_peek(t, &line)) {
		/* of a tail call nothing but that is known */
		if (parse_skipped(line, &count))
			exception_elided(part, count);
		else if (parse_frame(line, &frame))
			exception_frame(t, e, part, &frame);
		trace_skip(t);
	}
}

static void read_traceback(struct trace *t)
{
	struct exception e = { 0 };
	struct exception_part *part;
	uint32_t number = trace_place(t).line;
	struct slice line, message;
	bool fatal = false;
	unsigned lines;

	if (!trace_peek(t, &line))
		return;
	part = exception_part(&e, is_head(line) ? NO_SLICE : slice_trim(line));
	if (!is_head(line)) {
		(void)parse_message(line, &fatal, &message);
		part->message = message;
		e.fatal = fatal;
		trace_skip(t);
	}
	for (lines = 0; lines < MESSAGE && trace_peek(t, &line) && !is_head(line); lines++) {
		exception_more(part, line);
		trace_skip(t);
	}
	trace_skip(t);
	read_frames(t, &e);
	exception_emit(t, &e, 0, number);
}

static bool probe(struct trace *t)
{
	struct slice line;
	unsigned lines;

	for (lines = 0; lines <= MESSAGE && trace_next(t, &line); lines++)
		if (is_head(line))
			return trace_next(t, &line) &&
			       (is_frame(line) || (trace_next(t, &line) && is_frame(line)));
	return false;
}

static const struct trace_mark marks[] = {
	{ "stack traceback:", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_lua = {
	.name = "lua",
	.marks = marks,
	.probe = probe,
	.read = read_traceback,
	.above = above,
};
