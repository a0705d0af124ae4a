/* A field of a structure behind a NULL pointer: the address is the field's offset, 0x10.
 * fixture null-field: gcc -O1 -g $src -o $exe
 * fixture null-field-clang: clang -O1 -g $src -o $exe
 * fixture null-field-m32: gcc -m32 -O1 -g $src -o $exe
 */
#include <stddef.h>

struct request {
	long id;
	const char *host;
	const char *path; /* offset 0x10, in 32 bits 0x8 */
};

__attribute__((noinline)) static char path_start(const struct request *request)
{
	return request->path[0];
}

static struct request *volatile current;

int main(void)
{
	return path_start(current);
}
