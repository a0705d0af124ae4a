/* SPDX-License-Identifier: Apache-2.0 */
/* eu-stack of elfutils, with any of its options.
 *	PID 22114 - core
 *	TID 22120:
 *	#0  0x000055555555526e     compute - threads
 *	    [9903632d5be097f26924ea5dfcd5e9a7d1fc068b]@0x555555554000+0x126e
 *	    /src/threads.c:46:9
 *	#1  0x0000555555555287 - 1 worker - threads
 * " - 1" (-v) marks what was looked up one before: return addresses. */
#include "../text.h"

static bool parse_id(struct slice line, const char *what, uint64_t *id)
{
	return slice_skip(&line, what) && slice_dec(&line, id) && slice_is(line, ":");
}

static bool is_process(struct slice line)
{
	uint64_t pid;

	return slice_skip(&line, "PID ") && slice_dec(&line, &pid) &&
	       (slice_is(line, " - core") || slice_is(line, " - process"));
}

/* ---- frames ---- */

/* " - MODULE" at the end: behind the last of these, without blanks. */
static bool split_module(struct slice s, struct slice *ret)
{
	struct slice before, module = NO_SLICE;

	while (slice_until(&s, " - ", &before))
		module = s;
	if (!module.size || slice_find(module, " ") != SIZE_MAX)
		return false;
	*ret = module;
	return true;
}

static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = line;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number))
		return false;
	rest = slice_trim(rest);
	if (!slice_hex(&rest, &frame->pc) || (rest.size && rest.at[0] != ' '))
		return false;
	if (!slice_skip(&rest, " - 1") && *number && slice_starts(rest, "     "))
		frame->flags = STK_FRAME_ACTIVATION;
	if (split_module(rest, &frame->module))
		rest.size -= frame->module.size + 3;
	rest = slice_trim(rest);
	if (rest.size)
		frame->func = rest;
	else
		frame->why = "eu-stack found no symbol for it";
	return true;
}

/* "[BUILDID]@0xADDRESS+0xOFFSET" */
static bool take_build_id(struct slice line, struct trace_frame *frame)
{
	struct slice id;
	uint64_t start;

	if (!slice_skip(&line, "[") || !slice_until(&line, "]@", &id) || !slice_hex(&line, &start))
		return false;
	if (!frame->module.at)
		frame->module = SLICE("");
	frame->build_id = id;
	frame->offset = frame->pc - start;
	return true;
}

/* With -i, calls that were inlined repeat the address; a recursion repeats the function, too. */
static bool is_inlined(struct trace *t, const struct trace_frame *frame)
{
	struct trace_frame next;
	struct slice line;
	uint64_t number;

	return frame->func.at && trace_peek(t, &line) && parse_frame(line, &number, &next) &&
	       next.pc == frame->pc && next.func.at &&
	       (next.func.size != frame->func.size ||
		memcmp(next.func.at, frame->func.at, next.func.size) != 0);
}

/* "    FILE:LINE:COLUMN", "    [BUILDID]@0x...": of the frame above */
static bool is_indented(struct slice line)
{
	struct slice file;
	uint32_t number, column;

	if (!slice_starts(line, "    "))
		return false;
	line = slice_trim(line);
	return slice_starts(line, "[") || slice_place(line, &file, &number, &column);
}

static bool is_complaint(struct slice line)
{
	return slice_starts(line, "eu-stack: ");
}

static enum trace_line judge_place(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame;
	uint64_t number;

	(void)t, (void)arg;
	if (parse_frame(line, &number, &frame) || parse_id(line, "TID ", &number) ||
	    is_complaint(line))
		return TRACE_LINE_END;
	return is_indented(line) ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct trace_frame frame;
	uint64_t number;

	(void)t;
	if (parse_frame(line, &number, &frame))
		return trace_judge_number(number, *(const uint64_t *)expected);
	if (is_complaint(line))
		return TRACE_LINE_OWN;
	return parse_id(line, "TID ", &number) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static bool read_frame(struct trace *t, uint64_t *expected)
{
	struct trace_frame frame, other;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line) || !parse_frame(line, &number, &frame) ||
	    !trace_number(t, number, expected))
		return false;
	trace_skip(t);
	while (trace_peek(t, &line) &&
	       (slice_starts(line, "    ") || trace_small_gap(t, judge_place, NULL))) {
		trace_peek(t, &line);
		line = slice_trim(line);
		if (take_build_id(line, &frame) ||
		    (!frame.file.at &&
		     slice_place(line, &frame.file, &frame.line, &frame.column))) {
			trace_skip(t);
			continue;
		}
		if (!slice_place(line, &other.file, &other.line, &other.column))
			break;
		/* of a frame that has lost its line */
		trace_pass_line(t);
		trace_unparsed(t, trace_line_number(t), "not of this frame");
	}
	frame.inlined = is_inlined(t, &frame);
	trace_push_frame(t, &frame);
	return true;
}

/* "eu-stack: tid 12: shown max number of frames", or what went wrong and in which call. */
static bool take_complaint(struct trace *t)
{
	struct slice line;

	if (!trace_peek(t, &line) || !slice_skip(&line, "eu-stack: "))
		return false;
	trace_skip(t);
	if (slice_find(line, "max number of frames") != SIZE_MAX)
		trace_elided(t, STK_NONE);
	else
		trace_note(t, STK_NOTE_STACK_UNREADABLE, trace_line_number(t), trace_str(t, line));
	return true;
}

/* ---- threads ---- */

static void read_thread(struct trace *t, uint64_t tid)
{
	struct stk_task *task;
	uint64_t expected = 0;

	trace_skip(t);
	while (read_frame(t, &expected) || take_complaint(t) ||
	       trace_gap(t, judge_frame, &expected))
		;
	task = trace_task(t, STK_THREAD);
	task->id = tid;
	task->tid = (uint32_t)tid;
}

/* Another thread behind lines of others. */
static enum trace_line judge_thread(struct trace *t, struct slice line, const void *arg)
{
	struct trace_frame frame;
	uint64_t number;

	(void)t, (void)arg;
	if (is_process(line) || parse_frame(line, &number, &frame))
		return TRACE_LINE_END;
	return parse_id(line, "TID ", &number) ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static bool at_thread(struct trace *t)
{
	struct slice line;
	uint64_t tid;

	return trace_peek(t, &line) &&
	       (parse_id(line, "TID ", &tid) || trace_small_gap(t, judge_thread, NULL));
}

static bool probe(struct trace *t)
{
	uint64_t number, expected = 0;
	struct trace_frame frame;
	struct slice line;

	if (!trace_peek(t, &line))
		return false;
	if (is_process(line)) {
		trace_skip(t);
		if (!at_thread(t))
			return false;
	}
	if (!trace_next(t, &line) || !parse_id(line, "TID ", &number))
		return false;
	return !trace_peek(t, &line) || parse_frame(line, &number, &frame) || is_complaint(line) ||
	       parse_id(line, "TID ", &number) || trace_gap(t, judge_frame, &expected);
}

static void read_process(struct trace *t)
{
	struct slice line;
	uint64_t tid;

	if (trace_peek(t, &line) && is_process(line)) {
		trace_title(t, line);
		trace_skip(t);
	}
	while (at_thread(t)) {
		trace_peek(t, &line);
		parse_id(line, "TID ", &tid);
		read_thread(t, tid);
	}
}

static const struct trace_mark marks[] = {
	{ "PID ", "", false },
	{ "TID ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_eustack = {
	.name = "eu-stack",
	.marks = marks,
	.probe = probe,
	.read = read_process,
};
