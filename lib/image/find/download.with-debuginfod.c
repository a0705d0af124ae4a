/* SPDX-License-Identifier: Apache-2.0 */
#include "find.h"

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Linking to it would load curl, TLS and LDAP at every start: milliseconds for nothing. */
static struct client_calls {
	__typeof__(debuginfod_begin) *begin;
	__typeof__(debuginfod_end) *end;
	__typeof__(debuginfod_find_debuginfo) *find;
	__typeof__(debuginfod_find_source) *find_source;
	__typeof__(debuginfod_set_progressfn) *set_progress;
	__typeof__(debuginfod_set_user_data) *set_data;
	__typeof__(debuginfod_get_user_data) *get_data;
} call;

static void load(void)
{
	void *library = dlopen(DEBUGINFOD_SONAME, RTLD_NOW);

	if (!library)
		return;
	call.end = dlsym(library, "debuginfod_end");
	call.find = dlsym(library, "debuginfod_find_debuginfo");
	call.find_source = dlsym(library, "debuginfod_find_source");
	call.set_progress = dlsym(library, "debuginfod_set_progressfn");
	call.set_data = dlsym(library, "debuginfod_set_user_data");
	call.get_data = dlsym(library, "debuginfod_get_user_data");
	if (call.end && call.find && call.find_source && call.set_progress && call.set_data &&
	    call.get_data)
		call.begin = dlsym(library, "debuginfod_begin");
}

static bool load_client(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	return pthread_once(&once, load) == 0 && call.begin;
}

/* One download: what the progress callback looks at. */
struct download {
	const struct stk_files *files;
	const char *what;
	time_t deadline; /* 0: the user set one for the client itself */
	bool late, cancelled;
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static int on_progress(debuginfod_client *client, long done, long total)
{
	struct download *d = call.get_data(client);

	if (d->deadline && now() > d->deadline)
		d->late = true;
	if (d->files->progress &&
	    d->files->progress(d->files->progress_arg, d->what, done > 0 ? (uint64_t)done : 0,
			       total > 0 ? (uint64_t)total : 0))
		d->cancelled = true;
	return d->late || d->cancelled;
}

static bool is_wanted(const struct stk_files *files)
{
	const char *urls = getenv(DEBUGINFOD_URLS_ENV_VAR);

	return files->debuginfod == STK_DEBUGINFOD_AUTO && urls && urls[strspn(urls, " ")];
}

/* ENOENT: the servers answered that they do not have it. */
static void tell(struct builder *b, const struct download *d, int errnum)
{
	if (d->late)
		builder_note(b, STK_NOTE_LIMIT_REACHED, d->what,
			     "it did not come from debuginfod within "
			     "%u seconds; nothing more is asked of it",
			     LIMIT_DOWNLOAD_SECONDS);
	else if (d->cancelled)
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, d->what, "its download was cancelled");
	else
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, d->what,
			     "its file cannot be had from debuginfod: %s; nothing more is asked "
			     "of it",
			     strerror(errnum));
}

/* One answer for the whole process: a server that is away stalls every module by its timeout.
 * Thread-local, as libdebuginfod's handles are not to be shared. */
static _Thread_local bool gave_up;

/* A debug file, or with a name a source file; libdebuginfod takes a size of 0 for hex digits. */
static int download(struct builder *b, const struct stk_files *files, const char *what,
		    const unsigned char *build_id, size_t size, const char *name, char **ret_path)
{
	struct download d = { .files = files, .what = what };
	debuginfod_client *client;
	int fd;

	if (gave_up || !is_wanted(files) || !load_client() || !(client = call.begin()))
		return -1;
	if (!getenv(DEBUGINFOD_MAXTIME_ENV_VAR))
		d.deadline = now() + LIMIT_DOWNLOAD_SECONDS;
	call.set_data(client, &d);
	call.set_progress(client, on_progress);
	fd = name ? call.find_source(client, build_id, (int)size, name, ret_path)
		  : call.find(client, build_id, (int)size, ret_path);
	call.end(client);
	if (fd >= 0 || fd == -ENOENT)
		return fd < 0 ? -1 : fd;
	gave_up = true;
	tell(b, &d, -fd);
	return -1;
}

int download_debug(struct builder *b, const struct stk_files *files, const char *what,
		   const unsigned char *build_id, size_t size, char **ret_path)
{
	return download(b, files, what, build_id, size, NULL, ret_path);
}

char *download_source(struct builder *b, const struct stk_files *files, const char *build_id,
		      const char *name)
{
	char *path = NULL;
	int fd = download(b, files, name, (const unsigned char *)build_id, 0, name, &path);

	if (fd < 0)
		return NULL;
	close(fd);
	return path;
}
