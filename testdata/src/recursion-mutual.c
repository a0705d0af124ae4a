/* Three functions in turn, 30 times, with one call of another between two such runs.
 * fixture recursion-mutual: gcc -O1 -g -fno-optimize-sibling-calls $src -o $exe
 */
#include <stdlib.h>

static volatile int sink;
int value(int depth);

__attribute__((noinline)) int visit(int depth)
{
	sink = value(depth - 1);
	return depth + sink;
}

__attribute__((noinline)) int object(int depth)
{
	sink = depth == 30 ? visit(depth) : value(depth - 1);
	return depth + sink;
}

__attribute__((noinline)) int array(int depth)
{
	sink = object(depth - 1);
	return depth + sink;
}

__attribute__((noinline)) int value(int depth)
{
	if (depth <= 0)
		abort();
	sink = array(depth - 1);
	return depth + sink;
}

int main(void)
{
	return value(89);
}
