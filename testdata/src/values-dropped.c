/* Parameters that the compiler does not pass, because nobody reads them, and says how to compute in the
 * caller (DW_OP_GNU_parameter_ref).
 * fixture values-dropped: gcc -O2 -g -gdwarf-5 $src -o $exe
 * fixture values-dropped-dwarf4: gcc -O2 -g -gdwarf-4 $src -o $exe
 */
#include <stdlib.h>

volatile int sink, give_up = 1;

__attribute__((noinline)) static int narrow(int tripled, int scale, int constant)
{
	sink = scale;
	if (give_up)
		abort();
	return scale;
}

__attribute__((noinline)) static int wide(int n)
{
	int first = narrow(n * 3, n + 1, 40 + 2);

	sink = n;
	return narrow(n * 3, first, 41 + n) + n;
}

int main(int argc, char **argv)
{
	return wide(argc + 4) + wide(argc * argc);
}
