/* A freed node is followed. Its first word is now the allocator's own link: the node's address
 * shifted right by 12 (glibc's safe linking of the last one in a list), which is mapped nowhere.
 * fixture use-after-free: gcc -O1 -g -fno-builtin $src -o $exe
 */
#include <stdlib.h>

struct node {
	struct node *next;
	long value;
	long more[6];
};

__attribute__((noinline)) static long sum(const volatile struct node *node)
{
	long total = 0;
	for (; node; node = node->next)
		total += node->value;
	return total;
}

int main(void)
{
	struct node *node = calloc(1, sizeof *node);
	free(node);
	return (int)sum(node);
}
