/* A program whose code is not where its file is mapped: it has copied it to memory of its own, at the same place, as
 * those do that want it on large pages. With its ELF header, too.
 * fixture moved-text: gcc -O1 -g $src -o $exe
 * fixture moved-text-whole: gcc -O1 -g -DWHOLE $src -o $exe
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

extern char __executable_start[], etext[];

__attribute__((noinline)) static int crash(int n)
{
	*(volatile int *)0 = n;
	return n;
}

__attribute__((noinline)) static int outer(int n)
{
	return crash(n) + 1;
}

/* The copy is moved over what is being executed: that is one system call. */
__attribute__((noinline)) static void move(char *from, char *to)
{
	size_t size = (size_t)(to - from);
	char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(copy, from, size);
	mprotect(copy, size, PROT_READ | PROT_EXEC);
	mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, from);
}

int main(int argc, char **argv)
{
	char *end = (char *)(((uintptr_t)etext + 4095) & ~(uintptr_t)4095);

	(void)argv;
#ifdef WHOLE
	move(__executable_start, end);
#else
	move((char *)((uintptr_t)main & ~(uintptr_t)4095), end);
#endif
	return outer(argc) + 1;
}
