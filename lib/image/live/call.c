/* SPDX-License-Identifier: Apache-2.0 */
/* System calls in words. */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Results that only the kernel sees (include/linux/errno.h): the call was interrupted, and is
 * taken up again when the thread goes on. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

/* How many arguments the calls have in which threads are found; of any other call, all six
 * registers are shown. From the kernel's include/linux/syscalls.h. */
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

const char *live_call_text(struct builder *b, const struct arch *arch,
			   const struct proc_call *call)
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

/* Where the number and the arguments of the call stand among the registers: offsets into pr_reg
 * (x86: the number is kept apart from the register that gets the result), DWARF numbers. */
struct call_regs { const char *arch; uint16_t number, result, pc, sp, args[6]; uint8_t dwarf[6]; };

static const struct call_regs all_call_regs[] = {
	{ "x86_64", 15 * 8, 10 * 8, 16 * 8, 19 * 8, { 14 * 8, 13 * 8, 12 * 8, 7 * 8, 9 * 8, 8 * 8 },
	  { 5, 4, 1, 10, 8, 9 } },
	{ "i386", 11 * 4, 6 * 4, 12 * 4, 15 * 4, { 0, 4, 8, 12, 16, 20 }, { 3, 1, 2, 6, 7, 5 } },
};

static const struct call_regs *call_regs_of(const struct arch *arch)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_call_regs); i++)
		if (!strcmp(all_call_regs[i].arch, arch->name))
			return &all_call_regs[i];
	return NULL;
}

void live_call_registers(const struct arch *arch, const struct proc_call *call,
			 struct image_regs *ret)
{
	const struct call_regs *regs = call_regs_of(arch);
	unsigned i;

	ret->pc = call->pc;
	regs_set(ret, (unsigned)arch->sp, call->sp);
	for (i = 0; regs && call->in_call && i < ARRAY_SIZE(regs->dwarf); i++)
		regs_set(ret, regs->dwarf[i], call->args[i]);
}

static int64_t signed_word(const struct arch *arch, const unsigned char *at)
{
	uint64_t value = arch_word(arch, at, arch->word);

	return arch->word == 4 ? (int32_t)value : (int64_t)value;
}

static bool is_interrupted(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK || result == -EINTR;
}

/* The number of clone(), and that of clone3() is the same everywhere. */
bool live_call_is_birth(const struct arch *arch, const unsigned char *pr_reg)
{
	const struct call_regs *regs = call_regs_of(arch);
	int64_t number = regs ? signed_word(arch, pr_reg + regs->number) : -1;

	return (number == 435 || number == (arch->word == 8 ? 56 : 120)) &&
	       signed_word(arch, pr_reg + regs->result) == 0;
}

struct proc_call live_call_of_regs(const struct arch *arch, const unsigned char *pr_reg,
				   bool *ret_blocked)
{
	const struct call_regs *regs = call_regs_of(arch);
	struct proc_call call = { .number = -1 };
	unsigned i;

	*ret_blocked = false;
	if (!regs)
		return call;
	call.known = true;
	call.number = signed_word(arch, pr_reg + regs->number);
	call.sp = arch_word(arch, pr_reg + regs->sp, arch->word);
	call.pc = arch_word(arch, pr_reg + regs->pc, arch->word);
	call.in_call = call.number >= 0;
	for (i = 0; i < ARRAY_SIZE(call.args); i++)
		call.args[i] = arch_word(arch, pr_reg + regs->args[i], arch->word);
	*ret_blocked = call.in_call && is_interrupted(signed_word(arch, pr_reg + regs->result));
	return call;
}
