/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of lines, whatever stands between them. */
#include "listing.h"

/* Lines of others within a stack without numbers; and before what says more of a frame. */
#define MAX_WITHIN 4u

/* ---- stacks ---- */

static size_t indentation(struct slice line)
{
	size_t at = 0;

	while (at < line.size && (line.at[at] == ' ' || line.at[at] == '\t'))
		at++;
	return at;
}

static bool parse(const struct listing *listing, struct slice line, struct trace_frame *frame,
		  uint64_t *number)
{
	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	*number = LISTING_UNNUMBERED;
	return listing->frame(line, frame, number);
}

bool listing_is_frame(const struct listing *listing, struct slice line)
{
	struct trace_frame frame;
	uint64_t number;

	return parse(listing, line, &frame, &number);
}

bool listing_is_outermost(struct slice func)
{
	static const char *const names[] = {
		"_start",   "clone",        "__clone",           "clone3",
		"__clone3", "thread_start", "ret_from_fork_asm", "__libc_start_call_main@plt",
		"_start()", "clone()",      "clone3()",          "__clone3()",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (slice_is(func, names[i]))
			return true;
	return false;
}

static bool is_stop(const struct listing *listing, struct slice line)
{
	return (listing->blank_stops && !slice_trim(line).size) ||
	       (listing->stops && listing->stops(line));
}

/* The stack at hand. */
struct position {
	uint64_t last; /* number of the last frame */
	size_t indent; /* of the first */
	uint32_t count;
};

/* `between`: how many lines of others are before it. */
static bool goes_on(const struct position *p, uint64_t number, size_t indent, unsigned between)
{
	if (!p->count)
		return !between;
	if (number == LISTING_UNNUMBERED || p->last == LISTING_UNNUMBERED)
		return number == p->last &&
		       (!between || (between <= MAX_WITHIN && indent == p->indent));
	/* a call that was inlined may have the number of the one that it is in */
	return number > p->last || (number == p->last && !between);
}

/* Consumes the next line of the stack; false: there is none. */
static bool next_frame(struct trace *t, const struct listing *listing, struct position *p,
		       struct trace_frame *frame, uint64_t *number)
{
	struct trace_place start = trace_place(t), here = start;
	struct slice line;
	unsigned between;

	for (between = 0; between <= LISTING_AHEAD && trace_next(t, &line); between++) {
		if (parse(listing, line, frame, number)) {
			if (!goes_on(p, *number, indentation(line), between))
				break;
			if (between)
				trace_pass(t, start, here);
			if (!p->count)
				p->indent = indentation(line);
			return true;
		}
		if (is_stop(listing, line))
			break;
		here = trace_place(t);
	}
	trace_return(t, start);
	return false;
}

/* What stands behind the frame's own line, up to the next one. */
static void read_details(struct trace *t, const struct listing *listing, struct trace_frame *frame)
{
	struct trace_place start = trace_place(t), here = start;
	struct slice line;
	unsigned between;

	for (between = 0; between <= MAX_WITHIN && trace_next(t, &line); between++) {
		if (listing->detail(line, frame)) {
			if (between)
				trace_pass(t, start, here);
			start = trace_place(t);
			between = 0;
		} else if (listing_is_frame(listing, line) || is_stop(listing, line)) {
			break;
		}
		here = trace_place(t);
	}
	trace_return(t, start);
}

/* Frames with these numbers are missing. */
static void leave_out(struct trace *t, const struct listing *listing, uint64_t first, uint64_t last)
{
	struct builder *b = trace_builder(t);

	trace_elided(t, last - first < STK_NONE ? (uint32_t)(last - first + 1) : STK_NONE);
	if (listing->leaves_out)
		return;
	trace_truncated(t, trace_line_number(t),
			first == last
				? builder_fmt(b, "frame %llu is missing", (unsigned long long)first)
				: builder_fmt(b, "frames %llu to %llu are missing",
					      (unsigned long long)first, (unsigned long long)last));
}

uint32_t listing_read(struct trace *t, const struct listing *listing)
{
	struct position p = { .last = LISTING_UNNUMBERED };
	struct trace_frame frame;
	uint64_t number;

	while (p.count < LIMIT_FRAMES && next_frame(t, listing, &p, &frame, &number)) {
		if (p.count && number != LISTING_UNNUMBERED && number > p.last + 1)
			leave_out(t, listing, p.last + 1, number - 1);
		if (listing->detail)
			read_details(t, listing, &frame);
		trace_push_frame(t, &frame);
		p.last = number;
		p.count++;
		if (number == LISTING_UNNUMBERED && frame.func.at &&
		    listing_is_outermost(frame.func))
			break;
	}
	return p.count;
}

/* ---- lines between stacks ---- */

bool listing_find(struct trace *t, bool (*is_it)(struct slice line), unsigned ahead,
		  struct slice *ret)
{
	struct trace_place start = trace_place(t), here = start;
	struct slice line;
	unsigned n;

	for (n = 0; n <= ahead && trace_next(t, &line); n++) {
		if (is_it(line)) {
			trace_return(t, here);
			if (n)
				trace_pass(t, start, here);
			return trace_peek(t, ret);
		}
		here = trace_place(t);
	}
	trace_return(t, start);
	return false;
}

bool listing_follows(struct trace *t, bool (*is_it)(struct slice line), unsigned ahead)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	bool found = false;
	unsigned n;

	for (n = 0; n <= ahead && !found && trace_next(t, &line); n++)
		found = is_it(line);
	trace_return(t, start);
	return found;
}

bool listing_leads(struct trace *t, bool (*is_own)(struct slice line),
		   bool (*is_frame)(struct slice line), unsigned ahead)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	bool found = false, frame = false;
	unsigned n;

	for (n = 0; n <= ahead && !found && trace_next(t, &line); n++) {
		found = is_own(line);
		frame = found && is_frame(line);
	}
	trace_return(t, start);
	return frame;
}

void listing_pass_above(struct trace *t, bool (*is_own)(struct slice line))
{
	struct slice line;

	if (trace_peek(t, &line) && !is_own(line))
		trace_pass_line(t);
}

/* ---- backtrace_symbols() and its cousins ---- */

/* "+0x1d" at the end of the symbol, or "-0x3". */
static void take_offset(struct slice *symbol, struct trace_frame *frame, bool *any)
{
	size_t plus = slice_rfind(*symbol, '+'), minus = slice_rfind(*symbol, '-');
	size_t sign = plus != SIZE_MAX ? plus : minus;
	struct slice offset;
	uint64_t value;

	*any = false;
	if (sign == SIZE_MAX)
		return;
	offset = (struct slice){ symbol->at + sign + 1, symbol->size - sign - 1 };
	/* newer C libraries leave the 0x away where it is zero: "(main+0)" */
	if ((!slice_hex(&offset, &value) && !slice_dec(&offset, &value)) || offset.size)
		return;
	symbol->size = sign;
	*any = true;
	if (sign != minus)
		frame->func_offset = value;
}

/* Where the bracket opens that the last byte closes; SIZE_MAX: nowhere. */
static size_t opening(struct slice s)
{
	size_t at = s.size, depth = 0;

	while (at--) {
		depth += s.at[at] == ')';
		if (s.at[at] == '(' && !--depth)
			return at;
	}
	return SIZE_MAX;
}

/* "MODULE(SYMBOL+0xOFF)" */
static bool take_symbol(struct slice *s, struct trace_frame *frame, bool *bare)
{
	size_t open = opening(*s);
	struct slice symbol;
	bool any;

	if (open == SIZE_MAX)
		return false;
	symbol = (struct slice){ s->at + open + 1, s->size - open - 2 };
	take_offset(&symbol, frame, &any);
	s->size = open;
	*bare = any && !symbol.size;
	if (symbol.size && !slice_is(symbol, "()") && !slice_is(symbol, "??") &&
	    !slice_is(symbol, "?"))
		frame->func = symbol;
	return true;
}

/* "/src/a.c:12" where a script has put it in the place of the module. */
static void take_module(struct slice s, struct trace_frame *frame)
{
	struct slice place = s;

	if (!s.size || slice_is(s, "??:0") || slice_is(s, "??:?"))
		return;
	if (slice_place(s, &place, &frame->line, &frame->column) &&
	    slice_find(place, " ") == SIZE_MAX && memchr(place.at, '.', place.size))
		frame->file = place;
	else
		frame->module = s;
}

bool listing_symbols(struct slice line, bool titled, struct trace_frame *frame)
{
	struct slice s = slice_trim(line), pc;
	size_t open = slice_rfind(s, '[');
	bool bare = false, brackets;

	if (open == SIZE_MAX || !slice_drop(&s, "]"))
		return false;
	pc = (struct slice){ s.at + open + 1, s.size - open - 1 };
	if (!slice_hex(&pc, &frame->pc) || pc.size)
		return false;
	s = slice_trim((struct slice){ s.at, open });
	brackets = slice_ends(s, ")");
	if (brackets && !take_symbol(&s, frame, &bare))
		return false;
	s = slice_trim(s);
	if (!titled && slice_find(s, " ") != SIZE_MAX)
		return false;
	take_module(s, frame);
	if (bare && frame->module.at) {
		frame->offset = frame->func_offset;
		frame->func_offset = UINT64_MAX;
	} else if (!frame->func.at) {
		frame->func_offset = UINT64_MAX;
	}
	/* no offset is printed of a program that is linked to its address */
	if (frame->module.at && !frame->func.at && !frame->offset)
		frame->offset = frame->pc;
	if (!frame->func.at)
		frame->why = frame->module.at || frame->file.at || brackets
				     ? "the program exports no symbol for it"
				     : "in no file";
	return true;
}
