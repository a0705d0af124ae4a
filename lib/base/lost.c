/* SPDX-License-Identifier: Apache-2.0 */
/* All of it but the two questions runs in a signal handler: no memory is allocated, nothing is locked,
 * and numbers are taken apart by hand. */
#include "lost.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../include/stk.h"

#define PATH_BYTES 512u

static _Atomic unsigned count;
static char paths[LOST_PATHS][PATH_BYTES];

/* A line of /proc/self/maps is read byte by byte from a buffer that is filled again and again. */
struct maps {
	int fd;
	size_t at, size;
	char bytes[4096];
};

static int next_byte(struct maps *m)
{
	if (m->at == m->size) {
		ssize_t got = read(m->fd, m->bytes, sizeof(m->bytes));

		if (got <= 0)
			return -1;
		m->at = 0;
		m->size = (size_t)got;
	}
	return (unsigned char)m->bytes[m->at++];
}

/* Hexadecimal digits up to another byte, which goes to *end. */
static uintptr_t take_hex(struct maps *m, int *end)
{
	uintptr_t value = 0;
	int c;

	for (;;) {
		c = next_byte(m);
		if (c >= '0' && c <= '9')
			value = value << 4 | (uintptr_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uintptr_t)(c - 'a' + 10);
		else
			break;
	}
	*end = c;
	return value;
}

struct line {
	uintptr_t start, end;
	bool readable, writable, file;
	char path[PATH_BYTES];
};

/* "7f00-7f10 r--p 00000000 08:01 1234      /path/name"; false at the end. */
static bool take_line(struct maps *m, struct line *ret)
{
	size_t used = 0;
	int c;

	ret->start = take_hex(m, &c);
	ret->end = c == '-' ? take_hex(m, &c) : 0;
	ret->readable = next_byte(m) == 'r';
	ret->writable = next_byte(m) == 'w';
	while (c >= 0 && c != '/' && c != '\n')
		c = next_byte(m);
	ret->file = c == '/';
	for (; c >= 0 && c != '\n'; c = next_byte(m))
		if (used + 1 < sizeof(ret->path))
			ret->path[used++] = (char)c;
	ret->path[used] = '\0';
	return c >= 0;
}

static bool find_mapping(uintptr_t address, struct line *ret)
{
	struct maps m = { .fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC) };
	bool found = false;

	if (m.fd < 0)
		return false;
	while (!found && take_line(&m, ret))
		found = address >= ret->start && address < ret->end;
	close(m.fd);
	return found;
}

STK_API bool stk_lost_page(const void *address)
{
	uintptr_t page = (uintptr_t)address & ~(uintptr_t)4095;
	struct line line;
	unsigned number;

	if (!find_mapping((uintptr_t)address, &line) || !line.readable || !line.file)
		return false;
	/* What follows is gone as well: each page would cost a signal, and a mapping of its own. */
	if (mmap((void *)page, line.end - page, PROT_READ | (line.writable ? PROT_WRITE : 0),
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return false;
	number = atomic_fetch_add(&count, 1);
	if (number < LOST_PATHS)
		memcpy(paths[number], line.path, PATH_BYTES);
	return true;
}

unsigned lost_pages(void)
{
	return atomic_load(&count);
}

const char *lost_path(unsigned i)
{
	return i < LOST_PATHS ? paths[i] : "";
}
