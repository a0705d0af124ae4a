/* SPDX-License-Identifier: Apache-2.0 */
/* No program is started, no other process looked into or changed, nothing mounted, nothing loaded into the
 * kernel, and, unless debug files are asked for from servers, no socket opened. Such a call fails as if it
 * were not permitted. */
#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
#define REFUSED(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

bool seccomp_restrict(bool network)
{
	/* Those that open sockets are last. */
	/* clang-format off */
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
		/* the calls of x32, which have other numbers */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
#endif
		REFUSED(execve), REFUSED(execveat), REFUSED(ptrace), REFUSED(process_vm_readv),
		REFUSED(process_vm_writev), REFUSED(pidfd_getfd), REFUSED(mount), REFUSED(umount2),
		REFUSED(move_mount), REFUSED(fsopen), REFUSED(open_tree), REFUSED(pivot_root),
		REFUSED(chroot),
		REFUSED(unshare), REFUSED(setns), REFUSED(init_module), REFUSED(finit_module),
		REFUSED(delete_module), REFUSED(kexec_load), REFUSED(bpf), REFUSED(perf_event_open),
		REFUSED(keyctl), REFUSED(add_key), REFUSED(request_key), REFUSED(userfaultfd),
		REFUSED(io_uring_setup), REFUSED(reboot), REFUSED(swapon), REFUSED(swapoff), REFUSED(acct),
		REFUSED(sethostname), REFUSED(setdomainname), REFUSED(mknodat), REFUSED(linkat),
		REFUSED(symlinkat), REFUSED(fchownat), REFUSED(setxattr),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		REFUSED(socket), REFUSED(connect), REFUSED(bind), REFUSED(listen), REFUSED(accept4),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	/* clang-format on */
	enum { SOCKETS = 5 * 2 + 1, COUNT = sizeof(filter) / sizeof(filter[0]) };
	struct sock_fprog program = { COUNT, filter };

	/* Without the return in front of them, the sockets are refused too. */
	if (!network)
		filter[COUNT - SOCKETS - 1] =
			(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, nr));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	/* Speculation is not slowed down: no code of strangers runs here. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		       &program) == 0 ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
bool seccomp_restrict(bool network)
{
	(void)network;
	return false;
}
#endif
