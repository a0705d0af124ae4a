/* Recursion without end: the stack grows into the guard page. Eight megabytes of stack hold
 * about 174,000 frames of 48 bytes.
 * fixture stack-overflow: gcc -O1 -g -fno-optimize-sibling-calls $src -o $exe
 *   run: sh -c 'ulimit -s 8192; exec ./$exe'
 */
static volatile int sink;

__attribute__((noinline)) static int descend(int depth)
{
	volatile int here = depth;
	int below = descend(depth + 1);
	sink = here;
	return below + here;
}

/* From the start of a page on, whatever the environment's size: it is always the same
 * instruction that meets the guard page. */
int main(void)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	volatile char *pad = __builtin_alloca(here % 4096 + 1);

	pad[0] = 0;
	return descend(0);
}
