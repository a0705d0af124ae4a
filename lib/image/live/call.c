/* SPDX-License-Identifier: Apache-2.0 */
/* System calls in words. */
#include "live.h"

#include <stdio.h>
#include <string.h>

/* How many arguments the calls have in which threads are found; of any other call, all six
 * registers are shown. From the kernel's include/linux/syscalls.h. */
/* clang-format off */
static const struct { const char *name; unsigned count; } arguments[] = {
	{ "accept", 3 }, { "accept4", 4 }, { "clock_nanosleep", 4 }, { "close", 1 },
	{ "connect", 3 }, { "copy_file_range", 6 }, { "epoll_pwait", 6 }, { "epoll_pwait2", 6 },
	{ "epoll_wait", 4 }, { "exit", 1 }, { "exit_group", 1 }, { "fallocate", 4 },
	{ "fcntl", 3 }, { "fdatasync", 1 }, { "flock", 2 }, { "fsync", 1 }, { "ftruncate", 2 },
	{ "futex", 6 }, { "futex_waitv", 5 }, { "futex_time64", 6 }, { "getdents64", 3 },
	{ "getrandom", 3 }, { "inotify_add_watch", 3 }, { "io_getevents", 5 },
	{ "io_pgetevents", 6 }, { "io_uring_enter", 6 }, { "ioctl", 3 }, { "madvise", 3 },
	{ "membarrier", 3 }, { "mmap", 6 }, { "mprotect", 3 }, { "mq_timedreceive", 5 },
	{ "msgrcv", 5 }, { "msgsnd", 4 }, { "munmap", 2 }, { "nanosleep", 2 }, { "newfstatat", 4 },
	{ "open", 3 }, { "openat", 4 }, { "pause", 0 }, { "poll", 3 }, { "ppoll", 5 },
	{ "pread64", 4 }, { "preadv", 5 }, { "pselect6", 6 }, { "pwrite64", 4 }, { "pwritev", 5 },
	{ "read", 3 }, { "readv", 3 }, { "recvfrom", 6 }, { "recvmmsg", 5 }, { "recvmsg", 3 },
	{ "restart_syscall", 0 }, { "rt_sigsuspend", 2 }, { "rt_sigtimedwait", 4 },
	{ "sched_yield", 0 }, { "select", 5 }, { "semop", 3 }, { "semtimedop", 4 },
	{ "sendfile", 4 }, { "sendmmsg", 4 }, { "sendmsg", 3 }, { "sendto", 6 }, { "splice", 6 },
	{ "sync", 0 }, { "syncfs", 1 }, { "unlinkat", 3 }, { "userfaultfd", 1 }, { "vfork", 0 },
	{ "wait4", 4 }, { "waitid", 5 }, { "waitpid", 3 }, { "write", 3 }, { "writev", 3 },
};
/* clang-format on */

static unsigned count_of(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(arguments); i++)
		if (!strcmp(arguments[i].name, name))
			return arguments[i].count;
	return 6;
}

/* Numbers, flags and descriptors are small; what is large is an address. A negative int comes
 * with its upper half clear or set, as the caller left it. */
static int put_argument(char *to, size_t room, const struct arch *arch, uint64_t value)
{
	int32_t low = (int32_t)value;

	if (value < 65536)
		return snprintf(to, room, "%u", (unsigned)value);
	if (low < 0 && low >= -4096 && (value >> 32 == 0 || value >> 32 == UINT32_MAX) &&
	    (arch->word == 8 || low == -1))
		return snprintf(to, room, "%d", low);
	return snprintf(to, room, "%#llx", (unsigned long long)value);
}

const char *live_call_text(struct builder *b, const struct arch *arch, const struct proc_call *call)
{
	FREE_AT_END char *name = callname(arch, call->number);
	unsigned count = name ? count_of(name) : 6, i;
	char text[200];
	size_t used = 0;

	for (i = 0; i < count; i++) {
		if (i)
			used += (size_t)snprintf(text + used, sizeof(text) - used, ", ");
		used += (size_t)put_argument(text + used, sizeof(text) - used, arch, call->args[i]);
	}
	text[used] = '\0';
	if (!name)
		return builder_fmt(b, "system call %lld(%s)", (long long)call->number, text);
	return builder_fmt(b, "%s(%s)", name, text);
}

/* Of aarch64 /proc alone tells: a call's result takes the place of its first argument. */
static const struct call_regs *live_call_regs(const struct arch *arch)
{
	const struct call_regs *regs = call_regs_of(arch);

	return regs && regs->result != regs->args[0] ? regs : NULL;
}

void live_call_registers(const struct arch *arch, const struct proc_call *call,
			 struct image_regs *ret)
{
	const struct call_regs *regs = live_call_regs(arch);
	unsigned i;

	ret->pc = call->pc;
	regs_set(ret, (unsigned)arch->sp, call->sp);
	for (i = 0; regs && call->in_call && i < ARRAY_SIZE(regs->dwarf); i++)
		regs_set(ret, regs->dwarf[i], call->args[i]);
}

/* The number of clone(), and that of clone3() is the same everywhere. */
bool live_call_is_birth(const struct arch *arch, const unsigned char *pr_reg)
{
	const struct call_regs *regs = live_call_regs(arch);
	int64_t number = regs ? call_signed_word(arch, pr_reg + regs->number) : -1;

	return (number == 435 || number == (arch->word == 8 ? 56 : 120)) &&
	       call_signed_word(arch, pr_reg + regs->result) == 0;
}

struct proc_call live_call_of_regs(const struct arch *arch, const unsigned char *pr_reg,
				   bool *ret_blocked)
{
	const struct call_regs *regs = live_call_regs(arch);
	struct proc_call call = { .number = -1 };
	unsigned i;

	*ret_blocked = false;
	if (!regs)
		return call;
	call.known = true;
	call.number = call_signed_word(arch, pr_reg + regs->number);
	call.sp = arch_word(arch, pr_reg + regs->sp, arch->word);
	call.pc = arch_word(arch, pr_reg + regs->pc, arch->word);
	call.in_call = call.number >= 0;
	for (i = 0; i < ARRAY_SIZE(call.args); i++)
		call.args[i] = arch_word(arch, pr_reg + regs->args[i], arch->word);
	*ret_blocked = call.in_call &&
		       call_is_interrupted(call_signed_word(arch, pr_reg + regs->result));
	return call;
}
