/* SPDX-License-Identifier: Apache-2.0 */
/* PyTorch's C++ stacks (c10/util/Backtrace.cpp), within the message of an exception, and those that
 * TORCH_SHOW_CPP_STACKTRACES and torch.utils make (torch/csrc/profiler/combined_traceback.cpp):
 *	Exception raised from check at ../c10/core/impl.h:12 (most recent call first):
 *	frame #0: c10::Error::Error(c10::SourceLocation, std::string) + 0x57 (0x7f2b in /opt/lib/libc10.so)
 *	frame #1: <unknown function> + 0x8f4d3f (0x7f2c in /opt/lib/libtorch_python.so)
 *	<omitting python frames>
 *	frame #9: /usr/bin/python3() [0x4e5e9b]
 * and
 *	C++ CapturedTraceback:
 *	#4 c10::Error::Error(c10::SourceLocation, std::string) from ??:0
 *	#5 at::native::add(at::Tensor const&) from /src/Binary.cpp:61 */
#include "report.h"

/* "NAME + 0x57 (0x7f2b in MODULE)" */
static bool parse_location(struct slice s, struct trace_frame *frame)
{
	size_t open = slice_rfind(s, '('), plus;
	struct slice inner, offset;
	uint64_t value;

	if (open == SIZE_MAX || !slice_ends(s, ")"))
		return false;
	inner = slice_between(s, open + 1, s.size - 1);
	if (!slice_hex(&inner, &frame->pc) || !slice_skip(&inner, " in "))
		return false;
	frame->module = inner;
	s = slice_trim(slice_to(s, open));
	plus = slice_rfind(s, '+');
	if (plus == SIZE_MAX)
		return false;
	offset = slice_trim(slice_from(s, plus + 1));
	if ((!slice_hex(&offset, &value) && !slice_dec(&offset, &value)) || offset.size)
		return false;
	s = slice_trim(slice_to(s, plus));
	if (slice_is(s, "<unknown function>")) {
		frame->offset = value;
		frame->why = "the program exports no symbol for it";
	} else {
		frame->func = s;
		frame->func_offset = value;
	}
	return true;
}

/* "#5 NAME from FILE:LINE" */
static bool parse_captured(struct slice rest, struct trace_frame *frame)
{
	size_t at = SIZE_MAX, found = 0;

	while ((found = slice_find(slice_from(rest, at == SIZE_MAX ? 0 : at + 1), " from ")) !=
	       SIZE_MAX)
		at = found + (at == SIZE_MAX ? 0 : at + 1);
	if (at == SIZE_MAX || !at ||
	    !slice_place(slice_from(rest, at + 6), &frame->file, &frame->line, &frame->column))
		return false;
	frame->func = slice_trim(slice_to(rest, at));
	if (slice_is(frame->file, "??"))
		frame->file = NO_SLICE;
	return true;
}

static bool parse_frame(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);
	bool named = slice_skip(&rest, "frame ");

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) ||
	    !slice_skip(&rest, named ? ": " : " "))
		return false;
	return named ? parse_location(rest, frame) || listing_symbols(rest, false, frame)
		     : parse_captured(rest, frame);
}

static bool is_raised(struct slice line)
{
	return slice_find(line, "Exception raised from ") != SIZE_MAX &&
	       slice_ends(slice_trim(line), "(most recent call first):");
}

static bool is_captured(struct slice line)
{
	return slice_starts(slice_trim(line), "C++ CapturedTraceback:");
}

static bool is_head(struct slice line)
{
	return is_raised(line) || is_captured(line);
}

static enum report_line read_head(struct report *r, struct slice line)
{
	size_t at = slice_find(line, "Exception raised from ");

	if (r->stacks)
		return REPORT_OVER;
	if (is_captured(line))
		return REPORT_TEXT;
	line = slice_from(line, at);
	slice_drop(&line, " (most recent call first):");
	report_say(r, line);
	return REPORT_TAKEN;
}

static const struct listing stack = { .frame = parse_frame, .stops = is_head, .leaves_out = true };
static const struct report_format format = { &stack, is_head, read_head, 4, 0 };

/* "what():  CUDA error: ...", "RuntimeError: ..." stand above the line that says where. */
static bool probe(struct trace *t)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line))
		return false;
	if (!is_head(line) && (!parse_frame(line, &frame, &number) || number))
		return false;
	return report_probe(t, &format, false);
}

static void read_report(struct trace *t)
{
	report_read(t, &format);
}

static const struct trace_mark marks[] = {
	{ "Exception raised from ", "", false },
	{ "frame #0: ", "", false },
	{ "C++ CapturedTraceback:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_pytorch = {
	.name = "pytorch",
	.marks = marks,
	.probe = probe,
	.read = read_report,
};
