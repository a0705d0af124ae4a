/* SPDX-License-Identifier: Apache-2.0 */
/* Count profiles of Go as text, debug=1 of runtime/pprof:
 *	goroutine profile: total 100002
 *	1667 @ 0x43a016 0x406dac 0x4ed6af 0x466121
 *	# labels: {"shard":"3"}
 *	#	0x4ed6ae	main.worker.func4+0x2e	/d/dump.go:33
 * The list behind the @ has every return address, the runtime's own frames too; the lines have
 * address - 1 and name only what is not the runtime's (printCountProfile, printStackRecord). */
#include "gotext.h"

#include <stdlib.h>

struct record {
	uint64_t count;
	uint64_t *pcs;
	size_t npcs, cap;
	size_t at; /* the first that has no frame yet */
	const struct stk_more *more;
};

static bool is_header(struct slice line, struct slice *name, uint64_t *total)
{
	return slice_until(&line, " profile: total ", name) && name->size &&
	       slice_find(*name, " ") == SIZE_MAX && slice_dec(&line, total) && !line.size;
}

/* "1667 @ 0x43a016 0x406dac" */
static bool parse_record(struct slice line, struct record *record)
{
	uint64_t pc;

	record->npcs = record->at = 0;
	record->more = NULL;
	line = slice_trim(line);
	if (!slice_dec(&line, &record->count) || !slice_skip(&line, " @"))
		return false;
	while (slice_skip(&line, " ")) {
		if (!slice_hex(&line, &pc))
			return false;
		record->pcs = grow(record->pcs, &record->cap, record->npcs + 1, sizeof(pc));
		record->pcs[record->npcs++] = pc;
	}
	return !line.size;
}

/* A frame that the profile hides: the runtime's own at the newer end, and at the older end the
 * one that every goroutine has. */
static void push_hidden(struct trace *t, const struct record *record, size_t at)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	frame.pc = record->pcs[at];
	if (at && at + 1 == record->npcs)
		frame.func = SLICE(GOLANG_GOEXIT);
	else
		frame.why = "the profile does not name the runtime's own frames";
	frame.flags = STK_FRAME_RUNTIME;
	trace_push_frame(t, &frame);
}

/* The address of the list that this line is about; those before it are hidden ones. */
static uint64_t match_pc(struct trace *t, struct record *record, uint64_t pc)
{
	size_t i;

	for (i = record->at; i < record->npcs; i++)
		if (record->pcs[i] == pc + 1 || record->pcs[i] == pc)
			break;
	if (i == record->npcs)
		return pc;
	while (record->at < i)
		push_hidden(t, record, record->at++);
	return record->pcs[record->at++];
}

/* The next of the columns, which one tab or more separate. */
static struct slice column(struct slice *line)
{
	struct slice ret;

	*line = slice_trim(*line);
	if (!slice_until(line, "\t", &ret)) {
		ret = *line;
		*line = slice_from(*line, line->size);
	}
	return slice_trim(ret);
}

/* Where the next line has this address too, but the list has it only once, the call of this line
 * was inlined into the function of the next: stk writes it so, Go gives each its own address. */
static bool is_shared(struct trace *t, const struct record *record, uint64_t pc)
{
	struct slice line, text;
	uint64_t next;

	if (!trace_peek(t, &line) || !slice_skip(&line, "#"))
		return false;
	text = column(&line);
	if (!slice_hex(&text, &next) || next != pc)
		return false;
	return record->at == record->npcs || record->pcs[record->at] != record->pcs[record->at - 1];
}

/* "#	0x4ed6ae	main.worker.func4+0x2e	/d/dump.go:33" */
static bool read_frame(struct trace *t, struct record *record, struct slice line)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice pc, func, offset;
	uint32_t col;
	uint64_t at;
	size_t plus;

	if (!slice_skip(&line, "#"))
		return false;
	pc = column(&line);
	if (!slice_hex(&pc, &at) || pc.size)
		return false;
	func = column(&line);
	plus = slice_rfind(func, '+');
	if (plus != SIZE_MAX) {
		offset = slice_from(func, plus + 1);
		if (slice_hex(&offset, &frame.func_offset))
			func.size = plus;
	}
	frame.func = func.size ? func : NO_SLICE;
	frame.why = func.size ? NULL : "the profile has no name for it";
	line = slice_trim(line);
	if (line.size && !slice_place(line, &frame.file, &frame.line, &col))
		return false;
	frame.flags = go_frame_flags(func);
	frame.pc = match_pc(t, record, at);
	frame.inlined = frame.pc != at && is_shared(t, record, at);
	if (frame.inlined)
		record->at--;
	if (frame.func_offset != UINT64_MAX)
		frame.func_offset += frame.pc - at;
	trace_push_frame(t, &frame);
	return true;
}

static bool read_labels(struct trace *t, struct record *record, struct slice line)
{
	struct stk_more *more;

	if (!slice_skip(&line, "# labels: {") || !slice_drop(&line, "}"))
		return false;
	more = builder_alloc(trace_builder(t), sizeof(*more));
	more->nlabels = go_labels(t, line, &more->labels);
	record->more = more;
	return true;
}

static void end_record(struct trace *t, struct record *record, enum stk_task_kind kind)
{
	while (record->at < record->npcs)
		push_hidden(t, record, record->at++);
	trace_tasks(t, kind, record->count, record->more);
}

static enum trace_line judge_line(struct trace *t, struct slice line, const void *arg)
{
	struct record record = { 0 };
	bool is_one;

	(void)t, (void)arg;
	if (slice_starts(line, "#\t0x") || slice_starts(line, "# labels: {"))
		return TRACE_LINE_OWN;
	is_one = parse_record(line, &record);
	free(record.pcs);
	return is_one ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

/* The next record behind lines of others. */
static enum trace_line judge_record(struct trace *t, struct slice line, const void *arg)
{
	struct record record = { 0 };
	struct slice name;
	uint64_t total;
	bool is_one;

	(void)t, (void)arg;
	if (is_header(line, &name, &total))
		return TRACE_LINE_END;
	is_one = parse_record(line, &record);
	free(record.pcs);
	return is_one ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static void read_record(struct trace *t, struct record *record, enum stk_task_kind kind)
{
	struct slice line;

	while (trace_peek(t, &line) &&
	       (slice_starts(line, "#") || trace_small_gap(t, judge_line, NULL))) {
		trace_next(t, &line);
		if (!read_labels(t, record, line) && !read_frame(t, record, line))
			trace_unparsed(t, trace_line_number(t), "not a frame of a profile");
	}
	end_record(t, record, kind);
}

static bool probe(struct trace *t)
{
	struct slice line, name;
	struct record record = { 0 };
	uint64_t total;
	bool is_one;

	if (!trace_next(t, &line) || !is_header(line, &name, &total))
		return false;
	is_one = !total || !trace_peek(t, &line) || parse_record(line, &record) ||
		 trace_leads(t, judge_record, NULL);
	free(record.pcs);
	return is_one;
}

static void read_profile(struct trace *t)
{
	struct record record = { 0 };
	struct slice line, name;
	enum stk_task_kind kind;
	uint64_t total, sum = 0;

	trace_next(t, &line);
	trace_title(t, line);
	if (!is_header(line, &name, &total))
		return;
	kind = slice_starts(name, "thread") ? STK_THREAD : STK_GOROUTINE;
	while (trace_peek(t, &line) && (!line.size || parse_record(line, &record) ||
					(trace_small_gap(t, judge_record, NULL) &&
					 trace_peek(t, &line) && parse_record(line, &record)))) {
		trace_skip(t);
		if (!line.size)
			continue;
		sum += record.count;
		read_record(t, &record, kind);
	}
	free(record.pcs);
	if (sum < total)
		trace_truncated(t, trace_line_number(t), "fewer stacks than the profile says");
}

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"

static const struct trace_mark marks[] = {
	{ " profile: total ", NAME, false },
	{ NULL, NULL, false },
};

const struct trace_format trace_debug1 = {
	.name = "go-debug1",
	.marks = marks,
	.probe = probe,
	.read = read_profile,
};
