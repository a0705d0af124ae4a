/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping every thread of a process with ptrace: what trace.c does on its own thread.
 *
 * In Linux a tracer and a tracee are threads, not processes: each thread of the target is attached
 * to, asked to stop and waited for by its own number, all by the same thread of ours.
 *
 * PTRACE_SEIZE attaches and changes nothing: the thread runs on, and does not know. PTRACE_INTERRUPT
 * then asks it to stop, which it does by itself, as soon as it has a CPU and would go from the kernel
 * back to its program: one that runs at once, one that sleeps in most system calls is woken and
 * takes the call up again later; one in uninterruptible sleep (D: a disk, vfork()) when that is over.
 * So a stop costs a turn on a CPU for each thread. (PTRACE_ATTACH would do both in one, but by a
 * SIGSTOP, which stays in the queue when the tracer is killed: the target would stop with nobody
 * there to let it go on.)
 *
 * A stop is one of three, and waitid() tells which:
 *
 * - our interrupt: SIGTRAP with PTRACE_EVENT_STOP;
 * - a group stop: with PTRACE_EVENT_STOP and SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU. Job control
 *   has stopped the process (kill -STOP, ctrl-Z), before or just now. The kernel keeps that
 *   for itself: after the detach the thread is stopped as it was;
 * - a signal that was about to be delivered, without an event. The tracer decides what becomes of
 *   it: it goes back with the detach. The kernel holds it only as long as nobody has taken the news
 *   of the stop; therefore WNOWAIT, which looks and does not take. Were it taken, and stk killed
 *   before the detach, the signal would be lost.
 *
 * A thread that exits meanwhile becomes a zombie, and stays one as long as it is traced: its end is
 * news for the tracer first. That of the first thread is the end of the process, for which its parent
 * waits, who may be the program that we are in: we look at it and do not take it either, and the end
 * of the tracing thread hands it on. The end of any other thread is nobody's business, and is taken:
 * a thread that executes another program (execve) ends all others first, and the kernel lets it
 * go on, by the number of the first one, only when the last zombie is gone. */
#include "live.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)

/* New threads may appear while the list is read; each round finds those that the round before let
 * in. Nobody starts threads this often within the deadline. */
#define MAX_ROUNDS 64

/* Between two looks the tracing thread sleeps, or on a machine with one CPU nobody would come to
 * stop: for a moment that is long enough for some dozens of threads to stop while hundreds are
 * waited for, and short when the last ones are. */
#define NAP_OF_THREAD (2 * NS_PER_US)
#define SHORTEST_NAP (50 * NS_PER_US)
#define LONGEST_NAP (500 * NS_PER_US)

/* Threads stop about in the order in which they were asked to. A look ends where so many had not
 * stopped yet, and a share of all. */
#define MISSES 32
#define MISSES_SHARE 16

/* Threads in uninterruptible sleep may stay there for minutes: once every other thread has
 * stopped, they get this long. */
#define PATIENCE_NS (5 * NS_PER_MS)

/* How much of the time (in quarters) may go into stopping: the rest is for reading. */
#define STOP_QUARTERS 3

/* ---- attaching ---- */

static bool is_dead(char state)
{
	return state == 'Z' || state == 'X' || state == 'x';
}

static void seize(struct tracees *t, uint32_t tid)
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
	if (errno == ESRCH || !proc_thread(t->pid, tid, &state, name) || is_dead(state))
		task->status = TRACED_GONE;
	else
		task->status = TRACED_REFUSED;
}

/* Attaches to the threads that are not known yet; how many. */
static size_t seize_new(struct tracees *t)
{
	FREE_AT_END uint32_t *tids = NULL;
	size_t count = proc_tasks(t->pid, &tids), before = t->count, i;
	uint64_t index;

	for (i = 0; i < count; i++)
		/* A number whose zombie we have taken is free for a new thread. */
		if (!map_get(&t->known, tids[i], &index) || t->list[index].reaped)
			seize(t, tids[i]);
	return t->count - before;
}

void tracees_seize(struct tracees *t)
{
	unsigned round;

	for (round = 0; round < MAX_ROUNDS && seize_new(t); round++)
		;
}

/* ---- one thread ---- */

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
	if (status >> 8 == PTRACE_EVENT_STOP)
		task->group_stop = (status & 0xff) != SIGTRAP;
	else
		task->signal = status & 0xff;
	read_registers(task);
}

static void take_end(struct traced *task, bool first)
{
	siginfo_t info;

	task->status = TRACED_GONE;
	if (!first)
		task->reaped = waitid(P_PID, task->tid, &info, WEXITED | WNOHANG | __WALL) == 0;
}

/* What became of a thread that was asked to stop; false: nothing yet. */
static bool has_news(struct traced *task, bool first)
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
		take_end(task, first);
	return true;
}

/* ---- all of them ---- */

/* Asks every thread that runs to stop. */
static void interrupt(struct tracees *t)
{
	size_t i;

	/* The second half is for turning the queue round. */
	t->waiting = xrealloc(t->waiting, (t->count + 1) * 2 * sizeof(*t->waiting));
	for (i = 0; i < t->count; i++) {
		struct traced *task = &t->list[i];

		if (task->status != TRACED_SEIZED)
			continue;
		if (ptrace(PTRACE_INTERRUPT, (pid_t)task->tid, NULL, NULL) == 0) {
			task->status = TRACED_WAITED;
			t->waiting[t->nwaiting++] = (uint32_t)i;
		} else {
			task->status = TRACED_GONE;
		}
	}
}

/* Looks at those at the front of the queue; how many had news, which leave it. Who had none goes to
 * its end, so that in time everybody is looked at. */
static size_t collect(struct tracees *t)
{
	size_t most = MISSES + t->nwaiting / MISSES_SHARE, misses = 0, looked, rest;
	uint32_t *queue = t->waiting, *spare = queue + t->count;

	for (looked = 0; looked < t->nwaiting && misses < most; looked++) {
		struct traced *task = &t->list[queue[looked]];

		if (!has_news(task, task->tid == t->pid))
			spare[misses++] = queue[looked];
	}
	rest = t->nwaiting - looked;
	memmove(queue, queue + looked, rest * sizeof(*queue));
	memcpy(queue + rest, spare, misses * sizeof(*queue));
	t->nwaiting = rest + misses;
	return looked - misses;
}

static char state_of(const struct tracees *t, size_t at)
{
	char name[PROC_NAME], state;

	return proc_thread(t->pid, t->list[t->waiting[at]].tid, &state, name) ? state : 'X';
}

/* Every thread that still runs is one that nothing can stop. */
static bool only_sleepers(const struct tracees *t)
{
	size_t i;

	for (i = 0; i < t->nwaiting; i++) {
		char state = state_of(t, i);

		if (state != 'D' && !is_dead(state))
			return false;
	}
	return true;
}

/* Of the end of the first thread there is no news before all others have ended. */
static void forget_dead(struct tracees *t)
{
	size_t kept = 0, i;

	for (i = 0; i < t->nwaiting; i++)
		if (is_dead(state_of(t, i)))
			t->list[t->waiting[i]].status = TRACED_GONE;
		else
			t->waiting[kept++] = t->waiting[i];
	t->nwaiting = kept;
}

static void nap(int64_t ns)
{
	struct timespec time = { 0, (long)ns };

	nanosleep(&time, NULL);
}

static int64_t nap_of(const struct tracees *t)
{
	int64_t ns = (int64_t)t->nwaiting * NAP_OF_THREAD;

	return ns < SHORTEST_NAP ? SHORTEST_NAP : ns > LONGEST_NAP ? LONGEST_NAP : ns;
}

/* false: some will not stop in time. */
static bool wait_for_all(struct tracees *t, struct budget *budget)
{
	int64_t pause = SHORTEST_NAP, quiet = 0;
	size_t news;

	while ((news = collect(t)), t->nwaiting) {
		budget_progress(budget, news);
		if (news) {
			pause = nap_of(t);
			quiet = 0;
		} else {
			/* Ready, but somebody else has the CPU: neither its fault nor ours. */
			if (state_of(t, 0) == 'R')
				budget_starved(budget, pause);
			if (quiet > PATIENCE_NS && only_sleepers(t)) {
				forget_dead(t);
				return t->nwaiting == 0;
			}
			pause = pause * 2 < LONGEST_NAP ? pause * 2 : LONGEST_NAP;
		}
		if (budget_over(budget, STOP_QUARTERS))
			return false;
		nap(pause);
		quiet += pause;
	}
	budget_progress(budget, news);
	return true;
}

/* Only stopped threads start no others: the list is complete when a round finds nobody new. */
void tracees_stop(struct tracees *t, struct budget *budget)
{
	unsigned round;

	for (round = 0; round < MAX_ROUNDS; round++) {
		interrupt(t);
		if (!wait_for_all(t, budget) || !seize_new(t))
			break;
	}
}

bool tracees_stopped_before(const struct tracees *t)
{
	size_t stopped = 0, i;

	for (i = 0; i < t->count; i++) {
		if (t->list[i].status == TRACED_GONE)
			continue;
		if (t->list[i].status != TRACED_STOPPED || !t->list[i].group_stop)
			return false;
		stopped++;
	}
	return stopped > 0;
}

void tracees_detach(struct tracees *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		const struct traced *task = &t->list[i];

		if (task->status == TRACED_STOPPED)
			(void)ptrace(PTRACE_DETACH, (pid_t)task->tid, NULL,
				     (void *)(uintptr_t)task->signal);
	}
}

void tracees_deinit(struct tracees *t)
{
	map_deinit(&t->known);
	free(t->waiting);
	free(t->list);
}
