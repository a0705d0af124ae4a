/* SPDX-License-Identifier: Apache-2.0 */
/* Reading crash reports: the one loop of the formats that are words and stacks of lines. */
#include "report.h"

#define MAX_STACKS 100000u

static bool is_own(const struct report_format *format, struct slice line)
{
	return format->is_head(line) || listing_is_frame(format->stack, line);
}

static bool is_frame(const struct report_format *format, struct slice line)
{
	return !format->is_head(line) && listing_is_frame(format->stack, line);
}

bool report_probe(struct trace *t, const struct report_format *format, bool above)
{
	struct slice line;
	unsigned n;

	if (!trace_next(t, &line))
		return false;
	if (!is_own(format, line) && !(above && trace_next(t, &line) && is_own(format, line)))
		return false;
	for (n = 0; n <= format->ahead; n++) {
		if (is_frame(format, line))
			return true;
		if (!trace_next(t, &line))
			return false;
	}
	return false;
}

/* Moves to the report's next line; what is before it stays text. */
static bool find(struct trace *t, const struct report_format *format, unsigned ahead,
		 struct slice *ret)
{
	struct trace_place start = trace_place(t), here = start;
	struct slice line;
	unsigned n;

	for (n = 0; n <= ahead && trace_next(t, &line); n++) {
		if (is_own(format, line)) {
			trace_return(t, here);
			if (n)
				trace_pass(t, start, here);
			return trace_peek(t, ret);
		}
		here = trace_place(t);
	}
	trace_return(t, start);
	return false;
}

static void close_stack(struct report *r)
{
	struct builder *b = trace_builder(r->t);
	struct stk_task *task;

	task = trace_task(r->t, r->runs ? STK_THREAD : STK_TRACE);
	task->id = r->id;
	task->tid = r->tid;
	task->name = trace_str(r->t, r->name);
	if (r->crashed) {
		task->flags |= STK_TASK_CRASHED;
		task->signal = (uint8_t)r->signal;
	}
	if (r->header.at)
		trace_more(r->t, builder_ntasks(b) - 1)->header = trace_str(r->t, r->header);
	r->header = r->name = NO_SLICE;
	r->id = r->tid = 0;
	r->crashed = false;
	r->stacks++;
}

/* false: it is none of this report. */
static bool read_head(struct report *r, const struct report_format *format, struct slice line)
{
	switch (format->head(r, slice_trim(line))) {
	case REPORT_TAKEN:
		trace_skip(r->t);
		return true;
	case REPORT_TEXT:
		trace_pass_line(r->t);
		return true;
	case REPORT_OVER:
		break;
	}
	return false;
}

void report_read(struct trace *t, const struct report_format *format)
{
	struct report r = { .t = t, .crashed = true };
	struct slice line;
	bool first = true;

	while (r.stacks < MAX_STACKS &&
	       find(t, format, r.stacks ? format->after : format->ahead, &line)) {
		first = false;
		if (!is_frame(format, line)) {
			if (!read_head(&r, format, line))
				break;
			continue;
		}
		(void)listing_read(t, format->stack);
		close_stack(&r);
	}
	/* of a head that is a frame itself */
	if (trace_pushed(t))
		close_stack(&r);
	if (!r.stacks && !first)
		trace_truncated(t, trace_line_number(t), "the report has no stack");
	/* whose stack is missing */
	if (r.header.at)
		report_remark(&r, r.header);
	if (r.name.at)
		report_remark(&r, r.name);
}

void report_say(struct report *report, struct slice line)
{
	struct stk_cause *cause;

	trace_title(report->t, line);
	if (!trace_cause(report->t, &cause))
		return;
	cause->text = trace_str(report->t, line);
	cause->message = trace_str(report->t, line);
}

void report_signal(struct report *report, struct slice line, int signal, struct slice what)
{
	struct stk_cause *cause;

	trace_title(report->t, line);
	report->signal = signal;
	if (!trace_cause(report->t, &cause))
		return;
	if (signal)
		death_describe(report->t, cause, signal, what);
	else
		cause->text = trace_str(report->t, line);
}

void report_remark(struct report *report, struct slice line)
{
	builder_statement(trace_builder(report->t), trace_str(report->t, line), "the report");
}

unsigned report_count_above(struct trace_above *above, unsigned most,
			    bool (*begins)(struct slice line))
{
	struct slice line;
	unsigned n;

	for (n = 0; n < most && trace_above_line(above, n, &line); n++)
		if (begins(line))
			return n + 1;
	return 0;
}
