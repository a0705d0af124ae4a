/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: bytes as a file with a name, and a dump sent through everything. */
#ifndef FUZZ_H
#define FUZZ_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stk.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_file {
	int fd;
	char path[64];
};

static inline void fuzz_open(struct fuzz_file *file, const uint8_t *data, size_t size)
{
	file->fd = memfd_create("input", MFD_CLOEXEC);
	if (file->fd < 0 || write(file->fd, data, size) != (ssize_t)size)
		abort();
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

static inline void fuzz_write(const struct stk_dump *dump)
{
	static const struct stk_style style = { .size = sizeof(style),
						.verbose = true,
						.level = STK_LEVEL_SYSTEM };
	static int null = -1;
	const struct stk_format *format;

	if (null < 0)
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (format = stk_formats(); format->name; format++)
		stk_error_free(stk_write(dump, format->name, &style, null));
	stk_error_free(stk_write(dump, "info", &style, null));
}

/* Frees the dump, or the error. */
static inline void fuzz_use(struct stk_error *err, struct stk_dump *dump)
{
	static const char *const match[] = { "." };
	struct stk_filter filter = { .size = sizeof(filter),
				     .level = STK_LEVEL_SYSTEM,
				     .kind = -1,
				     .match = match,
				     .nmatch = 1,
				     .max_frames = 9 };
	struct stk_dump *shown, *grouped;

	stk_error_free(err);
	if (err)
		return;
	if (stk_filter(dump, &filter, &shown) || stk_group(shown, STK_GROUP_LINE, &grouped))
		abort();
	fuzz_write(grouped);
	stk_free(grouped);
	stk_free(shown);
	stk_free(dump);
}

#endif
