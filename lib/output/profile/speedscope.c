/* SPDX-License-Identifier: Apache-2.0 */
/* speedscope - https://www.speedscope.app: its "sampled" profiles, a sample a stack. */
#include <stdlib.h>
#include <string.h>

#include "../json/json.h"
#include "../output.h"
#include "../text.h"

/* Tasks of one kind in one state; states are interned. */
struct slice {
	uint8_t kind;
	const char *state;
};

/* More profiles than this are of no use in its menu: the last one takes all further states. */
#define MAX_SLICES 256

struct slices {
	struct slice items[MAX_SLICES];
	size_t count;
};

/* Where a task belongs. */
struct place {
	uint32_t slice, stack;
};

static uint32_t slice_of(struct slices *slices, const struct stk_task *task)
{
	uint32_t i;

	for (i = 0; i < slices->count; i++)
		if (slices->items[i].kind == task->kind && slices->items[i].state == task->state)
			return i;
	if (slices->count < MAX_SLICES)
		slices->items[slices->count++] = (struct slice){ task->kind, task->state };
	return (uint32_t)slices->count - 1;
}

static int by_stack(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return a->stack < b->stack ? -1 : a->stack > b->stack;
}

static int by_slice(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return a->slice != b->slice ? (a->slice < b->slice ? -1 : 1) : by_stack(left, right);
}

static void put_frames(struct jsonw *w, const struct stk_dump *dump)
{
	struct out name;
	uint32_t i;

	out_init(&name, -1);
	jsonw_open(w, "shared", '{');
	jsonw_open(w, "frames", '[');
	for (i = 0; i < dump->nframes; i++) {
		const struct stk_loc *loc = &dump->locs[dump->frames[i].loc];

		text_frame_function(&name, dump, i);
		jsonw_line(w);
		jsonw_open(w, NULL, '{');
		jsonw_textn(w, "name", name.used ? name.buffer : "", name.used);
		jsonw_text_if(w, "file", loc->file);
		jsonw_uint_if(w, "line", loc->line);
		jsonw_uint_if(w, "col", loc->column);
		jsonw_close(w, '}');
		name.used = 0;
	}
	/* The last one, of which the index is nframes: so that what is around a gap is not taken
	 * for caller and callee. */
	jsonw_line(w);
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "name", "(frames left out)");
	jsonw_close(w, '}');
	jsonw_close(w, ']');
	jsonw_close(w, '}');
	out_deinit(&name);
}

/* Where the places with the stack of places[i] end. */
static uint32_t same_stack(const struct place *places, uint32_t count, uint32_t i)
{
	uint32_t end = i + 1;

	while (end < count && places[end].stack == places[i].stack)
		end++;
	return end;
}

/* Outermost frame first. */
static void put_sample(struct jsonw *w, const struct stk_dump *dump, uint32_t id)
{
	static const struct stk_stack nothing = { .count = 0 };
	const struct stk_stack *stack = id < dump->nstacks ? &dump->stacks[id] : &nothing;
	uint32_t i = stack->count;

	jsonw_open(w, NULL, '[');
	if (stack->elided && stack->elided_at >= stack->count)
		jsonw_uint(w, NULL, dump->nframes);
	while (i--) {
		jsonw_uint(w, NULL, stack->frames[i]);
		if (stack->elided && stack->elided_at == i)
			jsonw_uint(w, NULL, dump->nframes);
	}
	jsonw_close(w, ']');
}

/* places are in order of their stacks */
static void put_profile(struct jsonw *w, const struct stk_dump *dump, const char *name,
			const struct place *places, uint32_t count)
{
	uint32_t i;

	jsonw_line(w);
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "type", "sampled");
	jsonw_text(w, "name", name);
	jsonw_text(w, "unit", "none");
	jsonw_uint(w, "startValue", 0);
	jsonw_uint(w, "endValue", count);
	jsonw_open(w, "samples", '[');
	for (i = 0; i < count; i = same_stack(places, count, i))
		put_sample(w, dump, places[i].stack);
	jsonw_close(w, ']');
	jsonw_open(w, "weights", '[');
	for (i = 0; i < count; i = same_stack(places, count, i))
		jsonw_uint(w, NULL, same_stack(places, count, i) - i);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

/* A profile for each slice that is there. */
static void put_slices(struct jsonw *w, const struct stk_dump *dump, const struct slices *slices,
		       const struct place *places)
{
	uint32_t first, end;

	for (first = 0; first < dump->ntasks; first = end) {
		const struct slice *slice = &slices->items[places[first].slice];
		FREE_AT_END char *name = xasprintf("%s: %s",
						   words_row(&words_task_kind, slice->kind)->word,
						   slice->state ? slice->state : "unknown state");

		for (end = first; end < dump->ntasks && places[end].slice == places[first].slice;
		     end++)
			;
		put_profile(w, dump, name, places + first, end - first);
	}
}

static void put_profiles(struct jsonw *w, const struct stk_dump *dump)
{
	FREE_AT_END struct place *places = xcalloc((size_t)dump->ntasks + 1, sizeof(*places));
	struct slices slices = { .count = 0 };
	uint32_t i;

	for (i = 0; i < dump->ntasks; i++)
		places[i] = (struct place){ slice_of(&slices, &dump->tasks[i]),
					    dump->tasks[i].stack };
	jsonw_open(w, "profiles", '[');
	qsort(places, dump->ntasks, sizeof(*places), by_stack);
	put_profile(w, dump, "all", places, dump->ntasks);
	qsort(places, dump->ntasks, sizeof(*places), by_slice);
	put_slices(w, dump, &slices, places);
	jsonw_close(w, ']');
}

static void write_speedscope(const struct stk_dump *dump, const struct stk_style *style,
			     struct out *out)
{
	struct jsonw w = { .out = out };

	(void)style;
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "$schema", "https://www.speedscope.app/file-format-schema.json");
	jsonw_text(&w, "exporter", "stk " STK_VERSION);
	jsonw_text(&w, "name", dump->target.name);
	jsonw_uint(&w, "activeProfileIndex", 0);
	put_frames(&w, dump);
	jsonw_line(&w);
	put_profiles(&w, dump);
	jsonw_close(&w, '}');
	out_char(out, '\n');
}

const struct output output_speedscope = {
	.format = {
		.name = "speedscope",
		.summary = "profiles for https://www.speedscope.app: all, and each state",
	},
	.listed = true,
	.write = write_speedscope,
};
