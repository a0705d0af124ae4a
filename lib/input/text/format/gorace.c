/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of Go's race detector: a stack for each of the two accesses, and where the goroutines
 * of them were created.
 *	Read at 0x00c0000180b8 by goroutine 7:
 *	  main.(*T).inc()
 *	      /s/r.go:4 +0x30
 * Up to Go 1.5 the head was "Read by goroutine 13:". */
#include "gotext.h"

/* How many stacks a report may have; it has four. */
#define SECTIONS 64

static bool is_rule(struct slice line)
{
	return slice_starts(line, "==================");
}

static bool is_section(struct slice line)
{
	return slice_ends(line, ":") &&
	       (slice_find(line, " by goroutine ") != SIZE_MAX ||
		slice_find(line, " by main goroutine") != SIZE_MAX ||
		(slice_starts(line, "Goroutine ") && slice_ends(line, " created at:")));
}

/* The goroutine that a head speaks of; 0 when it does not give its number. */
static uint64_t goroutine_of(struct slice head)
{
	struct slice before;
	uint64_t id = 0;

	if (slice_until(&head, "oroutine ", &before))
		slice_dec(&head, &id);
	else
		id = 1; /* "main goroutine" */
	return id;
}

static enum trace_line judge_call(struct trace *t, struct slice line, const void *arg)
{
	(void)arg;
	line = slice_trim(line);
	if (is_rule(line) || is_section(line))
		return TRACE_LINE_END;
	if (slice_is(line, "[failed to restore the stack]") || go_is_call(t))
		return TRACE_LINE_OWN;
	return TRACE_LINE_OTHER;
}

static void read_section(struct trace *t, struct slice head)
{
	struct stk_task *task;
	struct stk_more *more;
	struct slice line;
	const char *why = NULL;

	slice_drop(&head, ":");
	while (go_call(t) || trace_small_gap(t, judge_call, NULL) || trace_peek(t, &line)) {
		if (!trace_peek(t, &line))
			break;
		line = slice_trim(line);
		if (slice_is(line, "[failed to restore the stack]"))
			why = "the race detector had forgotten it";
		else if (!go_is_call(t))
			break;
		else
			continue;
		trace_skip(t);
	}
	task = trace_task(t, STK_TRACE);
	task->id = goroutine_of(head);
	if (slice_find(head, "(running)") != SIZE_MAX)
		task->state = builder_str(trace_builder(t), "running");
	if (slice_find(head, "(finished)") != SIZE_MAX)
		task->state = builder_str(trace_builder(t), "finished");
	more = trace_more(t, builder_ntasks(trace_builder(t)) - 1);
	more->header = trace_str(t, head);
	if (why)
		trace_note(t, STK_NOTE_STACK_UNREADABLE, trace_line_number(t), why);
}

static enum trace_line judge_section(struct trace *t, struct slice line, const void *arg)
{
	(void)t, (void)arg;
	line = slice_trim(line);
	if (is_rule(line))
		return TRACE_LINE_END;
	return is_section(line) ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

static bool probe(struct trace *t)
{
	struct slice line;

	if (!trace_next(t, &line) || !slice_is(slice_trim(line), "WARNING: DATA RACE"))
		return false;
	return trace_peek(t, &line) &&
	       (is_section(slice_trim(line)) || trace_leads(t, judge_section, NULL));
}

static void read_race(struct trace *t)
{
	struct slice line;
	unsigned sections = 0;

	trace_next(t, &line);
	trace_title(t, slice_trim(line));
	while (trace_peek(t, &line) && sections < SECTIONS) {
		line = slice_trim(line);
		if (line.size && !is_section(line) && !is_rule(line)) {
			if (trace_small_gap(t, judge_section, NULL))
				continue;
			break;
		}
		trace_skip(t);
		if (is_rule(line))
			return;
		if (line.size) {
			sections++;
			read_section(t, line);
		}
	}
	if (trace_at_end(t))
		trace_truncated(t, trace_line_number(t), "the report has no end");
	else if (trace_peek(t, &line) && line.size)
		trace_unparsed(t, trace_line_number(t) + 1, "not a part of a race report");
}

static const struct trace_mark marks[] = {
	{ "WARNING: DATA RACE", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_gorace = {
	.name = "go-race",
	.marks = marks,
	.probe = probe,
	.read = read_race,
};
