/* SPDX-License-Identifier: Apache-2.0 */
/* Files: opening, mapping, reading whole. */
#ifndef BASE_FDIO_H
#define BASE_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* Read-only view of a file. Zeroed: nothing mapped. */
struct mapping {
	const unsigned char *bytes;
	size_t size;
};

/* For __attribute__((cleanup)) on an int that is a file descriptor or -1. */
void close_guarded(int *fd);
#define CLOSE_AT_END __attribute__((cleanup(close_guarded)))

/* Opens a regular file to read; a directory or a special file is an error. */
struct stk_error *file_open(const char *path, int *ret) STK_MUST;
/* Maps a whole regular file; an empty one gives bytes "" and size 0. The mapping outlives fd. */
struct stk_error *mapping_open(int fd, struct mapping *ret) STK_MUST;
void mapping_close(struct mapping *map);
/* Reads to the end of fd, at most `limit` bytes; *ret is malloc'ed and NUL-terminated. */
struct stk_error *read_all(int fd, size_t limit, char **ret, size_t *ret_size) STK_MUST;
/* The same of a path (files of /proc have no size). */
struct stk_error *read_file(const char *path, size_t limit, char **ret, size_t *ret_size) STK_MUST;

#endif
