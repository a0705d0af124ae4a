/* SPDX-License-Identifier: Apache-2.0 */
#include "data.h"

#include <stdlib.h>
#include <string.h>

#include "../json/json.h"
#include "../text.h"

/* Members have short names, where there are many; html.js has them, too. */

/* Texts that many frames have in common. They are interned in the dump already: pointers do. */
struct texts {
	struct map index; /* address of a text -> its index */
	const char **items;
	size_t count, cap;
};

static uint64_t text_index(struct texts *texts, const char *text)
{
	uint64_t index;

	if (map_get(&texts->index, (uintptr_t)text, &index))
		return index;
	texts->items = grow(texts->items, &texts->cap, texts->count + 1, sizeof(*texts->items));
	texts->items[texts->count] = text;
	map_put(&texts->index, (uintptr_t)text, texts->count);
	return texts->count++;
}

static void put_text(struct jsonw *w, struct texts *texts, const char *key, const char *text)
{
	if (text)
		jsonw_uint(w, key, text_index(texts, text));
}

static void put_texts(struct jsonw *w, const struct texts *texts)
{
	size_t i;

	jsonw_open(w, "texts", '[');
	for (i = 0; i < texts->count; i++)
		jsonw_text(w, NULL, texts->items[i]);
	jsonw_close(w, ']');
}

static void put_source(struct jsonw *w, struct texts *texts, const struct stk_source *source)
{
	uint32_t i;

	jsonw_open(w, "x", '{');
	jsonw_uint(w, "n", source->first);
	jsonw_open(w, "t", '[');
	for (i = 0; i < source->count; i++)
		put_text(w, texts, NULL, source->lines[i]);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void put_disasm(struct jsonw *w, const struct stk_disasm *disasm)
{
	uint32_t i;

	jsonw_open(w, "d", '[');
	for (i = 0; i < disasm->count; i++) {
		jsonw_open(w, NULL, '[');
		jsonw_hex(w, NULL, disasm->insns[i].address);
		jsonw_text(w, NULL, disasm->insns[i].text);
		jsonw_uint(w, NULL, disasm->insns[i].current);
		jsonw_close(w, ']');
	}
	jsonw_close(w, ']');
}

static void put_frame(struct jsonw *w, struct texts *texts, const struct stk_dump *dump,
		      const struct stk_frame *frame)
{
	const struct stk_loc *loc = &dump->locs[frame->loc];

	jsonw_open(w, NULL, '{');
	put_text(w, texts, "f", loc->func);
	put_text(w, texts, "p", loc->file);
	jsonw_uint_if(w, "l", loc->line);
	jsonw_uint_if(w, "c", loc->column);
	if (loc->module < dump->nmodules) {
		jsonw_uint(w, "m", loc->module);
		jsonw_hex(w, "o", loc->offset);
	}
	jsonw_hex_if(w, "pc", frame->pc);
	jsonw_uint_if(w, "i", loc->inlined);
	jsonw_uint_if(w, "s", (frame->flags & STK_FRAME_SIGNAL) != 0);
	jsonw_uint_if(w, "r", (frame->flags & STK_FRAME_RUNTIME) != 0);
	jsonw_text_if(w, "k", words_row(&words_how, frame->how)->text);
	put_text(w, texts, "w", loc->why);
	if (loc->source)
		put_source(w, texts, loc->source);
	if (loc->disasm)
		put_disasm(w, loc->disasm);
	jsonw_close(w, '}');
}

/* Recursion: [at, period, times] */
static void put_runs(struct jsonw *w, const struct stk_dump *dump, const struct stk_stack *stack)
{
	FREE_AT_END struct stk_run *runs = NULL;
	size_t count = stk_stack_runs(dump, stack, &runs), i;

	if (!count)
		return;
	jsonw_open(w, "r", '[');
	for (i = 0; i < count; i++) {
		jsonw_open(w, NULL, '[');
		jsonw_uint(w, NULL, runs[i].at);
		jsonw_uint(w, NULL, runs[i].period);
		jsonw_uint(w, NULL, runs[i].times);
		jsonw_close(w, ']');
	}
	jsonw_close(w, ']');
}

static void put_stack(struct jsonw *w, const struct stk_dump *dump, const struct stk_stack *stack)
{
	const char *end = words_row(&words_end, stack->end)->noun;
	uint32_t user = text_user_frame(dump, stack), i;

	jsonw_open(w, NULL, '{');
	jsonw_open(w, "f", '[');
	for (i = 0; i < stack->count; i++)
		jsonw_uint(w, NULL, stack->frames[i]);
	jsonw_close(w, ']');
	put_runs(w, dump, stack);
	if (user != STK_NONE)
		jsonw_uint(w, "u", user);
	jsonw_text_if(w, "e", end);
	jsonw_hex_if(w, "ea", stack->end_address);
	if (stack->elided) {
		if (stack->elided == STK_NONE) /* "more frames left out" */
			jsonw_text(w, "x", "more");
		else
			jsonw_uint(w, "x", stack->elided);
		jsonw_uint(w, "xa", stack->elided_at);
	}
	jsonw_close(w, '}');
}

static void put_values(struct jsonw *w, const struct stk_detail *detail)
{
	uint32_t i;

	jsonw_open(w, NULL, '[');
	for (i = 0; i < detail->nvalues; i++) {
		jsonw_open(w, NULL, '[');
		jsonw_text(w, NULL, detail->values[i].name);
		jsonw_text(w, NULL, detail->values[i].type);
		jsonw_text(w, NULL, detail->values[i].text);
		jsonw_close(w, ']');
	}
	if (!detail->nvalues && detail->args && *detail->args) {
		jsonw_open(w, NULL, '[');
		jsonw_text(w, NULL, "arguments");
		jsonw_text(w, NULL, "");
		jsonw_text(w, NULL, detail->args);
		jsonw_close(w, ']');
	}
	jsonw_close(w, ']');
}

static void put_details(struct jsonw *w, const struct stk_dump *dump, const struct stk_task *task)
{
	uint32_t i;

	if (!task->detail || task->stack >= dump->nstacks)
		return;
	jsonw_open(w, "values", '[');
	for (i = 0; i < dump->stacks[task->stack].count; i++)
		put_values(w, &task->detail[i]);
	jsonw_close(w, ']');
}

static void put_pair(struct jsonw *w, const char *key, const char *value)
{
	jsonw_open(w, NULL, '[');
	jsonw_text(w, NULL, key);
	jsonw_text(w, NULL, value);
	jsonw_close(w, ']');
}

static void put_regs(struct jsonw *w, const struct stk_more *more)
{
	uint32_t i;

	if (!more->nregs)
		return;
	jsonw_open(w, "regs", '[');
	for (i = 0; i < more->nregs; i++) {
		jsonw_open(w, NULL, '[');
		jsonw_text(w, NULL, more->regs[i].name);
		jsonw_hex(w, NULL, more->regs[i].value);
		jsonw_close(w, ']');
	}
	jsonw_close(w, ']');
}

static void put_more(struct jsonw *w, const struct stk_dump *dump, const struct stk_task *task)
{
	const struct stk_more *more = task->more;
	uint32_t i;

	jsonw_open(w, NULL, '{');
	jsonw_uint_if(w, "tid", task->tid != task->id ? task->tid : 0);
	jsonw_uint_if(w, "signal", task->signal);
	if (more->nlabels) {
		jsonw_open(w, "labels", '[');
		for (i = 0; i < more->nlabels; i++)
			put_pair(w, more->labels[i].key, more->labels[i].value);
		jsonw_close(w, ']');
	}
	if (more->nwaits) {
		jsonw_open(w, "waits", '[');
		for (i = 0; i < more->nwaits; i++)
			put_pair(w, more->waits[i].kind, more->waits[i].text);
		jsonw_close(w, ']');
	}
	jsonw_text_if(w, "wchan", more->wchan);
	jsonw_text_if(w, "syscall", more->syscall);
	jsonw_text_if(w, "header", more->header);
	put_regs(w, more);
	put_details(w, dump, task);
	jsonw_close(w, '}');
}

static void put_index(struct jsonw *w, uint32_t index, uint32_t count)
{
	jsonw_int(w, NULL, index < count ? (int64_t)index : -1);
}

/* [kind, id, state, wait in seconds, stack, flags, creator's frame, creator's id, name, more] */
static void put_task(struct jsonw *w, const struct stk_dump *dump, const struct intern *states,
		     uint32_t state, const struct stk_task *task)
{
	jsonw_open(w, NULL, '[');
	jsonw_uint(w, NULL, task->kind);
	jsonw_uint(w, NULL, task->id);
	put_index(w, state, (uint32_t)states->count);
	jsonw_int(w, NULL, task->wait_ns < 0 ? -1 : task->wait_ns / 1000000000);
	put_index(w, task->stack, dump->nstacks);
	jsonw_uint(w, NULL, task->flags);
	put_index(w, task->creator, dump->nframes);
	jsonw_uint(w, NULL, task->creator_id);
	jsonw_text(w, NULL, task->name);
	put_more(w, dump, task);
	jsonw_close(w, ']');
}

static void put_tasks(struct jsonw *w, const struct stk_dump *dump)
{
	struct arena arena = { 0 };
	struct intern states;
	uint32_t i;

	intern_init(&states, &arena);
	jsonw_open(w, "tasks", '[');
	for (i = 0; i < dump->ntasks; i++) {
		const char *state = dump->tasks[i].state ? dump->tasks[i].state : "";

		jsonw_line(w);
		put_task(w, dump, &states, intern_put(&states, state, strlen(state)),
			 &dump->tasks[i]);
	}
	jsonw_close(w, ']');
	jsonw_line(w);
	jsonw_open(w, "states", '[');
	for (i = 0; i < states.count; i++)
		jsonw_text(w, NULL, intern_bytes(&states, i));
	jsonw_close(w, ']');
	intern_deinit(&states);
	arena_deinit(&arena);
}

static void put_groups(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i, j;

	jsonw_open(w, "groups", '[');
	for (i = 0; i < dump->ngroups; i++) {
		jsonw_open(w, NULL, '[');
		for (j = 0; j < dump->groups[i].count; j++)
			jsonw_uint(w, NULL, dump->groups[i].tasks[j]);
		jsonw_close(w, ']');
	}
	jsonw_close(w, ']');
}

static void put_frames(struct jsonw *w, const struct stk_dump *dump)
{
	struct texts texts = { .count = 0 };
	uint32_t i;

	jsonw_open(w, "frames", '[');
	for (i = 0; i < dump->nframes; i++) {
		jsonw_line(w);
		put_frame(w, &texts, dump, &dump->frames[i]);
	}
	jsonw_close(w, ']');
	jsonw_line(w);
	put_texts(w, &texts);
	map_deinit(&texts.index);
	free(texts.items);
}

static void put_stacks(struct jsonw *w, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_open(w, "stacks", '[');
	for (i = 0; i < dump->nstacks; i++)
		put_stack(w, dump, &dump->stacks[i]);
	jsonw_close(w, ']');
}

/* What html.js calls things. */
static void put_words(struct jsonw *w, const struct stk_dump *dump)
{
	unsigned i;

	(void)dump;
	jsonw_open(w, "words", '{');
	jsonw_text(w, "signal", WORD_SIGNAL_FRAME);
	jsonw_text(w, "inlined", WORD_INLINED);
	jsonw_open(w, "kinds", '[');
	for (i = 0; i < words_task_kind.count; i++)
		jsonw_text(w, NULL, words_task_kind.list[i].word);
	jsonw_close(w, ']');
	jsonw_open(w, "flags", '[');
	for (i = 0; i < words_task_flag.count; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_uint(w, "flag", words_task_flag.list[i].value);
		jsonw_text(w, "word", words_task_flag.list[i].word);
		jsonw_text_if(w, "text", words_task_flag.list[i].noun);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

void html_data(struct out *out, const struct stk_dump *dump)
{
	void (*const parts[])(struct jsonw *, const struct stk_dump *) = {
		json_notes, put_words, put_frames, put_stacks, put_tasks, put_groups,
	};
	struct jsonw w = { .out = out, .in_html = true };
	size_t i;

	jsonw_open(&w, NULL, '{');
	json_head(&w, dump, true);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		jsonw_line(&w);
		parts[i](&w, dump);
	}
	jsonw_close(&w, '}');
}
