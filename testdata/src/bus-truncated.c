/* A mapped file gets shorter: a page past its end is read.
 * fixture bus-truncated: gcc -O1 -g $src -o $exe
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((noinline)) static int checksum(const volatile unsigned char *bytes)
{
	return bytes[4096 + 16];
}

int main(void)
{
	int fd = open("bus-truncated.data", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, 8192) != 0)
		return 1;
	unsigned char *bytes = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED || ftruncate(fd, 100) != 0)
		return 1;
	return checksum(bytes);
}
