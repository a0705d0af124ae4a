/* SPDX-License-Identifier: Apache-2.0 */
/* measure - runs a command several times and prints what it took:
 *
 *	measure RUNS COMMAND...    ->    BEST-MS MEDIAN-MS CPU-MS PEAK-KIB PRIVATE-KIB STATUS
 *
 * CPU is the least processor time of a run, of all its threads: other work on the machine does
 * not add to it. PEAK is the largest resident set, with the pages of mapped files; PRIVATE is without them,
 * looked at every two milliseconds. Its standard output and error go to /dev/null. A run of
 * more than BENCH_TIMEOUT (300) seconds is ended, and STATUS is 124. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 100

struct run {
	double ms, cpu_ms;
	long peak_kib, private_kib;
	int status;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* "RssAnon: N kB" of /proc/PID/status; 0 when it is gone. */
static long private_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	fclose(file);
	return kib;
}

static void start(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

static double ms_of(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static struct run run_once(char **argv, double timeout_ms)
{
	struct run run = { 0 };
	struct rusage usage;
	double begin = now_ms();
	pid_t pid = fork();
	int status;

	if (pid == 0)
		start(argv);
	while (wait4(pid, &status, WNOHANG, &usage) == 0) {
		const struct timespec pause = { .tv_nsec = now_ms() - begin < 100 ? 200000
										  : 2000000 };
		long kib = private_kib(pid);

		run.private_kib = kib > run.private_kib ? kib : run.private_kib;
		if (now_ms() - begin > timeout_ms) {
			kill(pid, SIGKILL);
			wait4(pid, &status, 0, &usage);
			run.status = 124;
			break;
		}
		nanosleep(&pause, NULL);
	}
	run.ms = now_ms() - begin;
	run.cpu_ms = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
	run.peak_kib = usage.ru_maxrss;
	if (!run.status)
		run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return run;
}

static int by_time(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return x->ms < y->ms ? -1 : x->ms > y->ms;
}

int main(int argc, char **argv)
{
	int runs = argc > 2 ? atoi(argv[1]) : 0;
	const char *timeout = getenv("BENCH_TIMEOUT");
	struct run all[MAX_RUNS];
	long peak = 0, private = 0;
	double cpu = 1e12;

	if (runs < 1 || runs > MAX_RUNS)
		return 64;
	for (int i = 0; i < runs; i++) {
		all[i] = run_once(argv + 2, (timeout ? atof(timeout) : 300) * 1e3);
		cpu = all[i].cpu_ms < cpu ? all[i].cpu_ms : cpu;
		peak = all[i].peak_kib > peak ? all[i].peak_kib : peak;
		private = all[i].private_kib > private ? all[i].private_kib : private;
	}
	qsort(all, (size_t)runs, sizeof(*all), by_time);
	printf("%.1f %.1f %.1f %ld %ld %d\n", all[0].ms, all[runs / 2].ms, cpu, peak, private,
	       all[0].status);
	return 0;
}
