/* SPDX-License-Identifier: Apache-2.0 */
/* ClickHouse (src/Daemon/BaseDaemon.cpp, src/Common/StackTrace.cpp): its own death, each line with the
 * time and the thread of a log before it, and exceptions.
 *	(version 24.2.2.71) (from thread 219691) Received signal Segmentation fault (11)
 *	Address: NULL pointer. Access: read. Address not mapped to object.
 *	Stack trace: 0x0000000010e30de3 0x0000000010e3d2c3
 *	0. ./src/Common/StackTrace.cpp:293: StackTrace::tryCapture() @ 0x1197274a in /usr/bin/clickhouse
 *	1. inlined from ./src/x.h:12: DB::bar()
 *	2. start_thread @ 0x7dd5 in /usr/lib64/libpthread-2.17.so
 *	3. 0x5624850f3c7c DB::Aggregator::execute() in ?
 *	4. /usr/bin/clickhouse-server(DB::TCPHandler::run()+0x1c) [0x2709d6c]         (2018)
 * Exceptions:
 *	Code: 47. DB::Exception: Missing columns. Stack trace (when copying this message, ...):
 *
 *	0. DB::Exception::Exception(int) @ 0xc61ff37 in /usr/bin/clickhouse
 * The addresses are those in the file. */
#include "report.h"

#define EXCEPTION "Stack trace (when copying this message"

/* "./src/x.cpp:293: FUNC", where FUNC may have "::" */
static struct slice take_place(struct slice s, struct trace_frame *frame)
{
	struct slice rest = s, place;

	if (slice_until(&rest, ": ", &place) && slice_find(place, " ") == SIZE_MAX &&
	    slice_place(place, &frame->file, &frame->line, &frame->column))
		return rest;
	return s;
}

/* " @ 0x1197274a in /usr/bin/clickhouse" at the end */
static bool take_address(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s, func, address;
	size_t at = slice_find(*s, " @ 0x");

	if (at == SIZE_MAX)
		return false;
	func = slice_to(rest, at);
	rest = slice_from(rest, at + 3);
	if (!slice_hex(&rest, &frame->offset))
		return false;
	address = rest;
	if (slice_skip(&address, " in ") && !slice_is(slice_trim(address), "?"))
		frame->module = slice_trim(address);
	if (!frame->module.at) {
		frame->pc = frame->offset;
		frame->offset = 0;
	}
	*s = func;
	return true;
}

/* " /usr/bin/clickhouse" or " in ?" at the end, as in 2019 */
static void take_file(struct slice *s, struct trace_frame *frame)
{
	size_t blank = slice_rfind(*s, ' ');

	if (slice_drop(s, " in ?") || blank == SIZE_MAX ||
	    !slice_starts(slice_from(*s, blank + 1), "/"))
		return;
	frame->module = slice_from(*s, blank + 1);
	*s = slice_trim(slice_to(*s, blank));
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), symbols;
	uint64_t sub;

	if (!slice_dec(&rest, number) || !slice_skip(&rest, "."))
		return false;
	if (slice_dec(&rest, &sub) && !slice_skip(&rest, "."))
		return false;
	if (!slice_skip(&rest, " "))
		return false;
	frame->inlined = slice_skip(&rest, "inlined from ");
	symbols = rest;
	if (!frame->inlined && listing_symbols(symbols, false, frame))
		return true;
	*frame = (struct trace_frame){ .func_offset = UINT64_MAX, .inlined = frame->inlined };
	if (!take_address(&rest, frame) && !frame->inlined) {
		if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, " "))
			return false;
		take_file(&rest, frame);
	}
	rest = slice_trim(take_place(rest, frame));
	if (rest.size && !slice_is(rest, "?"))
		frame->func = rest;
	else
		frame->why = "the program found no symbol for it";
	return true;
}

static bool is_death(struct slice line)
{
	return slice_find(line, "(from thread ") != SIZE_MAX &&
	       slice_find(line, "Received signal ") != SIZE_MAX;
}

static bool is_exception(struct slice line)
{
	return slice_find(line, EXCEPTION) != SIZE_MAX ||
	       slice_find(line, ", Stack trace: ") != SIZE_MAX;
}

static bool is_head(struct slice line)
{
	static const char *const starts[] = {
		"Address: ",     "Access: ", "Signal description: ",
		"Stack trace: ", "####",     "Address not mapped to object.",
	};
	size_t i;

	line = slice_trim(line);
	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(line, starts[i]))
			return true;
	return is_death(line) || is_exception(line);
}

/* "... Received signal Segmentation fault (11)", "... Received signal 11" */
static void read_death(struct report *r, struct slice line)
{
	struct slice rest = line, before, what;
	uint64_t number;

	slice_until(&rest, "Received signal ", &before);
	what = slice_from(line, before.size);
	number = slice_number_behind(rest, "(");
	if (!number)
		slice_dec(&rest, &number);
	r->id = r->tid = (uint32_t)slice_number_behind(line, "(from thread ");
	r->runs = true;
	report_signal(r, what, number < 65 ? (int)number : 0, NO_SLICE);
}

static void read_exception(struct report *r, struct slice line)
{
	struct slice rest = line, before, title;
	size_t at = slice_find(line, "Code: ");

	r->crashed = false;
	rest = at == SIZE_MAX ? line : slice_from(line, at);
	title = rest;
	if (slice_until(&rest, ", " EXCEPTION, &before) ||
	    slice_until(&rest, ". " EXCEPTION, &before) || slice_until(&rest, EXCEPTION, &before))
		title = before;
	trace_title(r->t, slice_trim(title));
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice address = line;
	uint64_t value;

	if (is_exception(line) || is_death(line)) {
		if (r->stacks)
			return REPORT_OVER;
		if (is_exception(line))
			read_exception(r, line);
		else
			read_death(r, line);
		return REPORT_TAKEN;
	}
	if (slice_skip(&address, "Address: ") && slice_hex(&address, &value))
		death_address(r->t, value);
	if (!slice_starts(line, "Address: ") && !slice_starts(line, "Signal description: "))
		return REPORT_TEXT;
	report_remark(r, line);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 12, 0 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

/* The message of an exception, above its first frame. */
static unsigned count_above(struct trace_above *above)
{
	return report_count_above(above, 3, is_exception);
}

static const struct trace_mark marks[] = {
	{ "(version ", "", false }, { "(from thread ", "", false },
	{ EXCEPTION, "", false },   { "0. DB::Exception::Exception(", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_clickhouse = {
	.name = "clickhouse",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
