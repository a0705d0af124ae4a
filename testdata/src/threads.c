/* Four threads with names, each in a place of its own; the second one dies.
 * fixture threads: gcc -O1 -g -pthread -D_GNU_SOURCE -fno-optimize-sibling-calls $src -o $exe
 * fixture threads-clang: clang -O1 -g -pthread -D_GNU_SOURCE $src -o $exe
 * fixture threads-m32: gcc -m32 -O1 -g -pthread -D_GNU_SOURCE -fno-optimize-sibling-calls $src -o $exe
 * fixture threads-static: gcc -O1 -g -pthread -D_GNU_SOURCE -static $src -o $exe
 * fixture threads-both: gcc -O1 -g -pthread -D_GNU_SOURCE $src -o $exe
 *   run: ./$exe wait
 *   core: both
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_there;
static sem_t never;

__attribute__((noinline)) static int wait_for_signal(void)
{
	pthread_barrier_wait(&all_there);
	return pause();
}

__attribute__((noinline)) static int wait_for_item(void)
{
	pthread_barrier_wait(&all_there);
	return sem_wait(&never);
}

__attribute__((noinline)) static int wait_for_lock(void)
{
	pthread_barrier_wait(&all_there);
	return pthread_mutex_lock(&lock);
}

static int crash = 1;

__attribute__((noinline)) static int compute(volatile int *result)
{
	pthread_barrier_wait(&all_there);
	usleep(200 * 1000); /* the others are in their calls now */
	if (!crash)
		pause();
	return *result;
}

static void *signals(void *unused) { (void)unused; return wait_for_signal() ? &never : NULL; }
static void *queue(void *unused) { (void)unused; return wait_for_item() ? &never : NULL; }
static void *worker(void *unused) { (void)unused; return compute(NULL) ? &never : NULL; }

static pthread_t start(void *(*function)(void *), const char *name)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, function, NULL) != 0)
		exit(1);
	pthread_setname_np(thread, name);
	return thread;
}

int main(int argc, char **argv)
{
	(void)argv;
	crash = argc == 1;
	pthread_mutex_lock(&lock);
	pthread_barrier_init(&all_there, NULL, 4);
	sem_init(&never, 0, 0);
	start(signals, "signals");
	start(worker, "worker");
	start(queue, "queue");
	puts("ready");
	fflush(stdout);
	return wait_for_lock();
}
