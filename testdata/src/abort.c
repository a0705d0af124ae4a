/* abort(), the last instruction of a function that does not return: its return address
 * belongs to the next function.
 * fixture abort: gcc -O2 -g $src -o $exe
 * fixture abort-m32: gcc -m32 -O2 -g $src -o $exe
 * fixture abort-aarch64: aarch64-linux-gnu-gcc -O2 -g -static $src -o $exe
 *   core: qemu
 */
#include <stdlib.h>

__attribute__((noinline, noreturn)) void give_up(void)
{
	abort();
}

__attribute__((noinline, noreturn)) void fatal(void)
{
	give_up();
}

__attribute__((noinline)) void never_called(void)
{
	fatal();
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 100)
		never_called();
	fatal();
}
