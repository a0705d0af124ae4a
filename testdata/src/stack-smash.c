/* An array on the stack is written past its end: "*** stack smashing detected ***".
 * fixture stack-smash: gcc -O1 -g -fstack-protector-all -fno-builtin -U_FORTIFY_SOURCE $src -o $exe
 */
#include <string.h>

__attribute__((noinline)) static int copy_name(const char *name)
{
	char copy[16];
	strcpy(copy, name);
	return copy[0];
}

int main(void)
{
	static char name[64];
	memset(name, 'A', 40);
	return copy_name(name);
}
