/* A pointer into the middle of a block is freed: "free(): invalid pointer".
 * fixture invalid-free: gcc -O1 -g -fno-builtin $src -o $exe
 */
#include <stdlib.h>

__attribute__((noinline)) static void release(char *block)
{
	free(block + 8);
}

int main(void)
{
	release(malloc(64));
	return 0;
}
