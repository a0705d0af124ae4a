/* A program that runs a script, which is what the kernel calls the executable: the module is
 * the interpreter.
 * fixture script: gcc -O1 -g $src -o $exe
 *   then: printf '#!%s/%s\nthis line is data\n' $PWD $exe > job.sh
 *   then: chmod +x job.sh
 *   run: ./job.sh first
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int interpret(const char *path)
{
	FILE *file = fopen(path, "r");
	int first = file ? fgetc(file) : 0;
	if (first == '#')
		abort();
	return first;
}

int main(int argc, char **argv)
{
	return argc < 2 ? 0 : interpret(argv[1]);
}
