/* SPDX-License-Identifier: Apache-2.0 */
/* What backtrace_symbols() and backtrace_symbols_fd() of the C library print, and what programs make
 * of it.
 *	./app(compute+0x1d) [0x55555555526e]
 *	/lib/x86_64-linux-gnu/libc.so.6(+0x27305) [0x7ffff7df9305]
 *	./app() [0x401136]
 *	[0x7ffd1c5e7a10]
 * The latter has no blank before the last bracket, and no empty brackets: "./app[0x401136]".
 *
 * Programs put a number or their name before ("app: /usr/bin/srv(main+0x10) [0x1030]"); what stands for
 * the program is its argv[0], which servers write their state over ("postgres: me db [local] SELECT",
 * "/usr/bin/redis-server *:6379"); and they demangle the symbol, so that it has blanks and brackets of
 * its own ("srv(ns::f(int, char const*)+0x12) [0x7f12]"). So a frame is read from its right end.
 * Ceph numbers them and leaves the module out (" 2: (PG::run(int)+0x12) [0x55d1]"); MariaDB has the
 * place instead of the module where it knows it ("sql/sql_parse.cc:5321(dispatch(THD*))[0x55d1]").
 *
 * Frames have no numbers and stacks no heads, as a rule. One ends where something else stands, unless
 * it goes on soon after and is not over: it is when it has come to a function that nothing calls. */
#include "../text.h"

#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- one frame ---- */

/* "compute+0x1d", "+0x27305", "f(int)+0", "()+0x27305", ""; "main-0x3" of a symbol that begins behind
 * the address. What stands between the outer round brackets. */
static void parse_symbol(struct slice symbol, struct trace_frame *frame)
{
	size_t plus = slice_rfind(symbol, '+'), minus = slice_rfind(symbol, '-');
	size_t sign = plus != SIZE_MAX ? plus : minus;
	struct slice offset = NO_SLICE, name = symbol;
	uint64_t value = 0;

	if (sign != SIZE_MAX)
		offset = slice_from(symbol, sign + 1);
	if (offset.size &&
	    ((slice_hex(&offset, &value) && !offset.size) || slice_is(offset, "0"))) {
		name.size = sign;
		slice_drop(&name, " ");
		if (sign == minus)
			;
		else if (name.size && !slice_is(name, "()"))
			frame->func_offset = value;
		else
			frame->offset = value;
	}
	if (name.size && !slice_is(name, "()"))
		frame->func = name;
}

/* Where the bracket opens that the last byte of s closes; SIZE_MAX: nowhere. */
static size_t opening(struct slice s)
{
	size_t at = s.size, depth = 0;

	while (at-- > 0) {
		depth += s.at[at] == ')';
		if (s.at[at] == '(' && !--depth)
			return at;
	}
	return SIZE_MAX;
}

/* "12: ", "#12 ", "[12] ", "(12) ": programs number them. */
static bool take_number(struct slice *s, uint64_t *number)
{
	struct slice rest = *s;
	bool square = slice_skip(&rest, "["), hash = !square && slice_skip(&rest, "#");

	rest = slice_trim(rest);
	if (!slice_dec(&rest, number) || *number > LIMIT_FRAMES)
		return false;
	if (square ? !slice_skip(&rest, "] ")
	    : hash ? !slice_skip(&rest, " ")
		   : !slice_skip(&rest, ": "))
		return false;
	*s = slice_trim(rest);
	return true;
}

static struct slice first_word(struct slice s)
{
	size_t at;

	for (at = 0; at < s.size && !is_blank(s.at[at]); at++)
		;
	return slice_to(s, at);
}

/* A module may begin behind this byte. */
static bool is_bound(char c)
{
	return c && strchr(" \t])>|=\"'", c);
}

/* Is there a word with a colon at this offset, as titles of servers begin: "postgres: "? */
static bool is_title(struct slice s, size_t at)
{
	size_t end = at;

	while (end < s.size && s.at[end] && strchr(WORD, s.at[end]))
		end++;
	return end > at && end + 1 < s.size && s.at[end] == ':' && is_blank(s.at[end + 1]);
}

/* Where in what stands before the symbol the module begins: a path, the first word of a title that a
 * server has given itself, or the last word. */
static size_t module_at(struct slice s)
{
	size_t at, word = s.size;

	for (at = s.size; at-- > 0;)
		if ((s.at[at] == '/' ||
		     (s.at[at] == '.' && at + 1 < s.size && s.at[at + 1] == '/')) &&
		    (!at || s.at[at - 1] == ':' || is_bound(s.at[at - 1])))
			return at;
	for (at = s.size; at-- > 0;) {
		if (at && !is_bound(s.at[at - 1]))
			continue;
		if (word == s.size && !is_blank(s.at[at]))
			word = at;
		/* a title has no place in it */
		if (is_title(s, at) && !memchr(s.at + word, '.', s.size - word) &&
		    (at == word || !memchr(s.at + word, ':', s.size - word)))
			return at;
	}
	return word;
}

/* Where a number begins that stands before offset `at`: " 12: ", "#12 ", "[ 2] ". */
static size_t number_before(struct slice s, size_t at)
{
	size_t start = at;
	struct slice rest;
	uint64_t number;

	while (start && strchr("0123456789:#[] ", s.at[start - 1]))
		start--;
	for (; start < at; start++) {
		rest = slice_from(s, start);
		if ((!start || is_blank(s.at[start - 1])) && s.at[start] != ' ' &&
		    take_number(&rest, &number) && rest.at == s.at + at)
			return start;
	}
	return at;
}

/* The module alone: a path up to a blank, a title up to its colon. */
static struct slice trim_module(struct slice s)
{
	s = first_word(s);
	slice_drop(&s, ":");
	return s;
}

/* "sql/sql_parse.cc:5321", "??:0" */
static bool take_place(struct slice s, struct trace_frame *frame)
{
	struct slice place = NO_SLICE;
	uint32_t column = 0;

	if (slice_starts(s, "??:"))
		return true;
	if (slice_find(s, " ") != SIZE_MAX || !slice_place(s, &place, &frame->line, &column) ||
	    column || slice_rfind(place, '.') == SIZE_MAX)
		return false;
	frame->file = place;
	return true;
}

/* Is this a module, or words? Prose may end in brackets, too: "failed (code 3) [0x12]". */
static bool is_plausible(struct slice before, const struct slice *symbol)
{
	bool path = slice_find(before, "/") != SIZE_MAX;
	bool words = slice_find(before, " ") != SIZE_MAX;

	if (!symbol)
		return !before.size || (path && !words);
	if (slice_find(*symbol, "+0") != SIZE_MAX)
		return true;
	return (path || (!words && before.size)) &&
	       (slice_find(*symbol, " ") == SIZE_MAX || slice_find(*symbol, "(") != SIZE_MAX);
}

/* Splits what stands before the address into module and symbol (at NULL: no brackets). */
static bool split(struct slice s, struct slice *module, struct slice *symbol)
{
	size_t bracket;

	*module = slice_trim(s);
	*symbol = NO_SLICE;
	if (!slice_ends(*module, ")"))
		return true;
	bracket = opening(*module);
	if (bracket == SIZE_MAX)
		return false;
	*symbol = slice_between(*module, bracket + 1, module->size - 1);
	*module = slice_trim(slice_to(*module, bracket));
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), symbol, pc;
	size_t open = slice_rfind(rest, '['), at;
	uint64_t number;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (open == SIZE_MAX || !slice_ends(rest, "]"))
		return false;
	pc = slice_between(rest, open + 1, rest.size - 1);
	if (!slice_hex(&pc, &frame->pc) || pc.size)
		return false;
	rest = slice_to(rest, open);
	take_number(&rest, &number);
	if (!split(rest, &rest, &symbol))
		return false;
	if (!symbol.at && slice_ends(rest, ":") && slice_find(rest, " ") == SIZE_MAX)
		rest.size = 0;
	at = module_at(rest);
	/* the program's name; what else stands before it is taken off with more care (wrapper.c) */
	if (at && (slice_find(slice_trim(slice_to(rest, at)), " ") != SIZE_MAX ||
		   !slice_ends(slice_trim(slice_to(rest, at)), ":")))
		return false;
	rest = slice_from(rest, at);
	if (!is_plausible(rest, symbol.at ? &symbol : NULL))
		return false;
	if (symbol.at)
		parse_symbol(symbol, frame);
	if (!take_place(rest, frame) && rest.size) {
		frame->module = trim_module(rest);
		/* no offset is printed of a program that is linked to its address */
		if (!frame->func.at && !frame->offset)
			frame->offset = frame->pc;
	}
	if (!frame->func.at)
		frame->why = rest.size ? "the program exports no symbol for it" : "in no file";
	return true;
}

/* Where the frame begins that ends in "[0x" here. */
static size_t find_column(struct slice line)
{
	struct slice module, symbol;
	size_t at;

	slice_drop(&line, "[0x");
	if (!split(line, &module, &symbol))
		return SIZE_MAX;
	at = number_before(module, module_at(module)) + (size_t)(module.at - line.at);
	while (at && line.at[at - 1] == ' ')
		at--;
	return at;
}

static bool frame_number(struct slice line, uint64_t *number)
{
	line = slice_trim(line);
	return take_number(&line, number);
}

/* " 5: clone()": what Ceph has made of a frame, known by its number alone. */
static bool parse_named(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);
	uint64_t number;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!take_number(&rest, &number) || !slice_drop(&rest, "()") || !rest.size ||
	    slice_find(rest, " ") != SIZE_MAX)
		return false;
	frame->func = rest;
	return true;
}

/* ---- a stack ---- */

struct stack {
	struct trace_frame first, last;
	uint64_t number; /* of the last; UINT64_MAX: it has none */
	uint32_t count;
};

static bool same(struct slice a, struct slice b)
{
	return a.size == b.size && (!a.size || !memcmp(a.at, b.at, a.size));
}

static bool is_any(struct slice func, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (slice_is(func, names[i]))
			return true;
	return false;
}

/* Nothing calls these. */
static bool is_outermost(struct slice func)
{
	static const char *const names[] = { "_start", "clone",    "__clone",
					     "clone3", "__clone3", "__clone_internal" };

	return is_any(func, names, ARRAY_SIZE(names));
}

/* The C library calls these, and only functions that it does not export call it. */
static bool is_nearly(struct slice func)
{
	static const char *const names[] = { "main", "start_thread", "__libc_start_main",
					     "__libc_start_call_main", "__libc_start_main_impl" };

	return is_any(func, names, ARRAY_SIZE(names));
}

/* Can this frame, behind lines of others, be the caller of the last one? */
static bool goes_on(const struct stack *s, const struct trace_frame *frame, struct slice line)
{
	uint64_t number;

	if (s->number != UINT64_MAX)
		return frame_number(line, &number) && number > s->number;
	if (is_outermost(s->last.func) || frame->pc == s->first.pc)
		return false;
	if (!is_nearly(s->last.func))
		return true;
	return !frame->func.at || is_outermost(frame->func) || is_nearly(frame->func);
}

/* Words that programs put above a stack. */
static bool is_heading(struct slice line)
{
	static const char *const words[] = { "acktrace",  "BACKTRACE", "tack trace", "STACK TRACE",
					     "tacktrace", "tack dump", " signal",    "*** " };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (slice_find(line, words[i]) != SIZE_MAX)
			return true;
	return false;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *arg)
{
	const struct stack *s = arg;
	struct trace_frame frame;

	(void)t;
	if (parse_frame(line, &frame) || (s->number != UINT64_MAX && parse_named(line, &frame)))
		return goes_on(s, &frame, line) ? TRACE_LINE_OWN : TRACE_LINE_END;
	return is_heading(line) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

/* Is this frame, right behind the last, the first of another stack? */
static bool is_new(const struct stack *s, const struct trace_frame *frame, struct slice line)
{
	uint64_t number;

	if (!s->count)
		return false;
	if (s->number != UINT64_MAX && frame_number(line, &number))
		return number <= s->number;
	return is_outermost(s->last.func) && same(frame->func, s->first.func) &&
	       frame->pc == s->first.pc;
}

static void take_frame(struct trace *t, struct stack *s, const struct trace_frame *frame,
		       struct slice line)
{
	trace_skip(t);
	if (!s->count++)
		s->first = *frame;
	s->last = *frame;
	/* what begins with another number is the process that prints them */
	if (s->count > 1 && s->number == UINT64_MAX)
		;
	else if (!frame_number(line, &s->number) || (s->count == 1 && s->number > 1))
		s->number = UINT64_MAX;
	trace_push_frame(t, frame);
}

static bool probe(struct trace *t)
{
	struct stack s = { .number = UINT64_MAX };
	struct trace_frame frame;
	struct slice line;

	if (!trace_next(t, &line) || !parse_frame(line, &frame))
		return false;
	/* of a program that is linked statically all lines are bare; one alone may be anything */
	return frame.module.at || frame.func.at ||
	       (trace_peek(t, &line) &&
		(parse_frame(line, &frame) || trace_small_gap(t, judge_frame, &s)));
}

static void read_stack(struct trace *t)
{
	struct stack s = { .number = UINT64_MAX };
	struct trace_frame frame;
	struct slice line;

	do {
		while (trace_peek(t, &line) &&
		       (parse_frame(line, &frame) ||
			(s.number != UINT64_MAX && parse_named(line, &frame))) &&
		       !is_new(&s, &frame, line))
			take_frame(t, &s, &frame, line);
	} while (trace_small_gap(t, judge_frame, &s));
	(void)trace_task(t, STK_TRACE);
}

static const struct trace_mark marks[] = {
	{ "[0x", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_execinfo = { .name = "backtrace_symbols",
					     .marks = marks,
					     .probe = probe,
					     .read = read_stack,
					     .column = find_column };
