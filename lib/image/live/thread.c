/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a live target: registers from the tracer, the rest from /proc. */
#include "live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- before the stop ---- */

void live_threads_before(struct image *image, const uint32_t *tids, size_t count)
{
	struct live *live = image->own;
	char name[PROC_NAME];
	size_t i;

	live->before = xcalloc(count + 1, sizeof(*live->before));
	for (i = 0; i < count; i++) {
		struct before *before = &live->before[i];

		if (!proc_thread(live->pid, tids[i], &before->state, name))
			continue;
		before->name = builder_str(image->b, name);
		if (before->state != 'R' && proc_wchan(live->pid, tids[i], name))
			before->wchan = builder_str(image->b, name);
		before->call = proc_call(live->pid, tids[i]);
		map_put(&live->before_of, tids[i], i);
	}
}

void live_threads_deinit(struct live *live)
{
	free(live->before);
	map_deinit(&live->before_of);
}

static struct before before_of(struct image *image, uint32_t tid)
{
	const struct live *live = image->own;
	struct before late = { .state = '?', .call.number = -1 };
	char name[PROC_NAME], state;
	uint64_t index;

	if (map_get(&live->before_of, tid, &index))
		return live->before[index];
	/* It was started after that. */
	if (proc_thread(live->pid, tid, &state, name))
		late.name = builder_str(image->b, name);
	return late;
}

static struct image_thread *add_thread(struct image *image, uint32_t tid)
{
	struct image_thread *thread;

	image->threads = grow(image->threads, &image->cap_threads, image->nthreads + 1,
			      sizeof(*image->threads));
	thread = &image->threads[image->nthreads++];
	*thread = (struct image_thread){ .tid = tid };
	return thread;
}

/* ---- stopped ---- */

static bool same_place(const struct proc_call *a, const struct proc_call *b)
{
	return a->known && b->known && a->in_call == b->in_call && a->number == b->number &&
	       a->sp == b->sp && a->pc == b->pc;
}

/* The registers tell what the thread did when it was stopped, /proc what it did a moment before:
 * where the two differ, it has moved on. */
static void explain(struct image *image, struct image_thread *thread, const struct traced *task)
{
	struct before found = before_of(image, task->tid), *before = &found;
	bool blocked;
	struct proc_call now = live_call_of_regs(image->arch, task->regs, &blocked);
	bool same = now.known ? same_place(&now, &before->call) : before->call.known;

	thread->name = before->name;
	if (!now.known)
		now = before->call;
	if (task->group_stop)
		thread->state = "stopped";
	else if (same)
		thread->state = proc_state_word(before->state);
	else
		thread->state = blocked ? "sleeping" : "running";
	/* Where the kernel keeps stopped threads tells nothing. */
	if (same && !task->group_stop)
		thread->wchan = before->wchan;
	if (now.in_call && (same || blocked))
		thread->syscall = live_call_text(image->b, image->arch, &now);
}

void live_threads_explain(struct image *image)
{
	struct live *live = image->own;
	size_t count, i, at = 0;
	struct traced *list = tracer_threads(live->tracer, &count);

	for (i = 0; i < count && at < image->nthreads; i++)
		if (list[i].tid == image->threads[at].tid) {
			if (list[i].status == TRACED_STOPPED)
				explain(image, &image->threads[at], &list[i]);
			at++;
		}
}

static void add_stopped(struct image *image, struct traced *task)
{
	const struct live *live = image->own;
	struct image_thread *thread = add_thread(image, task->tid);

	thread->signal = task->signal;
	if (task->nregs != image->arch->reg_bytes) {
		builder_note(
			image->b, STK_NOTE_THREAD_MISSED,
			builder_fmt(image->b, "thread %u", task->tid),
			"its registers cannot be read (%zu bytes of %u): it runs another kind of "
			"code than its executable",
			task->nregs, image->arch->reg_bytes);
		return;
	}
	arch_registers(image->arch, task->regs, thread);
	/* The first thread of a process that was forked has its parent's frames. */
	thread->newborn = task->tid != live->pid && live_call_is_birth(image->arch, task->regs);
}

/* ---- where /proc says that a sleeping thread is ---- */

/* The word at the top of a frame: is it an address right behind a call? Where the bytes cannot
 * tell (not x86), in code is enough. */
static bool is_return_address(struct image *image, uint64_t addr)
{
	const struct image_range *range = image_range_at(image, addr);
	bool call;

	if (!range || !range->executable)
		return false;
	return image->arch->lr >= 0 || (image_call_before(image, addr, &call) && call);
}

#define SCAN_BYTES 65536

/* /proc knows sp and pc and no frame pointer. It is that of the innermost function which has
 * one: the lowest pair of a saved frame pointer and a return address. Those that need none are
 * unwound without it. */
static bool find_frame_pointer(struct image *image, uint64_t sp, uint64_t *ret)
{
	unsigned word = image->arch->word;
	uint64_t at, saved, back;

	for (at = sp & ~(uint64_t)(word - 1); at - sp < SCAN_BYTES; at += word) {
		if (!image_word(image, at, &saved) || !image_word(image, at + word, &back))
			return false;
		if ((saved == 0 || (saved > at && saved - at < SCAN_BYTES && saved % word == 0)) &&
		    is_return_address(image, back)) {
			*ret = at;
			return true;
		}
	}
	return false;
}

static void take_place(struct image *image, struct image_thread *thread,
		       const struct proc_call *call)
{
	thread->unverified = true;
	if (!call->known)
		return;
	live_call_registers(image->arch, call, &thread->regs);
	thread->has_regs = true;
	if (call->in_call)
		thread->syscall = live_call_text(image->b, image->arch, call);
}

static void add_frame_pointers(struct image *image)
{
	uint64_t fp;
	size_t i;

	for (i = 0; i < image->nthreads; i++) {
		struct image_thread *thread = &image->threads[i];

		if (thread->unverified && thread->has_regs && image->arch->fp >= 0 &&
		    !regs_known(&thread->regs, (unsigned)image->arch->fp) &&
		    find_frame_pointer(image, thread->regs.r[image->arch->sp], &fp))
			regs_set(&thread->regs, (unsigned)image->arch->fp, fp);
	}
}

/* "in uninterruptible sleep, in kernel function x, in system call y" */
static void describe_place(const struct image_thread *thread, char *ret, size_t size)
{
	snprintf(ret, size, "%s%s%s%s%s", thread->state ? thread->state : "in an unknown state",
		 thread->wchan ? ", in kernel function " : "", thread->wchan ? thread->wchan : "",
		 thread->syscall ? ", in system call " : "",
		 thread->syscall ? thread->syscall : "");
}

static struct image_thread *add_unstopped(struct image *image, uint32_t tid)
{
	const struct live *live = image->own;
	struct before now = { .state = '?' }, before = before_of(image, tid);
	struct image_thread *thread;
	char name[PROC_NAME];

	if (!proc_thread(live->pid, tid, &now.state, name))
		return NULL;
	if (now.state != 'R' && proc_wchan(live->pid, tid, name))
		now.wchan = builder_str(image->b, name);
	now.call = proc_call(live->pid, tid);
	/* What slept a moment ago, and runs or stands because we have asked it to, is still there. */
	if ((!now.call.known || now.state == 't') && live->tracer && before.state != 'R')
		now = before;
	thread = add_thread(image, tid);
	thread->name = before.name;
	thread->state = proc_state_word(now.state);
	thread->wchan = now.wchan;
	take_place(image, thread, &now.call);
	return thread;
}

static void add_missed(struct image *image, const struct traced *task)
{
	const struct image_thread *thread = add_unstopped(image, task->tid);
	const char *subject = builder_fmt(image->b, "thread %u", task->tid);
	struct proc_status status;
	char place[300];

	if (!thread)
		return;
	describe_place(thread, place, sizeof(place));
	if (task->status == TRACED_REFUSED && proc_status(task->tid, &status) && status.tracer)
		builder_note(image->b, STK_NOTE_THREAD_MISSED, subject,
			     "process %u traces it, so it could not be stopped (%s)", status.tracer,
			     place);
	else if (task->status == TRACED_REFUSED)
		builder_note(image->b, STK_NOTE_THREAD_MISSED, subject,
			     "it could not be stopped: %s (%s)", strerror(task->errnum), place);
	else
		builder_note(image->b, STK_NOTE_THREAD_MISSED, subject, "it did not stop (%s)%s",
			     place, thread->has_regs ? "; its stack was read while it slept" : "");
}

void live_threads_stopped(struct image *image)
{
	struct live *live = image->own;
	size_t count, i;
	struct traced *list = tracer_threads(live->tracer, &count);

	for (i = 0; i < count; i++) {
		switch (list[i].status) {
		case TRACED_STOPPED:
			add_stopped(image, &list[i]);
			break;
		case TRACED_SEIZED:
		case TRACED_WAITED:
		case TRACED_REFUSED:
			add_missed(image, &list[i]);
			break;
		case TRACED_GONE:
			if (map_get(&live->before_of, list[i].tid, &(uint64_t){ 0 }))
				builder_note(image->b, STK_NOTE_THREAD_GONE,
					     builder_fmt(image->b, "thread %u", list[i].tid),
					     "it has exited; its process lives on in other threads");
			break;
		}
	}
	add_frame_pointers(image);
}

void live_threads_unstopped(struct image *image)
{
	const struct live *live = image->own;
	FREE_AT_END uint32_t *tids = NULL;
	size_t count = proc_tasks(live->pid, &tids), i;

	for (i = 0; i < count; i++) {
		struct image_thread *thread = add_unstopped(image, tids[i]);

		if (thread && !thread->has_regs)
			builder_note(image->b, STK_NOTE_THREAD_MISSED,
				     builder_fmt(image->b, "thread %u", tids[i]),
				     "it runs: without a pause its stack cannot be read");
	}
	add_frame_pointers(image);
}
