/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a path: a file is mapped, standard input is read, what is compressed is unpacked. */
#include "reader.h"

#include "../../image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_TEXT_BYTES ((size_t)64 << 30) /* of standard input, and decompressed */

static void release(void *arg)
{
	struct source *source = arg;

	mapping_close(&source->mapping);
	free(source->copy);
	free(source);
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
		fd = strcmp(path, "/dev/stdin") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
						: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
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
	const char *why = NULL;
	char *text = NULL;
	size_t size;

	if (err)
		return err;
	if (image_unpack_bytes(source.bytes.at, source.bytes.size, LIMIT_TEXT_BYTES, &text, &size,
			       &why)) {
		if (why)
			builder_note(b, STK_NOTE_TEXT_TRUNCATED, path,
				     "the compressed file is not whole: %s", why);
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
