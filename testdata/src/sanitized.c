// Mistakes that the sanitizers report: compiled with each of them by tests/cli/sanitizer.test.
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static int use(const int *p)
{
	return p[0];
}

__attribute__((noinline)) static int shift(int n)
{
	return 1 << n;
}

int main(int argc, char **argv)
{
	int *p = malloc(40);

	if (argc > 1 && !strcmp(argv[1], "shift"))
		return shift(argc + 40) == 3;
	*p = argc;
	free(p);
	return use(p);
}
