/* SPDX-License-Identifier: Apache-2.0 */
/* Envoy (source/server/backtrace.h), each line with its logger's prefix, in which the place in the source
 * differs from line to line:
 *	[2024-01-02 03:04:05.678][12][critical][backtrace] [./source/server/backtrace.h:104] TEXT
 * where TEXT is
 *	Caught Segmentation fault, suspect faulting address 0x0
 *	Backtrace (use tools/stack_decode.py to get line numbers):
 *	Envoy version: c7f4/1.16.0/RELEASE/BoringSSL
 *	#0: __restore_rt [0x7f5331217090]
 *	#1: [0x55d0c0a0b1de]
 *	thr<95> #31 0x90ab11 (unknown)      (2017) */
#include "report.h"

#define MARK "][critical][backtrace] "
#define DECODED "Backtrace (most recent call first) from thread "

/* What is behind the prefix, and the thread in it. */
static bool text_of(struct slice line, struct slice *ret, uint64_t *tid)
{
	size_t at = slice_find(line, MARK), from, end;
	struct slice digits;

	if (at == SIZE_MAX)
		return false;
	for (from = at; from && line.at[from - 1] >= '0' && line.at[from - 1] <= '9'; from--)
		;
	/* "[2024-01-02 03:04:05.678][12" or, where the time is taken off, "[12" */
	if (!slice_starts(slice_trim(line), "[") && !slice_starts(line, "20"))
		return false;
	digits = slice_between(line, from, at);
	if (!slice_dec(&digits, tid))
		*tid = 0;
	line = slice_from(line, at + sizeof(MARK) - 1);
	end = slice_find(line, "] ");
	/* the place: "[./source/server/backtrace.h:96] " or, older, "server/backtrace.h:95] " */
	if (end != SIZE_MAX && slice_find(slice_to(line, end), ".h:") != SIZE_MAX &&
	    slice_find(slice_to(line, end), " ") == SIZE_MAX)
		line = slice_from(line, end + 2);
	*ret = slice_trim(line);
	return true;
}

/* "NAME [0x55d0]", "[0x55d0]" */
static bool take_address(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_rfind(*s, '[');
	struct slice inner;

	if (open == SIZE_MAX || !slice_ends(*s, "]"))
		return false;
	inner = slice_between(*s, open + 1, s->size - 1);
	if (!slice_hex(&inner, &frame->pc) || inner.size)
		return false;
	*s = slice_trim(slice_to(*s, open));
	return true;
}

/* "  #1 Envoy::run() at server.cc:262 (discriminator 2)": as tools/stack_decode.py leaves it */
static bool parse_decoded(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), func, place, before;
	size_t at;

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " "))
		return false;
	at = slice_find(rest, " at ");
	if (at == SIZE_MAX)
		return false;
	func = slice_trim(slice_to(rest, at));
	place = slice_from(rest, at + 4);
	if (slice_until(&place, " (discriminator ", &before))
		place = before;
	if (!func.size || slice_starts(func, "0x") ||
	    !slice_place(slice_trim(place), &frame->file, &frame->line, &frame->column))
		return false;
	frame->func = func;
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest, before;
	uint64_t tid;

	if (!text_of(line, &rest, &tid))
		return parse_decoded(line, frame, number);
	if (slice_skip(&rest, "thr<") && slice_until(&rest, "> ", &before))
		rest = slice_trim(rest);
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number))
		return false;
	if (slice_skip(&rest, ": ")) {
		if (!take_address(&rest, frame))
			return false;
	} else if (!slice_skip(&rest, " ") || !slice_hex(&rest, &frame->pc)) {
		return false;
	}
	rest = slice_trim(rest);
	if (rest.size && !slice_is(rest, "(unknown)"))
		frame->func = rest;
	else
		frame->why = "the program found no symbol for it";
	return true;
}

static bool is_caught(struct slice text)
{
	return slice_starts(text, "Caught ") &&
	       slice_find(text, ", suspect faulting address ") != SIZE_MAX;
}

/* "[...][28][critical] Backtrace (most recent call first) from thread 28:" */
static bool is_decoded(struct slice line)
{
	return slice_find(line, DECODED) != SIZE_MAX;
}

static bool is_head(struct slice line)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	uint64_t number;

	struct slice text;

	return is_decoded(line) ||
	       (text_of(line, &text, &number) && !parse_frame(line, &frame, &number));
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice text, words, rest;
	uint64_t tid, address;

	if (!text_of(line, &text, &tid))
		return REPORT_TEXT;
	if (!is_caught(text)) {
		if (!slice_skip(&text, "Envoy version: "))
			return REPORT_TEXT;
		builder_fact(trace_builder(r->t), "envoy", "version", trace_str(r->t, text));
		return REPORT_TAKEN;
	}
	if (r->stacks)
		return REPORT_OVER;
	rest = slice_from(text, sizeof("Caught ") - 1);
	slice_until(&rest, ", suspect faulting address ", &words);
	report_signal(r, text, death_signal_described(words), words);
	if (slice_hex(&rest, &address))
		death_address(r->t, address);
	r->id = r->tid = (uint32_t)tid;
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame };
static const struct report_format format = { &stack, is_head, read_head, 12, 4 };

static bool probe(struct trace *t)
{
	struct slice line;

	/* a frame that is decoded is one only below its head */
	return trace_peek(t, &line) && (is_head(line) || slice_find(line, MARK) != SIZE_MAX) &&
	       report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ MARK, "[0123456789", false },
	{ DECODED, "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_envoy = {
	.name = "envoy",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
