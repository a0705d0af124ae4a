/* SPDX-License-Identifier: Apache-2.0 */
/* Why a process may not be read, and what helps. The kernel says only EPERM or EACCES: the cause is
 * found by asking what it asked (__ptrace_may_access in kernel/ptrace.c, cap_ptrace_access_check in
 * security/commoncap.c, security/yama/yama_lsm.c). */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAP_SYS_PTRACE_BIT (UINT64_C(1) << 19)

static int read_yama(void)
{
	FREE_AT_END char *text = NULL;
	size_t size;
	struct stk_error *err = read_file("/proc/sys/kernel/yama/ptrace_scope", 16, &text, &size);

	if (!err)
		return atoi(text);
	error_drop(err);
	return -1;
}

/* The first namespace maps every id to itself. */
static bool in_user_namespace(void)
{
	FREE_AT_END char *text = NULL;
	unsigned inside, outside, count;
	size_t size;
	struct stk_error *err = read_file("/proc/self/uid_map", 4096, &text, &size);

	if (err) {
		error_drop(err);
		return false;
	}
	return sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 || inside || outside ||
	       count != UINT32_MAX;
}

/* Files of /proc/PID belong to root when the process is not dumpable (task_dump_owner in
 * fs/proc/base.c); of root's processes nothing can be seen, and root needs nothing. */
static bool is_dumpable(uint64_t pid, const struct proc_status *target)
{
	char path[64];
	struct stat file;

	snprintf(path, sizeof(path), "/proc/%llu/maps", (unsigned long long)pid);
	return stat(path, &file) != 0 || file.st_uid == target->uid[1];
}

static struct deny_facts find_facts(uint64_t pid, int errnum)
{
	struct deny_facts facts = {
		.pid = pid, .errnum = errnum, .own_uid = getuid(), .own_gid = getgid()
	};
	struct proc_status own, tracer;

	if (proc_status((uint64_t)getpid(), &own)) {
		facts.own_caps = own.cap_effective;
		facts.own_seccomp = own.seccomp;
	}
	(void)proc_status(pid, &facts.target);
	if (facts.target.tracer && proc_status(facts.target.tracer, &tracer))
		snprintf(facts.tracer, sizeof(facts.tracer), "%s", tracer.name);
	facts.own_user_namespace = in_user_namespace();
	facts.dumpable = is_dumpable(pid, &facts.target);
	facts.yama = read_yama();
	return facts;
}

static bool all_are(const uint32_t ids[3], uint32_t id)
{
	return ids[0] == id && ids[1] == id && ids[2] == id;
}

/* What holds even for those who may trace anything. */
static bool deny_everyone(const struct deny_facts *f, char *ret, size_t size,
			  enum stk_remedy *remedy)
{
	if (f->target.tracer) {
		snprintf(ret, size, "'%s' (pid %u) traces it already, and only one can", f->tracer,
			 f->target.tracer);
		*remedy = STK_REMEDY_NO_PAUSE;
		return true;
	}
	if (f->yama == 3) {
		snprintf(ret, size,
			 "kernel.yama.ptrace_scope is 3, which forbids tracing until the next "
			 "boot; set it lower in /etc/sysctl.d and reboot");
		return true;
	}
	return false;
}

/* With CAP_SYS_PTRACE. */
static enum stk_remedy deny_capable(const struct deny_facts *f, char *ret, size_t size)
{
	if (f->own_user_namespace) {
		snprintf(ret, size, "it is outside of the user namespace that stk runs in");
		return STK_REMEDY_HOST_ROOT;
	}
	if (f->own_seccomp) {
		snprintf(ret, size, "a seccomp filter forbids it here");
		return STK_REMEDY_SECCOMP;
	}
	snprintf(ret, size,
		 "%s, and no usual reason holds; a security module (SELinux, AppArmor) may "
		 "forbid it: its log tells",
		 strerror(f->errnum));
	return STK_REMEDY_NONE;
}

/* Why a user without CAP_SYS_PTRACE is refused; false: for none of these reasons. */
static bool find_reason(const struct deny_facts *f, char *ret, size_t size)
{
	if (!all_are(f->target.uid, f->own_uid))
		snprintf(ret, size, "it belongs to user %u, and stk runs as user %u",
			 f->target.uid[1], f->own_uid);
	else if (!all_are(f->target.gid, f->own_gid))
		snprintf(ret, size, "it runs as group %u, and stk as group %u", f->target.gid[1],
			 f->own_gid);
	else if (f->target.cap_permitted & ~f->own_caps)
		snprintf(ret, size, "it has capabilities that stk has not (%#llx)",
			 (unsigned long long)(f->target.cap_permitted & ~f->own_caps));
	else if (!f->dumpable)
		snprintf(ret, size, "it is not dumpable: set-user-id, or protected by prctl(2)");
	else if (f->yama == 2)
		snprintf(ret, size, "kernel.yama.ptrace_scope is 2: only root may trace");
	else if (f->yama == 1)
		snprintf(ret, size, "kernel.yama.ptrace_scope is 1: only a parent may trace");
	else
		return false;
	return true;
}

enum stk_remedy live_deny_text(const struct deny_facts *f, char *ret, size_t size)
{
	enum stk_remedy remedy = STK_REMEDY_NONE;

	if (deny_everyone(f, ret, size, &remedy))
		return remedy;
	if (f->own_caps & CAP_SYS_PTRACE_BIT)
		return deny_capable(f, ret, size);
	if (f->own_uid == 0) {
		/* of a container */
		snprintf(ret, size, "root has no CAP_SYS_PTRACE in this container");
		return STK_REMEDY_PTRACE;
	}
	return find_reason(f, ret, size) ? STK_REMEDY_ROOT : deny_capable(f, ret, size);
}

struct stk_error *live_help(struct stk_error *err, enum stk_remedy remedy, uint64_t pid)
{
	char subject[24];

	snprintf(subject, sizeof(subject), "%llu", (unsigned long long)pid);
	return error_remedy(err, remedy, subject);
}

struct stk_error *live_deny(uint64_t pid, int errnum)
{
	struct deny_facts facts = find_facts(pid, errnum);
	char text[400];
	enum stk_remedy remedy = live_deny_text(&facts, text, sizeof(text));

	return live_help(error_create(STK_NO_PERMISSION, "process %llu cannot be read: %s",
				      (unsigned long long)pid, text),
			 remedy, pid);
}
