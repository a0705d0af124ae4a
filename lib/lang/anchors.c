/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of frames that are not on the machine's stack, put where they belong in it.
 *
 * An interpreter's evaluator is a function of native code that executes a run of the program's
 * frames. It has an object in its own part of the stack whose address the interpreter's memory
 * tells: the anchor. A physical frame's part of the stack is [sp, cfa), so that the frame which
 * holds an anchor is the activation that executes the run. Stacks grow down: the newest frame has
 * the lowest addresses, unless the thread has changed its stack (a signal's handler, a coroutine).
 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* Frames on other stacks that are passed over for one that is not before the run's neighbour. */
#define MAX_TRIES 64u

/* Where the run goes: before the frame `at` (the count of frames: behind all). */
struct spot {
	uint32_t at;
	bool held; /* that frame holds its anchor */
};

struct merge {
	struct capture *c;
	struct raw_task *task;
	unsigned lang;
	const struct raw_frame *frames; /* the physical ones; a copy */
	uint32_t count;
	uint32_t *by_sp; /* those whose sp is known, lowest first */
	uint32_t nknown;
	uint32_t left; /* frames that still may be added */
	uint32_t gap;  /* frames are left out before this one; STK_NONE */
	bool guessed, cut;
};

static int by_sp(const void *left, const void *right, void *arg)
{
	const struct raw_frame *frames = arg;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	if (frames[a].sp != frames[b].sp)
		return frames[a].sp < frames[b].sp ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void sort_frames(struct merge *m)
{
	uint32_t i;

	m->by_sp = xmalloc(((size_t)m->count + 1) * sizeof(*m->by_sp));
	for (i = 0; i < m->count; i++)
		if (m->frames[i].sp)
			m->by_sp[m->nknown++] = i;
	qsort_r(m->by_sp, m->nknown, sizeof(*m->by_sp), by_sp, (void *)(uintptr_t)m->frames);
}

/* How many of by_sp[] begin at or below addr. */
static uint32_t count_below(const struct merge *m, uint64_t addr)
{
	uint32_t low = 0, high = m->nknown;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (m->frames[m->by_sp[middle]].sp <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of the outermost frame nobody may have found where it ends. */
static bool holds(const struct merge *m, uint32_t i, uint64_t addr)
{
	const struct raw_frame *frame = &m->frames[i];
	uint64_t end = frame->cfa;

	if (!end && i + 1 < m->count)
		end = m->frames[i + 1].sp;
	return addr >= frame->sp && addr < end;
}

/* Runs are newest first, as frames are: none goes before `from`, where the one before it went. */
static struct spot find_spot(const struct merge *m, uint64_t anchor, uint32_t from)
{
	uint32_t below = anchor ? count_below(m, anchor) : 0, i;

	/* A frame without a part of its own (a function that was jumped to) begins where its caller does:
	 * of those the one that holds the address is meant. */
	for (i = below; i-- > 0 && m->frames[m->by_sp[i]].sp == m->frames[m->by_sp[below - 1]].sp;)
		if (m->by_sp[i] >= from && holds(m, m->by_sp[i], anchor))
			return (struct spot){ m->by_sp[i], true };
	if (!anchor)
		return (struct spot){ from, false };
	for (i = below; i < m->nknown && i - below < MAX_TRIES; i++)
		if (m->by_sp[i] >= from)
			return (struct spot){ m->by_sp[i], false };
	return (struct spot){ m->count, false };
}

static void add(struct merge *m, const struct raw_frame *frame)
{
	struct capture *c = m->c;

	c->frames = grow(c->frames, &c->cap_frames, c->nframes + 1, sizeof(*c->frames));
	c->frames[c->nframes++] = *frame;
	m->task->stack.count++;
}

static void add_run(struct merge *m, const struct lang_run *run, struct spot spot)
{
	struct raw_frame frame = { .how = spot.held ? STK_HOW_INTERPRETER : STK_HOW_GUESS,
				   .lang = (uint8_t)m->lang };
	uint32_t count = run->count < m->left ? run->count : m->left, i;

	if (spot.held) {
		frame.sp = m->frames[spot.at].sp;
		frame.cfa = m->frames[spot.at].cfa;
	}
	m->guessed |= !spot.held && count;
	m->cut |= count < run->count;
	m->left -= count;
	for (i = 0; i < count; i++) {
		frame.own = run->first + i;
		add(m, &frame);
	}
}

/* What comes next is of frame `at`, or behind all. */
static void pass_gap(struct merge *m, uint32_t at)
{
	if (m->gap == STK_NONE || at < m->gap)
		return;
	m->task->stack.elided_at = m->task->stack.count;
	m->gap = STK_NONE;
}

/* Physical frames [from, to). */
static void add_frames(struct merge *m, uint32_t from, uint32_t to)
{
	for (; from < to; from++) {
		pass_gap(m, from);
		add(m, &m->frames[from]);
	}
}

static void note(const struct merge *m)
{
	const char *subject = builder_fmt(m->c->b, "thread %llu", (unsigned long long)m->task->id);

	if (m->guessed)
		builder_note(m->c->b, STK_NOTE_STACK_GUESSED, subject,
			     "frames of %s that no frame of the stack holds stand where their "
			     "addresses belong",
			     langs[m->lang]->name);
	if (m->cut)
		builder_note(m->c->b, STK_NOTE_STACK_LIMIT, subject,
			     "the stack is longer than %u frames; the rest of %s is left out",
			     LIMIT_FRAMES, langs[m->lang]->name);
}

static void merge(struct merge *m, const struct lang_run *runs, size_t nruns)
{
	struct raw_stack *stack = &m->task->stack;
	uint32_t done = 0, from = 0;
	size_t i;

	m->c->nframes = stack->first;
	stack->count = 0;
	for (i = 0; i < nruns; i++) {
		struct spot spot = find_spot(m, runs[i].anchor, from);

		add_frames(m, done, spot.at);
		done = spot.at;
		if (spot.held)
			pass_gap(m, done);
		add_run(m, &runs[i], spot);
		from = spot.at;
		if (!spot.held || runs[i].place == LANG_RUN_BEFORE)
			continue;
		/* its activation is dealt with here; another run is not to be put into it */
		if (runs[i].place == LANG_RUN_HIDES) {
			add_frames(m, done, done + 1);
			m->c->frames[m->c->nframes - 1].flags |= STK_FRAME_INTERPRETER;
		}
		from = ++done;
	}
	add_frames(m, done, m->count);
	pass_gap(m, STK_NONE);
}

void anchors_merge(struct capture *c, struct raw_task *task, unsigned lang,
		   const struct lang_run *runs, size_t nruns)
{
	struct raw_stack *stack = &task->stack;
	struct merge m = { .c = c, .task = task, .lang = lang, .count = stack->count };
	size_t size = (size_t)stack->count * sizeof(*m.frames);
	struct raw_frame *frames;

	task->has_runs |= nruns > 0;
	if (!nruns || stack->first + stack->count != c->nframes)
		return;
	frames = xmalloc(size + 1);
	if (size)
		memcpy(frames, c->frames + stack->first, size);
	m.frames = frames;
	m.gap = stack->elided ? stack->elided_at : STK_NONE;
	m.left = LIMIT_FRAMES > m.count ? LIMIT_FRAMES - m.count : 0;
	sort_frames(&m);
	merge(&m, runs, nruns);
	note(&m);
	free(m.by_sp);
	free(frames);
}

void lang_add_runs(struct capture *c, struct raw_task *task, const struct lang *lang,
		   const struct lang_run *runs, size_t nruns)
{
	anchors_merge(c, task, lang_index(lang), runs, nruns);
}

void anchors_merge_all(struct capture *c, struct raw_task *task)
{
	unsigned i;

	for (i = 0; i < nlangs && task->thread; i++) {
		const struct lang_run *runs = NULL;
		size_t count;

		if (!c->states[i] || !(langs[i]->flags & LANG_RUNS) || !langs[i]->runs)
			continue;
		count = langs[i]->runs(c->states[i], task, &runs);
		anchors_merge(c, task, i, runs, count);
	}
}
