/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of Rust's backtraces, as std, the backtrace crate, color-eyre and color-backtrace have them.
 *	   0: app::take
 *	             at ./src/main.rs:1:35
 *	  15:     0x56025e65d22b - app::f::h565b61f2a7bd550c
 *	                               at /src/main.rs:4:5
 *	                           app::main::h41b5bb4556e71262
 *	                               at /src/main.rs:7:19
 * Calls that were inlined have a number and the address again, or (the crate up to 0.3.67, std
 * before 1.43, what anyhow prints of either) no number: then the frame is the last of them. */
#include "rust.h"

bool rust_is_backtrace(struct slice line)
{
	return slice_is(line, "stack backtrace:") || slice_is(line, "Stack backtrace:");
}

bool rust_is_box(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "━") && (slice_find(line, " BACKTRACE ") != SIZE_MAX ||
					   slice_find(line, " SPANTRACE ") != SIZE_MAX);
}

/* ---- lines ---- */

static bool parse_numbered(struct slice line, uint64_t *number, struct slice *func, uint64_t *pc)
{
	struct slice rest = slice_trim(line);
	uint64_t address = 0;

	if (!slice_dec(&rest, number) || !slice_skip(&rest, ": "))
		return false;
	rest = slice_trim(rest);
	if ((slice_hex(&rest, &address) && !slice_skip(&rest, " - ")) || !rest.size)
		return false;
	*pc = address;
	*func = slice_trim(rest);
	return true;
}

static bool parse_frame(struct slice line, struct slice *func, uint64_t *pc)
{
	uint64_t number;

	return parse_numbered(line, &number, func, pc);
}

static bool is_place(struct slice line)
{
	return slice_starts(slice_trim(line), "at ");
}

static size_t indent_of(struct slice line)
{
	size_t size;

	for (size = 0; size < line.size && line.at[size] == ' '; size++)
		;
	return size;
}

/* A function without a number: it is indented, and its place stands below, further to the right. */
static bool is_continued(struct trace *t, struct slice line, struct slice *func)
{
	struct slice place, unused;
	uint64_t pc;

	if (indent_of(line) < 6 || is_place(line) || parse_frame(line, &unused, &pc) ||
	    !trace_peek_at(t, 1, &place) || !is_place(place) || indent_of(place) <= indent_of(line))
		return false;
	*func = slice_trim(line);
	return func->size > 0;
}

bool rust_is_frame(struct trace *t)
{
	struct slice line, func;
	uint64_t pc;

	return trace_peek(t, &line) && parse_frame(line, &func, &pc);
}

/* "        33 │ code", and with ">" the line itself. */
static bool take_source(struct trace *t)
{
	struct slice line, rest;
	uint64_t number;

	if (!trace_peek(t, &line))
		return false;
	rest = slice_trim(line);
	if (!slice_dec(&rest, &number) || (!slice_skip(&rest, " │") && !slice_skip(&rest, " >")))
		return false;
	slice_skip(&rest, " ");
	if (number <= INT32_MAX && trace_source_line(t, (uint32_t)number, rest))
		trace_skip(t);
	else
		trace_pass_line(t);
	return true;
}

/* "⋮ 5 frames hidden ⋮" */
static bool take_hidden(struct trace *t)
{
	struct slice line;
	uint64_t count;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (!slice_skip(&line, "⋮ ") || !slice_dec(&line, &count) ||
	    (!slice_starts(line, " frames hidden") && !slice_starts(line, " frame hidden")))
		return false;
	trace_elided(t, count < STK_NONE ? (uint32_t)count : STK_NONE);
	trace_skip(t);
	return true;
}

/* ---- names ---- */

static bool is_hash(struct slice s)
{
	uint64_t value;

	s.size = s.size < 16 ? s.size : 16;
	return slice_hexdigits(&s, &value) && !s.size;
}

/* The name without what only tells builds apart: "::h" and "[...]" with 16 hex digits. */
static struct slice without_hashes(struct slice func, char *out)
{
	struct slice rest;
	size_t size = 0, at;

	if (func.size > 19) {
		rest = slice_from(func, func.size - 19);
		if (slice_skip(&rest, "::h") && is_hash(rest))
			func.size -= 19;
	}
	for (at = 0; at < func.size; at++) {
		rest = slice_from(func, at + 1);
		if (func.at[at] == '[' && rest.size > 16 && rest.at[16] == ']' && is_hash(rest))
			at += 17;
		else
			out[size++] = func.at[at];
	}
	return (struct slice){ out, size };
}

/* ---- what may stand between ---- */

/* The first lines of other parts: of a panic, a box, a stack. */
static bool is_part(struct slice line)
{
	return rust_is_backtrace(line) || rust_is_box(line) || slice_starts(line, "thread '") ||
	       slice_starts(line, "Error:");
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	uint64_t number, pc;
	struct slice func;

	if (parse_numbered(line, &number, &func, &pc))
		return trace_judge_number(number, *(const uint64_t *)expected);
	if (is_part(line))
		return TRACE_LINE_END;
	if (trace_pushed(t) && is_continued(t, line, &func))
		return TRACE_LINE_OWN;
	return slice_starts(slice_trim(line), "⋮ ") ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static enum trace_line judge_place(struct trace *t, struct slice line, const void *arg)
{
	struct slice func;
	uint64_t pc;

	(void)t, (void)arg;
	if (parse_frame(line, &func, &pc) || is_part(line))
		return TRACE_LINE_END;
	return is_place(line) && indent_of(line) >= 4 ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static enum trace_line judge_backtrace(struct trace *t, struct slice line, const void *arg)
{
	struct slice func;
	uint64_t pc;

	(void)t, (void)arg;
	if (rust_is_backtrace(line))
		return TRACE_LINE_OWN;
	return is_part(line) || parse_frame(line, &func, &pc) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

/* ---- frames ---- */

bool rust_leads(struct trace *t)
{
	uint64_t first = 0;

	return trace_leads(t, judge_frame, &first);
}

/* Calls that were inlined repeat the address; so do those of a recursion, which repeat the
 * function, too. */
static bool repeats(struct trace *t, struct slice func, uint64_t pc)
{
	struct slice line, next;
	uint64_t next_pc;

	return pc && trace_peek(t, &line) && parse_frame(line, &next, &next_pc) && next_pc == pc &&
	       (next.size != func.size || memcmp(next.at, func.at, func.size) != 0);
}

static void take_place(struct trace *t, struct trace_frame *frame)
{
	struct slice line;

	if (trace_peek(t, &line) && !is_place(line))
		trace_small_gap(t, judge_place, NULL);
	if (!trace_peek(t, &line) || (line = slice_trim(line), !slice_skip(&line, "at ")))
		return;
	trace_skip(t);
	if (slice_is(line, "<unknown source file>"))
		return;
	slice_drop(&line, ":<unknown line>");
	if (!slice_place(line, &frame->file, &frame->line, &frame->column))
		frame->file = line;
}

static void read_call(struct trace *t, struct slice func, uint64_t pc, bool span)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	FREE_AT_END char *name = NULL;
	struct slice line, unused, fields;

	trace_skip(t);
	frame.pc = pc;
	if (slice_is(func, "<unknown>")) {
		frame.why = "Rust found no symbol for it";
	} else {
		name = xmalloc(func.size + 1);
		frame.func = without_hashes(func, name);
	}
	fields = frame.func;
	if (span && slice_until(&fields, " with ", &frame.func))
		frame.args = fields;
	take_place(t, &frame);
	while (take_source(t))
		;
	frame.inlined = (trace_peek(t, &line) && is_continued(t, line, &unused)) ||
			repeats(t, func, pc);
	trace_push_frame(t, &frame);
}

/* Of the frame before, and what comes next. */
struct position {
	uint64_t pc, expected;
};

static bool read_frame(struct trace *t, struct position *p, bool span)
{
	struct slice line, func;
	uint64_t number;

	if (take_hidden(t))
		return true;
	if (!trace_peek(t, &line))
		return false;
	if (parse_numbered(line, &number, &func, &p->pc))
		p->expected = number + 1;
	else if (!trace_pushed(t) || !is_continued(t, line, &func))
		return trace_gap(t, judge_frame, &p->expected);
	read_call(t, func, p->pc, span);
	return true;
}

bool rust_frames(struct trace *t)
{
	struct position p = { 0, 0 };
	bool any = false;

	while (read_frame(t, &p, false))
		any = true;
	return any;
}

/* Newest versions say below what they left out, older ones above how to get it. */
static void skip_note(struct trace *t)
{
	struct slice line;

	if (trace_peek(t, &line) && (slice_starts(line, "note: Some details are omitted") ||
				     slice_starts(line, "note: run with `RUST_BACKTRACE") ||
				     slice_starts(line, "note: Run with `RUST_BACKTRACE")))
		trace_skip(t);
}

bool rust_backtrace(struct trace *t)
{
	struct slice line;

	skip_note(t);
	if (trace_peek(t, &line) && !rust_is_backtrace(line))
		trace_small_gap(t, judge_backtrace, NULL);
	if (!trace_peek(t, &line) || !rust_is_backtrace(line))
		return false;
	trace_skip(t);
	rust_frames(t);
	if (trace_at_end(t) && !trace_pushed(t))
		trace_truncated(t, trace_line_number(t), "the backtrace is missing");
	skip_note(t);
	return true;
}

bool rust_box(struct trace *t, struct slice *heading)
{
	struct position p = { 0, 0 };
	struct slice line, next;
	bool span;

	if (!trace_peek(t, &line) || !rust_is_box(line))
		return false;
	*heading = slice_find(line, " SPANTRACE ") != SIZE_MAX ? SLICE("SPANTRACE")
							       : SLICE("BACKTRACE");
	span = heading->at[0] == 'S';
	trace_skip(t);
	/* a blank line below the heading, in some versions */
	if (trace_peek(t, &line) && !slice_trim(line).size && trace_peek_at(t, 1, &next) &&
	    slice_trim(next).size && !rust_is_box(next))
		trace_skip(t);
	while (read_frame(t, &p, span))
		;
	return true;
}
