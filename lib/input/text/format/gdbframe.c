/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of gdb, with what "bt full" says of their variables. On a terminal gdb wraps long lines;
 * they go on after four blanks. Variables stand below their frame, after eight blanks a block. */
#include "gdb.h"
#include "call.h"

#include <stdlib.h>

/* A value is a line, or with "set print pretty" some. */
#define LINES_OF_FRAME 10000

/* Prompts stand before what a script printed. */
struct slice gdb_without_prompt(struct slice line)
{
	while (slice_skip(&line, "(gdb) "))
		;
	return line;
}

bool gdb_next_line(struct trace *t, struct slice *line)
{
	if (!trace_peek(t, line))
		return false;
	*line = gdb_without_prompt(*line);
	return true;
}

bool gdb_frame_number(struct slice *line, uint64_t *number)
{
	struct slice rest = *line;

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_starts(rest, " "))
		return false;
	*line = slice_trim(rest);
	return true;
}

/* What follows the number: "[0xPC in ]FUNC (ARGS)[ at FILE:LINE| from LIB]". */
bool gdb_parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = line, func;
	uint32_t column;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (slice_is(line, "<signal handler called>")) {
		frame->flags = STK_FRAME_SIGNAL;
		return true;
	}
	if (slice_hex(&rest, &frame->pc) && !slice_skip(&rest, " in "))
		return false;
	if (!call_split(&rest, true, &func, &frame->args))
		return false;
	if (slice_is(func, "??"))
		frame->why = "gdb found no symbol for it";
	else
		frame->func = func;
	if (slice_skip(&rest, " at ")) {
		frame->file = rest;
		(void)slice_place(rest, &frame->file, &frame->line, &column);
		return true;
	}
	if (slice_skip(&rest, " from ")) {
		frame->module = rest;
		return true;
	}
	return !rest.size && slice_starts(line, "0x");
}

bool gdb_is_frame(struct slice line, uint64_t *number)
{
	struct slice rest = line;

	return gdb_frame_number(&rest, number);
}

/* ---- a frame ---- */

void gdb_take_line(struct gdb_lines *s, struct slice line)
{
	s->line.at = grow(s->line.at, &s->line.cap, s->line.size + line.size + 1, 1);
	if (s->line.size)
		s->line.at[s->line.size++] = ' ';
	memcpy(s->line.at + s->line.size, line.at, line.size);
	s->line.size += line.size;
}

static bool is_pager(struct slice line)
{
	return slice_starts(line, "---Type <return>") || slice_starts(line, "--Type <RET>");
}

static bool is_wrapped(struct slice line)
{
	return slice_starts(line, "    ") && !slice_starts(line, "        ");
}

/* Does the line begin another part of what gdb prints? */
static bool is_part(struct slice line)
{
	uint64_t number;

	return slice_starts(line, "Thread ") || slice_starts(line, "[Switching to ") ||
	       slice_starts(line, "Program ") || slice_starts(line, "Backtrace stopped: ") ||
	       gdb_is_frame(line, &number);
}

static enum trace_line judge_wrapped(struct trace *t, struct slice line, const void *whole)
{
	(void)t;
	if (is_part(gdb_without_prompt(line)))
		return TRACE_LINE_END;
	if (!is_wrapped(line))
		return TRACE_LINE_OTHER;
	/* of a frame that could end here only its place can be missing */
	line = slice_trim(line);
	return !*(const bool *)whole || slice_starts(line, "at ") || slice_starts(line, "from ")
		       ? TRACE_LINE_OWN
		       : TRACE_LINE_OTHER;
}

static bool is_whole(const struct gdb_lines *s, bool *placed)
{
	struct slice line = { s->line.at, s->line.size };
	struct trace_frame frame;
	uint64_t number;

	(void)gdb_frame_number(&line, &number);
	if (!gdb_parse_frame(line, &frame))
		return false;
	*placed = frame.file.at || frame.module.at || frame.flags;
	return true;
}

/* The lines that gdb has wrapped are taken, others may stand between them. */
void gdb_take_wrapped(struct trace *t, struct gdb_lines *s)
{
	bool placed = false, whole;
	struct slice line;

	while (trace_peek(t, &line) && s->line.size < LIMIT_STRING) {
		if (is_wrapped(line)) {
			gdb_take_line(s, slice_trim(line));
		} else if (!is_pager(line)) {
			whole = is_whole(s, &placed);
			if (placed || !trace_small_gap(t, judge_wrapped, &whole))
				return;
			continue;
		}
		trace_skip(t);
	}
}

static void add_value(struct trace *t, struct gdb_lines *s, struct slice line)
{
	bool starts = !s->nvalues || (line.size > 8 && line.at[8] != ' ' && line.at[8] != '}');
	struct slice name;

	line = slice_trim(line);
	if (starts && slice_until(&line, " = ", &name)) {
		s->values = grow(s->values, &s->values_cap, s->nvalues + 1, sizeof(*s->values));
		s->values[s->nvalues++] =
			(struct stk_value){ .name = trace_str(t, name),
					    .type = builder_str(trace_builder(t), ""),
					    .text = trace_str(t, line) };
	} else if (s->nvalues) {
		struct stk_value *last = &s->values[s->nvalues - 1];

		if (strlen(last->text) < LIMIT_STRING)
			last->text = builder_fmt(trace_builder(t), "%s %.*s", last->text,
						 (int)(line.size < LIMIT_STRING ? line.size
										: LIMIT_STRING),
						 line.at);
	}
}

/* A whole frame, or the first line of one that is wrapped. */
static bool looks_like_frame(struct slice line)
{
	uint64_t pc;

	if (slice_hex(&line, &pc))
		return slice_starts(line, " in");
	return slice_starts(line, "<") || slice_find(line, " (") != SIZE_MAX;
}

/* "Backtrace stopped: previous frame identical to this frame (corrupt stack?)" */
static bool is_end(struct slice line)
{
	return slice_starts(line, "(More stack frames follow...)") ||
	       slice_starts(line, "Backtrace stopped: ");
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *arg)
{
	const uint64_t *expected = arg;
	uint64_t number;

	(void)t;
	line = gdb_without_prompt(line);
	if (is_end(line))
		return TRACE_LINE_OWN;
	if (gdb_frame_number(&line, &number))
		return looks_like_frame(line) ? trace_judge_number(number, *expected)
					      : TRACE_LINE_OTHER;
	return is_part(line) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static bool is_variable(struct slice line, bool in_value)
{
	return slice_starts(line, "        ") && (in_value || slice_find(line, " = ") != SIZE_MAX);
}

static bool is_nothing(struct slice line)
{
	return slice_is(line, "No locals.") ||
	       slice_starts(line, "No symbol table info available.") || is_pager(line);
}

static enum trace_line judge_variable(struct trace *t, struct slice line, const void *arg)
{
	(void)t, (void)arg;
	if (is_part(gdb_without_prompt(line)))
		return TRACE_LINE_END;
	return is_variable(line, false) ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

/* What "bt full" says of the variables. */
static void take_variables(struct trace *t, struct gdb_lines *s, struct trace_frame *frame)
{
	struct slice line;
	unsigned lines;

	s->nvalues = 0;
	for (lines = 0; lines < LINES_OF_FRAME && trace_peek(t, &line); lines++) {
		if (is_variable(line, s->nvalues)) {
			if (trace_wants(t, STK_WANT_DETAIL))
				add_value(t, s, line);
			else
				s->nvalues = 1;
		} else if (!is_nothing(line)) {
			if (trace_small_gap(t, judge_variable, NULL))
				continue;
			break;
		}
		trace_skip(t);
	}
	if (!trace_wants(t, STK_WANT_DETAIL))
		return;
	frame->values = builder_array(trace_builder(t), s->values, s->nvalues, sizeof(*s->values));
	frame->nvalues = (uint32_t)s->nvalues;
}

/* gdb prints no address for a frame that has the one of the frame inside it: that call was
 * inlined (frame_show_address). What a signal interrupted may have none for another reason. */
static bool is_inlined(struct trace *t, const struct trace_frame *frame)
{
	struct slice line;
	uint64_t number;

	if (frame->flags & STK_FRAME_SIGNAL || !trace_peek(t, &line))
		return false;
	return gdb_frame_number(&line, &number) && number && !slice_starts(line, "0x") &&
	       !slice_starts(line, "<");
}

struct stack_state {
	uint64_t pc; /* of the calls that were inlined so far; 0 none */
	bool inlined, signalled;
};

static void push_frame(struct trace *t, struct stack_state *state, struct trace_frame *frame)
{
	if (!frame->pc && state->inlined)
		frame->pc = state->pc;
	frame->inlined = is_inlined(t, frame);
	if (state->signalled)
		frame->flags |= STK_FRAME_ACTIVATION;
	state->signalled = frame->flags & STK_FRAME_SIGNAL;
	state->inlined = frame->inlined;
	state->pc = frame->pc;
	trace_push_frame(t, frame);
}

static bool take_end(struct trace *t, struct slice line)
{
	struct slice before;
	uint64_t address;

	if (!is_end(line))
		return false;
	if (!slice_skip(&line, "Backtrace stopped: ")) {
		trace_elided(t, STK_NONE);
		return true;
	}
	if (slice_find(line, "identical to this frame") != SIZE_MAX)
		trace_end(t, STK_END_LOOP, 0);
	else if (slice_until(&line, "Cannot access memory at address ", &before) &&
		 slice_hex(&line, &address))
		trace_end(t, STK_END_UNREADABLE, address);
	else
		trace_note(t, STK_NOTE_STACK_UNREADABLE, trace_line_number(t) + 1,
			   trace_str(t, line));
	return true;
}

/* One frame with its wrapped lines and variables; false: it is none, and is left. */
static bool read_frame(struct trace *t, struct gdb_lines *s, struct slice line,
		       struct stack_state *state)
{
	struct trace_place start = trace_place(t);
	struct trace_frame frame;

	s->line.size = 0;
	gdb_take_line(s, line);
	trace_skip(t);
	gdb_take_wrapped(t, s);
	if (gdb_parse_frame((struct slice){ s->line.at, s->line.size }, &frame)) {
		take_variables(t, s, &frame);
		push_frame(t, state, &frame);
		return true;
	}
	if (trace_at_end(t)) {
		trace_truncated(t, trace_line_number(t), "a frame has no end");
		return true;
	}
	trace_unparsed(t, trace_line_number(t), "not a frame of gdb");
	trace_return(t, start);
	return false;
}

void gdb_read_frames(struct trace *t, struct gdb_lines *s)
{
	struct stack_state state = { 0 };
	struct slice line;
	uint64_t number, expected = 0;
	bool is_one;

	while (gdb_next_line(t, &line)) {
		if (is_pager(line) || take_end(t, line)) {
			trace_skip(t);
			continue;
		}
		is_one = gdb_frame_number(&line, &number);
		if ((!is_one || !looks_like_frame(line)) && trace_gap(t, judge_frame, &expected))
			continue;
		if (!is_one || number < expected)
			break;
		trace_number(t, number, &expected);
		if (!read_frame(t, s, line, &state))
			break;
	}
}

void gdb_lines_deinit(struct gdb_lines *s)
{
	free(s->line.at);
	free(s->values);
}
