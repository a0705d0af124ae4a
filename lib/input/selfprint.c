/* Stacks that native programs print of themselves, a line a frame:
 *	  #00 pc 000000000001f2a4  /system/lib64/libc.so (abort+36) (BuildId: 12ab)   Android
 *	 0# app::find(int) at /src/store.cc:46                                         Boost, C++23
 *	 1# 0x000055555555526e in ./app */
#include "native.h"

typedef bool (*frame_parser)(struct slice line, uint64_t *number, struct trace_frame *frame);

static bool parse_tombstone(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), symbol;
	size_t plus;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_skip(&rest, " pc ") ||
	    !slice_hexdigits(&rest, &frame->offset) || !slice_skip(&rest, "  "))
		return false;
	frame->why = "the program found no symbol for it";
	/* libunwindstack has stepped back into the calls */
	frame->flags = STK_FRAME_ACTIVATION;
	if (!slice_until(&rest, " (", &frame->module)) {
		frame->module = rest;
		return rest.size > 0;
	}
	if (!slice_skip(&rest, "BuildId: ")) {
		size_t id = slice_find(rest, " (BuildId: ");

		symbol = (struct slice){ rest.at, id == SIZE_MAX ? rest.size : id };
		rest = (struct slice){ rest.at + symbol.size, rest.size - symbol.size };
		slice_drop(&symbol, ")");
		plus = slice_rfind(symbol, '+');
		if (plus != SIZE_MAX) {
			struct slice offset = { symbol.at + plus + 1, symbol.size - plus - 1 };

			if (slice_dec(&offset, &frame->func_offset) && !offset.size)
				symbol.size = plus;
			else
				frame->func_offset = UINT64_MAX;
		}
		frame->func = symbol;
		frame->why = NULL;
		if (!slice_skip(&rest, " (BuildId: "))
			return true;
	}
	slice_drop(&rest, ")");
	frame->build_id = rest;
	return true;
}

static bool parse_stacktrace(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), place;
	size_t at;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_skip(&rest, "# "))
		return false;
	rest = slice_trim(rest);
	if (slice_hex(&rest, &frame->pc) && slice_skip(&rest, " in ")) {
		frame->why = "the program found no symbol for it";
		frame->module = rest;
		return rest.size > 0;
	}
	at = slice_find(rest, " at ");
	if (at != SIZE_MAX) {
		place = (struct slice){ rest.at + at + 4, rest.size - at - 4 };
		if (slice_place(place, &frame->file, &frame->line, &frame->column))
			rest.size = at;
	} else if ((at = slice_find(rest, " in ")) != SIZE_MAX) {
		frame->module = (struct slice){ rest.at + at + 4, rest.size - at - 4 };
		rest.size = at;
	}
	frame->func = rest;
	return rest.size > 0;
}

static bool begins(struct trace *t, frame_parser parse)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	return trace_next(t, &line) && parse(line, &number, &frame) && !number;
}

static void read_stack(struct trace *t, frame_parser parse)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number, expected = 0;

	while (trace_peek(t, &line) && parse(line, &number, &frame) && number == expected) {
		trace_skip(t);
		trace_push_frame(t, &frame);
		expected++;
	}
	(void)trace_task(t, STK_TRACE);
}

static bool probe_tombstone(struct trace *t)
{
	return begins(t, parse_tombstone);
}

static void read_tombstone(struct trace *t)
{
	read_stack(t, parse_tombstone);
}

static bool probe_stacktrace(struct trace *t)
{
	return begins(t, parse_stacktrace);
}

static void read_stacktrace(struct trace *t)
{
	read_stack(t, parse_stacktrace);
}

static const struct trace_mark tombstone_marks[] = {
	{ "  #00 pc ", "", false },
	{ "#00 pc ", "", false },
	{ NULL, NULL, false },
};

static const struct trace_mark stacktrace_marks[] = {
	{ " 0# ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_tombstone = {
	"android", tombstone_marks, probe_tombstone, read_tombstone
};
const struct trace_format trace_stacktrace = {
	"stacktrace", stacktrace_marks, probe_stacktrace, read_stacktrace
};
