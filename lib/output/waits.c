/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom: the verdicts first, then what is waited for most, then the tree of those that wait for
 * each other. */
#include "parties.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Of one stack, the frames that are the user's own. */
#define MOST_FRAMES 3u
/* Without -v. */
#define MOST_OBJECTS 10u
#define MOST_TASKS 10u
/* The tree is cut below this: nobody reads further, and a hostile one has no end. */
#define MOST_DEPTH 50u

/* ---- a task ---- */

static void put_id(struct out *out, const struct stk_dump *dump, const struct stk_party *party)
{
	out_str(out, words_row(&words_task_kind, party->kind)->noun);
	out_char(out, ' ');
	out_dec(out, party->id);
	if (party->target < dump->ncompared) {
		out_str(out, " of ");
		out_text(out, dump->compared[party->target].name);
	}
}

static void put_who(struct out *out, const struct stk_dump *dump, const struct stk_party *party,
		    const struct stk_task *task)
{
	put_id(out, dump, party);
	if (task && task->name) {
		out_char(out, ' ');
		text_quoted(out, task->name);
	}
}

/* "waits for ...", "runs"; a goroutine's state. */
static void put_doing(struct out *out, const struct stk_task *task)
{
	const struct stk_more *more = task->more;
	uint32_t i;

	if (!more->nwaits) {
		if (!text_has_state(task)) {
			out_str(out, "waits for nothing that is known");
			return;
		}
		out_str(out, "is ");
		text_state(out, task);
		return;
	}
	out_str(out, "waits for ");
	for (i = 0; i < more->nwaits && i < 4; i++) {
		out_str(out, i ? " or " : "");
		out_text(out, more->waits[i].text && *more->waits[i].text ? more->waits[i].text
									  : more->waits[i].kind);
	}
}

static bool is_own(const struct stk_frame *frame)
{
	return !(frame->flags & (STK_FRAME_PLUMBING | STK_FRAME_LIBRARY | STK_FRAME_LANGUAGE |
				 STK_FRAME_RUNTIME | STK_FRAME_SIGNAL));
}

/* What is further out has only begun the program. */
static bool is_main(const struct stk_dump *dump, uint32_t frame)
{
	const struct stk_loc *loc = text_frame_loc(dump, frame);

	return loc->func && !strcmp(loc->func, "main");
}

static void put_frame(struct out *out, const struct stk_dump *dump, uint32_t frame, size_t indent)
{
	out_pad(out, indent);
	text_function_at(out, dump, text_frame_loc(dump, frame), 0);
	out_char(out, '\n');
}

/* The newest frames of the user's own; where there are none, the one that says most. */
static void put_frames(struct out *out, const struct stk_dump *dump, const struct stk_task *task,
		       size_t indent)
{
	const struct stk_stack *stack = &dump->stacks[task->stack];
	uint32_t shown = 0, i, frame;

	for (i = 0; i < stack->count && shown < MOST_FRAMES; i++)
		if (is_own(&dump->frames[stack->frames[i]])) {
			put_frame(out, dump, stack->frames[i], indent);
			shown++;
			if (is_main(dump, stack->frames[i]))
				break;
		}
	frame = shown ? STK_NONE : text_user_frame(dump, stack);
	if (frame != STK_NONE)
		put_frame(out, dump, frame, indent);
}

/* ---- verdicts ---- */

static void put_behind(struct out *out, const struct stk_verdict *verdict)
{
	if (verdict->behind)
		out_fmt(out, "; %u more wait%s behind %s", verdict->behind,
			verdict->behind == 1 ? "s" : "", verdict->ntasks == 1 ? "it" : "them");
}

static void put_title(struct out *out, const struct stk_verdict *verdict)
{
	const struct word *certainty = words_row(&words_certainty, verdict->certainty);

	out_paint(out, verdict->kind == STK_VERDICT_CONTENTION ? OUT_HEAD : OUT_BAD);
	out_str(out, words_row(&words_verdict, verdict->kind)->noun);
	out_paint(out, OUT_PLAIN);
	out_str(out, certainty->text ? certainty->text : "");
	out_str(out, ": ");
	out_text(out, verdict->text);
	put_behind(out, verdict);
	out_char(out, '\n');
}

static void put_task(struct out *out, const struct parties *p, const struct stk_party *party)
{
	const struct stk_task *task = parties_task(p, party);

	out_str(out, "  ");
	put_who(out, p->dump, party, task);
	if (!task) {
		out_char(out, '\n');
		return;
	}
	out_char(out, ' ');
	put_doing(out, task);
	out_char(out, '\n');
	put_frames(out, p->dump, task, 5);
}

static void put_owner_of(struct out *out, const struct parties *p,
			 const struct stk_verdict *verdict)
{
	uint32_t i;

	for (i = 0; i < p->dump->nobjects; i++) {
		const struct stk_object *object = &p->dump->objects[i];

		if (object->address == verdict->address && object->owned && !object->gone &&
		    verdict->ntasks && object->target == verdict->tasks[0].target) {
			out_str(out, "  held by:\n");
			put_task(out, p, &object->owner);
			return;
		}
	}
}

static void put_verdict(struct out *out, const struct parties *p, const struct stk_verdict *verdict,
			const struct stk_style *style)
{
	uint32_t most = style->verbose || verdict->kind != STK_VERDICT_CONTENTION ? MOST_TASKS
										  : MIN_WAITERS;
	uint32_t i;

	if (style->verbose)
		most = UINT32_MAX;
	put_title(out, verdict);
	for (i = 0; i < verdict->ntasks && i < most; i++)
		put_task(out, p, &verdict->tasks[i]);
	if (i < verdict->ntasks)
		out_fmt(out, "  ... and %u more\n", verdict->ntasks - i);
	if (verdict->kind == STK_VERDICT_CONTENTION)
		put_owner_of(out, p, verdict);
	if (verdict->basis && style->verbose) {
		out_str(out, "  because ");
		out_text(out, verdict->basis);
		out_char(out, '\n');
	}
}

static void put_nothing(struct out *out, const struct stk_dump *dump)
{
	uint32_t waiting = 0, i;

	for (i = 0; i < dump->ntasks; i++)
		waiting += dump->tasks[i].more->nwaits != 0;
	out_paint(out, OUT_GOOD);
	out_str(out, "no deadlock found");
	out_paint(out, OUT_PLAIN);
	out_fmt(out, ": %u of %u tasks wait\n", waiting, dump->ntasks);
}

/* ---- objects ---- */

static void put_object(struct out *out, const struct parties *p, const struct stk_object *object)
{
	const struct stk_task *owner = object->owned ? parties_task(p, &object->owner) : NULL;

	out_fmt(out, "%5u  ", object->nwaiters);
	out_text(out, object->kind);
	out_char(out, ' ');
	out_hex(out, object->address, 1);
	if (object->name) {
		out_str(out, " (");
		out_text(out, object->name);
		out_char(out, ')');
	}
	if (object->target < p->dump->ncompared) {
		out_str(out, " in ");
		out_text(out, p->dump->compared[object->target].name);
	}
	if (object->owned) {
		out_str(out, ", held by ");
		put_who(out, p->dump, &object->owner, owner);
	}
	if (owner) {
		out_str(out, ", which ");
		put_doing(out, owner);
	}
	out_char(out, '\n');
}

static void put_objects(struct out *out, const struct parties *p, const struct stk_style *style)
{
	const struct stk_dump *dump = p->dump;
	uint32_t i, most = style->verbose ? UINT32_MAX : MOST_OBJECTS;

	if (!dump->nobjects)
		return;
	out_str(out, "\nwaited for, by how many:\n");
	for (i = 0; i < dump->nobjects && i < most; i++)
		put_object(out, p, &dump->objects[i]);
	if (i < dump->nobjects)
		out_fmt(out, "       ... and %u more objects%s%s\n", dump->nobjects - i,
			style->verbose_option ? ", see " : "",
			style->verbose_option ? style->verbose_option : "");
}

/* ---- the tree ---- */

static void put_branch(struct out *out, const struct parties *p, uint32_t task, unsigned depth)
{
	struct stk_party party = parties_of(p, task);
	uint32_t child;

	out_pad(out, 2 + 2 * (size_t)depth);
	put_who(out, p->dump, &party, &p->dump->tasks[task]);
	out_char(out, ' ');
	put_doing(out, &p->dump->tasks[task]);
	out_char(out, '\n');
	for (child = p->first[task]; child != STK_NONE && depth < MOST_DEPTH;
	     child = p->sibling[child])
		put_branch(out, p, child, depth + 1);
}

/* From those that wait for nobody down to those that wait for them: cycles have been told of. */
static void put_tree(struct out *out, const struct parties *p)
{
	bool any = false;
	uint32_t i;

	for (i = 0; i < p->dump->ntasks; i++) {
		if (p->next[i] != STK_NONE || p->first[i] == STK_NONE)
			continue;
		if (!any)
			out_str(out, "\nwho waits for whom:\n");
		any = true;
		put_branch(out, p, i, 0);
	}
}

static void write_waits(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	struct parties p;
	uint32_t i;

	parties_init(&p, dump);
	for (i = 0; i < dump->nverdicts; i++) {
		if (i)
			out_char(out, '\n');
		put_verdict(out, &p, &dump->verdicts[i], style);
	}
	if (!dump->nverdicts)
		put_nothing(out, dump);
	out_char(out, '\n');
	text_summary(out, dump);
	put_objects(out, &p, style);
	put_tree(out, &p);
	parties_deinit(&p);
}

const struct output output_waits = {
	.format = {
		.name = "waits",
		.summary = "who waits for whom",
		.want = STK_WANT_WAITS | STK_WANT_CAUSE,
	},
	.write = write_waits,
};
