/* SPDX-License-Identifier: Apache-2.0 */
/* What live targets are told in words: refusals and system calls. */
#include "test.h"

#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "image/live/live.h"

#define CAP_SYS_PTRACE_BIT (UINT64_C(1) << 19)

/* An ordinary user who wants to read his own ordinary process: nothing stands in the way. */
static const struct deny_facts own_process = {
	.pid = 12,
	.errnum = 1,
	.own_uid = 1000,
	.own_gid = 1000,
	.dumpable = true,
	.yama = -1,
	.target = { .tgid = 12, .uid = { 1000, 1000, 1000 }, .gid = { 1000, 1000, 1000 } },
};

static void expect(const struct deny_facts *facts, enum stk_remedy remedy, const char *text)
{
	char got[400];
	enum stk_remedy helps = live_deny_text(facts, got, sizeof(got));

	assert_string_equal(got, text);
	assert_int_equal(helps, remedy);
}

static void each_cause_has_its_one_remedy(void **state)
{
	struct deny_facts f;

	(void)state;
	f = own_process;
	f.target.uid[1] = 70;
	expect(&f, STK_REMEDY_ROOT, "it belongs to user 70, and stk runs as user 1000");

	f = own_process;
	f.target.uid[2] = 0;
	f.target.uid[1] = 0;
	expect(&f, STK_REMEDY_ROOT, "it belongs to user 0, and stk runs as user 1000");

	f = own_process;
	f.target.gid[1] = 5;
	expect(&f, STK_REMEDY_ROOT, "it runs as group 5, and stk as group 1000");

	f = own_process;
	f.target.cap_permitted = 1 << 10;
	expect(&f, STK_REMEDY_ROOT, "it has capabilities that stk has not (0x400)");

	f = own_process;
	f.dumpable = false;
	expect(&f, STK_REMEDY_ROOT, "it is not dumpable: set-user-id, or protected by prctl(2)");
}

static void yama_is_named_with_its_scope(void **state)
{
	struct deny_facts f = own_process;

	(void)state;
	f.yama = 1;
	expect(&f, STK_REMEDY_ROOT, "kernel.yama.ptrace_scope is 1: only a parent may trace");
	f.yama = 2;
	expect(&f, STK_REMEDY_ROOT, "kernel.yama.ptrace_scope is 2: only root may trace");
	f.yama = 3;
	expect(&f, STK_REMEDY_NONE,
	       "kernel.yama.ptrace_scope is 3, which forbids tracing "
	       "until the next boot; set it lower in /etc/sysctl.d and reboot");
	/* Not even root. */
	f.own_uid = 0;
	f.own_caps = UINT64_MAX;
	expect(&f, STK_REMEDY_NONE,
	       "kernel.yama.ptrace_scope is 3, which forbids tracing "
	       "until the next boot; set it lower in /etc/sysctl.d and reboot");
	/* 0 forbids nothing. */
	f.yama = 0;
	expect(&f, STK_REMEDY_NONE,
	       "Operation not permitted, and no usual reason holds; a "
	       "security module (SELinux, AppArmor) may forbid it: its log tells");
}

static void a_stranger_is_told_of_the_user_before_yama(void **state)
{
	struct deny_facts f = own_process;

	(void)state;
	f.yama = 1;
	f.target.uid[0] = f.target.uid[1] = f.target.uid[2] = 70;
	expect(&f, STK_REMEDY_ROOT, "it belongs to user 70, and stk runs as user 1000");
}

static void a_tracer_is_named_first_of_all(void **state)
{
	struct deny_facts f = own_process;

	(void)state;
	f.target.tracer = 34;
	strcpy(f.tracer, "gdb");
	f.yama = 1;
	f.dumpable = false;
	expect(&f, STK_REMEDY_NO_PAUSE, "'gdb' (pid 34) traces it already, and only one can");
}

static void root_in_a_container_is_told_what_it_lacks(void **state)
{
	struct deny_facts f = own_process;

	(void)state;
	f.own_uid = f.own_gid = 0;
	expect(&f, STK_REMEDY_PTRACE, "root has no CAP_SYS_PTRACE in this container");
	f.own_caps = CAP_SYS_PTRACE_BIT;
	f.own_user_namespace = true;
	expect(&f, STK_REMEDY_HOST_ROOT, "it is outside of the user namespace that stk runs in");
	f.own_user_namespace = false;
	f.own_seccomp = 2;
	expect(&f, STK_REMEDY_SECCOMP, "a seccomp filter forbids it here");
}

/* ---- system calls ---- */

static void arguments_are_numbers_where_they_are_small_and_addresses_else(void **state)
{
	static const struct {
		unsigned machine, word;
		struct proc_call call;
		const char *text;
		/* clang-format off */
	} cases[] = {
		{ EM_X86_64, 8, { .number = 0, .args = { 3, 0x7ffc0000, 100, 9, 9, 9 } },
		  "read(3, 0x7ffc0000, 100)" },
		{ EM_X86_64, 8, { .number = 34 }, "pause()" },
		{ EM_X86_64, 8, { .number = 7, .args = { 0x7f00, 1, UINT32_MAX } },
		  "poll(32512, 1, -1)" },
		{ EM_X86_64, 8, { .number = 7, .args = { 0x7f0000, 1, UINT64_MAX } },
		  "poll(0x7f0000, 1, -1)" },
		{ EM_X86_64, 8, { .number = 219 }, "restart_syscall()" },
		{ EM_386, 4, { .number = 29 }, "pause()" },
		{ EM_386, 4, { .number = 168, .args = { 0xf7cde3a8, 1, UINT32_MAX } },
		  "poll(0xf7cde3a8, 1, -1)" },
		{ EM_AARCH64, 8, { .number = 63, .args = { 3, 0x7ffc0000, 100 } },
		  "read(3, 0x7ffc0000, 100)" },
		{ EM_X86_64, 8, { .number = 99999, .args = { 1, 2, 3, 4, 5, 6 } },
		  "system call 99999(1, 2, 3, 4, 5, 6)" },
	};
	/* clang-format on */
	struct builder *b = builder_open();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct arch *arch = arch_find(cases[i].machine, cases[i].word, false);
		char *name = callname(arch, cases[i].call.number);
		bool known = name || cases[i].call.number == 99999;

		free(name);
		/* Without libseccomp no call has a name. */
		if (known)
			assert_string_equal(live_call_text(b, arch, &cases[i].call), cases[i].text);
	}
	builder_close(b);
}

static void registers_tell_the_call_and_whether_it_sleeps(void **state)
{
	static const struct {
		int64_t number, result;
		bool in_call, blocked;
	} cases[] = {
		{ 202, -512, true, true },  /* ERESTARTSYS */
		{ 230, -516, true, true },  /* ERESTART_RESTARTBLOCK */
		{ 232, -4, true, true },    /* epoll_wait() gives EINTR instead */
		{ 0, 17, true, false },     /* it has just come back */
		{ -1, -512, false, false }, /* not in a call: rax is the program's */
	};
	const struct arch *arch = arch_find(EM_X86_64, 8, false);
	int64_t regs[27] = { 0 };
	size_t i;

	(void)state;
	regs[14] = 7; /* rdi */
	for (i = 0; i < COUNT(cases); i++) {
		struct proc_call call;
		bool blocked;

		regs[15] = cases[i].number;
		regs[10] = cases[i].result;
		call = live_call_of_regs(arch, (const unsigned char *)regs, &blocked);
		assert_true(call.known);
		assert_int_equal(call.in_call, cases[i].in_call);
		assert_int_equal(blocked, cases[i].blocked);
		assert_int_equal(call.args[0], 7);
	}
}

static void the_registers_of_a_call_are_those_of_its_arguments(void **state)
{
	const struct arch *arch = arch_find(EM_X86_64, 8, false);
	struct proc_call call = { .known = true,
				  .in_call = true,
				  .number = 58,
				  .sp = 0x1000,
				  .pc = 0x2000,
				  .args = { 11, 22, 33, 44, 55, 66 } };
	struct image_regs regs = { .pc = 0 };

	(void)state;
	live_call_registers(arch, &call, &regs);
	assert_int_equal(regs.pc, 0x2000);
	assert_int_equal(regs.r[7], 0x1000); /* rsp */
	assert_int_equal(regs.r[5], 11);     /* rdi */
	assert_int_equal(regs.r[4], 22);     /* rsi */
	assert_false(regs_known(&regs, 6));  /* rbp */
}

/* ---- a program that reads its own child ---- */

/* Exits with 7 some milliseconds from now: around the moment when it is asked to stop. */
static void child(unsigned n)
{
	const struct timespec nap = { 0, 100000 };

	for (n = n * 30 / 40; n; n--)
		nanosleep(&nap, NULL);
	_exit(7);
}

static void the_end_of_a_child_stays_for_its_parent_to_see(void **state)
{
	unsigned n;

	(void)state;
	for (n = 0; n < 40; n++) {
		struct stk_dump *dump = NULL;
		struct stk_error *err;
		pid_t pid = fork();
		int status;

		if (pid == 0)
			child(n);
		err = stk_pid((uint64_t)pid, NULL, NULL, NULL, &dump);
		assert_true(!err || err->code == STK_NO_INPUT || err->code == STK_FAILED);
		if (err)
			stk_error_free(err);
		else
			stk_free(dump);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
	}
}

/* ---- how long it may stand ---- */

static void nothing(void *arg)
{
	(void)arg;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	while (pid == 0)
		pause();
	assert_true(pid > 0);
	return pid;
}

static void finish(pid_t pid, struct tracer *tracer)
{
	tracer_close(tracer);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void sleep_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* Within ten seconds: only a dead machine needs longer. */
static bool expires(const struct tracer *tracer)
{
	unsigned tries;

	for (tries = 0; tries < 1000 && !tracer_expired(tracer); tries++)
		sleep_ms(10);
	return tracer_expired(tracer);
}

static void it_goes_when_the_time_is_over_though_its_caller_sleeps(void **state)
{
	pid_t pid = sleeper();
	struct tracer *tracer = tracer_open((uint64_t)pid);
	int policy = sched_getscheduler(0);

	(void)state;
	tracer_stop(tracer, 20, nothing, NULL, true);
	assert_true(expires(tracer));
	assert_false(tracer_hold(tracer));
	/* Its caller, who came before others meanwhile, does so no more. */
	assert_int_equal(sched_getscheduler(0), policy);
	tracer_resume(tracer);
	assert_true(tracer_pause_ns(tracer) >= 20 * 1000000);
	finish(pid, tracer);
}

/* Somebody has stopped it, and nobody waits for it, until somebody lets it go on. */
static void one_that_was_stopped_before_stands_until_it_is_continued(void **state)
{
	pid_t pid = sleeper();
	struct tracer *tracer;

	(void)state;
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	tracer = tracer_open((uint64_t)pid);
	tracer_stop(tracer, 1, nothing, NULL, true);
	sleep_ms(100);
	assert_true(tracer_hold(tracer));
	tracer_release(tracer);
	kill(pid, SIGCONT);
	assert_true(expires(tracer));
	finish(pid, tracer);
}

static int64_t now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Uses 4 ms of a CPU; how long that took. */
static int64_t work(void)
{
	int64_t began = now_ms(CLOCK_MONOTONIC), used = now_ms(CLOCK_THREAD_CPUTIME_ID);

	while (now_ms(CLOCK_THREAD_CPUTIME_ID) - used < 4)
		;
	return now_ms(CLOCK_MONOTONIC) - began;
}

/* One program that never sleeps, on the CPU of ours, which is far less important. */
static pid_t starve_us(const cpu_set_t *cpus)
{
	cpu_set_t one;
	pid_t pid;
	int cpu = 0;

	while (!CPU_ISSET(cpu, cpus))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	pid = fork();
	for (; pid == 0;)
		;
	/* Of the thread alone. */
	setpriority(PRIO_PROCESS, 0, 19);
	return pid;
}

/* Slow as it may be: its own work of 4 ms is not 100. Where the kernel tells how long a thread was
 * ready and did not run; and only when it took more than the limit, but not ten times that. */
static void time_in_which_others_have_the_cpu_does_not_count(void **state)
{
	pid_t pid = sleeper(), other;
	unsigned counted = 0, tries;
	cpu_set_t cpus;

	(void)state;
	sched_getaffinity(0, sizeof(cpus), &cpus);
	other = starve_us(&cpus);
	for (tries = 0;
	     tries < 20 && counted < 2 && proc_run_delay((uint64_t)getpid(), (uint32_t)getpid());
	     tries++) {
		struct tracer *tracer = tracer_open((uint64_t)pid);
		bool expired;
		int64_t took;

		tracer_stop(tracer, 100, nothing, NULL, true);
		took = work();
		expired = tracer_expired(tracer);
		tracer_close(tracer);
		if (took > 120 && took < 900) {
			assert_false(expired);
			counted++;
		}
	}
	kill(other, SIGKILL);
	assert_int_equal(waitpid(other, NULL, 0), other);
	setpriority(PRIO_PROCESS, 0, 0);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	finish(pid, NULL);
}

/* ---- many pieces at once ---- */

#define PIECES 3000u

/* A child that has this memory too, and holds still. */
static struct image *open_stopped(pid_t pid, struct builder *b)
{
	const struct stk_pause pause = { .max_pause_ms = 10000 };
	const struct stk_files files = { .exes = NULL };
	struct image *image = NULL;
	uint64_t started = 0;

	assert_null(image_open_live((uint64_t)pid, &pause, &files, 0, false, &started, b, &image));
	image_expect(image, 100000);
	assert_null(image_stop(image, true));
	return image;
}

static void expect_bytes(struct image *image, const struct image_piece *piece)
{
	unsigned char *got = malloc(piece->size);

	assert_non_null(got);
	assert_non_null(piece->bytes);
	assert_memory_equal(piece->bytes, (const void *)(uintptr_t)piece->start, piece->size);
	assert_int_equal(image_read(image, piece->start, got, piece->size), piece->size);
	assert_memory_equal(got, piece->bytes, piece->size);
	free(got);
}

static void many_pieces_are_copied_at_once_and_stay_when_it_runs(void **state)
{
	static unsigned char memory[PIECES * 100 + 2000000];
	struct image_piece pieces[PIECES + 3];
	struct builder *b = builder_open();
	struct image *image;
	size_t i, room;
	pid_t pid;

	(void)state;
	for (i = 0; i < sizeof(memory); i++)
		memory[i] = (unsigned char)(i * 7 + i / 256);
	/* From the end to the start, some bytes of each hundred; one in the middle is nowhere, one is
	 * empty, and one is large. */
	for (i = 0; i < PIECES; i++)
		pieces[i] = (struct image_piece){ (uintptr_t)&memory[(PIECES - 1 - i) * 100],
						  i % 40 + 1, NULL };
	pieces[PIECES] = pieces[700];
	pieces[700] = (struct image_piece){ 4096, 16, NULL };
	pieces[PIECES + 1] = (struct image_piece){ (uintptr_t)memory, 0, NULL };
	pieces[PIECES + 2] = (struct image_piece){ (uintptr_t)&memory[PIECES * 100], 2000000,
						   NULL };
	pid = sleeper();
	image = open_stopped(pid, b);
	image_gather(image, pieces, COUNT(pieces));
	image_resume(image);
	for (i = 0; i < COUNT(pieces); i++)
		if (i != 700 && i != PIECES + 1)
			expect_bytes(image, &pieces[i]);
	assert_null(pieces[700].bytes);
	assert_null(pieces[PIECES + 1].bytes);
	/* Nothing but the pieces: the last of a hundred bytes are in none. */
	assert_null(image_peek(image, (uintptr_t)&memory[5 * 100 + 90], 1, &room));
	image_close(image);
	builder_close(b);
	finish(pid, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_has_its_one_remedy),
		cmocka_unit_test(yama_is_named_with_its_scope),
		cmocka_unit_test(a_stranger_is_told_of_the_user_before_yama),
		cmocka_unit_test(a_tracer_is_named_first_of_all),
		cmocka_unit_test(root_in_a_container_is_told_what_it_lacks),
		cmocka_unit_test(arguments_are_numbers_where_they_are_small_and_addresses_else),
		cmocka_unit_test(registers_tell_the_call_and_whether_it_sleeps),
		cmocka_unit_test(the_registers_of_a_call_are_those_of_its_arguments),
		cmocka_unit_test(the_end_of_a_child_stays_for_its_parent_to_see),
		cmocka_unit_test(it_goes_when_the_time_is_over_though_its_caller_sleeps),
		cmocka_unit_test(one_that_was_stopped_before_stands_until_it_is_continued),
		cmocka_unit_test(many_pieces_are_copied_at_once_and_stay_when_it_runs),
		cmocka_unit_test(time_in_which_others_have_the_cpu_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
