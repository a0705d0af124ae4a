/* Programs that catch the signal that kills them.
 * fixture handler-abort: gcc -O1 -g $src -o $exe
 * fixture handler-raise: gcc -O1 -g -DINFO -DRAISE $src -o $exe
 * fixture handler-overflow: gcc -O0 -g -DINFO -DOVERFLOW $src -o $exe
 * fixture handler-null-call: gcc -O1 -g -DNULL_CALL $src -o $exe
 * fixture handler-divide: gcc -O1 -g -DINFO -DDIVIDE $src -o $exe
 * fixture handler-crash: gcc -O1 -g -DINFO -DCRASH $src -o $exe
 * fixture handler-sent: gcc -O1 -g -DSENT $src -o $exe
 * fixture handler-static: gcc -O1 -g -static $src -o $exe
 * fixture handler-m32: gcc -m32 -O1 -g $src -o $exe
 * fixture handler-info-m32: gcc -m32 -O1 -g -DINFO $src -o $exe
 * fixture handler-aarch64: aarch64-linux-gnu-gcc -O1 -g -DINFO -static $src -o $exe
 *   core: qemu
 * fixture handler-musl: musl-gcc -O1 -g -static -DINFO -DCRASH $src -o $exe
 * fixture handler-again: gcc -O0 -g -DAGAIN $src -o $exe
 * fixture handler-again-info: gcc -O0 -g -DINFO -DAGAIN $src -o $exe
 * fixture handler-again-own: gcc -O0 -g -DINFO -DAGAIN -DOWN_STACK $src -o $exe
 * fixture handler-stale: gcc -O0 -g -DSTALE $src -o $exe
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request { long id; const char *path; };

volatile int zero;
void (*volatile nowhere)(void);
static int *volatile broken_log;

__attribute__((noinline)) static void report(int number)
{
#ifdef RAISE
	signal(number, SIG_DFL);
	kill(getpid(), number);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
#elif defined(AGAIN)
	/* It is blocked here, and comes when this has returned. */
	signal(number, SIG_DFL);
	raise(number);
	return;
#elif defined(CRASH)
	*broken_log = number;
#endif
	(void)number;
	abort();
}

#ifdef INFO
static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	report(number);
}
#else
static void on_fault(int number)
{
	report(number);
}
#endif

__attribute__((noinline)) static char first_of(const struct request *request)
{
	return request->path[zero];
}

__attribute__((noinline)) static int serve(const struct request *request)
{
#ifdef OVERFLOW
	volatile char big[1000] = { 0 };
	return serve(request) + big[zero];
#elif defined(NULL_CALL)
	nowhere();
#elif defined(DIVIDE)
	return 100 / zero + 1;
#elif defined(SENT)
	raise(SIGTERM);
#endif
	return first_of(request) + 1;
}

int main(void)
{
	static _Alignas(64) char stack[65536];
	stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
#ifdef STALE
	/* Where the kernel does not write siginfo lies what looks like one: of SIGHUP, sent by kill. */
	for (unsigned i = 0; i < sizeof(stack) / sizeof(int); i += 4)
		((volatile int *)stack)[i] = SIGHUP;
#endif
#ifdef INFO
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
#else
	action.sa_handler = on_fault;
	action.sa_flags = SA_ONSTACK;
#endif
#ifdef OWN_STACK
	action.sa_flags &= ~SA_ONSTACK;
#endif
	sigaltstack(&other, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGFPE, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return serve(NULL) + 1;
}
