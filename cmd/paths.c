/* SPDX-License-Identifier: Apache-2.0 */
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "say.h"

#define MOST_DEPTH 64

static void add(struct paths *paths, char *name, bool named)
{
	if (paths->count == paths->cap) {
		paths->cap = paths->cap * 2 + 64;
		paths->items = reallocarray(paths->items, paths->cap, sizeof(*paths->items));
	}
	if (!paths->items || !name)
		say_out_of_memory();
	paths->items[paths->count++] = (struct path){ name, named };
}

/* Links are not followed: a file is there once. */
static void add_directory(struct paths *paths, const char *name, int depth)
{
	DIR *dir = opendir(name);
	struct dirent *entry;
	struct stat st;
	char *below;

	if (!dir) {
		say("cannot look into '%s': %s", name, strerror(errno));
		return;
	}
	while ((entry = readdir(dir))) {
		const char *slash = name[strlen(name) - 1] == '/' ? "" : "/";

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (asprintf(&below, "%s%s%s", name, slash, entry->d_name) < 0)
			say_out_of_memory();
		if (lstat(below, &st) == 0 && S_ISREG(st.st_mode)) {
			add(paths, below, false);
			continue;
		}
		if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode) && depth < MOST_DEPTH)
			add_directory(paths, below, depth + 1);
		free(below);
	}
	closedir(dir);
}

static int add_list(struct paths *paths)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t size;

	while ((size = getline(&line, &cap, stdin)) > 0) {
		if (line[size - 1] == '\n')
			line[--size] = '\0';
		if (size)
			add(paths, strdup(line), true);
	}
	free(line);
	return 0;
}

int paths_add(struct paths *paths, const char *name)
{
	struct stat st;

	if (!strcmp(name, "-"))
		return add_list(paths);
	if (stat(name, &st) < 0) {
		say("cannot open '%s': %s", name, strerror(errno));
		return errno == EACCES || errno == EPERM ? STK_NO_PERMISSION : STK_NO_INPUT;
	}
	if (S_ISDIR(st.st_mode))
		add_directory(paths, name, 0);
	else
		add(paths, strdup(name), true);
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct path *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (int)b->named - (int)a->named;
}

void paths_sort(struct paths *paths)
{
	size_t kept = 0, i;

	if (paths->count)
		qsort(paths->items, paths->count, sizeof(*paths->items), by_name);
	for (i = 0; i < paths->count; i++) {
		if (kept && !strcmp(paths->items[kept - 1].name, paths->items[i].name))
			free(paths->items[i].name);
		else
			paths->items[kept++] = paths->items[i];
	}
	paths->count = kept;
}

void paths_free(struct paths *paths)
{
	while (paths->count)
		free(paths->items[--paths->count].name);
	free(paths->items);
}
