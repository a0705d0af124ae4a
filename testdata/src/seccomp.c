/* A system call that the seccomp filter forbids. With an argument the filter traps (the signal
 * says which call it was), without it kills.
 * fixture seccomp: gcc -O1 -g $src -o $exe
 * fixture seccomp-trap: gcc -O1 -g $src -o $exe
 *   run: ./$exe trap
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int forbid(unsigned call, unsigned action)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

__attribute__((noinline)) static int parent(void)
{
	return (int)syscall(SYS_getppid) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (forbid(SYS_getppid, argc > 1 ? SECCOMP_RET_TRAP : SECCOMP_RET_KILL_PROCESS) != 0)
		return 1;
	return parent();
}
