/* SPDX-License-Identifier: Apache-2.0 */
/* The two lines of a frame in Go's tracebacks, of Go 1.0 to 1.27:
 *	main.(*T).run(0xc00001c0a8?, {0xc000012345, 0x3, ...}, _)
 *		/src/w.go:41 +0x95 fp=0xc0000a1f60 sp=0xc0000a1e18 pc=0x4a0b15
 * They are told by their shape, never by the indentation: loggers lose tabs. */
#include "gotext.h"

#include <string.h>

/* The parts of "\tFILE:LINE +0xOFF fp=0x.. sp=0x.. pc=0x.."; the first two are `place`. */
struct go_where {
	struct slice place;
	uint64_t fp, sp, pc;
};

/* " NAME0xHEX" at the end of s, which is then cut off. */
static bool drop_field(struct slice *s, const char *name, uint64_t *ret)
{
	size_t space = slice_rfind(*s, ' ');
	struct slice field;

	if (space == SIZE_MAX)
		return false;
	field = slice_from(*s, space + 1);
	if (!slice_skip(&field, name) || !slice_hex(&field, ret) || field.size)
		return false;
	s->size = space;
	return true;
}

static struct go_where split_where(struct slice line)
{
	struct go_where where = { .place = slice_trim(line) };

	/* the pc is there since Go 1.9 */
	drop_field(&where.place, "pc=", &where.pc);
	if (drop_field(&where.place, "sp=", &where.sp))
		drop_field(&where.place, "fp=", &where.fp);
	return where;
}

/* FILE:LINE[ +0xOFF], as what the frame memo does not know yet. */
static bool parse_place(struct slice place, struct trace_frame *frame)
{
	uint32_t column;

	if (drop_field(&place, "+", &frame->func_offset))
		place = slice_trim(place);
	if (slice_place(place, &frame->file, &frame->line, &column) && !column)
		return true;
	/* "C:/x.go:1:2" does not occur; a name that ends in ":2" does no harm as one */
	frame->func_offset = UINT64_MAX;
	return false;
}

/* The function's name and what stands between the brackets at the end of the line. */
static bool split_call(struct slice line, struct slice *func, struct slice *args)
{
	size_t open;

	if (!slice_drop(&line, ")"))
		return false;
	open = slice_rfind(line, '(');
	if (open == SIZE_MAX || !open)
		return false;
	*func = slice_to(line, open);
	*args = slice_from(line, open + 1);
	return true;
}

uint16_t go_frame_flags(struct slice func)
{
	return golang_text_shows(func.at, func.size) ? 0 : STK_FRAME_RUNTIME;
}

/* What stk writes, as gdb does, for the frame that the kernel made. */
#define SIGNAL_CALLED WORD_SIGNAL_FRAME

/* Does this look like the name of a function: no blanks but in a path with dots behind. */
static bool is_func_name(struct slice s)
{
	size_t space = slice_rfind(s, ' ');
	struct slice last = s;

	if (space != SIZE_MAX)
		last = slice_from(s, space + 1);
	if (!last.size || slice_ends(s, ":") || slice_starts(s, "goroutine "))
		return false;
	/* stk's own, of native code */
	if (slice_find(s, "::") != SIZE_MAX || slice_find(s, "+0x") != SIZE_MAX ||
	    slice_starts(s, "operator ") || slice_is(s, SIGNAL_CALLED))
		return true;
	return slice_find(last, ".") != SIZE_MAX || slice_is(s, "panic") || space == SIZE_MAX;
}

/* "\t/x.go:12": the only lines that may follow a call without brackets, which cgo and gccgo
 * write, and the stacks that programs log of their errors. */
static bool is_go_place(struct slice line, struct slice place)
{
	static const char *const ends[] = { ".go:", ".s:", ".c:" };
	unsigned i;

	if (!line.size || (line.at[0] != '\t' && line.at[0] != ' '))
		return false;
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (slice_find(place, ends[i]) != SIZE_MAX)
			return true;
	return false;
}

/* A line that names a function. */
struct go_name {
	struct slice func;
	bool bare;    /* without brackets */
	bool inlined; /* "(...)", if no offset follows: the runtime does not know the arguments of what
		       * was inlined, but of ancestors (and stk of native frames) neither */
};

/* Makes the frame of a call and its place; false when they are not these. */
static bool make_frame(struct trace *t, const struct go_name *name, const struct go_where *where,
		       uint32_t *ret)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	if (!parse_place(where->place, &frame) || !is_func_name(name->func))
		return false;
	/* printpanics and traceback print runtime.gopanic under the name that users know */
	frame.func = slice_is(name->func, "panic") ? SLICE(GOLANG_GOPANIC) : name->func;
	frame.pc = where->pc;
	frame.inlined = name->inlined && frame.func_offset == UINT64_MAX && !where->fp;
	frame.flags = go_frame_flags(frame.func);
	if (slice_is(frame.func, SIGNAL_CALLED)) {
		frame.func = NO_SLICE;
		frame.flags = STK_FRAME_SIGNAL;
	}
	*ret = trace_frame(t, &frame);
	return true;
}

/* Frames by the bytes of their lines: a dump has few distinct ones. */
static bool find_frame(struct trace *t, const struct go_name *name, const struct go_where *where,
		       uint32_t *ret)
{
	const struct slice func = name->func;
	char key[1024];
	size_t size = func.size + 1 + sizeof(where->pc) + where->place.size;
	uint32_t *slot;

	if (size > sizeof(key))
		return make_frame(t, name, where, ret);
	memcpy(key, func.at, func.size);
	key[func.size] = name->inlined && !where->fp ? '\r' : '\n';
	memcpy(key + func.size + 1, &where->pc, sizeof(where->pc));
	memcpy(key + func.size + 1 + sizeof(where->pc), where->place.at, where->place.size);
	if (!trace_memo(t, key, size, &slot)) {
		*slot = STK_NONE;
		if (make_frame(t, name, where, ret))
			*slot = *ret;
	}
	*ret = *slot;
	return *slot != STK_NONE;
}

/* Is `line` the place of this call? `bare`: the call had no brackets. */
static bool goes_with(const struct go_name *name, struct slice line, const struct go_where *where)
{
	if (!name->bare)
		return true;
	return (where->pc || is_go_place(line, where->place)) &&
	       slice_find(name->func, " ") == SIZE_MAX;
}

/* Where the next line begins that a lost line end has glued to this one: behind the number of its
 * last field. 0: it is not. */
static size_t glued_at(struct slice line)
{
	static const char *const fields[] = { " pc=0x", " sp=0x", " +0x" };
	struct slice rest, before;
	uint64_t value;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		rest = line;
		if (!slice_until(&rest, fields[i], &before))
			continue;
		if (!slice_hexdigits(&rest, &value) || !rest.size || rest.at[0] == ' ')
			return 0;
		/* the c of "created by " is a digit, too */
		return (size_t)(rest.at - line.at) - slice_starts(rest, "reated by ");
	}
	return 0;
}

static bool find_place(struct trace *t, const struct go_name *name, struct slice line,
		       struct go_where *where, uint32_t *frame)
{
	*where = split_where(line);
	return goes_with(name, line, where) && find_frame(t, name, where, frame);
}

/* Consumes the line with the place of a call. */
static bool take_place(struct trace *t, const struct go_name *name, struct go_where *where,
		       uint32_t *frame)
{
	struct slice line;
	size_t cut;

	if (!trace_next(t, &line))
		return false;
	if (find_place(t, name, line, where, frame))
		return true;
	cut = glued_at(line);
	if (!cut || !find_place(t, name, slice_to(line, cut), where, frame))
		return false;
	trace_split(t, line, cut);
	return true;
}

/* Is the line the place of a call, and can it be nothing else? */
static bool is_certain_place(struct slice line)
{
	struct trace_frame unused = TRACE_FRAME_INIT;
	struct go_where where = split_where(line);

	return is_go_place(line, where.place) && parse_place(where.place, &unused);
}

/* The place of a call behind lines of others. */
static enum trace_line judge_place(struct trace *t, struct slice line, const void *arg)
{
	struct slice call = slice_trim(line), func, args;
	struct go_header header;

	(void)t, (void)arg;
	if (is_certain_place(line))
		return TRACE_LINE_OWN;
	return (split_call(call, &func, &args) && is_func_name(func)) || go_header(call, &header) ||
			       slice_starts(call, "created by ")
		       ? TRACE_LINE_END
		       : TRACE_LINE_OTHER;
}

/* Is it the name of a function, and no word or sentence? */
static bool is_certain_name(const struct go_name *name)
{
	return is_func_name(name->func) && slice_find(name->func, " ") == SIZE_MAX &&
	       (!name->bare ||
		(slice_find(name->func, ".") != SIZE_MAX && !slice_ends(name->func, ".") &&
		 slice_find(name->func, ":") == SIZE_MAX));
}

/* Are the next two lines a call and its place, but for others between them? */
static bool is_interrupted(struct trace *t, const struct go_name *name)
{
	return is_certain_name(name) && trace_leads(t, judge_place, NULL);
}

bool go_is_name(struct slice line)
{
	struct go_name name = { .func = line };
	struct slice args;

	name.bare = !split_call(line, &name.func, &args);
	return is_certain_name(&name);
}

/* The end of the input came between a call and its place. */
static bool cut_call(struct trace *t, struct slice func, struct slice args)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	if (!trace_at_end(t) || !args.at || !is_func_name(func))
		return false;
	frame.func = func;
	frame.args = args;
	frame.flags = go_frame_flags(func);
	trace_push_frame(t, &frame);
	trace_truncated(t, trace_line_number(t), "the last frame has no place");
	return true;
}

bool go_call(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct trace_frame detail = TRACE_FRAME_INIT;
	struct slice line, args = NO_SLICE;
	struct go_name name;
	struct go_where where;
	uint32_t frame;

	if (!trace_next(t, &line))
		return false;
	name.func = line = slice_trim(line);
	name.bare = !split_call(line, &name.func, &args);
	name.inlined = slice_is(args, "...");
	if (name.func.size && take_place(t, &name, &where, &frame)) {
		detail.args = args;
		detail.sp = where.sp;
		detail.cfa = where.fp;
		trace_push(t, frame, &detail);
		return true;
	}
	trace_return(t, start);
	if (trace_next(t, &line) && name.func.size && is_interrupted(t, &name)) {
		trace_small_gap(t, judge_place, NULL);
		if (take_place(t, &name, &where, &frame)) {
			detail.args = args;
			trace_push(t, frame, &detail);
			return true;
		}
	}
	trace_return(t, start);
	if (trace_next(t, &line) && name.func.size && cut_call(t, name.func, args))
		return true;
	trace_return(t, start);
	return false;
}

bool go_is_split_call(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line, args;
	struct go_name name;
	bool is_one;

	if (!trace_next(t, &line))
		return false;
	name.func = line = slice_trim(line);
	name.bare = !split_call(line, &name.func, &args);
	is_one = name.func.size && is_interrupted(t, &name);
	trace_return(t, start);
	return is_one;
}

bool go_is_call(struct trace *t)
{
	struct trace_frame unused = TRACE_FRAME_INIT;
	struct slice first, second, args;
	struct go_name name;
	struct go_where where;

	if (!trace_peek(t, &first) || !trace_peek_at(t, 1, &second))
		return false;
	name.func = first = slice_trim(first);
	where = split_where(second);
	name.bare = !split_call(first, &name.func, &args);
	if (!name.func.size || !is_func_name(name.func))
		return false;
	if (goes_with(&name, second, &where) && parse_place(where.place, &unused))
		return true;
	return go_is_split_call(t);
}

bool go_creator(struct trace *t, struct slice func, uint32_t *frame, uint64_t *id)
{
	struct trace_place start = trace_place(t);
	struct slice number = func;
	struct go_where where;
	size_t at = slice_find(func, " in goroutine ");

	*id = 0;
	if (at != SIZE_MAX) {
		number = slice_from(func, at + 14);
		if (slice_dec(&number, id))
			func.size = at;
	}
	if (take_place(t, &(struct go_name){ .func = func }, &where, frame))
		return true;
	trace_return(t, start);
	if (!trace_at_end(t))
		return false;
	*frame = trace_frame(t, &(struct trace_frame){ .func = func, .func_offset = UINT64_MAX });
	trace_truncated(t, trace_line_number(t), "the creator has no place");
	return true;
}
