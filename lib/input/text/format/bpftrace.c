/* SPDX-License-Identifier: Apache-2.0 */
/* Maps that bpftrace prints, with stacks as their keys (src/output.cpp, src/bpftrace.cpp):
 *	@[
 *	    finish_task_switch+1
 *	    __schedule+687
 *	    0x7f1a2c03c050
 *	, app]: 12
 *	@us[app,
 *	    main+26 (/srv/app)
 *	]: 3
 * Offsets are decimal, but in the style of perf: "\t    7f1a2c0f8350 poll+0x4f (/lib/libc.so.6)". A key of
 * two stacks has an empty line between them, or ", ". The number is how often that was seen. */
#include "listing.h"

#define MAX_STACK 1024u

/* "main+26", "main+0x1a (/srv/app)" */
static bool parse_symbol(struct slice rest, struct trace_frame *frame)
{
	size_t plus, open = slice_rfind(rest, '(');
	struct slice offset;
	uint64_t value;

	if (open != SIZE_MAX && open && rest.at[open - 1] == ' ' && slice_ends(rest, ")")) {
		frame->module = slice_between(rest, open + 1, rest.size - 1);
		rest = slice_trim(slice_to(rest, open));
	}
	plus = slice_rfind(rest, '+');
	if (plus == SIZE_MAX || !plus)
		return false;
	offset = slice_from(rest, plus + 1);
	if ((!slice_hex(&offset, &value) && !slice_dec(&offset, &value)) || offset.size)
		return false;
	frame->func = slice_to(rest, plus);
	frame->func_offset = value;
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), perf;

	(void)number;
	if (rest.at == line.at || !rest.size)
		return false;
	perf = rest;
	if (slice_hex(&perf, &frame->pc) && (!perf.size || slice_starts(perf, " ("))) {
		frame->why = "bpftrace found no symbol for it";
		return true;
	}
	perf = rest;
	frame->pc = 0;
	if (slice_hexdigits(&perf, &frame->pc) && slice_skip(&perf, " ") &&
	    parse_symbol(perf, frame))
		return true;
	frame->pc = 0;
	return parse_symbol(rest, frame);
}

/* "@[", "@us[app, " */
static bool is_open(struct slice line)
{
	size_t at = 1;

	line = slice_trim(line);
	if (!slice_starts(line, "@"))
		return false;
	while (at < line.size && ((line.at[at] >= 'a' && line.at[at] <= 'z') ||
				  line.at[at] == '_' || (line.at[at] >= '0' && line.at[at] <= '9')))
		at++;
	return at < line.size && line.at[at] == '[' && slice_find(line, "]: ") == SIZE_MAX;
}

/* "]: 12", ", app]: 12", "]:" before a histogram */
static bool parse_close(struct slice line, struct slice *key, uint64_t *count)
{
	size_t at;

	line = slice_trim(line);
	at = slice_find(line, "]:");
	if (at == SIZE_MAX || (at && !slice_starts(line, ",")))
		return false;
	*key = slice_to(line, at);
	slice_skip(key, ",");
	*key = slice_trim(*key);
	line = slice_trim(slice_from(line, at + 2));
	if (!line.size)
		*count = 1;
	return !line.size || slice_dec(&line, count);
}

static bool is_close(struct slice line)
{
	struct slice key;
	uint64_t count;

	return parse_close(line, &key, &count);
}

static bool stops(struct slice line)
{
	return is_open(line) || is_close(line);
}

static const struct listing stack = { .frame = parse_frame, .stops = stops };

static bool is_frame(struct slice line)
{
	return !stops(line) && listing_is_frame(&stack, line);
}

static bool is_own(struct slice line)
{
	return stops(line) || is_frame(line);
}

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_next(t, &line) && is_open(line) && listing_leads(t, is_own, is_frame, 4);
}

/* "app" of "@us[app," */
static struct slice key_of(struct slice line)
{
	struct slice rest = slice_trim(line), before;

	slice_until(&rest, "[", &before);
	slice_drop(&rest, ",");
	return slice_trim(rest);
}

static void add_tasks(struct trace *t, struct slice key, struct slice last, uint64_t count)
{
	struct slice name = key.size ? key : last;
	struct stk_more *more = NULL;

	if (name.size) {
		more = builder_alloc(trace_builder(t), sizeof(*more));
		*more = (struct stk_more){ .header = trace_str(t, name) };
	}
	trace_tasks(t, STK_TRACE, count, more);
}

static void read_map(struct trace *t)
{
	struct slice line, key, last = NO_SLICE;
	uint64_t count = 1;

	if (!trace_next(t, &line))
		return;
	key = key_of(line);
	trace_title(t, slice_trim(line));
	while (listing_find(t, is_own, LISTING_AHEAD, &line) && !is_open(line)) {
		if (parse_close(line, &last, &count)) {
			trace_skip(t);
			break;
		}
		if (!listing_read(t, &stack))
			break;
	}
	add_tasks(t, key, last, count);
}

static const struct trace_mark marks[] = {
	{ "@[", "", false },      { "@|[", "", false }, /* of TeamCity */
	{ "@stack", "", false },  { "@ustack", "", false }, { "@kstack", "", false },
	{ "@us[", "", false },    { "@ks[", "", false },    { "@start[", "", false },
	{ "@bytes[", "", false }, { "@alloc", "", false },  { "@count", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_bpftrace = {
	.name = "bpftrace",
	.marks = marks,
	.probe = probe,
	.read = read_map,
};
