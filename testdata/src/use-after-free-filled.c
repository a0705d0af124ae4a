/* A freed node is followed; the allocator fills what is freed with 0xa5, so the pointer read
 * from it is no address at all and the kernel reports address 0.
 * fixture use-after-free-filled: gcc -O1 -g -fno-builtin $src -o $exe
 */
#include <malloc.h>
#include <stdlib.h>

struct node {
	long padding[4];
	struct node *next;
	long value;
	char name[2000]; /* too large for the lists that keep freed blocks as they are */
};

__attribute__((noinline)) static long next_value(const volatile struct node *node)
{
	return node->next->value;
}

int main(void)
{
	mallopt(M_PERTURB, 0xa5);
	struct node *node = malloc(sizeof *node);
	node->next = node;
	free(node);
	return (int)next_value(node);
}
