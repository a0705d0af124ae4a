/* Processes that are hard to stop or to read: target MODE. Each prints "ready" and goes on until it is
 * killed or, at the latest, for two minutes.
 *
 *	places    threads in different system calls, and one in none
 *	many N    N threads that wait
 *	leader    the first thread has exited
 *	vfork     a thread in uninterruptible sleep: it waits for its vfork()ed child
 *	churn     threads start and end all the time
 *	exec      executes itself all the time
 *	library   loads and unloads a library all the time (argument: its path)
 *	signals   counts SIGRTMIN and SIGUSR1; prints the counts at SIGTERM
 *	deep      a recursion of 4 MiB
 *	protected not dumpable
 *	children  has a child that is a zombie; prints its number first */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self, *argument;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static int ends[2];

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void idle(void)
{
	for (;;)
		pause();
}

static pthread_t start(const char *name, void *(*run)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	if (pthread_create(&thread, &attr, run, NULL) != 0)
		exit(3);
	if (name)
		pthread_setname_np(thread, name);
	pthread_attr_destroy(&attr);
	return thread;
}

/* ---- places ---- */

static void *wait_for_mutex(void *arg)
{
	pthread_mutex_lock(&held);
	return arg;
}

static void *wait_for_input(void *arg)
{
	char byte;

	if (read(ends[0], &byte, 1) < 0)
		exit(3);
	return arg;
}

static void *wait_in_poll(void *arg)
{
	struct pollfd fd = { .fd = ends[0], .events = POLLIN };

	for (;;)
		poll(&fd, 1, -1);
	return arg;
}

static volatile unsigned long counter;

static void *spin(void *arg)
{
	for (;;)
		counter++;
	return arg;
}

static void places(void)
{
	pthread_mutex_lock(&held);
	start("mutex", wait_for_mutex);
	start("input", wait_for_input);
	start("poll", wait_in_poll);
	start("spin", spin);
	usleep(100000);
	ready();
	idle();
}

/* ---- the others ---- */

static void *just_wait(void *arg)
{
	idle();
	return arg;
}

static void many(void)
{
	int n = atoi(argument);

	while (n-- > 1)
		start(NULL, just_wait);
	ready();
	idle();
}

static void *say_ready(void *arg)
{
	usleep(100000);
	ready();
	idle();
	return arg;
}

static void leader(void)
{
	start("survivor", say_ready);
	pthread_exit(NULL);
}

static void *call_vfork(void *arg)
{
	if (vfork() == 0) {
		sleep(120);
		_exit(0);
	}
	return arg;
}

static void sleep_in_vfork(void)
{
	start("vfork", call_vfork);
	usleep(100000);
	ready();
	idle();
}

static void *end(void *arg)
{
	return arg;
}

static void churn(void)
{
	ready();
	for (;;) {
		pthread_t threads[8];
		int i;

		for (i = 0; i < 8; i++)
			threads[i] = start("brief", end);
		for (i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
	}
}

static void exec(void)
{
	const struct timespec nap = { 0, 2000000 };

	/* Said once: the program is told by its second argument. */
	if (!argument)
		ready();
	start("other", just_wait);
	nanosleep(&nap, NULL);
	execl(self, self, "exec", "again", (char *)NULL);
	exit(3);
}

static void library(void)
{
	ready();
	for (;;) {
		void *handle = dlopen(argument, RTLD_NOW);

		if (!handle)
			exit(3);
		dlclose(handle);
	}
}

static atomic_int queued, plain;

static void on_queued(int signal)
{
	(void)signal;
	queued++;
}

static void on_plain(int signal)
{
	(void)signal;
	plain++;
}

static void on_end(int signal)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%d %d\n", queued, plain);

	(void)signal;
	if (write(1, text, (size_t)n) < 0)
		_exit(3);
	_exit(0);
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = on_queued };

	sigaction(SIGRTMIN, &action, NULL);
	action.sa_handler = on_plain;
	sigaction(SIGUSR1, &action, NULL);
	action.sa_handler = on_end;
	sigaction(SIGTERM, &action, NULL);
	start(NULL, just_wait);
	start(NULL, just_wait);
	ready();
	idle();
}

__attribute__((noinline)) static int recurse(int bytes)
{
	volatile char local[1000];

	local[0] = (char)bytes;
	if (bytes > 0)
		return recurse(bytes - 1024) + local[0];
	ready();
	while (counter == 0)
		pause();
	return local[0];
}

static void deep(void)
{
	exit(recurse(4 << 20));
}

static void protected(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	ready();
	idle();
}

static void children(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	printf("%d\n", (int)child);
	usleep(100000);
	ready();
	idle();
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } modes[] = {
		{ "places", places }, { "many", many }, { "leader", leader },
		{ "vfork", sleep_in_vfork }, { "churn", churn }, { "exec", exec },
		{ "library", library }, { "signals", signals }, { "deep", deep },
		{ "protected", protected }, { "children", children },
	};
	size_t i;

	self = "/proc/self/exe";
	argument = argc > 2 ? argv[2] : NULL;
	alarm(120);
	if (argc < 2 || pipe(ends) != 0)
		return 2;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].name, argv[1]))
			modes[i].run();
	return 2;
}
