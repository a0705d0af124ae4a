/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of tasks that look alike: each stack once, the most frequent first. */
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>

/* What is listed of a group's ids, creators and so on; -v lists all. */
#define MAX_IDS 10u
#define MAX_KINDS 5u

/* ---- how often each of a few things occurs in a group ---- */

struct tally {
	struct map index; /* thing -> item */
	struct tally_item {
		uint64_t thing;
		uint32_t count;
	} * items;
	size_t count, cap, last;
};

static void tally_add(struct tally *tally, uint64_t thing)
{
	uint64_t at;

	/* Neighbours are mostly alike. */
	if (tally->count && tally->items[tally->last].thing == thing) {
		tally->items[tally->last].count++;
		return;
	}
	if (!map_get(&tally->index, thing, &at)) {
		at = tally->count;
		map_put(&tally->index, thing, at);
		tally->items = grow(tally->items, &tally->cap, at + 1, sizeof(*tally->items));
		tally->items[tally->count++] = (struct tally_item){ thing, 0 };
	}
	tally->items[at].count++;
	tally->last = at;
}

static void tally_deinit(struct tally *tally)
{
	map_deinit(&tally->index);
	free(tally->items);
}

/* Items of equal count stay in order of first sight: that is the order in memory. */
static int by_count(const void *left, const void *right)
{
	const struct tally_item *a = *(const struct tally_item *const *)left;
	const struct tally_item *b = *(const struct tally_item *const *)right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Prints "BEFORE a (12), b (3), and 4 others" as a line; what of one thing is said without its
 * count when every task of the group has it. */
static void tally_put(const struct tally *tally, const struct stk_dump *dump,
		      const struct stk_group *group, const struct stk_style *style, struct out *out,
		      const char *before,
		      void (*put)(struct out *out, const struct stk_dump *dump, uint64_t thing))
{
	FREE_AT_END const struct tally_item **order = xmalloc((tally->count + 1) * sizeof(*order));
	size_t shown = style->verbose || tally->count < MAX_KINDS ? tally->count : MAX_KINDS, i;

	if (!tally->count)
		return;
	for (i = 0; i < tally->count; i++)
		order[i] = &tally->items[i];
	qsort(order, tally->count, sizeof(*order), by_count);
	out_str(out, before);
	for (i = 0; i < shown; i++) {
		out_str(out, i ? ", " : "");
		put(out, dump, order[i]->thing);
		if (order[i]->count != group->count)
			out_fmt(out, " (%" PRIu32 ")", order[i]->count);
	}
	if (shown < tally->count)
		out_fmt(out, ", and %zu others", tally->count - shown);
	if (shown < tally->count && style->verbose_option)
		out_fmt(out, " (%s lists all)", style->verbose_option);
	out_char(out, '\n');
}

/* ---- what is summed up ---- */

static void put_creator(struct out *out, const struct stk_dump *dump, uint64_t frame)
{
	text_function_at(out, dump, text_frame_loc(dump, (uint32_t)frame), 0);
}

static void put_string(struct out *out, const struct stk_dump *dump, uint64_t string)
{
	(void)dump;
	out_text(out, (const char *)(uintptr_t)string);
}

static void put_name(struct out *out, const struct stk_dump *dump, uint64_t string)
{
	(void)dump;
	text_quoted(out, (const char *)(uintptr_t)string);
}

static void put_label(struct out *out, const struct stk_dump *dump, uint64_t label)
{
	const struct stk_label *l = (const struct stk_label *)(uintptr_t)label;
	const struct stk_more more = { .labels = l, .nlabels = 1 };

	(void)dump;
	text_labels(out, &more);
}

static void count_creators(struct tally *tally, const struct stk_dump *dump,
			   const struct stk_task *task)
{
	if (task->creator < dump->nframes)
		tally_add(tally, task->creator);
}

static void count_names(struct tally *tally, const struct stk_dump *dump,
			const struct stk_task *task)
{
	(void)dump;
	if (task->name)
		tally_add(tally, (uintptr_t)task->name);
}

static void count_waits(struct tally *tally, const struct stk_dump *dump,
			const struct stk_task *task)
{
	uint32_t i;

	(void)dump;
	for (i = 0; i < task->more->nwaits; i++) {
		const struct stk_wait *wait = &task->more->waits[i];

		tally_add(tally, (uintptr_t)(wait->text && *wait->text ? wait->text : wait->kind));
	}
	if (task->more->syscall)
		tally_add(tally, (uintptr_t)task->more->syscall);
}

/* Labels are told apart by their texts, which are interned; one of each stands for all. */
static void count_labels(struct tally *tally, const struct stk_dump *dump,
			 const struct stk_task *task)
{
	uint32_t i;
	size_t j;

	(void)dump;
	for (i = 0; i < task->more->nlabels; i++) {
		const struct stk_label *label = &task->more->labels[i];

		for (j = 0; j < tally->count; j++) {
			const struct stk_label *known =
				(const struct stk_label *)(uintptr_t)tally->items[j].thing;

			if (known->key == label->key && known->value == label->value)
				break;
		}
		tally_add(tally, j < tally->count ? tally->items[j].thing : (uintptr_t)label);
	}
}

/* One row is one line below a group's stack. */
static const struct summary {
	const char *before;
	void (*count)(struct tally *tally, const struct stk_dump *dump,
		      const struct stk_task *task);
	void (*put)(struct out *out, const struct stk_dump *dump, uint64_t thing);
} summaries[] = {
	{ "   named ", count_names, put_name },
	{ "   created by ", count_creators, put_creator },
	{ "   waiting for ", count_waits, put_string },
	{ "   labels ", count_labels, put_label },
};

static void put_summaries(struct out *out, const struct stk_dump *dump,
			  const struct stk_group *group, const struct stk_style *style)
{
	size_t i;
	uint32_t j;

	for (i = 0; i < ARRAY_SIZE(summaries); i++) {
		struct tally tally = { .count = 0 };

		for (j = 0; j < group->count; j++)
			summaries[i].count(&tally, dump, &dump->tasks[group->tasks[j]]);
		tally_put(&tally, dump, group, style, out, summaries[i].before, summaries[i].put);
		tally_deinit(&tally);
	}
}

/* ---- the line of a group ---- */

static void put_span(struct out *out, const struct stk_group *group)
{
	int64_t least = group->min_wait_ns / NS_PER_MINUTE,
		most = group->max_wait_ns / NS_PER_MINUTE;

	if (most < 1)
		return;
	if (least == most)
		text_count(out, (uint64_t)most, "minute");
	else
		out_fmt(out, "%" PRId64 "-%" PRId64 " minutes", least, most);
}

static void put_state(struct out *out, const struct stk_task *first, const struct stk_group *group)
{
	bool waited = group->max_wait_ns >= NS_PER_MINUTE;

	if (!first->state && !waited)
		return;
	out_str(out, " [");
	out_text(out, first->state);
	if (first->state && waited)
		out_str(out, ", ");
	put_span(out, group);
	out_char(out, ']');
}

static void put_ids(struct out *out, const struct stk_dump *dump, const struct stk_group *group,
		    const struct stk_style *style)
{
	uint32_t shown = style->verbose || group->count <= MAX_IDS ? group->count : MAX_IDS, i;

	out_char(out, ':');
	for (i = 0; i < shown; i++) {
		out_char(out, ' ');
		out_dec(out, dump->tasks[group->tasks[i]].id);
	}
	if (shown < group->count)
		out_str(out, " ...");
	if (shown < group->count && style->verbose_option)
		out_fmt(out, " (%s lists all)", style->verbose_option);
}

/* The task to mark the group for; NULL when it has none. */
static const struct stk_task *notable(const struct stk_dump *dump, const struct stk_group *group)
{
	const struct stk_task *current = NULL;
	uint32_t i;

	for (i = 0; i < group->count; i++) {
		const struct stk_task *task = &dump->tasks[group->tasks[i]];

		if (task->flags & STK_TASK_CRASHED)
			return task;
		if (!current && (task->flags & STK_TASK_CURRENT))
			current = task;
	}
	return current;
}

static void put_heading(struct out *out, const struct stk_dump *dump, const struct stk_group *group,
			const struct stk_style *style)
{
	const struct stk_task *first = &dump->tasks[group->tasks[0]];
	const struct stk_task *mark = notable(dump, group);
	bool introduced = first->kind == STK_TRACE && first->more->header;

	out_str(out, mark ? "* " : "  ");
	out_paint(out, mark && (mark->flags & STK_TASK_CRASHED) ? OUT_BAD : OUT_HEAD);
	text_count(out, group->count, words_row(&words_task_kind, first->kind)->noun);
	out_paint(out, OUT_PLAIN);
	if (!introduced)
		put_state(out, first, group);
	if (mark && mark->signal) {
		out_char(out, ' ');
		out_paint(out, OUT_BAD);
		text_signal(out, mark->signal);
		out_paint(out, OUT_PLAIN);
	}
	if (introduced) {
		out_str(out, ": ");
		out_text(out, first->more->header);
	} else {
		put_ids(out, dump, group, style);
	}
	out_char(out, '\n');
}

/* ---- arguments: those that all tasks of the group have in common ---- */

static void merge_detail(struct stk_detail *merged, const struct stk_detail *other, uint32_t count)
{
	uint32_t i, j;

	for (i = 0; i < count; i++) {
		if (merged[i].args != other[i].args)
			merged[i].args = "...";
		if (merged[i].nvalues != other[i].nvalues)
			merged[i].nvalues = 0;
		for (j = 0; j < merged[i].nvalues; j++)
			if (merged[i].values[j].text != other[i].values[j].text)
				merged[i].nvalues = 0;
	}
}

/* NULL when the tasks have none; the caller frees it. */
static struct stk_detail *common_detail(const struct stk_dump *dump, const struct stk_group *group)
{
	uint32_t count = dump->stacks[group->stack].count, i;
	const struct stk_detail *first = dump->tasks[group->tasks[0]].detail;
	struct stk_detail *merged;

	if (!first || !count)
		return NULL;
	merged = xmalloc(count * sizeof(*merged));
	for (i = 0; i < count; i++)
		merged[i] = first[i];
	for (i = 1; i < group->count; i++) {
		const struct stk_task *task = &dump->tasks[group->tasks[i]];

		if (task->detail && dump->stacks[task->stack].count == count)
			merge_detail(merged, task->detail, count);
	}
	return merged;
}

static void write_group(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	uint32_t span = 0, i;

	text_summary(out, dump);
	text_spans(out, dump, dump->ntasks, &span);
	for (i = 0; i < dump->ngroups; i++) {
		const struct stk_group *group = &dump->groups[i];
		FREE_AT_END struct stk_detail *detail = common_detail(dump, group);

		out_char(out, '\n');
		put_heading(out, dump, group, style);
		text_stack(out, dump, &dump->stacks[group->stack], detail, style);
		put_summaries(out, dump, group, style);
	}
}

const struct output output_group = {
	.format = {
		.name = "group",
		.summary = "identical stacks once, with how many tasks have them",
		.want = STK_WANT_CAUSE | STK_WANT_WAITS,
		.groups = true,
		.folds = true,
	},
	.listed = true,
	.write = write_group,
};
