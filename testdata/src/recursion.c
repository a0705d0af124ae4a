/* Recursion to a depth and then abort(): recursion DEPTH. The stack must be large enough.
 * fixture recursion: gcc -O1 -g -fno-optimize-sibling-calls $src -o $exe
 *   run: ./$exe 1000
 * fixture bench-recursion: gcc -O1 -g -fno-optimize-sibling-calls $src -o $exe
 *   run: sh -c 'ulimit -s 65536; exec ./$exe 174000'
 */
#include <stdlib.h>

static volatile int sink;

__attribute__((noinline)) static int descend(int depth)
{
	if (depth <= 1)
		abort();
	volatile int here = depth;
	int below = descend(depth - 1);
	sink = here;
	return below + here;
}

int main(int argc, char **argv)
{
	return descend(argc > 1 ? atoi(argv[1]) : 100);
}
