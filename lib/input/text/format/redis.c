/* SPDX-License-Identifier: Apache-2.0 */
/* Redis' (and Valkey's, KeyDB's) bug reports (src/debug.c):
 *	=== REDIS BUG REPORT START: Cut & paste starting from here ===
 *	22:M 25 May 2024 00:50:27.791 # Redis 7.0.5 crashed by signal: 11, si_code: 1
 *	22:M 25 May 2024 00:50:27.791 # Accessing address: 0x8
 *	22:M 25 May 2024 00:50:27.791 # Crashed running the instruction at: 0x59e41ef01bac
 *
 *	------ STACK TRACE ------
 *	EIP:
 *	./redis-server *:6379(processMultibulkBuffer+0x1fc)[0x59e41ef01bac]
 *
 *	Backtrace:                      (before 7.2)
 *	13883 redis-server *            (since 7.2: a thread; the one with the asterisk has crashed)
 *	/lib/x86_64-linux-gnu/libc.so.6(+0x45320)[0x798fd5e45320]
 *	./redis-server *:6379(main+0x46d)[0x59e41eeb955d]
 *
 *	------ INFO OUTPUT ------
 * 2.4 wrote "[8761] 18 Apr 21:35:45 # " before each line. Assertions say "=== ASSERTION FAILED ===" and
 * "==> networking.c:12 'c->x' is not true". */
#include "report.h"

/* What is behind "... # ", or the line. */
static struct slice message_of(struct slice line)
{
	struct slice rest = slice_trim(line), head;

	if (!slice_until(&rest, " # ", &head) || head.size > 64)
		return slice_trim(line);
	return slice_trim(rest);
}

/* "./redis-server *:6379(": the title of the process, which may begin like the path of its file */
static bool is_server(struct slice text)
{
	static const char *const names[] = { "redis", "valkey", "keydb", "/", "./" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (slice_starts(text, names[i]))
			return true;
	return false;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice text = message_of(line);

	(void)number;
	return listing_symbols(text, is_server(text), frame);
}

static bool is_start(struct slice text)
{
	return slice_starts(text, "=== ") && slice_find(text, " BUG REPORT START: ") != SIZE_MAX;
}

static bool is_section(struct slice text)
{
	return slice_starts(text, "------ ") || slice_starts(text, "--- ");
}

/* "13883 redis-server *": a thread's number and name */
static bool parse_thread(struct slice text, struct slice *name, uint64_t *id)
{
	struct slice rest = text;

	if (!slice_dec(&rest, id) || !slice_skip(&rest, " ") || !rest.size || *id > UINT32_MAX)
		return false;
	*name = rest;
	slice_drop(name, " *");
	return slice_find(*name, " ") == SIZE_MAX && slice_find(*name, ":") == SIZE_MAX;
}

static bool is_head(struct slice line)
{
	static const char *const starts[] = {
		"=== ASSERTION FAILED",
		"==> ",
		"EIP:",
		"Backtrace:",
		"Accessing address: ",
		"Crashed running the inst",
		"Failed assertion: ",
		"Guru Meditation: ",
	};
	struct slice text = message_of(line), name;
	uint64_t id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(text, starts[i]))
			return true;
	return is_start(text) || is_section(text) || parse_thread(text, &name, &id) ||
	       slice_find(text, " crashed by signal: ") != SIZE_MAX;
}

/* "Redis 7.0.5 crashed by signal: 11, si_code: 1" */
static void read_signal(struct report *r, struct slice text)
{
	uint64_t number = slice_number_behind(text, " crashed by signal: ");

	report_signal(r, text, number < 65 ? (int)number : 0, NO_SLICE);
}

static void read_address(struct report *r, struct slice text)
{
	uint64_t address;

	slice_skip(&text, "Accessing address: ");
	if (slice_hex(&text, &address))
		death_address(r->t, address);
}

/* The instruction alone is a stack of one line that comes again in the other. */
static enum report_line pass_instruction(struct report *r)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice next;
	uint64_t number;

	if (trace_peek_at(r->t, 1, &next) && parse_frame(next, &frame, &number))
		trace_pass_line(r->t);
	return REPORT_TEXT;
}

static enum report_line read_text(struct report *r, struct slice text)
{
	struct slice name;
	uint64_t id;

	if (slice_starts(text, "==> ") || slice_starts(text, "Guru Meditation: ")) {
		report_say(r, text);
		return REPORT_TAKEN;
	}
	if (slice_starts(text, "Accessing address: "))
		read_address(r, text);
	if (slice_starts(text, "EIP:"))
		return pass_instruction(r);
	if (!parse_thread(text, &name, &id))
		return REPORT_TEXT;
	/* whose stack is missing */
	if (r->name.at)
		report_remark(r, r->name);
	r->name = name;
	r->id = r->tid = (uint32_t)id;
	r->crashed = slice_ends(text, " *");
	return REPORT_TAKEN;
}

static enum report_line read_head(struct report *r, struct slice line)
{
	struct slice text = message_of(line);

	if (is_start(text) || is_section(text))
		return r->stacks ? REPORT_OVER : REPORT_TEXT;
	if (slice_find(text, " crashed by signal: ") != SIZE_MAX) {
		read_signal(r, text);
		return REPORT_TAKEN;
	}
	return read_text(r, text);
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 24, 6 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ "=== REDIS BUG REPORT START: ", "", false },
	{ "=== VALKEY BUG REPORT START: ", "", false },
	{ "=== KEYDB BUG REPORT START: ", "", false },
	{ " crashed by signal: ", "", false },
	{ "=== ASSERTION FAILED", "", false },
	{ "------ STACK TRACE ------", "", false },
	{ "--- STACK TRACE", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_redis = {
	.name = "redis",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
