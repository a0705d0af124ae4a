/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of kernel stacks. */
#include "kernel.h"

static bool is_name(struct slice s)
{
	size_t at;

	for (at = 0; at < s.size; at++) {
		char c = s.at[at];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr("_.$:", c))))
			return false;
	}
	return s.size > 0;
}

/* " [nf_tables]", with the build id that newer kernels print in it: " [nf_tables 1a2b]" */
static void take_module(struct slice *s, struct trace_frame *frame)
{
	size_t open = slice_rfind(*s, '[');
	struct slice inner, name;

	if (open == SIZE_MAX || !open || s->at[open - 1] != ' ' || !slice_ends(*s, "]"))
		return;
	inner = slice_between(*s, open + 1, s->size - 1);
	if (slice_is(inner, "inline")) {
		frame->inlined = true;
	} else {
		if (!slice_until(&inner, " ", &name))
			name = inner;
		else
			frame->build_id = inner;
		frame->module = name;
	}
	*s = slice_trim(slice_to(*s, open));
}

/* " init/main.c:1223" */
static void take_place(struct slice *s, struct trace_frame *frame)
{
	size_t blank = slice_rfind(*s, ' ');

	if (blank == SIZE_MAX ||
	    !slice_place(slice_from(*s, blank + 1), &frame->file, &frame->line, &frame->column))
		return;
	*s = slice_trim(slice_to(*s, blank));
}

/* "+0x44/0x200" at the end */
static bool take_offset(struct slice *s, struct trace_frame *frame)
{
	size_t plus = slice_rfind(*s, '+');
	struct slice rest;
	uint64_t offset, size;

	if (plus == SIZE_MAX)
		return false;
	rest = slice_from(*s, plus + 1);
	if (!slice_hex(&rest, &offset) || !slice_skip(&rest, "/") || !slice_hex(&rest, &size) ||
	    rest.size)
		return false;
	frame->func_offset = offset;
	*s = slice_to(*s, plus);
	return true;
}

bool kernel_symbol(struct slice s, struct trace_frame *frame)
{
	bool offset;

	s = slice_trim(s);
	take_module(&s, frame);
	take_place(&s, frame);
	offset = take_offset(&s, frame);
	if ((!offset && !frame->file.at) || !is_name(s))
		return false;
	frame->func = s;
	return true;
}

/* "[<ffffffff8107a8b1>] ", "[c000000012345678] [c000000000012340] " */
static bool take_addresses(struct slice *s, struct trace_frame *frame)
{
	struct slice rest = *s;
	bool any = false;
	uint64_t address;

	while (slice_skip(&rest, "[")) {
		bool angle = slice_skip(&rest, "<");

		if (!slice_hexdigits(&rest, &address) || (angle && !slice_skip(&rest, ">")) ||
		    !slice_skip(&rest, "]"))
			return any;
		rest = slice_trim(rest);
		frame->pc = address;
		*s = rest;
		any = true;
	}
	return any;
}

bool kernel_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);
	bool addresses = take_addresses(&rest, frame);
	uint64_t address;

	(void)number;
	if (slice_skip(&rest, "? ") || slice_drop(&rest, " (unreliable)"))
		frame->how = STK_HOW_GUESS;
	if (kernel_symbol(rest, frame))
		return true;
	/* "[<0>] 0xffffffffffffffff" ends stacks of old kernels: it is no frame of them */
	if (!addresses || !slice_hex(&rest, &address) || rest.size)
		return false;
	if (!frame->pc)
		frame->pc = address;
	frame->why = "the kernel found no symbol for it";
	return true;
}
