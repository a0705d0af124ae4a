/* The compiler's trap, where it believes that control never comes.
 * fixture illegal-insn: gcc -O1 -g $src -o $exe
 */
__attribute__((noinline)) static int kind(int argc)
{
	if (argc > 100)
		return 1;
	__builtin_trap();
}

int main(int argc, char **argv)
{
	(void)argv;
	return kind(argc);
}
