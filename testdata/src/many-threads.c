/* N threads, each D calls deep in three functions in turn: many-threads N D.
 * fixture many-threads: gcc -O2 -g -pthread -fno-optimize-sibling-calls $src -o $exe
 *   run: ./$exe 50 20
 * fixture bench-threads-2001: gcc -O2 -g -pthread -fno-optimize-sibling-calls $src -o $exe
 *   run: ./$exe 2000 30
 * fixture bench-threads-10000: gcc -O2 -g -pthread -fno-optimize-sibling-calls $src -o $exe
 *   run: ./$exe 10000 44
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_barrier_t all_there;
static volatile int sink;
static void red(int depth);

static void wait_here(void)
{
	pthread_barrier_wait(&all_there);
	for (;;)
		pause();
}

__attribute__((noinline)) static void blue(int depth)
{
	if (depth == 0)
		wait_here();
	red(depth - 1);
	sink = depth;
}

__attribute__((noinline)) static void green(int depth)
{
	if (depth == 0)
		wait_here();
	blue(depth - 1);
	sink = depth;
}

__attribute__((noinline)) static void red(int depth)
{
	if (depth == 0)
		wait_here();
	green(depth - 1);
	sink = depth;
}

static void *run(void *depth)
{
	red(*(int *)depth);
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 10;
	int depth = argc > 2 ? atoi(argv[2]) : 10;
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	pthread_barrier_init(&all_there, NULL, (unsigned)threads + 1);
	for (int i = 0; i < threads; i++) {
		pthread_t thread;
		if (pthread_create(&thread, &attr, run, &depth) != 0)
			return 1;
	}
	pthread_barrier_wait(&all_there);
	usleep(200 * 1000);
	abort();
}
