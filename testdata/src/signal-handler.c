/* A signal handler, interrupted by a second one that aborts.
 * fixture signal-handler: gcc -O1 -g $src -o $exe
 * fixture signal-handler-m32: gcc -m32 -O1 -g $src -o $exe
 * fixture signal-handler-static: gcc -O1 -g -static $src -o $exe
 * fixture signal-handler-aarch64: aarch64-linux-gnu-gcc -O1 -g -static $src -o $exe
 *   core: qemu
 */
#include <signal.h>
#include <stdlib.h>

static void on_second(int signal)
{
	(void)signal;
	abort();
}

static void on_first(int signal)
{
	(void)signal;
	raise(SIGUSR2);
}

__attribute__((noinline)) static int work(volatile int *none)
{
	return *none;
}

int main(void)
{
	signal(SIGSEGV, on_first);
	signal(SIGUSR2, on_second);
	return work(NULL);
}
