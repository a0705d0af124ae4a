/* The same block is freed twice: "free(): double free detected in tcache 2".
 * fixture double-free: gcc -O1 -g -fno-builtin $src -o $exe
 */
#include <stdlib.h>

__attribute__((noinline)) static void release(void *block)
{
	free(block);
}

int main(void)
{
	void *block = malloc(40);
	release(block);
	release(block);
	return 0;
}
