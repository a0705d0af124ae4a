/* SPDX-License-Identifier: Apache-2.0 */
/* dot - who waits for whom, for Graphviz: tasks are boxes, what they wait for is round; an arrow
 * leads from who waits to the object, and from there to who has it. */
#include "parties.h"
#include "text.h"

#include <stdlib.h>

/* Inside of double quotes: what out_text() makes of other bytes has backslashes, which are doubled too. */
static void put_string(struct out *out, const char *text)
{
	struct out escaped;
	size_t i;

	out_init(&escaped, -1);
	out_text(&escaped, text);
	for (i = 0; i < escaped.used; i++) {
		if (escaped.buffer[i] == '"' || escaped.buffer[i] == '\\')
			out_char(out, '\\');
		out_bytes(out, escaped.buffer + i, 1);
	}
	out_deinit(&escaped);
}

static void put_node(struct out *out, const struct stk_party *party)
{
	out_fmt(out, "\"%s%u.%llu\"", party->kind == STK_THREAD ? "t" : "g", party->target,
		(unsigned long long)party->id);
}

static bool is_in_verdict(const struct stk_dump *dump, const struct stk_party *party)
{
	uint32_t i, n;

	for (i = 0; i < dump->nverdicts; i++)
		for (n = 0; dump->verdicts[i].kind != STK_VERDICT_CONTENTION &&
			    n < dump->verdicts[i].ntasks;
		     n++)
			if (dump->verdicts[i].tasks[n].id == party->id &&
			    dump->verdicts[i].tasks[n].kind == party->kind &&
			    dump->verdicts[i].tasks[n].target == party->target)
				return true;
	return false;
}

static void put_task(struct out *out, const struct stk_dump *dump, const struct stk_party *party,
		     const struct stk_task *task)
{
	uint32_t frame = text_user_frame(dump, &dump->stacks[task->stack]);
	const struct stk_loc *loc = frame == STK_NONE ? NULL : text_frame_loc(dump, frame);

	out_str(out, "\t");
	put_node(out, party);
	out_fmt(out, " [shape=box,label=\"%s %llu", words_row(&words_task_kind, party->kind)->noun,
		(unsigned long long)party->id);
	if (task->name) {
		out_char(out, ' ');
		put_string(out, task->name);
	}
	if (loc && loc->func) {
		out_str(out, "\\n");
		put_string(out, loc->func);
	}
	out_str(out, is_in_verdict(dump, party) ? "\",color=red];\n" : "\"];\n");
}

static void put_object(struct out *out, const struct stk_object *object, uint32_t number)
{
	uint32_t i;

	out_fmt(out, "\t\"o%u\" [label=\"", number);
	put_string(out, object->kind);
	if (object->name) {
		out_char(out, ' ');
		put_string(out, object->name);
	}
	out_fmt(out, "\\n0x%llx\"];\n", (unsigned long long)object->address);
	for (i = 0; i < object->nwaiters; i++) {
		out_str(out, "\t");
		put_node(out, &object->waiters[i]);
		out_fmt(out, " -> \"o%u\";\n", number);
	}
	if (object->owned) {
		out_fmt(out, "\t\"o%u\" -> ", number);
		put_node(out, &object->owner);
		out_str(out, object->gone ? " [style=dashed];\n" : ";\n");
	}
}

/* Waits without an object of their own: for the end of a thread. */
static bool waits_directly(const struct parties *p, uint32_t task)
{
	return p->next[task] != STK_NONE && !p->dump->tasks[task].more->waits[0].address;
}

static void write_dot(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	struct parties p;
	uint32_t i;

	(void)style;
	parties_init(&p, dump);
	out_str(out, "digraph waits {\n\trankdir=LR;\n");
	for (i = 0; i < dump->ntasks; i++) {
		struct stk_party party = parties_of(&p, i), other;

		if (!dump->tasks[i].more->nwaits && p.first[i] == STK_NONE)
			continue;
		put_task(out, dump, &party, &dump->tasks[i]);
		if (!waits_directly(&p, i))
			continue;
		other = parties_of(&p, p.next[i]);
		out_str(out, "\t");
		put_node(out, &party);
		out_str(out, " -> ");
		put_node(out, &other);
		out_str(out, " [label=\"");
		put_string(out, dump->tasks[i].more->waits[0].kind);
		out_str(out, "\"];\n");
	}
	for (i = 0; i < dump->nobjects; i++)
		put_object(out, &dump->objects[i], i);
	out_str(out, "}\n");
	parties_deinit(&p);
}

const struct output output_dot = {
	.format = {
		.name = "dot",
		.summary = "who waits for whom, a graph for Graphviz",
		.want = STK_WANT_WAITS,
	},
	.listed = true,
	.write = write_dot,
};
