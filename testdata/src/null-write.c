/* A write of four bytes through a NULL pointer.
 * fixture null-write: gcc -O1 -g $src -o $exe
 */
#include <stddef.h>

static int *volatile counter;

__attribute__((noinline)) static void count_up(volatile int *where)
{
	*where = 42;
}

int main(void)
{
	count_up(counter);
	return 0;
}
