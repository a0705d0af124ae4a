/* A block is written past its end, over the size of the rest of the heap; the next allocation
 * finds it: "malloc(): corrupted top size".
 * fixture heap-corruption: gcc -O1 -g -fno-builtin $src -o $exe
 */
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void fill(char *block)
{
	memset(block, 'x', 64);
}

__attribute__((noinline)) static void *grow(void)
{
	return malloc(100000);
}

int main(void)
{
	char *block = malloc(24);
	fill(block);
	return grow() == NULL;
}
