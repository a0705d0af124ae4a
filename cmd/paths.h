/* SPDX-License-Identifier: Apache-2.0 */
/* paths - what was named, as files: directories with all below them, "-" a list on standard input. */
#ifndef PATHS_H
#define PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct paths {
	struct path {
		char *name;
		bool named; /* itself, and not found in a directory */
	} * items;          /* by name */
	size_t count, cap;
};

/* Returns 0, or the exit status after saying what is wrong. */
int paths_add(struct paths *paths, const char *name);
/* Sorts, and drops what is there twice. */
void paths_sort(struct paths *paths);
void paths_free(struct paths *paths);

#endif
