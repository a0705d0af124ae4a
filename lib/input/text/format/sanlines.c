/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the sanitizers of gcc and clang. Frames (compiler-rt/lib/sanitizer_common/
 * sanitizer_stacktrace_printer.cpp, RenderFrame), whatever part of them is known:
 *	#0 0x4c7f in use(int) /src/a.c:7:10
 *	#1 0x7f24 in __libc_start_main (/lib/libc.so.6+0x2724) (BuildId: 93ac)
 *	#2 0x55dc  (/src/app+0x1126)
 *	#3 0x55dc in inner nd.c			a file without lines
 *	#4 0x55dc /a.S:345			no function
 *	#5 0x55dc in main f.cc(4,54)		as Visual Studio has places
 *	#6 0x55dc in malloc ??:?
 *	#7 main /src/a.c:7 (app+0x1126)		ThreadSanitizer's have no address
 *	#8 <null> <null> (libc.so.6+0x2724) */
#include "sanitizer.h"

#include <string.h>

/* " (BuildId: 93ac)" and " (module+0x4c7f)" at the end. */
static void take_module(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_find(*s, " (BuildId: "), plus;
	struct slice inner;

	if (open == SIZE_MAX && slice_starts(*s, "(BuildId: "))
		open = 0;
	if (open != SIZE_MAX && slice_ends(*s, ")")) {
		frame->build_id = slice_between(*s, open + (open ? 11 : 10), s->size - 1);
		s->size = open;
	}
	open = slice_rfind(*s, '(');
	if (!slice_ends(*s, ")") || open == SIZE_MAX)
		return;
	inner = slice_between(*s, open + 1, s->size - 1);
	plus = slice_rfind(inner, '+');
	if (plus == SIZE_MAX)
		return;
	frame->module = slice_to(inner, plus);
	inner = slice_from(inner, plus + 1);
	if (!slice_hex(&inner, &frame->offset) || inner.size) {
		frame->module = NO_SLICE;
		frame->offset = 0;
		return;
	}
	*s = slice_trim(slice_to(*s, open));
}

/* "FILE(LINE,COLUMN)", "FILE(LINE)" */
static bool studio_place(struct slice s, struct slice *file, uint32_t *line, uint32_t *column)
{
	size_t open = slice_rfind(s, '(');
	struct slice rest;
	uint64_t first, second = 0;

	if (open == SIZE_MAX || !open || s.at[open - 1] == ' ' || !slice_drop(&s, ")"))
		return false;
	rest = slice_from(s, open + 1);
	if (!slice_dec(&rest, &first) || first > INT32_MAX)
		return false;
	if (slice_skip(&rest, ",") && (!slice_dec(&rest, &second) || second > INT32_MAX))
		return false;
	*file = slice_to(s, open);
	*line = (uint32_t)first;
	*column = (uint32_t)second;
	return !rest.size;
}

/* A name with one of the usual ends: "nd.c". */
static bool is_source_name(struct slice s)
{
	static const char *const ends[] = { ".c",   ".cc",  ".cpp", ".cxx", ".h",   ".hh",
					    ".hpp", ".inc", ".S",   ".s",   ".asm", ".m",
					    ".mm",  ".rs",  ".go",  ".C",   ".c++", ".inl" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (slice_ends(s, ends[i]) && s.size > strlen(ends[i]))
			return true;
	return false;
}

/* The place that begins behind `blank` (SIZE_MAX: at the start); takes it off. */
static bool take_place_at(struct slice *s, size_t blank, struct trace_frame *frame)
{
	size_t start = blank == SIZE_MAX ? 0 : blank + 1;
	struct slice place = slice_from(*s, start);

	if (!slice_place(place, &frame->file, &frame->line, &frame->column) &&
	    !studio_place(place, &frame->file, &frame->line, &frame->column))
		return false;
	s->size = start ? start - 1 : 0;
	return true;
}

/* Functions have blanks in them; a file that has one begins with a slash. */
static void take_place(struct slice *s, struct trace_frame *frame)
{
	size_t slash = slice_find(*s, " /"), blank = slice_rfind(*s, ' ');
	struct slice last;

	if (slice_starts(*s, "/") && take_place_at(s, SIZE_MAX, frame))
		return;
	if ((slash != SIZE_MAX && take_place_at(s, slash, frame)) ||
	    (blank != SIZE_MAX && take_place_at(s, blank, frame)) || blank == SIZE_MAX)
		return;
	last = slice_from(*s, blank + 1);
	if (!slice_starts(last, "/") && !is_source_name(last))
		return;
	frame->file = last;
	s->size = blank;
}

static void take_function(struct slice s, struct trace_frame *frame)
{
	size_t at = slice_find(s, " (discriminator ");

	if (at != SIZE_MAX)
		s.size = at;
	if (!slice_drop(&s, " <null>") && !slice_drop(&s, " ??:?") && !slice_drop(&s, " ??:0"))
		take_place(&s, frame);
	s = slice_trim(s);
	if (s.size && !slice_is(s, "<null>") && !slice_is(s, "<unknown module>") &&
	    !slice_is(s, "??") && !slice_is(s, "(<unknown module>)"))
		frame->func = s;
}

static bool parse(struct slice line, uint64_t *number, struct trace_frame *frame, bool *marked)
{
	struct slice s = slice_trim(line);

	if (!slice_skip(&s, "#") || !slice_dec(&s, number) || !slice_starts(s, " "))
		return false;
	s = slice_trim(s);
	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	/* The addresses are those of the calls. */
	frame->flags = STK_FRAME_ACTIVATION;
	*marked = false;
	if (slice_hex(&s, &frame->pc)) {
		s = slice_trim(s);
		*marked = slice_skip(&s, "in ");
	}
	take_module(&s, frame);
	take_function(slice_trim(s), frame);
	if (!frame->func.at)
		frame->why = "not symbolized";
	return true;
}

bool sanitizer_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	bool marked;

	return parse(line, number, frame, &marked);
}

bool sanitizer_bare_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice s = slice_trim(line), before;
	bool marked;

	/* one blank: those of debuggers have two */
	return slice_until(&s, " ", &before) && slice_starts(s, "0x") &&
	       parse(line, number, frame, &marked) &&
	       (marked ? frame->func.at != NULL : frame->module.at && !frame->func.at);
}

bool sanitizer_summary(struct slice line, struct trace_frame *frame)
{
	struct slice s = slice_trim(line), tool, func = NO_SLICE, rest, before;
	size_t blank;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	frame->flags = STK_FRAME_ACTIVATION;
	frame->why = "not symbolized";
	if (!slice_skip(&s, "SUMMARY: ") || !slice_until(&s, ": ", &tool))
		return false;
	for (rest = s; slice_until(&rest, " in ", &before);)
		func = rest;
	if (func.at)
		s.size -= func.size + 4;
	take_module(&s, frame);
	if (func.size)
		frame->func = slice_trim(func);
	blank = slice_find(s, " ");
	if (blank != SIZE_MAX) {
		s = slice_trim(slice_from(s, blank));
		if (!slice_place(s, &frame->file, &frame->line, &frame->column) &&
		    is_source_name(s))
			frame->file = s;
	}
	return frame->func.at || frame->file.at || frame->module.at;
}

/* ---- what is no frame ---- */

bool sanitizer_is_frame(struct slice line, uint64_t *number)
{
	struct trace_frame frame;

	return sanitizer_frame(line, number, &frame);
}

bool sanitizer_is_first(struct slice line)
{
	return slice_starts(slice_trim(line), "#0 ");
}

/* What stands before the colon of a head: "AddressSanitizer: heap-use-after-free ..." */
static bool is_tool(struct slice s)
{
	struct slice name;

	if (!slice_until(&s, ":", &name))
		return false;
	return slice_find(name, " ") == SIZE_MAX &&
	       (slice_ends(name, "Sanitizer") || slice_is(name, "libFuzzer"));
}

/* "==7==ERROR: AddressSanitizer: ", "==7== ERROR: libFuzzer: ", "WARNING: ThreadSanitizer: ",
 * "AddressSanitizer: CHECK failed: "; what stands before it is a logger's. Warnings of other kinds,
 * about the symbolizer, are none. */
bool sanitizer_is_head(struct slice line)
{
	uint64_t pid;

	line = slice_trim(line);
	if (slice_skip(&line, "==") && (!slice_dec(&line, &pid) || !slice_skip(&line, "==")))
		return false;
	slice_skip(&line, " ");
	if (slice_skip(&line, "ERROR: ") || slice_skip(&line, "WARNING: ") ||
	    slice_skip(&line, "FATAL: "))
		return is_tool(line) || slice_find(line, "Sanitizer CHECK failed: ") != SIZE_MAX;
	return slice_starts(line, "*** GWP-ASan detected a memory error ***") ||
	       slice_find(line, "Sanitizer: CHECK failed: ") != SIZE_MAX ||
	       slice_find(line, "Sanitizer CHECK failed: ") != SIZE_MAX;
}

bool sanitizer_is_summary(struct slice line)
{
	return slice_starts(slice_trim(line), "SUMMARY: ");
}

/* The last line of a report. */
bool sanitizer_is_last(struct slice line)
{
	line = slice_trim(line);
	return slice_ends(line, "==ABORTING") || slice_ends(line, "== ABORTING") ||
	       slice_starts(line, "==================") ||
	       slice_starts(line, "*** End GWP-ASan report");
}

static bool has_any(struct slice line, const char *const *pieces, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (slice_find(line, pieces[i]) != SIZE_MAX)
			return true;
	return false;
}

/* The lines under which the sanitizers put their stacks. */
bool sanitizer_is_heading(struct slice line)
{
	static const char *const certain[] = {
		" of size ",
		"hread T",
		"Uninitialized value was ",
		"As if synchronized via ",
		"Memory was marked as ",
		"Cause: ",
	};
	/* with a colon behind */
	static const char *const pieces[] = {
		" main thread", " by thread ", " leak of ",    "created by",       "created at",
		"llocated ",    "llocated:",   "freed by ",    "stored to memory", "acquired here",
		"destroyed at", "unlocked at", "last lock",    "signal handler",   "registered",
		" here:",       "Mutex M",     "Location is ", "Previous ",
	};

	line = slice_trim(line);
	return has_any(line, certain, ARRAY_SIZE(certain)) || slice_ends(line, "in frame") ||
	       (slice_ends(line, ":") && has_any(line, pieces, ARRAY_SIZE(pieces)));
}
