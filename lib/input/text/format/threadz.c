/* SPDX-License-Identifier: Apache-2.0 */
/* The page /threadz of C++ servers, in the form that pprof imports.
 *	--- threadz 1 ---
 *	--- Thread 7f794ab90940 (name: main/14748) stack: ---
 *	  PC: 0x00bc8f1c: hook(long)
 *	      0x7f794a32bf7d: __libc_start_main
 *	--- Thread 7f794a7ec700 (name: worker/14751) stack: ---
 *	  [same as previous thread]
 * Without symbols there are addresses only, several to a line. "---" ends it. */
#include "../text.h"

struct header {
	struct slice name;
	uint64_t tid;
};

static bool parse_header(struct slice line, struct header *ret)
{
	struct slice rest = slice_trim(line), inner;
	uint64_t thread;
	size_t slash;

	if (!slice_skip(&rest, "--- Thread ") || !slice_hexdigits(&rest, &thread) ||
	    !slice_skip(&rest, " (name: ") || !slice_until(&rest, ") stack: ---", &inner))
		return false;
	slash = slice_rfind(inner, '/');
	if (slash == SIZE_MAX)
		return false;
	ret->name = slice_to(inner, slash);
	inner = slice_from(inner, slash + 1);
	return slice_dec(&inner, &ret->tid) && !inner.size;
}

static bool is_title(struct slice line)
{
	uint64_t number;

	line = slice_trim(line);
	return slice_skip(&line, "--- threadz ") && slice_dec(&line, &number) &&
	       slice_is(line, " ---");
}

static void push_address(struct trace *t, uint64_t pc, struct slice func)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	frame.pc = pc;
	if (func.size)
		frame.func = func;
	else
		frame.why = "the program found no symbol for it";
	trace_push_frame(t, &frame);
}

/* "PC: 0xbc8f1c: hook(long)", "0x7f79: main", "0x7f79 0xbc8f 0x40aa" */
static bool parse_frames(struct slice line, struct slice *rest, uint64_t *pc)
{
	*rest = slice_trim(line);
	slice_skip(rest, "PC: ");
	*rest = slice_trim(*rest);
	return slice_hex(rest, pc) && (!rest->size || rest->at[0] == ':' || rest->at[0] == ' ');
}

static bool is_same(struct slice line)
{
	return slice_is(slice_trim(line), "[same as previous thread]");
}

static bool is_end(struct slice line)
{
	return slice_is(line, "---") || slice_starts(line, "MAPPED_LIBRARIES:");
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *arg)
{
	struct header header;
	struct slice rest;
	uint64_t pc;

	(void)t, (void)arg;
	if (parse_frames(line, &rest, &pc) || is_same(line))
		return TRACE_LINE_OWN;
	return parse_header(line, &header) || is_title(line) || is_end(line) ? TRACE_LINE_END
									     : TRACE_LINE_OTHER;
}

static bool take_frames(struct trace *t)
{
	struct slice line, rest;
	uint64_t pc;

	if (!trace_peek(t, &line) || !parse_frames(line, &rest, &pc))
		return false;
	trace_skip(t);
	if (slice_skip(&rest, ":")) {
		push_address(t, pc, slice_trim(rest));
		return true;
	}
	do {
		push_address(t, pc, NO_SLICE);
		rest = slice_trim(rest);
	} while (slice_hex(&rest, &pc));
	return true;
}

static void read_thread(struct trace *t, const struct header *header, uint32_t first)
{
	uint32_t previous = builder_ntasks(trace_builder(t));
	struct stk_task *task;
	struct slice line;
	bool same;

	trace_skip(t);
	while (take_frames(t) || trace_gap(t, judge_frame, NULL))
		if (trace_peek(t, &line) && is_same(line))
			break;
	same = !trace_pushed(t) && previous > first && trace_peek(t, &line) && is_same(line);
	task = trace_task(t, STK_THREAD);
	if (same) {
		trace_skip(t);
		task->stack = builder_task_at(trace_builder(t), previous - 1)->stack;
	}
	task->id = header->tid;
	task->tid = (uint32_t)header->tid;
	task->name = trace_str(t, header->name);
}

static bool probe(struct trace *t)
{
	struct header header;
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	return is_title(line) || parse_header(line, &header);
}

static enum trace_line judge_thread(struct trace *t, struct slice line, const void *arg)
{
	struct header header;

	(void)t, (void)arg;
	if (parse_header(line, &header))
		return TRACE_LINE_OWN;
	return is_title(line) || is_end(line) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static void read_threads(struct trace *t)
{
	uint32_t first = builder_ntasks(trace_builder(t));
	struct header header;
	struct slice line;

	while (trace_peek(t, &line)) {
		if (parse_header(line, &header))
			read_thread(t, &header, first);
		else if (is_title(line) || slice_is(line, "---") || !slice_trim(line).size)
			trace_skip(t);
		else if (!trace_small_gap(t, judge_thread, NULL))
			break;
	}
}

static const struct trace_mark marks[] = {
	{ "--- threadz ", "", false },
	{ "--- Thread ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_threadz = {
	.name = "threadz",
	.marks = marks,
	.probe = probe,
	.read = read_threads,
};
