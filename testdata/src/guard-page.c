/* A write that runs off an array into a page that was set up to catch it.
 * fixture guard-page: gcc -O1 -g $src -o $exe
 */
#include <stddef.h>
#include <sys/mman.h>

__attribute__((noinline)) static void clear(volatile char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		from[i] = 0;
}

int main(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE) != 0)
		return 1;
	clear(pages, 5000);
	return 0;
}
