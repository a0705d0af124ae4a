/* Three functions that call each other without end, on the small stack of a thread.
 * fixture stack-overflow-mutual: gcc -O1 -g -pthread -fno-optimize-sibling-calls $src -o $exe
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

static volatile int sink;
int value(int depth);

__attribute__((noinline)) int object(int depth)
{
	volatile int here = depth;
	sink = value(depth + 1);
	return here;
}

__attribute__((noinline)) int array(int depth)
{
	volatile int here = depth;
	sink = object(depth + 1);
	return here;
}

__attribute__((noinline)) int value(int depth)
{
	volatile int here = depth;
	sink = array(depth + 1);
	return here;
}

static void *parser(void *unused)
{
	(void)unused;
	usleep(200 * 1000); /* main is in pthread_join() now */
	sink = value(0);
	return NULL;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	pthread_t thread;
	pthread_create(&thread, &attr, parser, NULL);
	pthread_setname_np(thread, "parser");
	pthread_join(thread, NULL);
	return 0;
}
