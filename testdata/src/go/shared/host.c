/* Calls into the Go library of this directory from two of its threads, and stays. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

extern void Block(int n);
extern void Start(void);

static void *c_thread(void *arg)
{
	Block(7);
	return arg;
}

int main(void)
{
	pthread_t t;

	Start();
	pthread_create(&t, 0, c_thread, 0);
	usleep(300000);
	puts("ready");
	fflush(stdout);
	Block(8);
	return 0;
}
