/* A function without unwind information and without a frame pointer calls back into C.
 * fixture no-unwind: gcc -O1 -g $src -o $exe
 */
int bare(int (*f)(int), int n);
__asm__(".text\n"
	".type bare, @function\n"
	"bare:\n"
	"	push %rbp\n"
	"	sub $48, %rsp\n"
	"	mov $5, %ebp\n" /* a number like any other */
	"	mov %rdi, %rax\n"
	"	mov %esi, %edi\n"
	"	call *%rax\n"
	"	add $48, %rsp\n"
	"	pop %rbp\n"
	"	ret\n"
	".size bare, .-bare\n");

__attribute__((noinline)) static int crash(int n)
{
	return *(volatile int *)(long)n;
}

__attribute__((noinline)) static int called_back(int n)
{
	return crash(n) + 1;
}

int main(void)
{
	return bare(called_back, 8);
}
