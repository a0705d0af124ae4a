/* A function in a function (GNU C): its entry is inside that of the outer one. */
#include <stdio.h>

__attribute__((noinline)) static int apply(int (*function)(int), int value)
{
	return function(value) + 1;
}

__attribute__((noinline)) int outer(int base)
{
	__attribute__((noinline)) int nested(int value)
	{
		return value * base + printf("n");
	}

	return apply(nested, 3) + base;
}

int main(int argc, char **argv)
{
	(void)argv;
	return outer(argc);
}
