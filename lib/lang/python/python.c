/* SPDX-License-Identifier: Apache-2.0 */
/* The row of CPython: its runs of frames, put where its evaluator stands on the stack. */
#include "python.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Frames of a thread whose variables are shown. */
#define MOST_VALUED 1000u

static void *python_detect(struct capture *c)
{
	const struct arch *arch = image_arch(c->image);
	struct python *py;

	/* The places of its members are known for these only. */
	if (!arch || arch->word != 8 || arch->big_endian)
		return NULL;
	py = xcalloc(1, sizeof(*py));
	py->image = c->image;
	py->b = c->b;
	py->c = c;
	if (python_find(py))
		return py;
	free(py);
	return NULL;
}

static void python_close(void *state)
{
	struct python *py = state;
	size_t i;

	for (i = 0; i < py->ncodes; i++)
		free(py->codes[i].table);
	free(py->codes);
	free(py->frames);
	free(py->runs);
	free(py->threads);
	free(py->lang_runs);
	map_deinit(&py->code_index);
	free(py);
}

/* Variables move: they are read while the target stands still. */
static void read_variables(struct python *py, const struct python_thread *t, unsigned want)
{
	uint32_t r, i, done = 0;

	for (r = 0; r < t->nruns; r++) {
		const struct python_run *run = &py->runs[t->first_run + r];

		for (i = 0; i < run->count && done < MOST_VALUED; i++, done++) {
			struct python_frame *frame = &py->frames[run->first + i];

			frame->nvalues = python_variables(py, frame, want, &frame->values);
		}
	}
	if (done == MOST_VALUED)
		builder_note(py->b, STK_NOTE_LIMIT_REACHED, "Python",
			     "variables are shown of the newest %u frames of a thread",
			     MOST_VALUED);
}

static void python_read(void *state, struct capture *c)
{
	struct python *py = state;
	size_t i;

	python_stacks_read(py);
	for (i = 0; i < py->nthreads; i++) {
		const struct python_thread *t = &py->threads[i];

		if (t->cut)
			builder_note(
				c->b, STK_NOTE_RUNTIME_UNREADABLE, "Python",
				"the frames of thread %u are damaged; those before the damage are shown",
				t->tid);
		if (c->want->what & (STK_WANT_ARGS | STK_WANT_LOCALS))
			read_variables(py, t, c->want->what);
	}
}

/* ---- runs ---- */

/* Where nothing tells in which part of the stack a frame is executed (3.8, 3.9): each has an activation of
 * its own, which is known by the function's name. If there are as many as frames, they are these; of a
 * stack that could not be followed to its end those that are there are of the newest frames. */
static void pair_by_order(struct python *py, const struct raw_task *task, struct lang_run *runs,
			  size_t count)
{
	const struct raw_frame *frames = &py->c->frames[task->stack.first];
	size_t found = 0;
	uint32_t i;

	if (!py->evaluator)
		return;
	for (i = 0; i < task->stack.count; i++) {
		if (frames[i].pc - py->evaluator >= py->evaluator_size)
			continue;
		if (found == count)
			return;
		runs[found++].anchor = frames[i].sp;
	}
	if (found != count && task->stack.end == STK_END_ROOT)
		for (i = 0; i < found; i++)
			runs[i].anchor = 0;
}

static size_t runs_of(struct python *py, const struct python_thread *t, const struct raw_task *task,
		      const struct lang_run **ret)
{
	uint32_t i;

	py->lang_runs = grow(py->lang_runs, &py->cap_lang_runs, (size_t)t->nruns + 1,
			     sizeof(*py->lang_runs));
	for (i = 0; i < t->nruns; i++) {
		const struct python_run *run = &py->runs[t->first_run + i];

		py->lang_runs[i] = (struct lang_run){ run->anchor, run->first, run->count,
						      LANG_RUN_HIDES };
	}
	if (py->offsets.style == PYTHON_FRAME_OBJECTS && task)
		pair_by_order(py, task, py->lang_runs, t->nruns);
	*ret = py->lang_runs;
	return t->nruns;
}

static size_t python_runs(void *state, const struct raw_task *task, const struct lang_run **ret)
{
	struct python *py = state;
	const struct python_thread *t = python_thread_of(py, task->thread->tid);

	return t ? runs_of(py, t, task, ret) : 0;
}

/* A thread that Python knows and the process does not have: it has ended, or its id lies. */
static void python_tasks(void *state, struct capture *c)
{
	struct python *py = state;
	const struct lang_run *runs;
	size_t i, n;

	for (i = 0; i < py->nthreads; i++) {
		const struct python_thread *t = &py->threads[i];
		struct raw_task *task;

		if (t->matched || !t->nruns)
			continue;
		task = capture_task(c, &lang_python);
		task->kind = STK_THREAD;
		task->id = t->tid ? t->tid : t->pthread;
		task->stack.first = c->nframes;
		n = runs_of(py, t, NULL, &runs);
		lang_add_runs(c, task, &lang_python, runs, n);
		task->stack.end = STK_END_ROOT;
		builder_note(
			c->b, STK_NOTE_RUNTIME_FALLBACK, "Python",
			"thread %llu is no thread of the process; its frames of Python are shown alone",
			(unsigned long long)task->id);
	}
}

/* ---- frames ---- */

static size_t python_symbolize(void *state, struct builder *b, const struct raw_task *task,
			       const struct raw_frame *raw, uint32_t *ids)
{
	struct python *py = state;
	const struct python_frame *frame = &py->frames[raw->own];
	const struct python_code *code = &py->codes[frame->code];
	struct stk_loc loc = { .module = STK_NONE,
			       .func_offset = UINT64_MAX,
			       .language = builder_str(b, "python") };
	struct stk_frame made = { .flags = raw->flags, .how = raw->how };

	(void)task;
	if (frame->incomplete) {
		loc.why = builder_str(b, why_text[WHY_BEING_BUILT]);
	} else {
		loc.func = code->func;
		loc.file = code->file;
		loc.line = frame->line;
		loc.column = frame->column;
	}
	made.loc = builder_loc(b, &loc);
	ids[0] = builder_frame(b, &made);
	return 1;
}

static uint32_t python_values(void *state, struct builder *b, const struct raw_frame *raw,
			      unsigned want, const struct stk_value **ret)
{
	struct python *py = state;
	const struct python_frame *frame = &py->frames[raw->own];

	(void)b;
	(void)want;
	*ret = frame->values;
	return frame->nvalues;
}

static bool python_is_own_work(void *state, const struct stk_loc *loc)
{
	struct python *py = state;

	return loc->module == py->module && (!loc->func || origin_is_python_plumbing(loc->func));
}

/* ---- facts ---- */

static void add_facts(struct python *py)
{
	struct builder *b = py->b;
	const struct python_offsets *o = &py->offsets;
	uint64_t finalizing;
	size_t i;

	builder_fact(b, "python", "version",
		     py->micro == UINT_MAX ? builder_fmt(b, "3.%u", o->minor)
					   : builder_fmt(b, "3.%u.%u", o->minor, py->micro));
	if (o->free_threaded)
		builder_fact(b, "python", "build", "free-threaded");
	if (py->guessed)
		builder_note(
			b, STK_NOTE_RUNTIME_FALLBACK, "Python",
			"3.%u is newer than what is known; read by its own table of offsets as 3.%u",
			o->minor, PYTHON_NEWEST);
	if (py->interpreters != 1)
		builder_fact(b, "python", "interpreters", builder_fmt(b, "%u", py->interpreters));
	builder_fact(b, "python", "threads", builder_fmt(b, "%zu", py->nthreads));
	for (i = 0; i < py->nthreads; i++)
		if (py->threads[i].has_gil)
			builder_fact(b, "python", "lock held by",
				     builder_fmt(b, "thread %u", py->threads[i].tid));
	if (o->finalizing && image_u64(py->image, py->runtime + o->finalizing, &finalizing) &&
	    finalizing)
		builder_fact(b, "python", "state", "finalizing");
}

/* What Python knows of a thread that died: an exception on its way. */
static void add_statement(struct python *py, const struct stk_task *task)
{
	const struct python_thread *t = python_thread_of(py, task->tid);

	if (t && t->exception)
		builder_statement(py->b, builder_fmt(py->b, "Python was raising %s", t->exception),
				  "the thread's current exception");
}

static void python_explain(void *state, struct capture *c)
{
	struct python *py = state;
	uint32_t i;

	add_facts(py);
	for (i = 0; i < builder_ntasks(c->b); i++) {
		const struct stk_task *task = builder_task_at(c->b, i);

		if (task->flags & STK_TASK_CRASHED)
			add_statement(py, task);
	}
}

const struct lang lang_python = {
	.name = "Python",
	.flags = LANG_RUNS,
	.detect = python_detect,
	.read = python_read,
	.close = python_close,
	.tasks = python_tasks,
	.runs = python_runs,
	.is_own_work = python_is_own_work,
	.symbolize = python_symbolize,
	.values = python_values,
	.explain = python_explain,
};
