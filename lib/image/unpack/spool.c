/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input and compressed cores become a plain file without a name: sparse, since
 * most of a core's pages are zero, and mapped like any other from then on. */
#include "../private.h"

#include "codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 17)
#define HOLE ((size_t)4096)

struct spool {
	int fd;
	uint64_t size;
	int errnum;
};

static bool is_zero(const unsigned char *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* A codec's sink: false stops it. Zero pages become holes. */
static bool spool_write(void *arg, const void *bytes, size_t size)
{
	struct spool *spool = arg;
	const unsigned char *p = bytes;

	while (size) {
		size_t piece = size < HOLE ? size : HOLE;

		if (!is_zero(p, piece) &&
		    pwrite(spool->fd, p, piece, (off_t)spool->size) != (ssize_t)piece) {
			spool->errnum = errno ? errno : ENOSPC;
			return false;
		}
		spool->size += piece;
		p += piece;
		size -= piece;
		if (spool->size > LIMIT_CORE_BYTES) {
			spool->errnum = EFBIG;
			return false;
		}
	}
	return true;
}

static int nameless_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir && *dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? memfd_create("stk-core", MFD_CLOEXEC) : fd;
}

static ssize_t read_some(int fd, void *bytes, size_t size)
{
	ssize_t got;

	do
		got = read(fd, bytes, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* The first bytes decide; a pipe cannot be rewound, so they are handed on. */
static size_t read_head(int fd, unsigned char *head, size_t size)
{
	size_t have = 0;
	ssize_t got;

	while (have < size && (got = read_some(fd, head + have, size - have)) > 0)
		have += (size_t)got;
	return have;
}

static const struct codec plain_codec = { .name = "plain" };

static const struct codec *codec_of(const unsigned char *head, size_t size)
{
	const struct codec *const *row;

	for (row = codecs; *row; row++)
		if (size >= (*row)->magic_size && !memcmp(head, (*row)->magic, (*row)->magic_size))
			return *row;
	return &plain_codec;
}

/* Feeds the codec from fd to its end. Returns what was wrong with the stream; NULL nothing. */
static const char *pump(const struct codec *codec, int fd, unsigned char *bytes, size_t have,
			struct spool *spool)
{
	const char *wrong = NULL;
	void *state = NULL;
	ssize_t got = (ssize_t)have;

	if (codec->open && !(state = codec->open()))
		return "the decompressor cannot start";
	while (got > 0 && !wrong) {
		if (codec->feed)
			wrong = codec->feed(state, bytes, (size_t)got, spool_write, spool);
		else if (!spool_write(spool, bytes, (size_t)got))
			break;
		if (spool->errnum)
			break;
		got = read_some(fd, bytes, CHUNK);
	}
	if (!wrong && codec->at_end && !spool->errnum && !codec->at_end(state))
		wrong = "the compressed stream ends early";
	if (codec->close)
		codec->close(state);
	return wrong;
}

static struct stk_error *spool_through(const struct codec *codec, const char *name, int in,
				       unsigned char *bytes, size_t have, struct builder *b,
				       int *ret)
{
	struct spool spool = { .fd = nameless_file() };
	const char *wrong;

	if (spool.fd < 0)
		return error_errno(errno, "cannot make a temporary file for '%s'", name);
	wrong = pump(codec, in, bytes, have, &spool);
	if (spool.errnum || (wrong && spool.size == 0)) {
		int errnum = spool.errnum;

		close(spool.fd);
		if (errnum)
			return error_errno(errnum, "cannot unpack '%s'", name);
		return error_create(STK_FAILED, "cannot unpack '%s': %s: %s", name, codec->name,
				    wrong);
	}
	if (wrong)
		builder_note(b, STK_NOTE_CORE_TRUNCATED, name,
			     "%s: %s; %llu bytes could be unpacked", codec->name, wrong,
			     (unsigned long long)spool.size);
	if (ftruncate(spool.fd, (off_t)spool.size) < 0) {
		close(spool.fd);
		return error_errno(errno, "cannot unpack '%s'", name);
	}
	*ret = spool.fd;
	return NULL;
}

static struct stk_error *open_input(const char *path, int *ret)
{
	struct stat st;

	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISFIFO(st.st_mode)) {
		/* <(zstd -dc core.zst) of a shell. */
		*ret = open(path, O_RDONLY | O_CLOEXEC);
		return *ret < 0 ? error_errno(errno, "cannot open '%s'", path) : NULL;
	}
	if (strcmp(path, "-") != 0)
		return file_open(path, ret);
	*ret = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*ret < 0 || fstat(*ret, &st) < 0)
		return error_errno(errno, "cannot read standard input");
	if (S_ISDIR(st.st_mode)) {
		close(*ret);
		return error_create(STK_NO_INPUT, "cannot read standard input: it is a directory");
	}
	return NULL;
}

struct stk_error *spool_open(const char *path, struct builder *b, int *ret)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	FREE_AT_END unsigned char *bytes = xmalloc(CHUNK);
	CLOSE_AT_END int in = -1;
	const struct codec *codec;
	struct stk_error *err;
	struct stat st;
	size_t have;

	err = open_input(path, &in);
	if (err)
		return err;
	have = read_head(in, bytes, 16);
	codec = codec_of(bytes, have);
	if (codec->missing)
		return error_create(STK_FAILED, "cannot unpack '%s': this stk was built without %s",
				    name, codec->missing);
	/* A plain file is used as it is. */
	if (codec == &plain_codec && fstat(in, &st) == 0 && S_ISREG(st.st_mode) &&
	    lseek(in, 0, SEEK_CUR) == (off_t)have) {
		*ret = in;
		in = -1;
		return NULL;
	}
	return spool_through(codec, name, in, bytes, have, b, ret);
}

/* ---- only looking ---- */

/* What is in a pipe, without taking it out. */
static size_t peek_pipe(int fd, unsigned char *ret, size_t room)
{
	int ends[2];
	ssize_t got = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 0;
	if (tee(fd, ends[1], room, 0) > 0)
		got = read_some(ends[0], ret, room);
	close(ends[0]);
	close(ends[1]);
	return got > 0 ? (size_t)got : 0;
}

static size_t peek(const char *path, unsigned char *ret, size_t room)
{
	CLOSE_AT_END int own = -1;
	int fd = STDIN_FILENO;
	struct stat st;
	ssize_t got;

	if (strcmp(path, "-") != 0) {
		error_drop(file_open(path, &own));
		fd = own;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISFIFO(st.st_mode))
		return peek_pipe(fd, ret, room);
	if (!S_ISREG(st.st_mode))
		return 0;
	got = pread(fd, ret, room, lseek(fd, 0, SEEK_CUR));
	return got > 0 ? (size_t)got : 0;
}

struct head {
	unsigned char *bytes;
	size_t room, used;
};

static bool head_write(void *arg, const void *bytes, size_t size)
{
	struct head *head = arg;
	size_t piece = size < head->room - head->used ? size : head->room - head->used;

	memcpy(head->bytes + head->used, bytes, piece);
	head->used += piece;
	return head->used < head->room;
}

size_t image_head(const char *path, void *ret, size_t room)
{
	FREE_AT_END unsigned char *packed = xmalloc(room);
	struct head head = { .bytes = ret, .room = room };
	size_t size = peek(path, packed, room);
	const struct codec *codec = codec_of(packed, size);
	void *state = NULL;

	if (codec->missing) /* whoever opens it says so */
		return 0;
	if (!codec->feed || (codec->open && !(state = codec->open()))) {
		memcpy(ret, packed, size);
		return size;
	}
	/* that the stream goes on is no fault */
	(void)codec->feed(state, packed, size, head_write, &head);
	if (codec->close)
		codec->close(state);
	return head.used;
}
