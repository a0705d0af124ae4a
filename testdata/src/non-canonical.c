/* A pointer that is no address (bits 63 to 47 differ): the kernel reports address 0.
 * fixture non-canonical: gcc -O1 -g $src -o $exe
 */
struct item {
	struct item *next;
	long key;
};

static struct item broken = {(struct item *)0x4141414141414141, 1};

__attribute__((noinline)) static long second_key(const volatile struct item *item)
{
	return item->next->key;
}

int main(void)
{
	return (int)second_key(&broken);
}
