/* SPDX-License-Identifier: Apache-2.0 */
#include "named.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "fdio.h"
#include "limits.h"

/* ---- whose files ---- */

/* In a container whose users are mapped, files of all others seem to be nobody's: those of the host's
 * root are among them, and cannot be told from the rest. */
static bool is_unmapped(uid_t owner)
{
	static const char whole[] = "         0          0 4294967295";
	char text[256] = "";
	CLOSE_AT_END int fd = owner == 65534 ? open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC)
					     : -1;

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       strncmp(text, whole, sizeof(whole) - 1) != 0;
}

static bool is_trusted(const struct named *named, uid_t owner)
{
	return named->asked || owner == 0 || owner == geteuid() ||
	       (named->owner != (uid_t)-1 && owner == named->owner) || is_unmapped(owner);
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no file";
	}
}

/* ---- below a root ---- */

static int open_beneath(int root, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static bool is_below(const char *path, const char *root)
{
	size_t size = strlen(root);

	while (size && root[size - 1] == '/')
		size--;
	return strncmp(path, root, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* Before Linux 5.6 (or where a filter forbids openat2): links may not lead out. Those that begin with a slash
 * do, although they would be right below the root. */
static int open_checked(const char *root, const char *path)
{
	FREE_AT_END char *full = xasprintf("%s/%s", root, path);
	FREE_AT_END char *real = realpath(full, NULL), *top = realpath(root, NULL);
	int errnum = errno;

	if (real && top && is_below(real, top))
		return open(real, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	errno = real && top ? EXDEV : errnum;
	return -1;
}

static int look_up(const struct named *named, const char *path)
{
	CLOSE_AT_END int root = -1;
	int fd;

	if (!named->root)
		return open(path, O_PATH | O_CLOEXEC);
	root = open(*named->root ? named->root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = open_beneath(root, path, RESOLVE_IN_ROOT);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_checked(named->root, path);
	return fd;
}

/* ---- one file ---- */

static struct stk_error *check(const struct named *named, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return error_create(S_ISDIR(st->st_mode) ? STK_NO_INPUT : STK_FAILED,
				    "it is %s, not a regular file", kind_of(st->st_mode));
	if (!is_trusted(named, st->st_uid))
		return error_create(STK_NO_PERMISSION,
				    "it belongs to user %u, who is neither root, nor "
				    "you, nor the program's",
				    (unsigned)st->st_uid);
	return NULL;
}

/* Through the descriptor that was looked at: the name may lead elsewhere by now. */
static int reopen(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static struct stk_error *open_now(const struct named *named, const char *path, int *ret)
{
	CLOSE_AT_END int fd = look_up(named, path);
	struct stk_error *err;
	struct stat st;
	int opened;

	if (fd < 0 && errno == EXDEV)
		return error_create(STK_FAILED, "a link leads out of the sysroot");
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(errno, "cannot open it");
	err = check(named, &st);
	if (err)
		return err;
	opened = reopen(fd);
	if (opened < 0 && errno == ENOENT)
		return error_create(STK_FAILED, "cannot open it: /proc is not mounted");
	if (opened < 0)
		return error_errno(errno, "cannot open it");
	*ret = opened;
	return NULL;
}

/* ---- in time ---- */

/* Is it on a disk of this machine, or on what "/" is on? By what the kernel has in its caches, for which
 * nobody is asked: of the path as much as is there. Where something is mounted is always there. */
static bool is_near(const char *path)
{
	FREE_AT_END char *part = xstrdup(path);
	struct statx st, top;
	bool near = false;
	int fd = -1;
	char *slash;

	for (;;) {
		fd = open_beneath(AT_FDCWD,
				  *part          ? part
				  : *path == '/' ? "/"
						 : ".",
				  RESOLVE_CACHED);
		slash = strrchr(part, '/');
		if (fd >= 0 || !*part)
			break;
		*(slash ? slash : part) = '\0';
	}
	if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) == 0 &&
	    statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, 0, &top) == 0)
		near = st.stx_dev_major || st.stx_dev_minor == top.stx_dev_minor;
	close_guarded(&fd);
	return near;
}

/* A file system that is far (a server, a program) may not answer: it is asked by a thread that can be left
 * behind. The last of the two frees. */
struct errand {
	pthread_mutex_t lock;
	pthread_cond_t done_now;
	struct named named;
	char *root, *path;
	struct stk_error *err;
	int fd;
	bool done, left;
};

static void errand_free(struct errand *errand)
{
	pthread_mutex_destroy(&errand->lock);
	pthread_cond_destroy(&errand->done_now);
	free(errand->root);
	free(errand->path);
	free(errand);
}

static struct errand *errand_new(const struct named *named, const char *path)
{
	struct errand *errand = xcalloc(1, sizeof(*errand));

	pthread_mutex_init(&errand->lock, NULL);
	pthread_cond_init(&errand->done_now, NULL);
	errand->fd = -1;
	errand->path = xstrdup(path);
	errand->root = named->root ? xstrdup(named->root) : NULL;
	errand->named = *named;
	errand->named.root = errand->root;
	return errand;
}

static void *run_errand(void *arg)
{
	struct errand *errand = arg;
	int fd = -1;
	struct stk_error *err = open_now(&errand->named, errand->path, &fd);
	bool left;

	pthread_mutex_lock(&errand->lock);
	errand->fd = fd;
	errand->err = err;
	errand->done = true;
	left = errand->left;
	pthread_cond_signal(&errand->done_now);
	pthread_mutex_unlock(&errand->lock);
	if (left) {
		close_guarded(&fd);
		error_drop(err);
		errand_free(errand);
	}
	return NULL;
}

/* What did not answer once is not waited for as long again. */
static void add_patience(struct timespec *end, bool again)
{
	if (again) {
		end->tv_nsec += 200 * 1000 * 1000;
		end->tv_sec += end->tv_nsec / (1000 * 1000 * 1000);
		end->tv_nsec %= 1000 * 1000 * 1000;
	} else {
		end->tv_sec += LIMIT_OPEN_SECONDS;
	}
}

static struct stk_error *await_errand(struct errand *errand, int *ret)
{
	static atomic_bool silent;
	struct stk_error *err = NULL;
	struct timespec end;
	int failed = 0;
	bool done;

	clock_gettime(CLOCK_REALTIME, &end);
	add_patience(&end, silent);
	pthread_mutex_lock(&errand->lock);
	while (!errand->done && !failed)
		failed = pthread_cond_timedwait(&errand->done_now, &errand->lock, &end);
	done = errand->done;
	errand->left = !done;
	if (done && errand->fd >= 0)
		*ret = errand->fd;
	err = done ? errand->err : NULL;
	pthread_mutex_unlock(&errand->lock);
	if (!done) {
		silent = true;
		return error_create(STK_FAILED, "its file system does not answer");
	}
	errand_free(errand);
	return err;
}

struct stk_error *named_open(const struct named *named, const char *path, int *ret)
{
	FREE_AT_END char *whole = named->root ? xasprintf("%s/%s", named->root, path)
					      : xstrdup(path);
	struct errand *errand;
	pthread_t thread;

	if (is_near(whole))
		return open_now(named, path, ret);
	errand = errand_new(named, path);
	if (pthread_create(&thread, NULL, run_errand, errand) != 0) {
		errand_free(errand);
		return open_now(named, path, ret);
	}
	pthread_detach(thread);
	return await_errand(errand, ret);
}
