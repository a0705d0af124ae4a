/* SPDX-License-Identifier: Apache-2.0 */
/* System calls in which a thread waits for something that is no lock: descriptors, time, children,
 * signals. A line of the table each. */
#include "row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum arch_column { X86_64, I386, AARCH64, ARCHS };

/* What the arguments are. */
enum shape {
	A_FD, /* a descriptor comes first */
	A_POLL,
	A_EPOLL,
	A_SELECT,
	A_SLEEP, /* nanosleep(time, rest) */
	A_CLOCK, /* clock_nanosleep(clock, flags, time, rest) */
	A_CHILD, /* wait4(pid), waitid(type, pid) */
	A_SIGNAL,
	A_FLOCK,
	A_FCNTL,
	A_OTHER,
	A_FUTEX,
	A_RESTART,
};

struct call_row {
	const char *name, *kind;
	enum shape shape;
	int16_t numbers[ARCHS]; /* -1: the architecture has none */
};

static const struct call_row calls[] = {
	{ "futex", NULL, A_FUTEX, { 202, 240, 98 } },
	{ "futex_time64", NULL, A_FUTEX, { -1, 422, -1 } },
	{ "restart_syscall", NULL, A_RESTART, { 219, 0, 128 } },
	{ "read", "fd", A_FD, { 0, 3, 63 } },
	{ "write", "fd", A_FD, { 1, 4, 64 } },
	{ "pread64", "fd", A_FD, { 17, 180, 67 } },
	{ "pwrite64", "fd", A_FD, { 18, 181, 68 } },
	{ "readv", "fd", A_FD, { 19, 145, 65 } },
	{ "writev", "fd", A_FD, { 20, 146, 66 } },
	{ "accept", "fd", A_FD, { 43, -1, 202 } },
	{ "accept4", "fd", A_FD, { 288, 364, 242 } },
	{ "connect", "fd", A_FD, { 42, 362, 203 } },
	{ "recvfrom", "fd", A_FD, { 45, 371, 207 } },
	{ "recvmsg", "fd", A_FD, { 47, 372, 212 } },
	{ "recvmmsg", "fd", A_FD, { 299, 337, 243 } },
	{ "sendto", "fd", A_FD, { 44, 369, 206 } },
	{ "sendmsg", "fd", A_FD, { 46, 370, 211 } },
	{ "sendfile", "fd", A_FD, { 40, 187, 71 } },
	{ "splice", "fd", A_FD, { 275, 313, 76 } },
	{ "fsync", "fd", A_FD, { 74, 118, 82 } },
	{ "ioctl", "fd", A_FD, { 16, 54, 29 } },
	{ "mq_timedsend", "fd", A_FD, { 242, 279, 182 } },
	{ "mq_timedreceive", "fd", A_FD, { 243, 280, 183 } },
	{ "poll", "poll", A_POLL, { 7, 168, -1 } },
	{ "ppoll", "poll", A_POLL, { 271, 309, 73 } },
	{ "ppoll_time64", "poll", A_POLL, { -1, 414, -1 } },
	{ "select", "select", A_SELECT, { 23, 142, -1 } },
	{ "pselect6", "select", A_SELECT, { 270, 308, 72 } },
	{ "pselect6_time64", "select", A_SELECT, { -1, 413, -1 } },
	{ "epoll_wait", "epoll", A_EPOLL, { 232, 256, -1 } },
	{ "epoll_pwait", "epoll", A_EPOLL, { 281, 319, 22 } },
	{ "epoll_pwait2", "epoll", A_EPOLL, { 441, 441, 441 } },
	{ "io_uring_enter", "io_uring", A_FD, { 426, 426, 426 } },
	{ "io_getevents", "aio", A_OTHER, { 208, 247, 4 } },
	{ "nanosleep", "sleep", A_SLEEP, { 35, 162, 101 } },
	{ "clock_nanosleep", "sleep", A_CLOCK, { 230, 267, 115 } },
	{ "clock_nanosleep_time64", "sleep", A_CLOCK, { -1, 407, -1 } },
	{ "wait4", "child", A_CHILD, { 61, 114, 260 } },
	{ "waitpid", "child", A_CHILD, { -1, 7, -1 } },
	{ "waitid", "child", A_CHILD, { 247, 284, 95 } },
	{ "pause", "signal", A_SIGNAL, { 34, 29, -1 } },
	{ "rt_sigsuspend", "signal", A_SIGNAL, { 130, 179, 133 } },
	{ "rt_sigtimedwait", "signal", A_SIGNAL, { 128, 177, 137 } },
	{ "rt_sigtimedwait_time64", "signal", A_SIGNAL, { -1, 421, -1 } },
	{ "flock", "file lock", A_FLOCK, { 73, 143, 32 } },
	{ "fcntl", "file lock", A_FCNTL, { 72, 55, 25 } },
	{ "fcntl64", "file lock", A_FCNTL, { -1, 221, -1 } },
	{ "msgrcv", "message queue", A_OTHER, { 70, 401, 188 } },
	{ "msgsnd", "message queue", A_OTHER, { 69, 400, 189 } },
	{ "semop", "System V semaphore", A_OTHER, { 65, -1, 193 } },
	{ "semtimedop", "System V semaphore", A_OTHER, { 220, 420, 192 } },
	{ "ipc", "System V object", A_OTHER, { -1, 117, -1 } },
	{ "socketcall", "socket", A_OTHER, { -1, 102, -1 } },
};

static enum arch_column column_of(const struct arch *arch)
{
	return !strcmp(arch->name, "x86_64") ? X86_64
	       : !strcmp(arch->name, "i386") ? I386
					     : AARCH64;
}

static const struct call_row *row_of(const struct turn *t, int64_t number)
{
	enum arch_column column = column_of(t->w->arch);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].numbers[column] == number && number >= 0)
			return &calls[i];
	return NULL;
}

/* ---- restart_syscall ---- */

/* Instructions before the pc in which a C library's wrapper loads the number. */
#define WRAPPER_BYTES 64u

/* "mov $number,%eax" before "syscall" (or "int $0x80", "call *%gs:0x10"): the nearest one of a call that the
 * kernel restarts so. */
void wait_see_through_restart(struct turn *t)
{
	unsigned char code[WRAPPER_BYTES];
	const struct call_row *row = row_of(t, t->number);
	uint64_t pc = t->thread->regs.pc;
	unsigned at;

	if (!row || row->shape != A_RESTART || column_of(t->w->arch) == AARCH64 ||
	    !image_get(t->image, pc - sizeof(code), code, sizeof(code)))
		return;
	for (at = sizeof(code) - 6; at--;) {
		int64_t number = (int64_t)image_number(t->image, code + at + 1, 4);

		row = code[at] == 0xb8 ? row_of(t, number) : NULL;
		if (row && (row->shape == A_POLL || row->shape == A_SLEEP ||
			    row->shape == A_CLOCK || row->shape == A_FUTEX)) {
			t->number = number;
			return;
		}
	}
}

bool wait_is_futex(struct turn *t)
{
	const struct call_row *row = row_of(t, t->number);
	unsigned op = (unsigned)t->args[1];

	if (!row || row->shape != A_FUTEX)
		return false;
	t->word = t->args[0];
	t->op = op & 0x7f;
	t->shared = !(op & 0x80);
	t->realtime = op & 0x100;
	t->value = (uint32_t)t->args[2];
	t->timed = t->args[3] != 0;
	t->has_now = image_u32(t->image, t->word, &t->now);
	return t->op == FUTEX_OP_WAIT || t->op == FUTEX_OP_WAIT_BITSET ||
	       t->op == FUTEX_OP_LOCK_PI || t->op == FUTEX_OP_LOCK_PI2 ||
	       t->op == FUTEX_OP_REQUEUE_PI;
}

/* ---- what the arguments say ---- */

#define MAX_SHOWN 8u

/* struct pollfd { int fd; short events, revents; } */
static void say_poll(struct turn *t, struct found *ret)
{
	uint64_t count = t->args[1];
	size_t used = 0;
	unsigned i;

	used = (size_t)snprintf(ret->text, sizeof(ret->text), "%" PRIu64 " descriptor%s", count,
				count == 1 ? "" : "s");
	for (i = 0; i < count && i < MAX_SHOWN && used < sizeof(ret->text) - 16; i++)
		used += (size_t)snprintf(ret->text + used, sizeof(ret->text) - used, "%s%d",
					 i ? ", " : ": ",
					 (int)wait_u32(t, t->args[0] + 8 * (uint64_t)i, 0));
	if (i < count && used < sizeof(ret->text) - 8)
		snprintf(ret->text + used, sizeof(ret->text) - used, ", ...");
}

/* A struct timespec or its 32-bit kin: seconds. */
static bool seconds_at(struct turn *t, uint64_t addr, uint64_t *ret)
{
	return addr && image_word(t->image, addr, ret);
}

static void say_sleep(struct turn *t, uint64_t time, uint64_t rest, bool absolute,
		      struct found *ret)
{
	uint64_t seconds;

	/* The kernel has written what is left when it was interrupted. */
	if (seconds_at(t, rest, &seconds) && seconds < INT32_MAX)
		snprintf(ret->text, sizeof(ret->text), "%" PRIu64 " s more", seconds);
	else if (!absolute && seconds_at(t, time, &seconds) && seconds < INT32_MAX)
		snprintf(ret->text, sizeof(ret->text), "%" PRIu64 " s", seconds);
}

static void say_child(const struct call_row *row, struct turn *t, struct found *ret)
{
	enum { P_PID = 1 };
	bool typed = !strcmp(row->name, "waitid");
	int32_t pid = (int32_t)t->args[typed ? 1 : 0];

	if (typed && t->args[0] != P_PID)
		pid = -1;
	if (pid > 0) {
		ret->owner = (uint32_t)pid;
		snprintf(ret->text, sizeof(ret->text), "%d", pid);
	}
}

static void say(const struct call_row *row, struct turn *t, struct found *ret)
{
	switch (row->shape) {
	case A_FD:
	case A_FLOCK:
	case A_FCNTL:
		snprintf(ret->text, sizeof(ret->text), "%d (%s)", (int)t->args[0], row->name);
		break;
	case A_POLL:
		say_poll(t, ret);
		ret->timed = !strcmp(row->name, "poll") ? (int32_t)t->args[2] >= 0
							: t->args[2] != 0;
		break;
	case A_EPOLL:
		snprintf(ret->text, sizeof(ret->text), "of descriptor %d", (int)t->args[0]);
		ret->timed = !strcmp(row->name, "epoll_pwait2") ? t->args[3] != 0
								: (int32_t)t->args[3] >= 0;
		break;
	case A_SELECT:
		ret->timed = t->args[4] != 0;
		break;
	case A_SLEEP:
		ret->timed = true;
		say_sleep(t, t->args[0], t->args[1], false, ret);
		break;
	case A_CLOCK:
		ret->timed = true;
		say_sleep(t, t->args[2], t->args[3], t->args[1] & 1, ret);
		break;
	case A_CHILD:
		say_child(row, t, ret);
		break;
	case A_SIGNAL:
	case A_OTHER:
	case A_FUTEX:
	case A_RESTART:
		break;
	}
}

bool wait_call(struct turn *t, struct found *ret, const char **ret_kind)
{
	enum { F_SETLKW = 7, F_SETLKW64 = 14, F_OFD_SETLKW = 38 };
	const struct call_row *row = row_of(t, t->number);
	uint64_t op = t->args[1];

	if (!row || !row->kind ||
	    (row->shape == A_FCNTL && op != F_SETLKW && op != F_SETLKW64 && op != F_OFD_SETLKW))
		return false;
	ret->outside = true;
	say(row, t, ret);
	snprintf(ret->facts, sizeof(ret->facts), "system call %s", row->name);
	*ret_kind = row->kind;
	return true;
}
