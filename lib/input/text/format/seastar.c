/* SPDX-License-Identifier: Apache-2.0 */
/* Seastar and ScyllaDB (src/core/reactor.cc, util/backtrace.cc): bare addresses, those of the program as in
 * its file, others behind the file's name. With --exe they become functions.
 *	Segmentation fault on shard 9, in scheduling group streaming.
 *	Backtrace:
 *	  0x4fb757b
 *	  /opt/scylladb/libreloc/libc.so.6+0x1a04f
 *	   --------
 *	   seastar::continuation<seastar::internal::promise_base_with_type<void>, ...>
 *	Reactor stalled for 33 ms on shard 0. Backtrace: 0x45d94d1 /lib64/libc.so.6+0x3ca70 */
#include "report.h"

static const struct trace_mark kinds[] = {
	{ "Segmentation fault on shard ", "", false },
	{ "Aborting on shard ", "", false },
	{ "Illegal instruction on shard ", "", false },
	{ "Floating point exception on shard ", "", false },
	{ "Bus error on shard ", "", false },
	{ "Reactor stalled for ", "", false },
	{ "Backtrace: 0x", "", false },
	{ "backtrace: 0x", "", false },
	{ NULL, NULL, false },
};

/* "0x4fb757b", "/lib64/libc.so.6+0x3c04f" */
static bool parse_address(struct slice s, struct trace_frame *frame)
{
	if (slice_hex(&s, &frame->pc)) {
		frame->why = "the program prints addresses only";
		return !s.size && frame->pc > 0xff;
	}
	if (!slice_starts(s, "/") || slice_find(s, " ") != SIZE_MAX || !call_module(s, frame))
		return false;
	frame->why = "the program prints addresses only";
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	(void)number;
	slice_drop(&rest, ",");
	return parse_address(rest, frame);
}

static bool is_shard(struct slice line)
{
	return slice_find(line, " on shard ") != SIZE_MAX;
}

/* The next of several addresses in a line. */
static bool next_address(struct slice *rest, struct trace_frame *frame)
{
	struct slice one;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	*rest = slice_trim(*rest);
	if (!rest->size)
		return false;
	if (!slice_until(rest, " ", &one)) {
		one = *rest;
		*rest = slice_from(*rest, rest->size);
	}
	return parse_address(one, frame);
}

/* The addresses behind "acktrace: " on the same line, with nothing behind them. */
static bool addresses_of(struct slice line, struct slice *ret)
{
	struct trace_frame frame;
	struct slice rest = line, before;
	unsigned n = 0;

	if (!slice_until(&rest, "acktrace: ", &before))
		return false;
	*ret = rest;
	while (next_address(&rest, &frame))
		n++;
	return n && !rest.size && !frame.why;
}

/* What happened, from its first word on: before it may be what loggers put there. */
static struct slice words_of(struct slice line)
{
	size_t i, at;

	for (i = 0; kinds[i].text; i++) {
		at = slice_find(line, kinds[i].text);
		if (at != SIZE_MAX)
			return slice_from(line, at);
	}
	return line;
}

static bool is_title(struct slice line)
{
	return slice_ends(slice_trim(line), "Backtrace:");
}

static bool is_head(struct slice line)
{
	struct slice addresses;

	return is_shard(line) || is_title(line) || addresses_of(line, &addresses);
}

/* "Segmentation fault on shard 9, in scheduling group streaming." */
static void read_shard(struct report *r, struct slice line)
{
	struct slice rest = line, words;

	slice_until(&rest, " on shard ", &words);
	if (slice_is(words, "Aborting"))
		words = SLICE("Aborted");
	slice_dec(&rest, &r->id);
	if (death_signal_described(words))
		report_signal(r, line, death_signal_described(words), NO_SLICE);
	else
		r->crashed = false;
	trace_title(r->t, line);
}

static void push_addresses(struct report *r, struct slice rest)
{
	struct trace_frame frame;

	while (next_address(&rest, &frame))
		trace_push_frame(r->t, &frame);
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice addresses, title = words_of(line);

	if (r->stacks || trace_pushed(r->t))
		return REPORT_OVER;
	if (addresses_of(line, &addresses)) {
		title = slice_trim(slice_to(title, (size_t)(addresses.at - title.at)));
		if (is_shard(title))
			read_shard(r, title);
		else
			r->crashed = false;
		trace_title(r->t, title);
		push_addresses(r, addresses);
		return REPORT_TAKEN;
	}
	if (!is_shard(line))
		return REPORT_TEXT;
	read_shard(r, title);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 4, 0 };

static bool probe(struct trace *t)
{
	struct slice line, addresses;

	if (!trace_peek(t, &line))
		return false;
	return addresses_of(line, &addresses) ||
	       (is_shard(line) && report_probe(t, &format, false));
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

const struct trace_format trace_seastar = {
	.name = "seastar",
	.marks = kinds,
	.probe = probe,
	.read = read_report,
};
