/* A breakpoint instruction without a debugger.
 * fixture breakpoint: gcc -O1 -g $src -o $exe
 */
__attribute__((noinline)) static int stop(int argc)
{
	__asm__ volatile("int3");
	return argc;
}

int main(int argc, char **argv)
{
	(void)argv;
	return stop(argc) - 1;
}
