/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a path: a file is mapped, standard input is read, gzip is undone. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define LIMIT_TEXT_BYTES ((size_t)64 << 30) /* of standard input, and decompressed */

static void release(void *arg)
{
	struct source *source = arg;

	mapping_close(&source->mapping);
	free(source->copy);
	free(source);
}

/* Decompresses what is there; a truncated file gives what it holds. */
static void gunzip(struct slice in, char **ret, size_t *size)
{
	z_stream z = { .next_in = (void *)(uintptr_t)in.at };
	size_t cap = 0, left = in.size;
	char *out = NULL;
	int status = Z_OK;

	*size = 0;
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return;
	while (status == Z_OK && *size < LIMIT_TEXT_BYTES) {
		if (!z.avail_in) {
			z.avail_in = left > 1u << 30 ? 1u << 30 : (unsigned)left;
			left -= z.avail_in;
		}
		out = grow(out, &cap, *size + 65536, 1);
		z.next_out = (void *)(out + *size);
		z.avail_out = (unsigned)(cap - *size > 1u << 30 ? 1u << 30 : cap - *size);
		status = inflate(&z, Z_NO_FLUSH);
		*size = (size_t)((char *)z.next_out - out);
		/* members may follow each other */
		if (status == Z_STREAM_END && (z.avail_in || left))
			status = inflateReset(&z);
	}
	inflateEnd(&z);
	*ret = out;
}

static struct stk_error *read_stream(int fd, const char *name, struct source *source)
{
	size_t size;
	struct stk_error *err = read_all(fd, LIMIT_TEXT_BYTES, &source->copy, &size);

	if (!err)
		source->bytes = (struct slice){ source->copy, size };
	return error_prefix(err, "%s", name);
}

/* <(journalctl -b) of a shell, and /dev/stdin, whatever that is. Anything else that is no file, a device, is
 * an error of file_open(). */
static bool is_stream(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
					(S_ISCHR(st.st_mode) && !strcmp(path, "/dev/stdin")));
}

static struct stk_error *read_bytes(const char *path, struct source *source)
{
	CLOSE_AT_END int fd = -1;
	struct stk_error *err;

	if (!strcmp(path, "-"))
		return read_stream(STDIN_FILENO, "standard input", source);
	if (is_stream(path)) {
		fd = strcmp(path, "/dev/stdin") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) :
						  fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return error_errno(errno, "cannot open '%s'", path);
		return read_stream(fd, path, source);
	}
	err = file_open(path, &fd);
	if (!err)
		err = error_prefix(mapping_open(fd, &source->mapping), "'%s'", path);
	if (!err)
		source->bytes = (struct slice){ (const char *)source->mapping.bytes,
						source->mapping.size };
	return err;
}

struct stk_error *source_open(struct builder *b, const char *path, bool keep, struct source *ret)
{
	struct source source = { .bytes = NO_SLICE }, *kept;
	struct stk_error *err = read_bytes(path, &source);
	char *text = NULL;
	size_t size;

	if (err)
		return err;
	if (slice_starts(source.bytes, "\x1f\x8b\x08")) {
		gunzip(source.bytes, &text, &size);
		source_close(&source);
		source.copy = text;
		source.bytes = (struct slice){ text ? text : "", size };
	}
	if (keep) {
		source.kept = true;
		kept = xmalloc(sizeof(*kept));
		*kept = source;
		builder_keep(b, release, kept);
	}
	*ret = source;
	return NULL;
}

void source_close(struct source *source)
{
	if (!source->kept) {
		mapping_close(&source->mapping);
		free(source->copy);
	}
	*source = (struct source){ .bytes = NO_SLICE };
}
