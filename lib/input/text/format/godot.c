/* SPDX-License-Identifier: Apache-2.0 */
/* Godot's crash handler (platform/linuxbsd/crash_handler_linuxbsd.cpp): behind each frame stands what
 * addr2line says of it.
 *	handle_crash: Program crashed with signal 11
 *	Engine version: Godot Engine v4.1.1.stable.official (bd6af8e0ea69)
 *	Dumping the backtrace. Please include this when reporting the bug to the project developer.
 *	[1] /lib/x86_64-linux-gnu/libc.so.6(+0x3c050) [0x7f17cb050] (??:0)
 *	[2] Node::add_child(Node*) (/src/scene/main/node.cpp:1123)
 *	[3] 48f1c81 (main+44f1c81) - /srv/godot() [0x48f1c81]                  (since 4.7)
 *	-- END OF BACKTRACE -- */
#include "report.h"

/* "7f577d045330 (libc.so.6+45330) - ", as since 4.7: the same comes behind it */
static void skip_address(struct slice *s)
{
	struct slice rest = *s, before;
	uint64_t address;

	if (slice_hexdigits(&rest, &address) && slice_skip(&rest, " (") &&
	    slice_until(&rest, ") - ", &before))
		*s = rest;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), place;
	size_t open;

	if (!slice_skip(&rest, "[") || !slice_dec(&rest, number) || !slice_skip(&rest, "] "))
		return false;
	open = slice_rfind(rest, '(');
	if (open != SIZE_MAX && open && rest.at[open - 1] == ' ' && slice_ends(rest, ")")) {
		place = slice_between(rest, open + 1, rest.size - 1);
		if (slice_starts(place, "??") ||
		    slice_place(place, &frame->file, &frame->line, &frame->column))
			rest = slice_trim(slice_to(rest, open));
	}
	skip_address(&rest);
	if (!rest.size)
		return false;
	if (!listing_symbols(rest, false, frame))
		frame->func = rest;
	return true;
}

static bool is_end(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "-- END OF ") && slice_ends(line, "BACKTRACE --");
}

static bool is_head(struct slice line)
{
	if (is_end(line))
		return true;
	line = slice_trim(line);
	return slice_starts(line, "handle_crash: Program crashed with signal ") ||
	       slice_starts(line, "Engine version: ") ||
	       slice_starts(line, "Dumping the backtrace. ");
}

static enum report_line read_head(struct report *r, struct slice line)
{
	uint64_t number = slice_number_behind(line, "crashed with signal ");

	if (slice_skip(&line, "handle_crash: ")) {
		if (r->stacks)
			return REPORT_OVER;
		report_signal(r, line, number < 65 ? (int)number : 0, NO_SLICE);
		return REPORT_TAKEN;
	}
	if (!slice_skip(&line, "Engine version: "))
		return REPORT_TEXT;
	builder_fact(trace_builder(r->t), "godot", "version", trace_str(r->t, line));
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head };
static const struct report_format format = { &stack, is_head, read_head, 8, 2 };

static bool probe(struct trace *t)
{
	return report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ "handle_crash: Program crashed", "", false },
	{ "Dumping the backtrace. ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_godot = {
	.name = "godot",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
