/* SPDX-License-Identifier: Apache-2.0 */
#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"

void close_guarded(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

struct stk_error *file_open(const char *path, int *ret)
{
	struct stat st;
	/* O_NONBLOCK: a FIFO that nobody writes must not hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_errno(errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		bool directory = S_ISDIR(st.st_mode);

		close(fd);
		return error_create(STK_NO_INPUT, "cannot read '%s': it is %s", path,
				    directory ? "a directory" : "not a regular file");
	}
	*ret = fd;
	return NULL;
}

struct stk_error *mapping_open(int fd, struct mapping *ret)
{
	struct stat st;
	void *bytes;

	if (fstat(fd, &st) < 0)
		return error_errno(errno, "cannot tell the size of the file");
	if (st.st_size == 0) {
		*ret = (struct mapping){ (const unsigned char *)"", 0 };
		return NULL;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_errno(errno, "cannot map the file");
	*ret = (struct mapping){ bytes, (size_t)st.st_size };
	return NULL;
}

void mapping_close(struct mapping *map)
{
	if (map->size)
		munmap((void *)(uintptr_t)map->bytes, map->size);
	*map = (struct mapping){ NULL, 0 };
}

struct stk_error *read_all(int fd, size_t limit, char **ret, size_t *ret_size)
{
	char *bytes = NULL;
	size_t size = 0, cap = 0;

	for (;;) {
		ssize_t got;

		bytes = grow(bytes, &cap, size + 4096 + 1, 1);
		got = read(fd, bytes + size, cap - size - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int errnum = errno;

			free(bytes);
			return error_errno(errnum, "cannot read");
		}
		size += (size_t)got;
		if (got == 0 || size > limit)
			break;
	}
	if (size > limit) {
		free(bytes);
		return error_create(STK_FAILED, "more than %zu bytes", limit);
	}
	bytes[size] = '\0';
	*ret = bytes;
	*ret_size = size;
	return NULL;
}

struct stk_error *read_file(const char *path, size_t limit, char **ret, size_t *ret_size)
{
	CLOSE_AT_END int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_errno(errno, "cannot open '%s'", path);
	return error_prefix(read_all(fd, limit, ret, ret_size), "'%s'", path);
}
