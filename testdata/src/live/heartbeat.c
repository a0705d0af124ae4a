/* A process with many threads, one of which looks at the clock all the time: the longest time that
 * it did not get to is how long the process was paused.
 *
 *	heartbeat THREADS [FRAMES]
 *
 * The others wait, each FRAMES (10) calls deep. Prints "ready", and at each line on standard input
 * the longest gap since the last one, in microseconds. Ends with its input. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint64_t longest;
static pthread_barrier_t all_deep;

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void *beat(void *arg)
{
	const struct timespec nap = { 0, 50000 };
	uint64_t before = now_us(), now;

	(void)arg;
	for (;; before = now) {
		nanosleep(&nap, NULL);
		now = now_us();
		if (now - before > longest)
			longest = now - before;
	}
	return NULL;
}

__attribute__((noinline)) static int descend(int frames)
{
	volatile char local[64];

	local[0] = 0;
	if (frames > 0)
		return descend(frames - 1) + local[0];
	pthread_barrier_wait(&all_deep);
	for (;;)
		pause();
}

static void *waiter(void *arg)
{
	descend(*(int *)arg);
	return NULL;
}

static void start(void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	if (pthread_create(&thread, &attr, run, arg) != 0) {
		perror("pthread_create");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 4, frames = argc > 2 ? atoi(argv[2]) : 10, i;
	char line[16];

	/* main and the heart are two of them */
	pthread_barrier_init(&all_deep, NULL, (unsigned)(threads > 2 ? threads - 1 : 1));
	for (i = 0; i < threads - 2; i++)
		start(waiter, &frames);
	pthread_barrier_wait(&all_deep);
	start(beat, NULL);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("%llu\n", (unsigned long long)atomic_exchange(&longest, 0));
		fflush(stdout);
	}
	return 0;
}
