/* An aligned 16-byte load from an address that is not: the kernel reports no address.
 * fixture sse-misaligned: gcc -O1 -g $src -o $exe
 */
#include <emmintrin.h>

static char bytes[64] __attribute__((aligned(16)));

__attribute__((noinline)) static int first(const char *at)
{
	__m128i four = *(const volatile __m128i *)at;
	return _mm_cvtsi128_si32(_mm_add_epi32(four, four));
}

int main(int argc, char **argv)
{
	(void)argv;
	return first(bytes + argc);
}
