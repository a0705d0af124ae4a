/* A function returns to an address that was written over: pc is wild, and so is the caller.
 * fixture return-overwritten: gcc -O0 -g -fno-stack-protector -fcf-protection=none $src -o $exe
 */
__attribute__((noinline)) static int overflow(volatile long *at, int count)
{
	for (int i = 0; i < count; i++)
		at[i] = 0x4242424242;
	return count;
}

__attribute__((noinline)) static int victim(int count)
{
	volatile long local[2] = {0, 0};
	return overflow(local, count) + (int)local[0];
}

int main(int argc, char **argv)
{
	(void)argv;
	return victim(7 + argc);
}
