/* Calls of functions that do not return, as the last instruction: the return addresses are
 * those of the function that follows, with another name and line.
 * fixture noreturn-tail: gcc -O2 -g $src -o $exe
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline, noreturn, section(".text.tail"))) static void a_dies(const char *why)
{
	fputs(why, stderr);
	abort();
}

__attribute__((noinline, noreturn, section(".text.tail"))) static void b_dies(int code)
{
	a_dies(code > 3 ? "large\n" : "small\n");
}

__attribute__((noinline, noreturn, section(".text.tail"))) static void c_dies(int code)
{
	b_dies(code + 1);
}

int main(int argc, char **argv)
{
	(void)argv;
	c_dies(argc);
}
