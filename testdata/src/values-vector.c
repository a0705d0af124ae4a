// Arguments in vector registers, of the function that dies.
// fixture values-vector: gcc -O2 -g $src -o $exe
// fixture values-vector-clang: clang -O2 -g $src -o $exe
// fixture values-vector-aarch64: aarch64-linux-gnu-gcc -static -O2 -g $src -o $exe
//   core: qemu
#include <stddef.h>

static int *volatile nowhere;

__attribute__((noinline)) static double leaf(double ratio, float small, const volatile int *nothing)
{
	return *nothing * ratio + small;
}

int main(int argc, char **argv)
{
	(void)argv;
	return (int)leaf(argc * 1.5, (float)argc / 4, nowhere);
}
