/* A checked copy into an array that is too small: "*** buffer overflow detected ***".
 * fixture fortify: gcc -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $src -o $exe
 */
#include <string.h>

char copy[16];

__attribute__((noinline)) static void copy_name(const char *name)
{
	strcpy(copy, name);
}

int main(int argc, char **argv)
{
	char name[64];
	memset(name, 'A', 40);
	name[40 + argc - 1] = '\0';
	copy_name(argc > 100 ? argv[0] : name);
	return 0;
}
