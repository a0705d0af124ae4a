/* SPDX-License-Identifier: Apache-2.0 */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "say.h"

/* The one temporary file that there can be: for the signal handler. */
static const char *volatile pending;

static void remove_pending(int signal_number)
{
	if (pending)
		unlink(pending);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int cannot_write(const char *path)
{
	int errnum = errno;

	say("cannot write '%s': %s", path, strerror(errnum));
	return errnum == EACCES || errnum == EPERM ? STK_NO_PERMISSION : STK_FAILED;
}

/* Devices, pipes and sockets are written in place. */
static int open_special(struct sink *sink, const char *path)
{
	sink->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return sink->fd < 0 ? cannot_write(path) : 0;
}

static bool stat_input(const char *name, struct stat *ret)
{
	return strcmp(name, "-") ? stat(name, ret) == 0 : fstat(STDIN_FILENO, ret) == 0;
}

/* A core holds what its process held, keys and passwords; what is made of one whose owner alone may
 * read it is not for others either. */
static mode_t mask_of(const struct list inputs[SINK_LISTS])
{
	mode_t mask = 0777;
	struct stat st;
	size_t i, n;

	for (n = 0; n < SINK_LISTS; n++)
		for (i = 0; i < inputs[n].count; i++)
			if (stat_input(inputs[n].items[i], &st) && S_ISREG(st.st_mode))
				mask &= st.st_mode | 0300;
	return mask;
}

static bool is_input(const struct stat *output, const struct list inputs[SINK_LISTS])
{
	struct stat st;
	size_t i, n;

	for (n = 0; n < SINK_LISTS; n++)
		for (i = 0; i < inputs[n].count; i++)
			if (stat_input(inputs[n].items[i], &st) && st.st_dev == output->st_dev &&
			    st.st_ino == output->st_ino)
				return true;
	return false;
}

/* The permissions that the file has already, or would get from open(); no other user's rights to
 * run as its owner, which the new file is not of. */
static mode_t mode_of(const struct stat *old, const struct list inputs[SINK_LISTS])
{
	mode_t mask = umask(0);

	umask(mask);
	return (old ? old->st_mode & 0777 : 0666 & ~mask) & mask_of(inputs);
}

static int open_temporary(struct sink *sink, const struct stat *old,
			  const struct list inputs[SINK_LISTS])
{
	if (asprintf(&sink->temporary, "%s.XXXXXX", sink->path) < 0)
		say_out_of_memory();
	sink->fd = mkostemp(sink->temporary, O_CLOEXEC);
	if (sink->fd < 0) {
		free(sink->temporary);
		sink->temporary = NULL;
		return cannot_write(sink->path);
	}
	pending = sink->temporary;
	guard_temporary(pending);
	signal(SIGINT, remove_pending);
	signal(SIGTERM, remove_pending);
	signal(SIGHUP, remove_pending);
	return fchmod(sink->fd, mode_of(old, inputs)) ? cannot_write(sink->path) : 0;
}

int sink_open(struct sink *sink, const char *path, const struct list inputs[SINK_LISTS])
{
	struct stat st;
	bool exists;

	memset(sink, 0, sizeof(*sink));
	sink->fd = STDOUT_FILENO;
	if (!path || strcmp(path, "-") == 0)
		return 0;
	exists = stat(path, &st) == 0;
	if (exists && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return cannot_write(path);
	}
	if (exists && !S_ISREG(st.st_mode))
		return open_special(sink, path);
	if (exists && is_input(&st, inputs)) {
		say("the output '%s' is what is read; nothing was written", path);
		return STK_USAGE;
	}
	/* What a symbolic link points at is replaced, not the link. */
	sink->path = exists ? realpath(path, NULL) : strdup(path);
	return sink->path ? open_temporary(sink, exists ? &st : NULL, inputs) : cannot_write(path);
}

int sink_commit(struct sink *sink)
{
	int fd = sink->fd;

	if (!sink->path)
		return 0;
	/* Some file systems tell of a full disk only at close(). */
	sink->fd = -1;
	if (close(fd) != 0 || rename(sink->temporary, sink->path) != 0)
		return cannot_write(sink->path);
	pending = NULL;
	guard_temporary(NULL);
	free(sink->temporary);
	sink->temporary = NULL;
	return 0;
}

void sink_close(struct sink *sink)
{
	if (sink->fd > STDERR_FILENO)
		close(sink->fd);
	if (sink->temporary)
		unlink(sink->temporary);
	pending = NULL;
	free(sink->temporary);
	free(sink->path);
}
