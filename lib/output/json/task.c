/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, tasks and groups. */
#include "json.h"
#include "../../model/words.h"

#include <stdlib.h>
#include <string.h>

/* Beyond this much the texts of frames are made anew: a dump of nothing but different frames
 * shall not be held in memory a second time. */
#define FRAMES_KEPT ((size_t)16 << 20)

static void put_flags(struct jsonw *w, const struct word_list *words, unsigned flags)
{
	unsigned i;

	for (i = 0; i < words->count; i++)
		jsonw_flag_if(w, words->list[i].word, flags & words->list[i].value);
}

/* ---- frames ---- */

void json_frames_init(struct json_frames *frames, const struct stk_dump *dump)
{
	memset(frames, 0, sizeof(*frames));
	frames->dump = dump;
	out_init(&frames->text, -1);
	frames->w.out = &frames->text;
	frames->at = xcalloc(dump->nframes + 1, sizeof(*frames->at));
	frames->size = xcalloc(dump->nframes + 1, sizeof(*frames->size));
}

void json_frames_deinit(struct json_frames *frames)
{
	out_deinit(&frames->text);
	free(frames->at);
	free(frames->size);
}

static void put_source(struct jsonw *w, const struct stk_source *source)
{
	uint32_t i;

	jsonw_open(w, "source", '{');
	jsonw_uint(w, "first", source->first);
	jsonw_open(w, "lines", '[');
	for (i = 0; i < source->count; i++)
		jsonw_text(w, NULL, source->lines[i]);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void put_disasm(struct jsonw *w, const struct stk_disasm *disasm)
{
	uint32_t i;

	jsonw_open(w, "disasm", '[');
	for (i = 0; i < disasm->count; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_hex(w, "address", disasm->insns[i].address);
		jsonw_text(w, "text", disasm->insns[i].text);
		jsonw_flag_if(w, "current", disasm->insns[i].current);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_loc(struct jsonw *w, const struct stk_dump *dump, const struct stk_loc *loc)
{
	bool in_module = loc->module < dump->nmodules;

	jsonw_text(w, "func", loc->func);
	jsonw_text(w, "file", loc->file);
	jsonw_uint_or_null(w, "line", loc->line, loc->line);
	jsonw_uint_or_null(w, "column", loc->column, loc->column);
	jsonw_bool(w, "inlined", loc->inlined);
	jsonw_text(w, "module", in_module ? dump->modules[loc->module].path : NULL);
	jsonw_hex_or_null(w, "offset", loc->offset, in_module);
	/* Paths need not be unique (dlmopen). */
	if (in_module)
		jsonw_uint(w, "module_index", loc->module);
	jsonw_text_if(w, "linkage", loc->linkage);
	if (loc->func_offset != UINT64_MAX)
		jsonw_hex(w, "func_offset", loc->func_offset);
	jsonw_hex_if(w, "call_offset", loc->call_offset);
	jsonw_text_if(w, "why", loc->why);
	jsonw_text_if(w, "lang", loc->language);
	if (loc->source)
		put_source(w, loc->source);
	if (loc->disasm)
		put_disasm(w, loc->disasm);
}

static void put_frame(struct jsonw *w, const struct stk_dump *dump, const struct stk_frame *frame)
{
	jsonw_hex_or_null(w, "pc", frame->pc, frame->pc);
	put_loc(w, dump, &dump->locs[frame->loc]);
	jsonw_text(w, "how", words_row(&words_how, frame->how)->word);
	put_flags(w, &words_frame_flag, frame->flags);
}

/* The members of a frame, from what is kept or made now. */
static void copy_frame(struct jsonw *w, struct json_frames *frames, uint32_t id)
{
	if (!frames->size[id]) {
		if (frames->text.used > FRAMES_KEPT) {
			frames->text.used = 0;
			memset(frames->size, 0, frames->dump->nframes * sizeof(*frames->size));
		}
		frames->at[id] = frames->text.used;
		frames->w.comma = false;
		put_frame(&frames->w, frames->dump, &frames->dump->frames[id]);
		frames->size[id] = frames->text.used - frames->at[id];
	}
	jsonw_raw(w, frames->text.buffer + frames->at[id], frames->size[id]);
}

static void put_values(struct jsonw *w, const struct stk_detail *detail)
{
	uint32_t i;

	jsonw_open(w, "values", '[');
	for (i = 0; i < detail->nvalues; i++) {
		const struct stk_value *value = &detail->values[i];

		jsonw_open(w, NULL, '{');
		jsonw_text(w, "name", value->name);
		jsonw_text(w, "type", value->type);
		jsonw_text(w, "text", value->text);
		jsonw_bool(w, "argument", value->argument);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_detail(struct jsonw *w, const struct stk_detail *detail)
{
	jsonw_hex_if(w, "sp", detail->sp);
	jsonw_hex_if(w, "cfa", detail->cfa);
	jsonw_text_if(w, "args", detail->args);
	if (detail->nvalues)
		put_values(w, detail);
}

static void put_elided(struct jsonw *w, const struct stk_stack *stack)
{
	if (!stack->elided)
		return;
	jsonw_open(w, "elided", '{');
	jsonw_uint_or_null(w, "count", stack->elided, stack->elided != STK_NONE);
	jsonw_uint(w, "at", stack->elided_at);
	jsonw_close(w, '}');
}

/* "frames", "end" and what belongs to them; detail may be NULL. */
static void put_stack(struct jsonw *w, struct json_frames *frames, uint32_t id,
		      const struct stk_detail *detail)
{
	static const struct stk_stack nothing = { .end = STK_END_NONE };
	const struct stk_dump *dump = frames->dump;
	const struct stk_stack *stack = id < dump->nstacks ? &dump->stacks[id] : &nothing;
	uint32_t i;

	jsonw_open(w, "frames", '[');
	for (i = 0; i < stack->count; i++) {
		jsonw_open(w, NULL, '{');
		copy_frame(w, frames, stack->frames[i]);
		if (detail)
			put_detail(w, &detail[i]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	put_elided(w, stack);
	jsonw_text(w, "end", words_row(&words_end, stack->end)->word);
	jsonw_hex_if(w, "end_address", stack->end_address);
}

/* The place that created a task, and by whom: null when neither is known. */
static void put_creator(struct jsonw *w, struct json_frames *frames, uint64_t id, uint32_t frame)
{
	bool known = frame < frames->dump->nframes;

	if (!known && !id) {
		jsonw_null(w, "created_by");
		return;
	}
	jsonw_open(w, "created_by", '{');
	jsonw_uint_or_null(w, "id", id, id);
	if (known)
		copy_frame(w, frames, frame);
	jsonw_close(w, '}');
}

/* ---- tasks ---- */

static bool is_seen(const struct stk_label *labels, uint32_t count, const char *key)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (labels[i].key == key) /* interned */
			return true;
	return false;
}

static void put_labels(struct jsonw *w, const struct stk_more *more)
{
	uint32_t i;

	jsonw_open(w, "labels", '{');
	for (i = 0; i < more->nlabels; i++) {
		/* Twice the same key only a damaged target has; readers do not agree on which counts. */
		if (is_seen(more->labels, i, more->labels[i].key))
			continue;
		jsonw_target_key(w, more->labels[i].key);
		jsonw_text(w, NULL, more->labels[i].value);
	}
	jsonw_close(w, '}');
}

static void put_wait_facts(struct jsonw *w, const struct stk_wait *wait)
{
	jsonw_text_if(w, "object", wait->object);
	jsonw_uint_if(w, "owner", wait->owner);
	jsonw_hex_if(w, "related", wait->related);
	put_flags(w, &words_wait_flag, wait->flags);
	if (wait->certainty != STK_CERTAIN)
		jsonw_text(w, "certainty", words_row(&words_certainty, wait->certainty)->word);
	jsonw_text_if(w, "basis", wait->basis);
}

static void put_waits(struct jsonw *w, const struct stk_more *more)
{
	uint32_t i;

	jsonw_open(w, "waits", '[');
	for (i = 0; i < more->nwaits; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_text(w, "kind", more->waits[i].kind);
		jsonw_hex_or_null(w, "address", more->waits[i].address, more->waits[i].address);
		jsonw_text(w, "text", more->waits[i].text);
		put_wait_facts(w, &more->waits[i]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_ancestors(struct jsonw *w, struct json_frames *frames, const struct stk_more *more)
{
	uint32_t i;

	jsonw_open(w, "ancestors", '[');
	for (i = 0; i < more->nancestors; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_uint(w, "id", more->ancestors[i].id);
		put_creator(w, frames, 0, more->ancestors[i].creator);
		put_stack(w, frames, more->ancestors[i].stack, NULL);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_go(struct jsonw *w, uint64_t address, const struct stk_go *go)
{
	jsonw_open(w, "go", '{');
	jsonw_hex_if(w, "g", address);
	jsonw_hex_if(w, "m_address", go->m_address);
	if (go->m >= 0)
		jsonw_int(w, "m", go->m);
	jsonw_uint_if(w, "bubble", go->bubble);
	jsonw_flag_if(w, "scan", go->scan);
	jsonw_flag_if(w, "leaked", go->leaked);
	jsonw_flag_if(w, "durable", go->durable);
	jsonw_text_if(w, "status", go->status);
	jsonw_close(w, '}');
}

static void put_more(struct jsonw *w, struct json_frames *frames, const struct stk_task *task)
{
	const struct stk_more *more = task->more;

	if (more->nregs)
		json_regs(w, more->regs, more->nregs);
	if (more->nwaits)
		put_waits(w, more);
	if (more->nancestors)
		put_ancestors(w, frames, more);
	if (more->go)
		put_go(w, task->address, more->go);
	jsonw_text_if(w, "wchan", more->wchan);
	jsonw_text_if(w, "syscall", more->syscall);
	jsonw_text_if(w, "header", more->header);
}

void json_task(struct jsonw *w, struct json_frames *frames, const struct stk_task *task)
{
	jsonw_text(w, "kind", words_row(&words_task_kind, task->kind)->word);
	jsonw_uint(w, "id", task->id);
	jsonw_text(w, "name", task->name);
	jsonw_text(w, "state", task->state);
	jsonw_uint_or_null(w, "wait", (uint64_t)task->wait_ns, task->wait_ns >= 0);
	jsonw_bool(w, "crashed", task->flags & STK_TASK_CRASHED);
	/* this one is always there */
	put_flags(w, &words_task_flag, task->flags & ~(unsigned)STK_TASK_CRASHED);
	jsonw_uint_if(w, "tid", task->tid);
	jsonw_uint_if(w, "signal", task->signal);
	put_labels(w, task->more);
	put_creator(w, frames, task->creator_id, task->creator);
	put_more(w, frames, task);
	put_stack(w, frames, task->stack, task->detail);
}

/* How the group fares in the dumps that stk_diff() compared. */
static void put_counts(struct jsonw *w, const struct stk_dump *dump, const struct stk_group *group)
{
	uint32_t i;

	jsonw_open(w, "counts", '[');
	for (i = 0; i < dump->ncompared; i++)
		jsonw_uint(w, NULL, group->counts[i]);
	jsonw_close(w, ']');
	jsonw_uint(w, "stuck", group->stuck);
}

void json_group(struct jsonw *w, struct json_frames *frames, const struct stk_group *group)
{
	uint32_t i;

	jsonw_uint(w, "count", group->count);
	jsonw_uint_or_null(w, "min_wait", (uint64_t)group->min_wait_ns, group->min_wait_ns >= 0);
	jsonw_uint_or_null(w, "max_wait", (uint64_t)group->max_wait_ns, group->max_wait_ns >= 0);
	jsonw_open(w, "tasks", '[');
	for (i = 0; i < group->count; i++)
		jsonw_uint(w, NULL, group->tasks[i]);
	jsonw_close(w, ']');
	if (group->counts)
		put_counts(w, frames->dump, group);
	put_stack(w, frames, group->stack, NULL);
}
