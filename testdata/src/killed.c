/* A signal from another process, while this one waits.
 * fixture killed: gcc -O1 -g $src -o $exe
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void wait_for_work(void)
{
	for (;;)
		pause();
}

int main(void)
{
	if (fork() == 0)
		return kill(getppid(), SIGQUIT);
	wait_for_work();
	return 0;
}
