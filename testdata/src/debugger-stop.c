/* A program that is well, at a breakpoint of gdb's, whose gcore writes the core. The linker fills up between
 * functions with the very instruction of a breakpoint.
 * fixture debugger-stop: clang -O1 -g -fuse-ld=lld $src -o $exe
 *   then: gdb -batch -nx -ex 'set startup-with-shell off' -ex 'break *stops_here' -ex run -ex 'gcore core' $exe > gdb.out 2>&1
 *   core: made
 */
static volatile int counter;

__attribute__((noinline)) static void before(int n)
{
	counter = n * 3;
	counter ^= n;
}

__attribute__((noinline)) void stops_here(int n)
{
	counter = n;
}

__attribute__((noinline)) static int calls(int n)
{
	before(n);
	stops_here(n);
	return counter;
}

int main(int argc, char **argv)
{
	(void)argv;
	return calls(argc);
}
