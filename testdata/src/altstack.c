/* A stack overflow that is handled on an alternate signal stack: the frames go on in another stack.
 * fixture altstack: gcc -O1 -g -fno-optimize-sibling-calls $src -o $exe
 *   run: sh -c 'ulimit -s 128; exec ./$exe'
 */
#include <signal.h>
#include <stdlib.h>

static volatile int sink;

__attribute__((noinline)) static int descend(int depth)
{
	volatile int here[64];
	here[depth % 64] = depth;
	sink = descend(depth + 1);
	return here[depth % 64];
}

static void on_overflow(int signal)
{
	(void)signal;
	abort();
}

int main(void)
{
	static char stack[64 * 1024];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = on_overflow, .sa_flags = SA_ONSTACK};
	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	return descend(0);
}
