/* Functions without call frame information, of all the shapes that compilers give them: leaf, array of a
 * size that is known at run time only, aligned stack, an early return, a call through a pointer, a large
 * frame, more arguments than registers. One thread waits, one dies.
 * fixture no-cfi: gcc -O2 -fno-asynchronous-unwind-tables -fomit-frame-pointer -pthread $src -o $exe
 * fixture no-cfi-fp: gcc -O2 -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -pthread $src -o $exe
 * fixture no-cfi-O0: gcc -O0 -fno-asynchronous-unwind-tables -pthread $src -o $exe
 * fixture no-cfi-stripped: gcc -O2 -fno-asynchronous-unwind-tables -fomit-frame-pointer -pthread $src -o $exe
 *   then: strip $exe
 * fixture no-cfi-clang: clang -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables -pthread $src -o $exe
 * fixture no-cfi-m32: gcc -m32 -O2 -fno-asynchronous-unwind-tables -fomit-frame-pointer -pthread $src -o $exe
 * fixture no-cfi-musl: musl-gcc -O2 -fno-asynchronous-unwind-tables -fomit-frame-pointer -static $src -o $exe
 * fixture no-cfi-musl-shared: musl-gcc -O2 -fno-asynchronous-unwind-tables -fomit-frame-pointer $src -o $exe
 * fixture no-cfi-aarch64: aarch64-linux-gnu-gcc -O2 -fno-unwind-tables -fno-asynchronous-unwind-tables -fomit-frame-pointer -static $src -o $exe
 *   core: qemu
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))

typedef int pointer_fn(int *at, int n);

KEEP int leaf(int *at, int n)
{
	volatile char room[40];

	room[n & 7] = 1;
	if (n < 0)
		return 0;
	*at = n;
	return room[0];
}

KEEP int aligned(int *at, int n)
{
	_Alignas(64) volatile char room[128];
	int result;

	room[n & 7] = 1;
	result = leaf(at, n + 1);
	return room[2] + result;
}

KEEP int sized(int *at, int n)
{
	volatile char room[n + 20];
	int result;

	room[n] = 1;
	result = aligned(at, n * 2);
	return room[1] + result;
}

KEEP int large(int *at, int n)
{
	volatile char room[20000];
	int result;

	memset((char *)room, 1, sizeof(room));
	result = sized(at, n + 3);
	return room[n] + result;
}

KEEP int many(int a, int b, int c, int d, int e, int f, int g, int *at)
{
	int result = large(at, a + b + c);

	if (result == d)
		return result * e + f;
	return result - g;
}

static pointer_fn *volatile through;

KEEP int pointed(int *at, int n)
{
	return many(n, 2, 3, 4, 5, 6, 7, at) + 1;
}

KEEP int top(int *at, int n)
{
	int result = through(at, n);

	return result + through(at, n + 1);
}

static volatile long waiter;

KEEP static void *waits(void *unused)
{
	waiter = gettid();
	for (;;)
		sleep(1000);
	return unused;
}

/* However slow the machine is, the other thread dies asleep. */
KEEP static int asleep(void)
{
	char path[64], stat[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", waiter);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (read(fd, stat, sizeof(stat) - 1) < 0)
		stat[0] = '\0';
	close(fd);
	return strstr(stat, ") S ") != NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argv;
	through = pointed;
	if (pthread_create(&thread, NULL, waits, NULL) != 0)
		return 1;
	while (!asleep())
		usleep(1000);
	return top(NULL, argc) + 1;
}
