#include "download.h"

#include <elfutils/debuginfod.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	struct download *d = debuginfod_get_user_data(client);

	if (d->deadline && now() > d->deadline)
		d->late = true;
	if (d->files->progress && d->files->progress(d->files->progress_arg, d->what,
						     done > 0 ? (uint64_t)done : 0,
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
		builder_note(b, STK_NOTE_LIMIT_REACHED, d->what, "its debug file did not come from "
			     "debuginfod within %u seconds; nothing more is asked of it",
			     LIMIT_DOWNLOAD_SECONDS);
	else if (d->cancelled)
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, d->what,
			     "the download of its debug file was cancelled");
	else
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, d->what,
			     "its debug file cannot be had from debuginfod: %s; nothing more is asked "
			     "of it", strerror(errnum));
}

/* One answer for the whole process: a server that is away stalls every module by its timeout.
 * Thread-local, as libdebuginfod's handles are not to be shared. */
static _Thread_local bool gave_up;

int download_debug(struct builder *b, const struct stk_files *files, const char *what,
		   const unsigned char *build_id, size_t size, char **ret_path)
{
	struct download d = { .files = files, .what = what };
	debuginfod_client *client;
	int fd;

	if (gave_up || !is_wanted(files) || !(client = debuginfod_begin()))
		return -1;
	if (!getenv(DEBUGINFOD_MAXTIME_ENV_VAR))
		d.deadline = now() + LIMIT_DOWNLOAD_SECONDS;
	debuginfod_set_user_data(client, &d);
	debuginfod_set_progressfn(client, on_progress);
	fd = debuginfod_find_debuginfo(client, build_id, (int)size, ret_path);
	debuginfod_end(client);
	if (fd >= 0 || fd == -ENOENT)
		return fd < 0 ? -1 : fd;
	gave_up = true;
	tell(b, &d, -fd);
	return -1;
}
