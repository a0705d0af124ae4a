/* A failed assertion.
 * fixture assert: gcc -O1 -g $src -o $exe
 */
#include <assert.h>

__attribute__((noinline)) static int checked(int length)
{
	assert(length > 0 && "a header has a length");
	return length;
}

int main(int argc, char **argv)
{
	(void)argv;
	return checked(1 - argc);
}
