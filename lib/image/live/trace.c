/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping a process and letting it run again.
 *
 * PTRACE_SEIZE and PTRACE_INTERRUPT, never PTRACE_ATTACH: that queues a SIGSTOP, which outlives a
 * tracer that is killed. And no PTRACE_O_EXITKILL. So whenever and however stk dies, the kernel
 * lets every tracee run, and delivers the signal it was about to deliver.
 *
 * Everything here runs on a thread of its own, because ptrace belongs to a thread: the target
 * is let go on time even while the one who asked is busy, and a thread of the target that would not
 * stop (D state) is released by the end of the tracing thread. Detaching from it is not possible,
 * and it would stop later, with nobody there. */
#include "live.h"

#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

#define NS_PER_MS INT64_C(1000000)

/* New threads may appear while the list is read; each round finds those that the round before let
 * in. Nobody starts threads this often within the deadline. */
#define MAX_ROUNDS 64

/* Threads in uninterruptible sleep may stay there for minutes: once every other thread has
 * stopped, they get this long. */
#define PATIENCE_NS (5 * NS_PER_MS)

enum phase { PHASE_SEIZING, PHASE_SEIZED, PHASE_STOPPED, PHASE_FREE };

struct tracer {
	uint64_t pid;
	struct traced *list; size_t count, cap;
	struct map known;          /* tid -> index */
	size_t waiting;            /* how many are TRACED_WAITED */
	int64_t began, ended;      /* of the pause */
	int64_t deadline;          /* of the pause */
	int64_t patience;          /* of the wait for threads to stop */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum phase phase;          /* written by the tracing thread */
	bool stop_wanted, end_wanted, expired;
	void (*work)(void *arg); void *arg;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

/* ---- on the tracing thread ---- */

static void seize(struct tracer *t, uint32_t tid)
{
	char name[PROC_NAME], state;
	struct traced *task;

	t->list = grow(t->list, &t->cap, t->count + 1, sizeof(*t->list));
	task = &t->list[t->count];
	*task = (struct traced){ .tid = tid, .status = TRACED_SEIZED };
	map_put(&t->known, tid, t->count++);
	if (ptrace(PTRACE_SEIZE, (pid_t)tid, NULL, NULL) == 0)
		return;
	task->errnum = errno;
	/* A zombie cannot be traced either: EPERM. */
	if (errno == ESRCH || !proc_thread(t->pid, tid, &state, name) || state == 'Z' || state == 'X')
		task->status = TRACED_GONE;
	else
		task->status = TRACED_REFUSED;
}

/* Attaches to the threads that are not known yet; how many. */
static size_t seize_new(struct tracer *t)
{
	FREE_AT_END uint32_t *tids = NULL;
	size_t count = proc_tasks(t->pid, &tids), before = t->count, i;
	uint64_t index;

	for (i = 0; i < count; i++)
		if (!map_get(&t->known, tids[i], &index))
			seize(t, tids[i]);
	return t->count - before;
}

static void interrupt(struct tracer *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		struct traced *task = &t->list[i];

		if (task->status != TRACED_SEIZED)
			continue;
		if (ptrace(PTRACE_INTERRUPT, (pid_t)task->tid, NULL, NULL) == 0) {
			task->status = TRACED_WAITED;
			t->waiting++;
		} else {
			task->status = TRACED_GONE;
		}
	}
}

static void read_registers(struct traced *task)
{
	struct iovec iov = { task->regs, sizeof(task->regs) };

	/* iov_len tells a 32-bit thread from a 64-bit one. */
	if (ptrace(PTRACE_GETREGSET, (pid_t)task->tid, (void *)(uintptr_t)NT_PRSTATUS, &iov) == 0)
		task->nregs = iov.iov_len;
}

/* status: the signal, and above it the event. */
static void take_stop(struct traced *task, int status)
{
	task->status = TRACED_STOPPED;
	if (status >> 8 == PTRACE_EVENT_STOP) {
		/* SIGTRAP: our interrupt. Another signal: job control had or has stopped it, which
		 * the kernel takes up again after the detach. */
		task->group_stop = (status & 0xff) != SIGTRAP;
	} else {
		/* A signal on its way in: it may not be lost. */
		task->signal = status & 0xff;
	}
	read_registers(task);
}

/* What became of a thread that was asked to stop; false: nothing yet. WNOWAIT: its end is for its
 * parent, who may be the program that we are in. */
static bool has_news(struct traced *task)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, task->tid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) {
		if (errno == EINTR)
			return false;
		task->status = TRACED_GONE;
		return true;
	}
	if (info.si_pid == 0)
		return false;
	if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED)
		take_stop(task, info.si_status);
	else
		task->status = TRACED_GONE;
	return true;
}

/* Looks once at every thread that has not stopped yet; whether any had news. */
static bool collect(struct tracer *t)
{
	size_t before = t->waiting, i;

	for (i = 0; i < t->count && t->waiting; i++)
		if (t->list[i].status == TRACED_WAITED && has_news(&t->list[i]))
			t->waiting--;
	return t->waiting != before;
}

/* Every thread that still runs is one that nothing can stop. */
static bool only_sleepers(const struct tracer *t)
{
	char name[PROC_NAME], state;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->list[i].status == TRACED_WAITED &&
		    (!proc_thread(t->pid, t->list[i].tid, &state, name) || state != 'D'))
			return false;
	return true;
}

static void nap(int64_t ns)
{
	struct timespec time = { 0, (long)ns };

	nanosleep(&time, NULL);
}

/* false: some will not stop in time. */
static bool wait_for_all(struct tracer *t)
{
	int64_t pause = 20000, news = now_ns(), now;

	while (t->waiting) {
		if (collect(t)) {
			news = now_ns();
			pause = 20000;
			continue;
		}
		now = now_ns();
		if (now >= t->patience || (now - news > PATIENCE_NS && only_sleepers(t)))
			return false;
		nap(pause);
		if (pause < NS_PER_MS / 2)
			pause *= 2;
	}
	return true;
}

/* Only stopped threads start no others: the list is complete when a round finds nobody new. */
static void stop_all(struct tracer *t)
{
	unsigned round;

	t->began = now_ns();
	for (round = 0; round < MAX_ROUNDS; round++) {
		interrupt(t);
		if (!wait_for_all(t) || !seize_new(t))
			break;
	}
}

static void detach_all(struct tracer *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		const struct traced *task = &t->list[i];

		if (task->status == TRACED_STOPPED)
			(void)ptrace(PTRACE_DETACH, (pid_t)task->tid, NULL,
				     (void *)(uintptr_t)task->signal);
	}
	t->ended = now_ns();
}

/* With the lock. */
static void enter(struct tracer *t, enum phase phase)
{
	t->phase = phase;
	pthread_cond_broadcast(&t->changed);
}

/* With the lock. */
static void wait_for_end(struct tracer *t)
{
	struct timespec until = { (time_t)(t->deadline / (1000 * NS_PER_MS)),
				  (long)(t->deadline % (1000 * NS_PER_MS)) };

	t->expired = now_ns() >= t->deadline;
	while (!t->end_wanted && !t->expired)
		t->expired = pthread_cond_timedwait(&t->changed, &t->lock, &until) == ETIMEDOUT &&
			     !t->end_wanted;
}

/* On a busy machine a turn of somebody else costs milliseconds, and every thread of the target
 * waits for it. Only root may; and it is a thread of our own, for the time of the pause. */
static void hurry(void)
{
	const struct sched_param least = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_FIFO, &least);
}

static void *trace(void *arg)
{
	struct tracer *t = arg;
	unsigned round;

	for (round = 0; round < MAX_ROUNDS && seize_new(t); round++)
		;
	pthread_mutex_lock(&t->lock);
	enter(t, PHASE_SEIZED);
	while (!t->stop_wanted && !t->end_wanted)
		pthread_cond_wait(&t->changed, &t->lock);
	if (t->stop_wanted) {
		pthread_mutex_unlock(&t->lock);
		hurry();
		stop_all(t);
		t->work(t->arg);
		pthread_mutex_lock(&t->lock);
		enter(t, PHASE_STOPPED);
		wait_for_end(t);
		detach_all(t);
	}
	enter(t, PHASE_FREE);
	pthread_mutex_unlock(&t->lock);
	/* The end of this thread releases those that never stopped. */
	return NULL;
}

/* ---- on the thread of the caller ---- */

static void wait_for(struct tracer *t, enum phase phase)
{
	while (t->phase < phase)
		pthread_cond_wait(&t->changed, &t->lock);
}

/* Handlers of the program that we are in shall not run on our thread. */
static int start(struct tracer *t)
{
	sigset_t all, before;
	int errnum;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&t->thread, NULL, trace, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum;
}

struct tracer *tracer_open(uint64_t pid)
{
	struct tracer *t = xcalloc(1, sizeof(*t));
	pthread_condattr_t attributes;

	t->pid = pid;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (start(t) != 0) {
		t->phase = PHASE_FREE;
		return t;
	}
	pthread_mutex_lock(&t->lock);
	wait_for(t, PHASE_SEIZED);
	pthread_mutex_unlock(&t->lock);
	return t;
}

struct traced *tracer_threads(struct tracer *t, size_t *ret_count)
{
	*ret_count = t->count;
	return t->list;
}

void tracer_stop(struct tracer *t, uint32_t max_pause_ms, void (*work)(void *arg), void *arg,
		 bool keep)
{
	pthread_mutex_lock(&t->lock);
	if (t->phase == PHASE_SEIZED) {
		t->work = work;
		t->arg = arg;
		t->end_wanted = !keep;
		t->deadline = now_ns() + max_pause_ms * NS_PER_MS;
		/* The rest is for reading those that did stop. */
		t->patience = t->deadline - max_pause_ms * NS_PER_MS / 4;
		t->stop_wanted = true;
		pthread_cond_broadcast(&t->changed);
		wait_for(t, keep ? PHASE_STOPPED : PHASE_FREE);
	}
	pthread_mutex_unlock(&t->lock);
}

void tracer_resume(struct tracer *t)
{
	pthread_mutex_lock(&t->lock);
	t->end_wanted = true;
	pthread_cond_broadcast(&t->changed);
	wait_for(t, PHASE_FREE);
	pthread_mutex_unlock(&t->lock);
}

bool tracer_hold(struct tracer *t)
{
	if (pthread_equal(pthread_self(), t->thread))
		return now_ns() < t->deadline;
	pthread_mutex_lock(&t->lock);
	if (t->phase == PHASE_STOPPED)
		return true;
	pthread_mutex_unlock(&t->lock);
	return false;
}

void tracer_release(struct tracer *t)
{
	if (!pthread_equal(pthread_self(), t->thread))
		pthread_mutex_unlock(&t->lock);
}

uint64_t tracer_pause_ns(const struct tracer *t)
{
	return (uint64_t)(t->ended - t->began);
}

bool tracer_expired(const struct tracer *t)
{
	return t->expired;
}

void tracer_close(struct tracer *t)
{
	if (!t)
		return;
	tracer_resume(t);
	if (t->thread)
		pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	map_deinit(&t->known);
	free(t->list);
	free(t);
}
