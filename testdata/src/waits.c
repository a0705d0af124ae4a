/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that wait, in all ways that the C library has; deadlocks of every class, and what looks like one
 * and is none. waits MODE; a timer of the kernel's kills it, so that no thread has to run for that.
 *
 * fixture waits-kinds: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe kinds
 * fixture waits-kinds-stripped: gcc -O1 -s -pthread "$src" -o "$exe"
 *   run: ./$exe kinds
 * fixture waits-kinds-static: gcc -O1 -static -s -pthread "$src" -o "$exe"
 *   run: ./$exe kinds
 * fixture waits-kinds-musl: musl-gcc -g -O1 -static "$src" -o "$exe"
 *   run: ./$exe kinds
 * fixture waits-kinds-m32: gcc -g -O1 -m32 -pthread "$src" -o "$exe"
 *   run: ./$exe kinds
 * fixture waits-kinds-gcore: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe kinds 60
 *   core: gcore
 * fixture waits-abba: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe abba
 * fixture waits-five: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe five
 * fixture waits-five-stripped: gcc -O1 -s -static -pthread "$src" -o "$exe"
 *   run: ./$exe five
 * fixture waits-five-musl: musl-gcc -O1 -static "$src" -o "$exe"
 *   run: ./$exe five
 * fixture waits-timed: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe timed
 * fixture waits-self: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe self
 * fixture waits-handler: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe handler
 * fixture waits-joins: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe joins
 * fixture waits-gone: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe gone
 * fixture waits-forked: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe forked
 * fixture waits-nobody: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe nobody
 * fixture waits-pool: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe pool
 * fixture waits-upgrade: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe upgrade
 * fixture waits-convoy: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe convoy
 * fixture waits-mixed: gcc -g -O1 -pthread "$src" -o "$exe"
 *   run: ./$exe mixed
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MANY 5

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER, lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t forks[MANY], recursive, queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t config_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_t threads[16];
static sem_t slots;

static void pass(void)
{
	usleep(100000);
}

/* Without a thread that would have to wake for it. */
static void die_later(int seconds)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGABRT };
	struct itimerspec when = { .it_value.tv_sec = seconds };
	timer_t timer;

	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &when, NULL);
}

static void begin(unsigned n, void *(*work)(void *))
{
	pthread_create(&threads[n], NULL, work, (void *)(size_t)n);
	pass();
}

static void *lock_ab(void *x)
{
	pthread_mutex_lock(&lock_a);
	pass();
	pass();
	pthread_mutex_lock(&lock_b);
	return x;
}

static void *lock_ba(void *x)
{
	pthread_mutex_lock(&lock_b);
	pthread_mutex_lock(&lock_a);
	return x;
}

static void *lock_ba_timed(void *x)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	pthread_mutex_lock(&lock_b);
	pthread_mutex_timedlock(&lock_a, &until);
	return x;
}

static void *lock_a_only(void *x)
{
	pthread_mutex_lock(&lock_a);
	return x;
}

static void *hold_a(void *x)
{
	pthread_mutex_lock(&lock_a);
	pause();
	return x;
}

static void *end_with_a(void *x)
{
	pthread_mutex_lock(&lock_a);
	return x;
}

static void *take_two(void *x)
{
	size_t n = (size_t)x;

	pthread_mutex_lock(&forks[n]);
	usleep(500000);
	pthread_mutex_lock(&forks[(n + 1) % MANY]);
	return x;
}

static void *wait_item(void *x)
{
	pthread_mutex_lock(&queue_lock);
	pthread_cond_wait(&queue_filled, &queue_lock);
	return x;
}

static void *wait_slot(void *x)
{
	sem_wait(&slots);
	return x;
}

static void *write_config(void *x)
{
	pthread_rwlock_wrlock(&config_lock);
	pause();
	return x;
}

static void *read_config(void *x)
{
	pthread_rwlock_rdlock(&config_lock);
	return x;
}

static void *change_config(void *x)
{
	pthread_rwlock_wrlock(&config_lock);
	return x;
}

static void *read_then_write(void *x)
{
	pthread_rwlock_rdlock(&config_lock);
	pthread_rwlock_wrlock(&config_lock);
	return x;
}

static void *meet(void *x)
{
	pthread_barrier_wait(&barrier);
	return x;
}

static void *join_first(void *x)
{
	pthread_join(threads[0], NULL);
	return x;
}

static void *join_other(void *x)
{
	size_t n = (size_t)x;

	pass();
	pass();
	pthread_join(threads[n ^ 1], NULL);
	return x;
}

static void initialise(void)
{
	pause();
}

static void *do_once(void *x)
{
	pthread_once(&once, initialise);
	return x;
}

static void *hold_stdout(void *x)
{
	flockfile(stdout);
	pause();
	return x;
}

static void *print(void *x)
{
	putchar('x');
	return x;
}

static void *take_twice(void *x)
{
	pthread_mutex_lock(&lock_a);
	pthread_mutex_lock(&lock_a);
	return x;
}

static void *hold_recursive(void *x)
{
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&recursive);
	pass();
	pass();
	pthread_join(threads[1], NULL);
	return x;
}

static void *lock_recursive(void *x)
{
	pthread_mutex_lock(&recursive);
	return x;
}

static void on_signal(int signal)
{
	(void)signal;
	pthread_mutex_lock(&lock_a);
}

static void *interrupted(void *x)
{
	signal(SIGUSR1, on_signal);
	pthread_mutex_lock(&lock_a);
	raise(SIGUSR1);
	return x;
}

static void kinds(void)
{
	static void *(*const work[])(void *) = {
		write_config, lock_ab, wait_item, wait_slot, read_config, change_config, meet,
		join_first, do_once, do_once, hold_stdout, print, hold_a,
	};
	unsigned i;

	for (i = 0; i < sizeof(work) / sizeof(*work); i++)
		begin(i, work[i]);
}

static void run(const char *mode)
{
	pthread_mutexattr_t attr;
	unsigned i;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&recursive, &attr);
	for (i = 0; i < MANY; i++)
		pthread_mutex_init(&forks[i], &attr);
	if (!strcmp(mode, "kinds")) {
		kinds();
	} else if (!strcmp(mode, "abba")) {
		begin(0, lock_ab);
		begin(1, lock_ba);
		pass();
		begin(2, lock_a_only);
	} else if (!strcmp(mode, "timed")) {
		begin(0, lock_ab);
		begin(1, lock_ba_timed);
	} else if (!strcmp(mode, "five")) {
		for (i = 0; i < MANY; i++)
			pthread_create(&threads[i], NULL, take_two, (void *)(size_t)i);
	} else if (!strcmp(mode, "self")) {
		begin(0, take_twice);
	} else if (!strcmp(mode, "handler")) {
		begin(0, interrupted);
	} else if (!strcmp(mode, "joins")) {
		begin(0, join_other);
		begin(1, join_other);
	} else if (!strcmp(mode, "gone")) {
		begin(0, end_with_a);
		begin(1, lock_a_only);
	} else if (!strcmp(mode, "nobody")) {
		for (i = 0; i < 3; i++)
			begin(i, wait_item);
		pthread_join(threads[0], NULL);
	} else if (!strcmp(mode, "pool")) {
		for (i = 0; i < 3; i++)
			begin(i, wait_item);
		poll(NULL, 0, -1);
	} else if (!strcmp(mode, "upgrade")) {
		begin(0, read_then_write);
		pthread_join(threads[0], NULL);
	} else if (!strcmp(mode, "convoy")) {
		begin(0, hold_a);
		for (i = 1; i < 5; i++)
			begin(i, lock_a_only);
	} else if (!strcmp(mode, "mixed")) {
		begin(0, hold_recursive);
		begin(1, lock_recursive);
	}
	if (write(2, "ready\n", 6) == 6)
		pause();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "kinds";

	sem_init(&slots, 0, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	if (!strcmp(mode, "forked")) {
		begin(0, hold_a);
		if (fork()) {
			wait(NULL);
			_exit(0);
		}
		die_later(3);
		lock_a_only(NULL);
	}
	die_later(argc > 2 ? atoi(argv[2]) : 3);
	run(mode);
	return 0;
}
