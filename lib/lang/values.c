/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <stdlib.h>
#include <string.h>

/* Frames of one stack whose values are shown: more says nothing new, and each costs. */
#define MAX_FRAMES 1000u

struct values {
	struct capture *c;
	const struct raw_task *task;
	struct image_regs *regs; /* of the newest frames */
	uint32_t count;
};

static const struct raw_frame *raw_at(const struct values *v, uint32_t i)
{
	return &v->c->frames[v->task->stack.first + i];
}

/* Of frames that the walk does not reach (other runtimes', behind a bad call) the stack pointer is
 * known, and that is where most variables are found from. */
static void set_minimal(struct values *v, uint32_t i)
{
	const struct raw_frame *raw = raw_at(v, i);

	memset(&v->regs[i], 0, sizeof(v->regs[i]));
	v->regs[i].pc = raw->pc;
	if (raw->sp)
		regs_set(&v->regs[i], (unsigned)image_arch(v->c->image)->sp, raw->sp);
}

/* The first frame from i on that is on the machine's stack; v->count when there is none. */
static uint32_t next_physical(const struct values *v, uint32_t i)
{
	while (i < v->count && !lang_is_physical(raw_at(v, i)))
		i++;
	return i;
}

struct rewalk {
	struct values *v;
	uint32_t at;
};

static bool on_frame(void *arg, const struct image_frame *frame, uint64_t pc, bool activation)
{
	struct rewalk *w = arg;

	(void)activation;
	if (w->at >= w->v->count)
		return false;
	/* a run of frames may stand for the one that executes it */
	if (raw_at(w->v, w->at)->pc != pc)
		return w->at && !lang_is_physical(raw_at(w->v, w->at - 1));
	image_frame_regs(frame, &w->v->regs[w->at]);
	w->at = next_physical(w->v, w->at + 1);
	return true;
}

/* The registers of frame i, where those of the frame before it do not lead there by themselves:
 * behind a handler of a signal the kernel has kept them, and behind a call to where no code is they
 * are the callee's. */
static bool begin_at(struct values *v, uint32_t i, struct image_regs *ret)
{
	const struct raw_frame *before, *raw = raw_at(v, i);

	while (i && !lang_is_physical(raw_at(v, i - 1)))
		i--;
	if (!i)
		return false;
	before = raw_at(v, i - 1);
	if (raw->how == STK_HOW_LINK && regs_known(&v->regs[i - 1], image_arch(v->c->image)->sp)) {
		*ret = v->regs[i - 1];
		ret->pc = raw->pc;
		regs_set(ret, (unsigned)image_arch(v->c->image)->sp, raw->sp);
		return true;
	}
	return before->flags & STK_FRAME_SIGNAL &&
	       image_interrupted(v->c->image, before->pc, before->sp, ret) && ret->pc == raw->pc;
}

/* Where the thread's own registers lead. */
static void find_registers(struct values *v)
{
	struct rewalk w = { .v = v, .at = next_physical(v, 0) };
	struct image_regs start;
	uint64_t failed;
	uint32_t i;

	for (i = 0; i < v->count; i++)
		set_minimal(v, i);
	if (!v->task->thread || !v->task->thread->has_regs || w.at == v->count ||
	    raw_at(v, w.at)->pc != v->task->thread->regs.pc)
		return;
	start = v->regs[w.at] = v->task->thread->regs;
	do {
		i = w.at;
		(void)image_walk(v->c->image, &start, raw_at(v, i)->flags & STK_FRAME_ACTIVATION,
				 on_frame, &w, &failed);
		/* Nothing leads on from the frame itself: its registers are known all the same. */
		if (w.at == i) {
			v->regs[i] = start;
			w.at = next_physical(v, i + 1);
		}
	} while (w.at < v->count && begin_at(v, w.at, &start));
}

struct values *values_open(struct capture *c, const struct raw_task *task)
{
	struct values *v;

	if (!(c->want->what & (STK_WANT_ARGS | STK_WANT_LOCALS)))
		return NULL;
	v = xcalloc(1, sizeof(*v));
	v->c = c;
	v->task = task;
	v->count = task->stack.count;
	if (v->count > MAX_FRAMES) {
		v->count = MAX_FRAMES;
		builder_note(c->b, STK_NOTE_LIMIT_REACHED, "",
			     "values are shown of the newest %u frames of a "
			     "stack",
			     MAX_FRAMES);
	}
	v->regs = xcalloc(v->count + 1, sizeof(*v->regs));
	find_registers(v);
	return v;
}

void values_close(struct values *v)
{
	if (!v)
		return;
	free(v->regs);
	free(v);
}

void values_fill(struct values *v, struct symbols *symbols, uint32_t i, struct stk_detail *detail,
		 size_t count)
{
	const struct raw_frame *raw;
	struct value_frame frame;
	uint32_t caller;
	size_t j;

	if (!v || i >= v->count)
		return;
	raw = raw_at(v, i);
	caller = next_physical(v, i + 1);
	frame = (struct value_frame){
		.regs = &v->regs[i],
		.caller = caller < v->count ? &v->regs[caller] : NULL,
		.lookup = raw->flags & (STK_FRAME_ACTIVATION | STK_FRAME_SIGNAL) ? raw->pc
										 : raw->pc - 1,
		.cfa = raw->cfa,
		.want = v->c->want->what,
	};
	/* All vector registers are lost in a call (but the low halves of aarch64's v8 to v15). */
	frame.newest = i == 0 && v->task->thread && raw->pc == v->task->thread->regs.pc;
	if (frame.newest)
		frame.vectors = v->task->thread->vectors;
	if (frame.caller)
		frame.caller_cfa = raw_at(v, caller)->cfa;
	image_read_late(v->c->image, true);
	for (j = 0; j < count; j++)
		detail[j].nvalues = (uint32_t)symbols_values(symbols, &frame, count - 1 - j,
							     &detail[j].values);
	image_read_late(v->c->image, false);
}
