/* A function of another file is inlined by the linker: its origin is in another unit.
 * fixture lto: gcc -O2 -g -flto $src $srcs/lto-other.c -o $exe
 * fixture lto-clang: clang -O2 -g -flto $src $srcs/lto-other.c -o $exe -fuse-ld=lld
 */
int other_first(const volatile int *at);

static int *volatile nothing;

__attribute__((noinline)) static int caller(const int *at)
{
	return other_first(at) + 1;
}

int main(void)
{
	return caller(nothing);
}
