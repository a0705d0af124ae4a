/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

#define MOST_WORKERS 256u
#define NONE SIZE_MAX
#define MOST_ANSWER ((size_t)64 << 20)

struct worker {
	pid_t pid;
	int jobs, answers; /* ends of pipes; -1 none */
	size_t job;        /* at work on it; NONE: idle */
	int64_t since_ms;
	char *bytes; /* of the answer so far: its size, then itself */
	size_t used, cap;
};

struct run_state {
	const struct pool *pool;
	struct worker workers[MOST_WORKERS];
	unsigned nworkers;
	size_t next, left, count;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- in a worker ---- */

static bool write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t wrote = write(fd, at, size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		at += wrote;
		size -= (size_t)wrote;
	}
	return true;
}

static void serve(const struct pool *pool, int jobs, int answers)
{
	size_t job, size;

	while (read(jobs, &job, sizeof(job)) == (ssize_t)sizeof(job)) {
		char *answer = pool->work(pool->arg, job);

		size = answer ? strlen(answer) : 0;
		if (!write_all(answers, &size, sizeof(size)) || !write_all(answers, answer, size))
			break;
		free(answer);
	}
	_exit(0);
}

static void be_worker(struct run_state *s, int jobs, int answers)
{
	const struct pool *pool = s->pool;
	struct rlimit none = { 0, 0 }, memory = { pool->megabytes << 20, pool->megabytes << 20 };
	unsigned i;

	/* Nobody is left behind when the caller is killed; and a worker's core would be one more crash. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	if (pool->megabytes)
		setrlimit(RLIMIT_AS, &memory);
	for (i = 0; i < s->nworkers; i++) {
		if (s->workers[i].jobs >= 0)
			close(s->workers[i].jobs);
		if (s->workers[i].answers >= 0)
			close(s->workers[i].answers);
	}
	serve(pool, jobs, answers);
}

/* ---- in the caller ---- */

static bool start(struct run_state *s, struct worker *w)
{
	int jobs[2], answers[2];

	*w = (struct worker){ .jobs = -1, .answers = -1, .job = NONE, .pid = -1 };
	if (pipe(jobs) < 0)
		return false;
	if (pipe(answers) < 0) {
		close(jobs[0]);
		close(jobs[1]);
		return false;
	}
	w->pid = fork();
	if (w->pid == 0) {
		/* its own ends, or it would never see that the caller has closed them */
		close(jobs[1]);
		close(answers[0]);
		be_worker(s, jobs[0], answers[1]);
	}
	close(jobs[0]);
	close(answers[1]);
	w->jobs = jobs[1];
	w->answers = answers[0];
	return w->pid > 0;
}

static void end(struct worker *w)
{
	int status;

	if (w->jobs >= 0)
		close(w->jobs);
	if (w->answers >= 0)
		close(w->answers);
	if (w->pid > 0)
		while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
			;
	free(w->bytes);
	*w = (struct worker){ .jobs = -1, .answers = -1, .job = NONE, .pid = -1 };
}

static void give(struct run_state *s, struct worker *w)
{
	size_t job;

	if (w->job != NONE || s->next == s->count)
		return;
	if (w->pid <= 0 && !start(s, w))
		return;
	job = s->next++;
	w->job = job;
	w->since_ms = now_ms();
	w->used = 0;
	if (!write_all(w->jobs, &job, sizeof(job)))
		w->since_ms = INT64_MIN / 2; /* it is gone: seen at once */
}

static void finish(struct run_state *s, struct worker *w, char *answer, const char *why)
{
	size_t job = w->job;

	w->job = NONE;
	s->left--;
	s->pool->done(s->pool->arg, job, answer, why);
}

/* It died over its job, or is killed for it. */
static void lose(struct run_state *s, struct worker *w, const char *why)
{
	char text[80];
	int status = 0;

	if (why)
		kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = -1;
	if (!why) {
		const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

		snprintf(text, sizeof(text), "its reader ended%s%s", name ? ": SIG" : "",
			 name ? name : "");
		why = text;
	}
	finish(s, w, NULL, why);
	end(w);
}

/* Some bytes of an answer; false: the worker is gone. */
static bool take(struct run_state *s, struct worker *w)
{
	size_t size;
	ssize_t got;
	char *answer;

	if (w->cap - w->used < 65536) {
		w->cap = w->cap * 2 + 65536;
		w->bytes = realloc(w->bytes, w->cap);
		if (!w->bytes)
			say_out_of_memory();
	}
	got = read(w->answers, w->bytes + w->used, w->cap - w->used);
	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	w->used += (size_t)got;
	if (w->used < sizeof(size))
		return true;
	memcpy(&size, w->bytes, sizeof(size));
	if (size > MOST_ANSWER)
		return false;
	if (w->used < sizeof(size) + size)
		return true;
	answer = strndup(w->bytes + sizeof(size), size);
	if (!answer)
		say_out_of_memory();
	finish(s, w, answer, NULL);
	return true;
}

static void check_time(struct run_state *s, struct worker *w)
{
	char why[64];

	if (w->job == NONE || !s->pool->seconds ||
	    now_ms() - w->since_ms < (int64_t)s->pool->seconds * 1000)
		return;
	snprintf(why, sizeof(why), "it took longer than %u seconds", s->pool->seconds);
	lose(s, w, why);
}

static void wait_for_answers(struct run_state *s)
{
	struct pollfd fds[MOST_WORKERS];
	unsigned i;

	for (i = 0; i < s->nworkers; i++)
		fds[i] = (struct pollfd){ s->workers[i].job == NONE ? -1 : s->workers[i].answers,
					  POLLIN, 0 };
	if (poll(fds, s->nworkers, 200) < 0)
		return;
	for (i = 0; i < s->nworkers; i++) {
		struct worker *w = &s->workers[i];

		if (fds[i].revents && w->job != NONE && !take(s, w))
			lose(s, w, NULL);
		else
			check_time(s, w);
	}
}

void pool_run(const struct pool *pool, size_t count)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct run_state *s = calloc(1, sizeof(*s));
	unsigned i;

	if (!s)
		say_out_of_memory();
	s->pool = pool;
	s->count = s->left = count;
	s->nworkers = pool->workers ? pool->workers : cpus > 0 ? (unsigned)cpus : 1;
	if (s->nworkers > MOST_WORKERS)
		s->nworkers = MOST_WORKERS;
	if (s->nworkers > count)
		s->nworkers = (unsigned)count;
	for (i = 0; i < s->nworkers; i++)
		s->workers[i] =
			(struct worker){ .jobs = -1, .answers = -1, .job = NONE, .pid = -1 };
	while (s->left) {
		for (i = 0; i < s->nworkers; i++)
			give(s, &s->workers[i]);
		wait_for_answers(s);
	}
	for (i = 0; i < s->nworkers; i++)
		end(&s->workers[i]);
	free(s);
}
