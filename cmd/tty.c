/* SPDX-License-Identifier: Apache-2.0 */
#include "tty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Set and not empty: https://no-color.org gives an empty NO_COLOR no meaning. */
static const char *value_of(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

bool tty_colour(enum colour_when when, int fd)
{
	const char *term = value_of("TERM"), *force = value_of("CLICOLOR_FORCE");

	if (when != COLOUR_AUTO)
		return when == COLOUR_ALWAYS;
	if (value_of("NO_COLOR"))
		return false;
	if (force && strcmp(force, "0") != 0)
		return true;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

uint32_t tty_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int progress_show(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct progress *progress = arg;
	int64_t now = now_ns();
	char *safe;

	if (!progress->start_ns)
		progress->start_ns = now;
	if (now - progress->start_ns < 1000000000 || !isatty(STDERR_FILENO))
		return 0;
	safe = stk_escape(what);
	fprintf(stderr, "\r\033[Kstk: %.60s", safe);
	if (total)
		fprintf(stderr, " %u %%", (unsigned)((double)done * 100 / (double)total));
	fflush(stderr);
	free(safe);
	progress->shown = true;
	return 0;
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
