/* SPDX-License-Identifier: Apache-2.0 */
/* minidump_stackwalk of Breakpad (src/processor/stackwalk_common.cc) and minidump-stackwalk of
 * rust-minidump (minidump-processor/src/process_state.rs):
 *	Operating system: Linux
 *	CPU: amd64
 *	Crash reason:  SIGSEGV /SEGV_MAPERR
 *	Crash address: 0x10
 *
 *	Thread 0 (crashed)
 *	 0  app!crash(int*) [app.cc : 58 + 0x3]
 *	    rax = 0x0000000000000000   rdx = 0x00007ffd5ad31010
 *	    Found by: given as instruction pointer in context
 *	 1  libc.so.6 + 0x2724a
 *	    Found by: stack scanning
 *
 *	Thread 1 worker - tid: 12                           (rust-minidump)
 *	 0  libc.so.6!__poll + 0x4f
 *
 *	Loaded modules: */
#include "report.h"

/* " [app.cc : 58 + 0x3]", " [app.rs:58 + 0x3]" */
static void take_place(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_rfind(*s, '['), plus, colon;
	struct slice inner, line;
	uint64_t number;

	if (open == SIZE_MAX || !open || s->at[open - 1] != ' ' || !slice_ends(*s, "]"))
		return;
	inner = slice_between(*s, open + 1, s->size - 1);
	plus = slice_rfind(inner, '+');
	if (plus != SIZE_MAX)
		inner = slice_trim(slice_to(inner, plus));
	colon = slice_rfind(inner, ':');
	if (colon == SIZE_MAX)
		return;
	line = slice_trim(slice_from(inner, colon + 1));
	if (!slice_dec(&line, &number) || line.size || number > INT32_MAX)
		return;
	frame->file = slice_trim(slice_to(inner, colon));
	frame->line = (uint32_t)number;
	*s = slice_trim(slice_to(*s, open));
}

/* " + 0x2724a" at the end */
static bool take_offset(struct slice *s, uint64_t *ret)
{
	size_t plus = slice_rfind(*s, '+');
	struct slice rest;

	if (plus == SIZE_MAX || !plus || s->at[plus - 1] != ' ')
		return false;
	rest = slice_trim(slice_from(*s, plus + 1));
	if (!slice_hex(&rest, ret) || rest.size)
		return false;
	*s = slice_trim(slice_to(*s, plus));
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), module;
	uint64_t offset = 0;
	bool has_offset, named;

	if (!slice_dec(&rest, number) || !slice_skip(&rest, "  "))
		return false;
	rest = slice_trim(rest);
	frame->why = "no symbol file has it";
	if (slice_starts(rest, "0x"))
		return slice_hex(&rest, &frame->pc) && !rest.size;
	take_place(&rest, frame);
	has_offset = take_offset(&rest, &offset);
	named = slice_until(&rest, "!", &module);
	if (!named && (!has_offset || slice_find(rest, " ") != SIZE_MAX || !rest.size))
		return false;
	if (!named) {
		frame->module = rest;
		frame->offset = offset;
		return true;
	}
	frame->module = module;
	frame->func = rest;
	frame->why = NULL;
	if (has_offset)
		frame->func_offset = offset;
	return rest.size > 0;
}

/* "    rsp = 0x00007ffd5ad31010   rip = 0x000055d5c2f5e139": registers stay text, but for one. */
static void take_address(struct slice line, struct trace_frame *frame)
{
	static const char *const names[] = { "rip = ", "eip = ", "pc = " };
	struct slice rest, before;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		rest = line;
		if (slice_until(&rest, names[i], &before) &&
		    (!before.size || slice_ends(before, " ")) && slice_hex(&rest, &frame->pc))
			return;
	}
}

/* How the frame was found, below its registers. */
static bool parse_found(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);

	if (!slice_skip(&rest, "Found by: ")) {
		take_address(rest, frame);
		return false;
	}
	if (slice_starts(rest, "given as instruction pointer"))
		frame->how = STK_HOW_REGS;
	else if (slice_starts(rest, "call frame info"))
		frame->how = STK_HOW_CFI;
	else if (slice_find(rest, "frame pointer") != SIZE_MAX)
		frame->how = STK_HOW_FP;
	else if (slice_find(rest, "scanning") != SIZE_MAX)
		frame->how = STK_HOW_GUESS;
	else if (slice_starts(rest, "inlining"))
		frame->inlined = true;
	return true;
}

/* "Thread 0 (crashed)", "Thread 1 worker (crashed) - tid: 12" */
static bool parse_thread(struct slice line, struct slice *name, uint64_t *number)
{
	struct slice rest = slice_trim(line), before;

	if (!slice_skip(&rest, "Thread ") || !slice_dec(&rest, number))
		return false;
	if (slice_until(&rest, " - tid: ", &before))
		rest = before;
	slice_drop(&rest, "(crashed)");
	*name = slice_trim(rest);
	/* gdb has "(Thread 0x7f... (LWP 12))" or ":" here */
	return !name->size || (slice_starts(rest, " ") && slice_find(*name, "(") == SIZE_MAX &&
			       slice_find(*name, ":") == SIZE_MAX);
}

static bool is_thread(struct slice line)
{
	struct slice name;
	uint64_t number;

	return parse_thread(line, &name, &number);
}

static bool is_system(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "Operating system: ") || slice_starts(line, "Crash reason:") ||
	       slice_starts(line, "Crash address:") || slice_starts(line, "Assertion:");
}

static bool is_head(struct slice line)
{
	return is_thread(line) || is_system(line) || slice_is(slice_trim(line), "Loaded modules:");
}

/* "Crash reason:  SIGSEGV /SEGV_MAPERR" */
static void read_reason(struct report *r, struct slice line)
{
	struct slice rest = line, before, name;

	slice_until(&rest, "Crash reason:", &before);
	rest = slice_trim(rest);
	if (!slice_until(&rest, " ", &name)) {
		name = rest;
		rest = NO_SLICE;
	}
	slice_skip(&rest, "/");
	if (death_signal(name))
		report_signal(r, slice_trim(slice_from(line, before.size)), death_signal(name),
			      slice_trim(rest));
	else
		report_say(r, line);
}

static enum report_line read_thread(struct report *r, struct slice line)
{
	struct slice name;
	uint64_t number;

	if (r->header.at)
		report_remark(r, r->header);
	parse_thread(line, &name, &number);
	if (name.size)
		r->name = name;
	r->runs = true;
	r->id = r->tid = (uint32_t)slice_number_behind(line, " - tid: ");
	r->crashed = slice_find(line, "(crashed)") != SIZE_MAX;
	r->header = line;
	return REPORT_TAKEN;
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice rest = line;
	uint64_t address;

	if (is_thread(line))
		return read_thread(r, line);
	if (r->stacks)
		return REPORT_OVER;
	if (slice_starts(line, "Crash reason:")) {
		read_reason(r, line);
		return REPORT_TAKEN;
	}
	if (slice_skip(&rest, "Crash address:") &&
	    (rest = slice_trim(rest), slice_hex(&rest, &address)))
		death_address(r->t, address);
	return REPORT_TEXT;
}

static const struct listing stack = { .frame = parse_frame,
				      .detail = parse_found,
				      .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 24, 16 };

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_peek(t, &line) && is_head(line) && report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

/* The thread that a frame is of, where nothing above it is marked. */
static unsigned count_above(struct trace_above *above)
{
	return report_count_above(above, 24, is_thread);
}

static const struct trace_mark marks[] = {
	{ "Operating system: ", "", false }, { "Crash reason:", "", false },
	{ "Crash address:", "", false },     { "Thread 0 (crashed)", "", false },
	{ "Found by: ", " ", true },         { NULL, NULL, false },
};

const struct trace_format trace_minidump = {
	.name = "minidump",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
