/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes of Ceph's daemons (src/global/signal_handler.cc, src/common/BackTrace.cc, src/common/assert.cc):
 *	2024-01-02T03:04:05.678+0000 7f1c2b3d4700 -1 *** Caught signal (Segmentation fault) **
 *	 in thread 7f1c2b3d4700 thread_name:msgr-worker-0
 *
 *	 ceph version 16.2.4 (3cbe25cde3cf) pacific (stable)
 *	 1: /lib64/libpthread.so.0(+0x12b20) [0x7fd4fedaeb20]
 *	 2: (OSD::init(int)+0x863) [0x562cbdac6323]
 *	 3: main()
 *	 NOTE: a copy of the executable, or `objdump -rdS <executable>` is needed to interpret this.
 * An assertion has "FILE: In function '...' thread 7f1c2b3d4700 time ..." and
 * "FILE: 12: FAILED ceph_assert(...)" above the version. */
#include "report.h"

#define CAUGHT "Caught signal ("

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);

	if (!slice_dec(&rest, number) || !slice_skip(&rest, ": "))
		return false;
	if (listing_symbols(rest, false, frame))
		return true;
	if (!slice_drop(&rest, "()") || !rest.size || slice_find(rest, " ") != SIZE_MAX)
		return false;
	frame->func = rest;
	return true;
}

static bool is_thread(struct slice line)
{
	return slice_starts(slice_trim(line), "in thread ");
}

static bool is_version(struct slice line)
{
	return slice_starts(slice_trim(line), "ceph version ");
}

static bool is_failure(struct slice line)
{
	return slice_find(line, ": FAILED ceph_assert(") != SIZE_MAX ||
	       slice_find(line, ": FAILED assert(") != SIZE_MAX ||
	       slice_find(line, ": ceph_abort_msg(") != SIZE_MAX;
}

static bool is_caught(struct slice line)
{
	return slice_find(line, CAUGHT) != SIZE_MAX;
}

static bool is_head(struct slice line)
{
	return is_thread(line) || is_version(line) || is_failure(line) || is_caught(line);
}

/* "... *** Caught signal (Segmentation fault) **" */
static void read_caught(struct report *r, struct slice line)
{
	struct slice rest = line, before, words;

	slice_until(&rest, CAUGHT, &before);
	/* with the asterisks, where no paste has lost them */
	before = slice_from(line, before.size - (slice_ends(before, "*** ") ? 4 : 0));
	if (slice_until(&rest, ")", &words))
		report_signal(r, before, death_signal_described(words), words);
}

/* "in thread 7f1c2b3d4700 thread_name:msgr-worker-0" */
static void read_thread(struct report *r, struct slice line)
{
	struct slice before;

	slice_skip(&line, "in thread ");
	slice_hexdigits(&line, &r->id);
	if (slice_until(&line, "thread_name:", &before))
		r->name = line;
}

static enum report_line read_head(struct report *r, struct slice line)
{
	/* the next report begins with one of these */
	if (r->stacks)
		return REPORT_OVER;
	if (is_caught(line))
		read_caught(r, line);
	else if (is_thread(line))
		read_thread(r, line);
	else if (is_failure(line))
		report_say(r, line);
	else
		builder_fact(trace_builder(r->t), "ceph", "version",
			     trace_str(r->t, slice_from(line, sizeof("ceph version ") - 1)));
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 8, 0 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, true);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

/* What is above the line that is marked, up to the signal or the assertion. */
static unsigned count_above(struct trace_above *above)
{
	struct slice line;
	unsigned n, count = 0;

	for (n = 0; n < 6 && trace_above_line(above, n, &line); n++)
		if (is_head(line))
			count = n + 1;
		else if (parse_frame(line, &(struct trace_frame){ .pc = 0 }, &(uint64_t){ 0 }))
			break;
	return count;
}

static const struct trace_mark marks[] = {
	{ "in thread 7f", " ", true },
	{ "in thread ff", " ", true },
	{ "ceph version ", " ", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_ceph = {
	.name = "ceph",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
