/* Call frame information that leads from a frame to itself, as musl's clone() once had.
 * fixture cfi-loop: gcc -O1 -g $src -o $exe
 */
void looping(void);
__asm__(".text\n"
	".type looping, @function\n"
	"looping:\n"
	".cfi_startproc\n"
	/* the caller's stack pointer is this one's, its pc the word at 8(%rsp): put there below */
	".cfi_def_cfa rsp, 0\n"
	".cfi_offset rip, 8\n"
	"	sub $24, %rsp\n"
	"	lea 1f(%rip), %rax\n"
	"	mov %rax, 8(%rsp)\n"
	"1:	ud2\n"
	".cfi_endproc\n"
	".size looping, .-looping\n");

int main(void)
{
	looping();
	return 0;
}
