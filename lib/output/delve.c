/* SPDX-License-Identifier: Apache-2.0 */
/* The default format: Delve's `stack`, a block per task. */
#include "cache.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- a task ---- */

static void put_signal(struct out *out, const struct stk_task *task)
{
	if (!task->signal)
		return;
	out_char(out, ' ');
	out_paint(out, OUT_BAD);
	text_signal(out, task->signal);
	out_paint(out, OUT_PLAIN);
}

static bool is_introduced(const struct stk_task *task)
{
	return task->kind == STK_TRACE && task->more->header;
}

/* "Thread 12", "Goroutine 3"; a stack of a report is named by the line that introduced it. */
static void put_identity(struct out *out, const struct stk_task *task)
{
	if (is_introduced(task)) {
		out_text(out, task->more->header);
		return;
	}
	out_str(out, words_row(&words_task_kind, task->kind)->text);
	out_char(out, ' ');
	out_dec(out, task->id);
	if (task->name) {
		out_char(out, ' ');
		text_quoted(out, task->name);
	}
}

static void put_task(struct out *out, const struct stk_task *task)
{
	bool first = task->flags & (STK_TASK_CRASHED | STK_TASK_CURRENT);

	out_str(out, first ? "* " : "  ");
	out_paint(out, task->flags & STK_TASK_CRASHED ? OUT_BAD : OUT_HEAD);
	put_identity(out, task);
	out_paint(out, OUT_PLAIN);
	/* The line that introduced a stack says what there is to say. */
	if (text_has_state(task) && !is_introduced(task)) {
		out_str(out, " [");
		text_state(out, task);
		out_char(out, ']');
	}
	if (task->kind == STK_GOROUTINE && task->tid)
		out_fmt(out, " (thread %u)", task->tid);
	put_signal(out, task);
	out_char(out, '\n');
}

static void put_creator(struct out *out, const struct stk_dump *dump, uint32_t frame, uint64_t id,
			const char *who)
{
	const struct stk_loc *loc = text_frame_loc(dump, frame);

	out_str(out, "   created by ");
	text_function(out, dump, loc, 0);
	if (id) {
		out_fmt(out, " in %s ", who);
		out_dec(out, id);
	}
	out_char(out, '\n');
	if (loc->file) {
		out_str(out, "   at ");
		text_place(out, loc);
		out_char(out, '\n');
	}
}

static void put_ancestors(struct out *out, const struct stk_dump *dump, const struct stk_more *more,
			  const struct stk_style *style)
{
	uint32_t i;

	for (i = 0; i < more->nancestors; i++) {
		const struct stk_ancestor *ancestor = &more->ancestors[i];

		out_str(out, "   when it did so, goroutine ");
		out_dec(out, ancestor->id);
		out_str(out, " was here:\n");
		text_stack(out, dump, &dump->stacks[ancestor->stack], NULL, style);
		if (ancestor->creator < dump->nframes)
			put_creator(out, dump, ancestor->creator, 0, "");
	}
}

/* As the Go runtime prints them. */
static void put_registers(struct out *out, const struct stk_more *more)
{
	uint32_t i;

	for (i = 0; i < more->nregs; i++) {
		size_t length = strlen(more->regs[i].name);

		out_str(out, "   ");
		out_text(out, more->regs[i].name);
		out_pad(out, length < 7 ? 7 - length : 1);
		out_hex(out, more->regs[i].value, 1);
		out_char(out, '\n');
	}
}

static void put_after(struct out *out, const struct stk_dump *dump, const struct stk_task *task,
		      const struct stk_style *style)
{
	const char *who = words_row(&words_task_kind,
				    task->kind == STK_GOROUTINE ? STK_GOROUTINE : STK_THREAD)
				  ->noun;

	if (task->creator < dump->nframes)
		put_creator(out, dump, task->creator, task->creator_id, who);
	else if (task->creator_id)
		out_fmt(out, "   created by %s %llu\n", who, (unsigned long long)task->creator_id);
	put_ancestors(out, dump, task->more, style);
	put_registers(out, task->more);
}

/* ---- the whole ---- */

/* The line that tells where a report of a text begins. */
static void put_report(struct out *out, const struct stk_dump *dump, uint32_t task,
		       uint32_t *report)
{
	for (; *report < dump->nreports && dump->reports[*report].first <= task; ++*report) {
		const struct stk_report *r = &dump->reports[*report];

		/* The only one's title is in the first line. */
		if (dump->nreports == 1 && (!*r->title || !strcmp(r->title, dump->cause.text)))
			continue;
		out_char(out, '\n');
		out_text(out, r->source);
		out_fmt(out, ":%u: ", r->line);
		out_paint(out, OUT_BAD);
		out_text(out, *r->title ? r->title : r->format);
		out_paint(out, OUT_PLAIN);
		out_char(out, '\n');
	}
}

static void put_stack(struct out *out, const struct stk_dump *dump, struct cache *cache,
		      const struct stk_task *task, const struct stk_style *style)
{
	struct out *to = cache_open(cache, out, task);

	if (!to)
		return;
	text_stack(to, dump, &dump->stacks[task->stack], task->detail, style);
	cache_close(cache, out, task);
}

static void write_delve(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	struct cache cache;
	uint32_t report = 0, span = 0, i;

	cache_init(&cache, dump, style->colour);
	text_summary(out, dump);
	for (i = 0; i < dump->ntasks; i++) {
		const struct stk_task *task = &dump->tasks[i];

		text_spans(out, dump, i, &span);
		put_report(out, dump, i, &report);
		out_char(out, '\n');
		put_task(out, task);
		text_waits(out, task->more);
		put_stack(out, dump, &cache, task, style);
		put_after(out, dump, task, style);
	}
	text_spans(out, dump, dump->ntasks, &span);
	cache_deinit(&cache);
}

const struct output output_delve = {
	.format = {
		.name = "delve",
		.summary = "a block per task, as Delve's and gdb's backtraces (the default)",
		.want = STK_WANT_CAUSE | STK_WANT_WAITS,
		.hide_runtime = false,
		.folds = true,
	},
	.listed = true,
	.write = write_delve,
};
