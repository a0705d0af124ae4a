/* SPDX-License-Identifier: Apache-2.0 */
/* strace -k (src/unwind.c): under each line of a system call, a signal or an end the stack that led to
 * it. What stands behind the frame in brackets is the offset in the module, not an address.
 *	[pid   12] write(1, "a\n", 2)       = 2
 *	 > /usr/lib/x86_64-linux-gnu/libc.so.6(__write+0x10) [0xf8350]
 *	 > /usr/bin/dash() [0x13652]
 *	 > unexpected_backtracing_error [0x7f5c1e0d2350]
 *	--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---
 * Times and process ids stand before, as -f, -t and -r ask for. */
#include "listing.h"

#define MAX_CALLS 1000000u

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), error;

	(void)number;
	if (!slice_skip(&rest, "> "))
		return false;
	error = rest;
	if (slice_skip(&error, "unexpected_backtracing_error [") && slice_hex(&error, &frame->pc)) {
		frame->why = "strace could not find out where it is";
		return true;
	}
	if (!listing_symbols(rest, false, frame) || !frame->module.at)
		return false;
	frame->offset = frame->pc;
	frame->pc = 0;
	return true;
}

/* Digits, points and colons up to a blank: a process id or a time. */
static bool skip_count(struct slice *s)
{
	struct slice rest = *s;
	size_t size = 0;

	while (size < rest.size && rest.at[size] && strchr("0123456789.:", rest.at[size]))
		size++;
	if (!size || size == rest.size || rest.at[size] != ' ')
		return false;
	*s = slice_trim((struct slice){ rest.at + size, rest.size - size });
	return true;
}

static struct slice skip_lead(struct slice line, uint64_t *pid)
{
	struct slice rest = slice_trim(line), before;
	uint64_t value = 0;
	unsigned n;

	if (slice_skip(&rest, "[pid ")) {
		rest = slice_trim(rest);
		if (slice_dec(&rest, pid))
			slice_until(&rest, "]", &before);
		rest = slice_trim(rest);
	} else {
		before = rest;
		if (slice_dec(&before, &value) && slice_starts(before, " "))
			*pid = value;
	}
	for (n = 0; n < 3 && skip_count(&rest); n++)
		;
	return rest;
}

/* A call, the end of one that was interrupted, a signal, an end. */
static bool is_call(struct slice line)
{
	uint64_t pid;
	struct slice rest = skip_lead(line, &pid);
	size_t size = 0;

	if (slice_starts(rest, "--- SIG") || slice_starts(rest, "--- stopped by ") ||
	    slice_starts(rest, "+++ ") || slice_starts(rest, "<... "))
		return true;
	while (size < rest.size &&
	       ((rest.at[size] >= 'a' && rest.at[size] <= 'z') || rest.at[size] == '_' ||
		(rest.at[size] >= '0' && rest.at[size] <= '9')))
		size++;
	return size && size < rest.size && rest.at[size] == '(';
}

static const struct listing stack = { .frame = parse_frame, .stops = is_call };

static bool is_frame(struct slice line)
{
	return listing_is_frame(&stack, line);
}

static bool is_own(struct slice line)
{
	return is_call(line) || is_frame(line);
}

/* An empty line is none of strace's: what follows it is another run. */
static bool is_own_or_empty(struct slice line)
{
	return is_own(line) || !slice_trim(line).size;
}

static bool probe(struct trace *t)
{
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	return is_frame(line) || (is_call(line) && trace_next(t, &line) && is_frame(line));
}

/* "+++ killed by SIGSEGV (core dumped) +++" */
static void read_end(struct trace *t, struct slice call)
{
	struct slice name, before;

	if (slice_until(&call, "+++ killed by ", &before) && slice_until(&call, " ", &name))
		(void)death_by_signal(t, name, name, NO_SLICE);
}

/* What the call says of the stack below it. */
static void read_stack(struct trace *t, struct slice call)
{
	struct stk_task *task;
	uint64_t pid = 0;

	listing_read(t, &stack);
	task = trace_task(t, STK_TRACE);
	if (!call.at)
		return;
	call = skip_lead(call, &pid);
	trace_title(t, call);
	task->id = pid;
	trace_more(t, builder_ntasks(trace_builder(t)) - 1)->header = trace_str(t, call);
}

static void read_calls(struct trace *t)
{
	struct slice line, call = NO_SLICE;
	struct trace_place at;
	unsigned n;

	for (n = 0; n < MAX_CALLS && listing_find(t, is_own_or_empty, LISTING_AHEAD, &line); n++) {
		if (!slice_trim(line).size)
			break;
		if (is_frame(line)) {
			read_stack(t, call);
			call = NO_SLICE;
			continue;
		}
		at = trace_place(t);
		trace_skip(t);
		call = line;
		read_end(t, line);
		if (!listing_leads(t, is_own_or_empty, is_frame, LISTING_AHEAD)) {
			trace_pass(t, at, trace_place(t));
			call = NO_SLICE;
		}
	}
}

/* As it is, and as a page of HTML writes it. */
static const struct trace_mark marks[] = {
	{ " > /", "", true },
	{ " > [", "", true },
	{ " > unexpected_backtracing_error", "", true },
	{ " &gt; /", "", true },
	{ " &gt; [", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_strace = {
	.name = "strace",
	.marks = marks,
	.probe = probe,
	.read = read_calls,
};
