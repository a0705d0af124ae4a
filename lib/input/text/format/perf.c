/* SPDX-License-Identifier: Apache-2.0 */
/* perf script (tools/perf/builtin-script.c, util/evsel_fprintf.c): a line a sample, its stack below it, an
 * empty line behind it.
 *	app 29499/29500 [001]   939.673402:     250000 cpu-clock:pppH:
 *		ffffffff821e8bb6 copy_mc_fragile+0x6 ([kernel.kallsyms])
 *		            ddcc _dl_relocate_object+0x1ac (/usr/lib/ld-linux-x86-64.so.2)
 *		    55d1c0de1156 inner (inlined)
 *		    7f1a2c0f8350 [unknown] (/usr/lib/libc.so.6)
 *	  a.c:12                                           (with -F +srcline)
 * The name of a program may have blanks. */
#include "listing.h"

#define MAX_SAMPLES 10000000u

/* ---- a frame ---- */

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);
	size_t open;
	bool closed;

	(void)number;
	/* the address is padded to sixteen digits */
	if (!slice_hexdigits(&rest, &frame->pc) || !slice_skip(&rest, " ") ||
	    rest.at - line.at < 17 || memchr(rest.at, '\t', rest.size))
		return false;
	rest = slice_trim(rest);
	closed = slice_drop(&rest, " (inlined)");
	frame->inlined = closed;
	open = slice_rfind(rest, '(');
	if (!closed && open != SIZE_MAX && open && rest.at[open - 1] == ' ' &&
	    slice_drop(&rest, ")")) {
		closed = true;
		frame->module = (struct slice){ rest.at + open + 1, rest.size - open - 1 };
		if (slice_is(frame->module, "[unknown]"))
			frame->module = NO_SLICE;
		rest = slice_trim((struct slice){ rest.at, open });
	}
	if (!closed || !rest.size)
		return false;
	open = slice_rfind(rest, '+');
	if (open != SIZE_MAX) {
		struct slice offset = { rest.at + open + 1, rest.size - open - 1 };
		uint64_t value;

		if (slice_hex(&offset, &value) && !offset.size) {
			frame->func_offset = value;
			rest.size = open;
		}
	}
	if (slice_is(rest, "[unknown]"))
		frame->why = "perf found no symbol for it";
	else
		frame->func = rest;
	return true;
}

/* "  a.c:12" below its frame */
static bool parse_place(struct slice line, struct trace_frame *frame)
{
	struct slice rest = line;

	if (!slice_skip(&rest, "  ") || frame->file.at)
		return false;
	rest = slice_trim(rest);
	return slice_find(rest, " ") == SIZE_MAX && slice_find(rest, "+") == SIZE_MAX &&
	       slice_place(rest, &frame->file, &frame->line, &frame->column);
}

/* ---- the line of a sample ---- */

struct sample {
	struct slice name, event;
	uint64_t pid, tid;
};

/* "939.673402:" */
static bool is_time(struct slice token)
{
	uint64_t number;

	return slice_dec(&token, &number) && slice_skip(&token, ".") &&
	       slice_dec(&token, &number) && slice_is(token, ":");
}

/* "29499", "29499/29500" */
static bool parse_ids(struct slice token, struct sample *ret)
{
	if (!slice_dec(&token, &ret->pid))
		return false;
	ret->tid = ret->pid;
	if (slice_skip(&token, "/") && !slice_dec(&token, &ret->tid))
		return false;
	return !token.size;
}

static struct slice last_token(struct slice *s)
{
	size_t blank;
	struct slice token;

	*s = slice_trim(*s);
	blank = slice_rfind(*s, ' ');
	token = blank == SIZE_MAX ? *s : (struct slice){ s->at + blank + 1, s->size - blank - 1 };
	s->size = blank == SIZE_MAX ? 0 : blank;
	return token;
}

/* From the time on to the left: [cpu], pid/tid, and the name is what is left. */
static bool parse_left(struct slice left, struct sample *ret)
{
	struct slice token = last_token(&left);

	if (slice_starts(token, "[") && slice_ends(token, "]"))
		token = last_token(&left);
	ret->name = slice_trim(left);
	return ret->name.size && ret->name.size < 64 && parse_ids(token, ret);
}

static bool parse_sample(struct slice line, struct sample *ret)
{
	struct slice rest = slice_trim(line);
	size_t at = 0, end;

	for (; at < rest.size; at = end + 1) {
		for (end = at; end < rest.size && rest.at[end] != ' '; end++)
			;
		if (!is_time((struct slice){ rest.at + at, end - at }))
			continue;
		ret->event = slice_trim((struct slice){ rest.at + end, rest.size - end });
		slice_drop(&ret->event, ":");
		return parse_left((struct slice){ rest.at, at }, ret);
	}
	return false;
}

static bool is_sample(struct slice line)
{
	struct sample sample;

	return parse_sample(line, &sample);
}

static const struct listing stack = {
	.frame = parse_frame,
	.detail = parse_place,
	.stops = is_sample,
	.blank_stops = true,
};

static bool is_frame(struct slice line)
{
	return listing_is_frame(&stack, line);
}

static bool is_own(struct slice line)
{
	return is_sample(line) || is_frame(line);
}

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_next(t, &line) && is_sample(line) && trace_next(t, &line) && is_frame(line);
}

/* "250000 cpu-clock:pppH": the number of events that the sample stands for comes first. */
static struct slice event_of(const struct sample *sample)
{
	struct slice event = sample->event;
	uint64_t period;

	if (slice_dec(&event, &period))
		event = slice_trim(event);
	return event;
}

static void add_task(struct trace *t, const struct sample *sample)
{
	struct slice event = event_of(sample);
	struct stk_task *task = trace_task(t, STK_THREAD);

	trace_title(t, event);
	task->id = sample->tid;
	task->tid = (uint32_t)sample->tid;
	task->name = trace_str(t, sample->name);
	if (event.size)
		trace_more(t, builder_ntasks(trace_builder(t)) - 1)->header = trace_str(t, event);
}

static void read_sample(struct trace *t, const struct sample *sample)
{
	struct trace_place start = trace_place(t);

	if (!builder_target(trace_builder(t))->pid)
		builder_target(trace_builder(t))->pid = sample->pid;
	trace_skip(t);
	/* one without a stack */
	if (!listing_leads(t, is_own, is_frame, LISTING_AHEAD))
		trace_pass(t, start, trace_place(t));
}

static void read_samples(struct trace *t)
{
	struct sample sample = { .pid = 0 }, next;
	struct slice line;
	unsigned n;

	for (n = 0; n < MAX_SAMPLES && listing_find(t, is_own, LISTING_AHEAD, &line); n++) {
		if (parse_sample(line, &next)) {
			sample = next;
			read_sample(t, &sample);
			continue;
		}
		(void)listing_read(t, &stack);
		add_task(t, &sample);
	}
}

/* As it is, and as JSON and rsyslog write a tab. */
static const struct trace_mark marks[] = {
	{ "\tffffffff", "", true }, { "\t    ", "", true },       { "\\tffffffff", "", true },
	{ "\\t    ", "", true },    { "#011ffffffff", "", true }, { "#011    ", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_perf = {
	.name = "perf",
	.marks = marks,
	.probe = probe,
	.read = read_samples,
};
