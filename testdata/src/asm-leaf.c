/* Assembly without call frame information and without a frame, called from code that keeps its frame pointer:
 * who follows that pointer from the leaf skips the caller.
 * fixture asm-leaf: gcc -O0 -g $src -o $exe
 * fixture asm-leaf-moved: gcc -O0 -g -DMOVED $src -o $exe
 * fixture asm-leaf-pointer: gcc -O0 -g -DPOINTER $src -o $exe
 *   then: strip $exe
 */
int asm_leaf(int n);
__asm__(".text\n"
	".balign 16\n"
	".type asm_leaf, @function\n"
	"asm_leaf:\n"
#ifdef MOVED
	"	sub $24, %rsp\n"
	"	mov %edi, (%rsp)\n"
#endif
	"	xor %eax, %eax\n"
	"	mov %edi, (%rax)\n"
#ifdef MOVED
	"	add $24, %rsp\n"
#endif
	"	ret\n"
	".size asm_leaf, .-asm_leaf\n");

static int guilty_caller(int n)
{
#ifdef POINTER
	int (*volatile pointer)(int) = asm_leaf;

	return pointer(n) + 1;
#else
	return asm_leaf(n) + 1;
#endif
}

static int middle(int n)
{
	return guilty_caller(n) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	return middle(argc) + 1;
}
