/* SPDX-License-Identifier: Apache-2.0 */
/* diff - several dumps side by side: which groups are new, have grown, shrunk or gone. */
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>

enum fate { NEW, GROWN, SHRUNK, GONE, CHANGED, SAME };

static const struct {
	const char *word;
	enum out_colour colour;
} fates[] = {
	[NEW] = { "new", OUT_BAD },          [GROWN] = { "grown", OUT_BAD },
	[SHRUNK] = { "shrunk", OUT_GOOD },   [GONE] = { "gone", OUT_GOOD },
	[CHANGED] = { "changed", OUT_HEAD }, [SAME] = { "same", OUT_DIM },
};

/* Grown is what never became less and is more at the end: what a leak does. */
static enum fate fate_of(const struct stk_dump *dump, const struct stk_group *group)
{
	uint32_t last = dump->ncompared - 1, i;
	bool rises = true, falls = true;

	for (i = 1; i <= last; i++) {
		rises &= group->counts[i] >= group->counts[i - 1];
		falls &= group->counts[i] <= group->counts[i - 1];
	}
	if (rises && falls)
		return SAME;
	if (rises)
		return group->counts[0] ? GROWN : NEW;
	if (falls)
		return group->counts[last] ? SHRUNK : GONE;
	return CHANGED;
}

/* Of more than two dumps: more in each than in the one before. */
static bool grows_each_time(const struct stk_dump *dump, const struct stk_group *group)
{
	uint32_t i;

	for (i = 1; i < dump->ncompared; i++)
		if (group->counts[i] <= group->counts[i - 1])
			return false;
	return dump->ncompared > 2;
}

static int64_t growth(const struct stk_dump *dump, const struct stk_group *group)
{
	return (int64_t)group->counts[dump->ncompared - 1] - group->counts[0];
}

/* ---- order: the most that came first, what stayed last ---- */

struct entry {
	const struct stk_group *group;
	int64_t growth;
	uint32_t at; /* place among the groups, the largest first */
	enum fate fate;
};

static int by_growth(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	bool a_same = a->fate == SAME, b_same = b->fate == SAME;

	if (a_same != b_same)
		return a_same ? 1 : -1;
	if (a->growth != b->growth)
		return a->growth > b->growth ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static struct entry *sorted(const struct stk_dump *dump)
{
	struct entry *entries = xcalloc((size_t)dump->ngroups + 1, sizeof(*entries));
	uint32_t i;

	for (i = 0; i < dump->ngroups; i++)
		entries[i] = (struct entry){ &dump->groups[i], growth(dump, &dump->groups[i]), i,
					     fate_of(dump, &dump->groups[i]) };
	qsort(entries, dump->ngroups, sizeof(*entries), by_growth);
	return entries;
}

/* ---- one group ---- */

static void put_heading(struct out *out, const struct stk_dump *dump, const struct entry *entry)
{
	const struct stk_group *group = entry->group;
	struct stk_task first = dump->tasks[group->tasks[0]];
	uint32_t i;

	out_paint(out, fates[entry->fate].colour);
	out_fmt(out, "%s%s %+" PRId64, fates[entry->fate].word,
		grows_each_time(dump, group) ? " each time" : "", entry->growth);
	out_paint(out, OUT_PLAIN);
	out_str(out, ": ");
	for (i = 0; i < dump->ncompared; i++)
		out_fmt(out, "%s%" PRIu32, i ? " -> " : "", group->counts[i]);
	out_fmt(out, " %ss", words_row(&words_task_kind, first.kind)->noun);
	first.wait_ns = group->max_wait_ns;
	first.flags = 0;
	if (text_has_state(&first)) {
		out_str(out, " [");
		text_state(out, &first);
		out_char(out, ']');
	}
	out_char(out, '\n');
}

static void put_group(struct out *out, const struct stk_dump *dump, const struct entry *entry,
		      const struct stk_style *style)
{
	const struct stk_group *group = entry->group;
	const struct stk_loc *creator = text_creator(dump, &dump->tasks[group->tasks[0]]);

	out_char(out, '\n');
	put_heading(out, dump, entry);
	text_stack(out, dump, &dump->stacks[group->stack], NULL, style);
	if (creator) {
		out_str(out, "   created by ");
		text_function_at(out, dump, creator, 0);
		out_char(out, '\n');
	}
	if (group->stuck)
		out_fmt(out, "   %" PRIu32 " of them there all the time\n", group->stuck);
}

static void put_names(struct out *out, const struct stk_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->ncompared; i++) {
		out_text(out, dump->compared[i].name);
		out_str(out, ": ");
		text_count(out, dump->compared[i].count, "task");
		out_char(out, '\n');
	}
}

static void write_diff(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	FREE_AT_END struct entry *entries = NULL;
	uint32_t same = 0, i;

	if (!dump->ncompared)
		return;
	entries = sorted(dump);
	put_names(out, dump);
	for (i = 0; i < dump->ngroups; i++) {
		if (entries[i].fate != SAME || style->verbose)
			put_group(out, dump, &entries[i], style);
		same += entries[i].fate == SAME;
	}
	if (!same)
		return;
	out_char(out, '\n');
	text_count(out, same, "group");
	out_str(out, " did not change");
	if (!style->verbose && style->verbose_option)
		out_fmt(out, " (%s lists them)", style->verbose_option);
	out_char(out, '\n');
}

const struct output output_diff = {
	.format = { .name = "diff", .summary = "groups that are new, grown, shrunk, gone" },
	.write = write_diff,
};
