/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

static const struct gocode *code_at(struct go *go, uint64_t pc)
{
	return gocode_at(&go->code, go->modules, go->count, pc);
}

/* Where the return address of a frame is. */
static uint64_t return_slot(const struct go *go, const struct raw_frame *frame)
{
	return go->arm ? frame->sp : frame->cfa - 8;
}

/* The stacks that are likely: what was started at one place and waits for one reason. */
static struct goknownstack *ways_of(struct goknownstacks *known, uint64_t pc,
				    const struct goroutine *g)
{
	uint64_t key = (pc * 31 + g->startpc) * 31 + g->reason, index;

	if (!map_get(&known->sets, key, &index)) {
		index = known->count++;
		known->items = grow(known->items, &known->cap, known->count, sizeof(*known->items));
		memset(&known->items[index], 0, sizeof(*known->items));
		map_put(&known->sets, key, index);
	}
	return known->items[index].ways;
}

/* The first way is used, the others move up to its place. */
static void put_first(struct goknownstack *ways, unsigned way, struct goknownstack shape)
{
	memmove(&ways[1], &ways[0], way * sizeof(*ways));
	ways[0] = shape;
}

/* ---- recognising ---- */

/* Do the frames, moved by `shift`, lie on this goroutine's stack, with these return addresses? */
static bool stands_there(struct go *go, const struct capture *c, const struct goknownstack *shape,
			 const struct goroutine *g, uint64_t shift)
{
	const struct raw_frame *frames = &c->frames[shape->first];
	uint64_t first = return_slot(go, &frames[0]);
	const unsigned char *bytes;
	uint32_t i;

	if (first + shift < g->lo || first + shift > g->hi || g->hi - (first + shift) < shape->span)
		return false;
	bytes = gomem_at(&go->mem, first + shift, shape->span);
	if (!bytes)
		return false;
	for (i = 1; i < shape->count; i++)
		if (load64(bytes + (return_slot(go, &frames[i - 1]) - first)) != frames[i].pc)
			return false;
	return true;
}

/* Where the copy begins. */
static size_t copy_frames(struct capture *c, const struct goknownstack *shape, uint64_t shift)
{
	size_t first = c->nframes;
	uint32_t i;

	c->frames = grow(c->frames, &c->cap_frames, c->nframes + shape->count, sizeof(*c->frames));
	for (i = 0; i < shape->count; i++) {
		struct raw_frame *frame = &c->frames[c->nframes++];

		*frame = c->frames[shape->first + i];
		frame->sp += shift;
		frame->cfa += shift;
	}
	return first;
}

bool goknownstack_find(struct go *go, struct capture *c, const struct goroutine *g,
		       const struct image_regs *start, struct raw_stack *ret, uint64_t *shift)
{
	struct goknownstack *ways = ways_of(&go->known, start->pc, g);
	uint64_t higher;
	unsigned i;

	for (i = 0; i < GOKNOWNSTACK_WAYS && ways[i].count; i++) {
		struct goknownstack shape = ways[i];

		higher = start->r[go->sp] - c->frames[shape.first].sp;
		if (c->frames[shape.first].pc != start->pc ||
		    !stands_there(go, c, &shape, g, higher))
			continue;
		put_first(ways, i, shape);
		*shift = c->want->what & WANT_OWN_FRAMES ? 0 : higher;
		*ret = (struct raw_stack){ .first = shape.first,
					   .count = shape.count,
					   .end = STK_END_ROOT };
		if (c->want->what & WANT_OWN_FRAMES)
			ret->first = copy_frames(c, &shape, higher);
		return true;
	}
	return false;
}

/* ---- learning ---- */

/* Did the walk go on from this frame to the next by its return address alone? */
static bool is_plain_step(struct go *go, const struct raw_frame *frame,
			  const struct raw_frame *next)
{
	const struct gocode *code = code_at(go, frame->pc);
	uint64_t back;

	return code && code->kind == GOCODE_PLAIN && frame->cfa > frame->sp &&
	       next->sp == frame->cfa && frame->lang == next->lang &&
	       gomem_word(&go->mem, return_slot(go, frame), &back) && back == next->pc;
}

static bool is_outermost(struct go *go, const struct raw_frame *frame)
{
	const struct gocode *code = code_at(go, frame->pc);

	return code && code->kind == GOCODE_PLAIN && code->func.flag & GOFUNC_TOPFRAME;
}

void goknownstack_learn(struct go *go, const struct capture *c, const struct goroutine *g,
			const struct raw_stack *stack)
{
	const struct raw_frame *frames = &c->frames[stack->first];
	struct goknownstack shape = { stack->first, stack->count, 0 };
	uint64_t span;
	uint32_t i;

	if (stack->end != STK_END_ROOT || stack->count < 2 ||
	    !is_outermost(go, &frames[stack->count - 1]))
		return;
	for (i = 0; i + 1 < stack->count; i++)
		if (!is_plain_step(go, &frames[i], &frames[i + 1]))
			return;
	span = return_slot(go, &frames[stack->count - 2]) + 8 - return_slot(go, &frames[0]);
	if (span > GOMEM_CHUNK / 2)
		return;
	shape.span = (uint32_t)span;
	put_first(ways_of(&go->known, frames[0].pc, g), GOKNOWNSTACK_WAYS - 1, shape);
}

void goknownstack_deinit(struct goknownstacks *known)
{
	map_deinit(&known->sets);
	free(known->items);
}
