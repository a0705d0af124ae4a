/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that stops a process and lets it run again; how it does so is in stop.c.
 *
 * It is a thread of its own, for three reasons. ptrace belongs to a thread: only the one that has
 * attached may ask, wait, read registers and detach, and libstk's caller may call from any. The
 * target is let go in time even while the caller is busy. And a thread of the target that did not stop
 * (it sleeps in the kernel) cannot be detached from: the interrupt stays with it, and it would stop
 * later, with nobody there. When the tracing thread ends, the kernel releases everything that it
 * traces, stopped or not, and takes back what was asked.
 *
 * The same holds however stk dies. There is no PTRACE_O_EXITKILL, so the target lives on, and
 * nothing has changed in it: each signal on its way in is delivered. */
#include "live.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

enum phase { PHASE_SEIZING, PHASE_SEIZED, PHASE_STOPPED, PHASE_FREE };

struct tracer {
	struct tracees tracees;
	struct budget budget;
	int64_t ended; /* of the pause */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum phase phase; /* written by the tracing thread */
	bool stop_wanted, end_wanted, expired;
	bool hurried; /* the caller is, who had this policy: */
	int policy;
	void (*work)(void *arg);
	void *arg;
};

/* ---- on the tracing thread ---- */

/* With the lock. */
static void enter(struct tracer *t, enum phase phase)
{
	t->phase = phase;
	pthread_cond_broadcast(&t->changed);
}

/* Really over, when it is the caller's turn to work? */
static bool is_over(struct tracer *t)
{
	return budget_over(&t->budget, 4) && !budget_caller_starves(&t->budget);
}

/* With the lock. */
static void wait_for_end(struct tracer *t)
{
	/* One that has used its time up before its caller could begin. */
	t->expired = budget_over(&t->budget, 4);
	while (!t->end_wanted && !t->expired) {
		int64_t next = budget_next(&t->budget);
		struct timespec until = { (time_t)(next / NS_PER_S), (long)(next % NS_PER_S) };

		if (pthread_cond_timedwait(&t->changed, &t->lock, &until) == ETIMEDOUT &&
		    !t->end_wanted)
			t->expired = is_over(t);
	}
}

/* On a busy machine a turn of somebody else costs milliseconds, and every thread of the target
 * waits for it. Only root may. The tracing thread is before its caller, whose time it ends. */
static void hurry(void)
{
	const struct sched_param second = { .sched_priority = 2 };

	(void)sched_setscheduler(0, SCHED_FIFO, &second);
}

/* The caller, which works while the target stands; one that has a priority of its own keeps it. (Not
 * with SCHED_RESET_ON_FORK, which only root can take back.) */
static void hurry_caller(struct tracer *t)
{
	const struct sched_param first = { .sched_priority = 1 };
	pid_t tid = (pid_t)t->budget.caller.tid;

	t->policy = sched_getscheduler(tid);
	t->hurried = (t->policy == SCHED_OTHER || t->policy == SCHED_BATCH) &&
		     sched_setscheduler(tid, SCHED_FIFO, &first) == 0;
}

static void calm_caller(struct tracer *t)
{
	const struct sched_param none = { .sched_priority = 0 };

	if (t->hurried)
		(void)sched_setscheduler((pid_t)t->budget.caller.tid, t->policy, &none);
	t->hurried = false;
}

static void *trace(void *arg)
{
	struct tracer *t = arg;

	tracees_seize(&t->tracees);
	pthread_mutex_lock(&t->lock);
	enter(t, PHASE_SEIZED);
	while (!t->stop_wanted && !t->end_wanted)
		pthread_cond_wait(&t->changed, &t->lock);
	if (t->stop_wanted) {
		pthread_mutex_unlock(&t->lock);
		hurry();
		budget_begin(&t->budget);
		tracees_stop(&t->tracees, &t->budget);
		if (tracees_stopped_before(&t->tracees))
			budget_no_hurry(&t->budget);
		t->work(t->arg);
		pthread_mutex_lock(&t->lock);
		if (!t->end_wanted)
			hurry_caller(t);
		enter(t, PHASE_STOPPED);
		wait_for_end(t);
		tracees_detach(&t->tracees);
		t->ended = now_ns();
		calm_caller(t);
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

static int start(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
		 void *arg)
{
	sigset_t all, before;
	int errnum;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(ret, attributes, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum;
}

int live_thread_start(pthread_t *ret, bool hurries, void *(*run)(void *arg), void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	pthread_attr_t attributes;
	int errnum = EPERM;

	if (hurries) {
		pthread_attr_init(&attributes);
		pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
		pthread_attr_setschedparam(&attributes, &first);
		errnum = start(ret, &attributes, run, arg);
		pthread_attr_destroy(&attributes);
	}
	return errnum ? start(ret, NULL, run, arg) : 0;
}

struct tracer *tracer_open(uint64_t pid)
{
	struct tracer *t = xcalloc(1, sizeof(*t));
	pthread_condattr_t attributes;

	t->tracees.pid = pid;
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (live_thread_start(&t->thread, false, trace, t) != 0) {
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
	*ret_count = t->tracees.count;
	return t->tracees.list;
}

void tracer_stop(struct tracer *t, uint32_t max_pause_ms, void (*work)(void *arg), void *arg,
		 bool keep)
{
	pthread_mutex_lock(&t->lock);
	if (t->phase == PHASE_SEIZED) {
		t->work = work;
		t->arg = arg;
		t->end_wanted = !keep;
		t->budget = budget_open(t->tracees.pid, max_pause_ms);
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
		return !budget_over(&t->budget, 4);
	pthread_mutex_lock(&t->lock);
	/* Whoever holds it again and again would not let the tracing thread come to it. */
	if (t->phase == PHASE_STOPPED && !t->expired && budget_over(&t->budget, 4)) {
		t->expired = true;
		pthread_cond_broadcast(&t->changed);
	}
	if (t->phase == PHASE_STOPPED && !t->expired)
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
	return (uint64_t)(t->ended - t->budget.paused);
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
	tracees_deinit(&t->tracees);
	free(t);
}
