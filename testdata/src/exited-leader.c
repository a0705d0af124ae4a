/* The first thread has ended, another one dies.
 * fixture exited-leader: gcc -O1 -g -pthread $src -o $exe
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) static void *outlive(void *unused)
{
	(void)unused;
	usleep(200 * 1000);
	abort();
}

int main(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, outlive, NULL);
	pthread_exit(NULL);
}
