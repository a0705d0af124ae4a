/* SPDX-License-Identifier: Apache-2.0 */
/* How long a target may stand, by --max-pause.
 *
 * What counts is time in which the work could go on. Where other programs have the CPUs, neither stk
 * nor a thread of the target that is to stop gets anywhere, and a target that is let go then has
 * stood for nothing: it runs no sooner than the machine lets it. So that time is left out:
 *
 * - of the two threads of ours that work (the one that traces and its caller), the kernel counts how
 *   long they were ready to run and did not (/proc/self/task/TID/schedstat, the second number);
 * - the loop that waits for threads of the target says when it waited for one that was ready too.
 *
 * Every thread that stops is progress, and adds a thousandth. Whatever is left out, after ten times
 * the time the target goes. And one that job control had stopped before misses nothing: it may stand
 * until somebody sends it SIGCONT. */
#include "live.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)
#define GRANTED_THREADS 1000 /* so many double the time */
#define AT_MOST 10           /* times the limit, by the clock on the wall */
/* How often a target that needs no hurry is asked whether it does now. */
#define LOOK_NS (10 * NS_PER_MS)
/* How long a thread of ours that is ready to run must stand still to be one that starves. */
#define STARVING_NS NS_PER_MS

int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static int64_t cpu_ns(pthread_t thread)
{
	struct timespec used = { 0, 0 };
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) == 0)
		clock_gettime(clock, &used);
	return (int64_t)used.tv_sec * 1000 * NS_PER_MS + used.tv_nsec;
}

static struct worker worker_self(void)
{
	struct worker worker = { .thread = pthread_self(), .tid = (uint32_t)syscall(SYS_gettid) };

	worker.delay = proc_run_delay((uint64_t)getpid(), worker.tid);
	return worker;
}

struct budget budget_open(uint64_t pid, uint32_t max_pause_ms)
{
	return (struct budget){ .pid = pid,
				.limit = max_pause_ms * NS_PER_MS,
				.grant = max_pause_ms * NS_PER_MS / GRANTED_THREADS,
				.caller = worker_self() };
}

void budget_begin(struct budget *b)
{
	b->began = b->paused = now_ns();
	b->tracing = worker_self();
}

void budget_progress(struct budget *b, size_t threads)
{
	b->limit += (int64_t)threads * b->grant;
}

void budget_starved(struct budget *b, int64_t ns)
{
	b->starved += ns;
}

void budget_no_hurry(struct budget *b)
{
	b->unhurried = true;
}

/* Still? A SIGCONT that comes while all threads are traced waits until they are let go. */
static bool needs_no_hurry(struct budget *b, int64_t now)
{
	if (!b->unhurried || now < b->next_look)
		return b->unhurried;
	b->next_look = now + LOOK_NS;
	if (!proc_is_pending(b->pid, SIGCONT))
		return true;
	b->unhurried = false;
	b->began = now;
	return false;
}

/* Since the budget began. */
static int64_t run_delay(const struct worker *worker)
{
	return proc_run_delay((uint64_t)getpid(), worker->tid) - worker->delay;
}

static int64_t end_of(const struct budget *b, unsigned quarters)
{
	return b->began + b->limit / 4 * quarters + b->starved + b->delayed;
}

bool budget_over(struct budget *b, unsigned quarters)
{
	int64_t now = now_ns();

	if (needs_no_hurry(b, now) || now < end_of(b, quarters))
		return false;
	if (now - b->began >= AT_MOST * b->limit)
		return true;
	/* Read only now: mostly nothing comes so far. */
	b->delayed = run_delay(&b->tracing) + run_delay(&b->caller);
	if (now >= end_of(b, quarters))
		return true;
	b->seen_cpu = 0;
	return false;
}

/* The kernel counts a delay when it is over. So a caller that is ready to run and does not come to it
 * is looked at again a moment later, and then it has run, and its delay is counted, or it waits on. */
bool budget_caller_starves(struct budget *b)
{
	char name[PROC_NAME], state = '?';
	int64_t used = cpu_ns(b->caller.thread), before = b->seen_cpu;

	b->seen_cpu = used;
	if (before == 0)
		return true;
	if (used != before || now_ns() - b->began >= AT_MOST * b->limit)
		return false;
	return proc_thread((uint64_t)getpid(), b->caller.tid, &state, name) && state == 'R';
}

int64_t budget_next(const struct budget *b)
{
	int64_t now = now_ns(), end = end_of(b, 4);

	if (b->unhurried)
		return now + LOOK_NS;
	return end > now ? end : now + STARVING_NS;
}
