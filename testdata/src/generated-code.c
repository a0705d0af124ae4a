/* A frame of machine code made at run time: no module, no unwind information, but a frame pointer.
 * fixture generated-code: gcc -O1 -g -fno-omit-frame-pointer $src -o $exe
 */
#include <string.h>
#include <sys/mman.h>

__attribute__((noinline)) static long callback(const volatile long *at)
{
	return *at;
}

typedef long code_fn(long (*f)(const volatile long *), const volatile long *at);

int main(void)
{
	/* push %rbp; mov %rsp,%rbp; mov %rdi,%rax; mov %rsi,%rdi; call *%rax; pop %rbp; ret */
	static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf8, 0x48,
					     0x89, 0xf7, 0xff, 0xd0, 0x5d, 0xc3};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	memcpy(page, code, sizeof code);
	code_fn *generated = (code_fn *)page;
	return (int)generated(callback, NULL) + 1;
}
