/* The smallest integer divided by -1: the same signal as a division by zero.
 * fixture div-overflow: gcc -O1 -g $src -o $exe
 */
#include <limits.h>

__attribute__((noinline)) static int quotient(int a, int b)
{
	return a / b;
}

int main(int argc, char **argv)
{
	(void)argv;
	return quotient(INT_MIN + argc - 1, -argc);
}
