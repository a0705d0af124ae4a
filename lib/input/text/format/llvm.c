/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of LLVM's tools (llvm/lib/Support/Signals.cpp) and of Chromium, Electron and what else has
 * their base/debug/stack_trace_posix.cc:
 *	PLEASE submit a bug report to https://github.com/llvm/llvm-project/issues/ and include the ...
 *	Stack dump:
 *	0.	Program arguments: clang -c m.c
 *	1.	m.c:1:2: current parser token 'pragma'
 *	 #0 0x00007fd0b1ea5291 llvm::sys::PrintStackTrace(llvm::raw_ostream&, int) (/libLLVM.so.1+0xea5291)
 *	 #4 0x00007fd0b0e5a050 (/lib/x86_64-linux-gnu/libc.so.6+0x3c050)
 *	#25 0x00007fd0b0e4524a __libc_start_call_main ./csu/../libc_start_call_main.h:74:3
 * Without a symbolizer LLVM prints what backtrace_symbols_fd() does, below "Stack dump without symbol
 * names". Chromium:
 *	Received signal 11 SEGV_MAPERR 000000000010
 *	#0 0x55c8d6c3a2b9 base::debug::CollectStackTrace()
 *	#1 0x7f1a2c03c050 (/usr/lib/libc.so.6+0x3c04f)
 *	  r8: 0000000000000000  r9: 00007ffd5ad31010 ...
 *	[end of stack trace]
 * V8's shell prints the same head and end, and between them what backtrace_symbols() gives. */
#include "listing.h"

#define MAX_HEAD 16u

/* ---- a frame ---- */

/* " (MODULE+0xOFF)" and " (BuildId: 93ac)" at the end */
static void take_module(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_find(*s, " (BuildId: ");
	struct slice inner;

	if (open != SIZE_MAX && slice_ends(*s, ")")) {
		frame->build_id = (struct slice){ s->at + open + 11, s->size - open - 12 };
		s->size = open;
	}
	open = slice_rfind(*s, '(');
	if (open == SIZE_MAX || !slice_ends(*s, ")") || (open && s->at[open - 1] != ' '))
		return;
	inner = (struct slice){ s->at + open + 1, s->size - open - 2 };
	if (call_module(inner, frame))
		*s = slice_trim((struct slice){ s->at, open });
}

static bool place_at(struct slice *s, size_t blank, struct trace_frame *frame)
{
	struct slice place;

	if (blank == SIZE_MAX)
		return false;
	place = (struct slice){ s->at + blank + 1, s->size - blank - 1 };
	if (!slice_place(place, &frame->file, &frame->line, &frame->column))
		return false;
	if (slice_is(frame->file, "??"))
		frame->file = NO_SLICE;
	s->size = blank;
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " ") ||
	    !slice_hex(&rest, &frame->pc) || (rest.size && rest.at[0] != ' '))
		return false;
	rest = slice_trim(rest);
	/* as the sanitizers print */
	slice_skip(&rest, "in ");
	take_module(&rest, frame);
	if (!place_at(&rest, slice_find(rest, " /"), frame))
		place_at(&rest, slice_rfind(rest, ' '), frame);
	rest = slice_trim(rest);
	if (rest.size && !slice_is(rest, "<unknown>"))
		frame->func = rest;
	else
		frame->why = "the program found no symbol for it";
	return true;
}

/* "#0 0x7f1a2c name": two blanks are gdb's, "in" is the sanitizers' and gfortran's. */
static bool is_first(struct slice line)
{
	struct slice rest = slice_trim(line);
	uint64_t pc;

	return slice_skip(&rest, "#0 ") && slice_hex(&rest, &pc) && !slice_starts(rest, " in ") &&
	       (!rest.size || rest.at[0] == ' ');
}

/* ---- heads ---- */

static bool is_please(struct slice line)
{
	return slice_starts(slice_trim(line), "PLEASE submit a bug report to ");
}

static bool is_dump(struct slice line)
{
	return slice_starts(slice_trim(line), "Stack dump");
}

/* "0.\tProgram arguments: ": what the compiler was about to do */
static bool is_entry(struct slice line)
{
	uint64_t number;

	line = slice_trim(line);
	return slice_dec(&line, &number) && slice_skip(&line, ".") &&
	       (slice_starts(line, "\t") || slice_starts(line, "  "));
}

static bool is_received(struct slice line)
{
	uint64_t number;

	line = slice_trim(line);
	/* Qt puts the name of the signal in brackets */
	return slice_skip(&line, "Received signal ") && slice_dec(&line, &number) &&
	       !slice_starts(line, " (");
}

static bool is_llvm_head(struct slice line)
{
	return is_please(line) || is_dump(line) || is_received(line);
}

static bool is_bare(struct slice line)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	return listing_symbols(line, false, &frame);
}

static bool parse_bare(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	(void)number;
	return listing_symbols(line, false, frame);
}

static const struct listing stack = { .frame = parse_frame, .stops = is_llvm_head };
static const struct listing bare = { .frame = parse_bare, .stops = is_llvm_head };

static bool is_frame(struct slice line)
{
	return listing_is_frame(&stack, line);
}

static bool is_llvm(struct slice line)
{
	return is_please(line) || is_dump(line) || is_entry(line) || is_frame(line) ||
	       is_bare(line);
}

static bool is_any_frame(struct slice line)
{
	return is_frame(line) || is_bare(line);
}

/* ---- LLVM ---- */

static void say(struct trace *t, struct slice line)
{
	struct stk_cause *cause;

	trace_title(t, line);
	if (!trace_cause(t, &cause))
		return;
	cause->text = trace_str(t, line);
	cause->message = trace_str(t, line);
}

/* An assertion or an error stands above the report. */
static bool is_why(struct slice line)
{
	static const char *const words[] = {
		"Assertion ",           "fatal error: ", "LLVM ERROR: ",
		"UNREACHABLE executed", "Check failed",  ":FATAL:",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (slice_find(line, words[i]) != SIZE_MAX)
			return true;
	return false;
}

static void read_above(struct trace *t, bool (*is_own)(struct slice line))
{
	struct slice line;

	if (trace_peek(t, &line) && !is_own(line) && is_why(line)) {
		say(t, slice_trim(line));
		trace_skip(t);
	}
	listing_pass_above(t, is_own);
}

static void read_entry(struct trace *t, struct slice line)
{
	struct slice arguments = line, before;

	builder_statement(trace_builder(t), trace_str(t, slice_trim(line)), "the report");
	if (slice_until(&arguments, "Program arguments: ", &before))
		builder_target(trace_builder(t))->command_line = trace_str(t,
									   slice_trim(arguments));
}

static void add_task(struct trace *t)
{
	struct stk_task *task = trace_task(t, STK_TRACE);

	task->flags = STK_TASK_CRASHED;
}

static bool probe_llvm(struct trace *t)
{
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	if (!is_please(line) && !is_dump(line) && !trace_next(t, &line))
		return false;
	return (is_please(line) || is_dump(line)) && listing_follows(t, is_any_frame, MAX_HEAD);
}

static void read_llvm(struct trace *t)
{
	struct slice line;

	read_above(t, is_llvm);
	while (listing_find(t, is_llvm, MAX_HEAD, &line) && !is_any_frame(line)) {
		if (is_entry(line))
			read_entry(t, line);
		else if (is_dump(line))
			trace_title(t, slice_trim(line));
		trace_skip(t);
	}
	if (listing_read(t, &stack) || listing_read(t, &bare))
		add_task(t);
	else
		trace_truncated(t, trace_line_number(t), "the stack dump has no frames");
}

static const struct trace_mark llvm_marks[] = {
	{ "PLEASE submit a bug report to ", "", true },
	{ "Stack dump:", "", true },
	{ "Stack dump without symbol names", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_llvm = {
	.name = "llvm",
	.marks = llvm_marks,
	.probe = probe_llvm,
	.read = read_llvm,
};

/* ---- Chromium ---- */

static bool is_end(struct slice line)
{
	return slice_is(slice_trim(line), "[end of stack trace]");
}

/* "  r8: 0000000000000000  r9: 00007ffd5ad31010" */
static bool is_registers(struct slice line)
{
	size_t colon;
	uint64_t value;

	line = slice_trim(line);
	colon = slice_find(line, ": ");
	if (colon == SIZE_MAX || colon > 3)
		return false;
	line = (struct slice){ line.at + colon + 2, line.size - colon - 2 };
	return line.size >= 16 && slice_hexdigits(&line, &value);
}

static bool is_tail(struct slice line)
{
	return is_end(line) || is_registers(line);
}

/* "Received signal 11 SEGV_MAPERR 000000000010" */
static void read_received(struct trace *t, struct slice line)
{
	struct slice rest = line, code = NO_SLICE;
	struct stk_cause *cause;
	uint64_t number = 0, address = 0;
	size_t end;

	trace_title(t, line);
	slice_skip(&rest, "Received signal ");
	if (!slice_dec(&rest, &number) || number > 64 || !trace_cause(t, &cause))
		return;
	rest = slice_trim(rest);
	end = slice_find(rest, " ");
	if (end != SIZE_MAX) {
		code = (struct slice){ rest.at, end };
		rest = slice_trim((struct slice){ rest.at + end, rest.size - end });
	}
	death_describe(t, cause, (int)number, code);
	if (slice_hexdigits(&rest, &address)) {
		cause->has_address = true;
		cause->address = address;
	}
}

static bool probe_chromium(struct trace *t)
{
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	if (is_received(line))
		return listing_follows(t, is_any_frame, 4);
	return is_first(line) || (trace_next(t, &line) && is_first(line));
}

static void read_chromium(struct trace *t)
{
	struct slice line;

	if (trace_peek(t, &line) && is_received(line)) {
		read_received(t, slice_trim(line));
		trace_skip(t);
		(void)listing_find(t, is_any_frame, 4, &line);
	} else {
		read_above(t, is_frame);
	}
	if (listing_read(t, &stack) || listing_read(t, &bare))
		add_task(t);
	while (listing_find(t, is_tail, 2, &line)) {
		trace_pass_line(t);
		if (is_end(line))
			break;
	}
}

static const struct trace_mark chromium_marks[] = {
	{ "Received signal ", "", false },
	{ "#0 0x", " ", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_chromium = {
	.name = "chromium",
	.marks = chromium_marks,
	.probe = probe_chromium,
	.read = read_chromium,
};
