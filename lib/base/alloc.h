/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is there or ends the process: the one place that does (alloc.c). */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* Says so, and ends the process with status 2: for libraries that want to be told what to do. The
 * attribute, as for clang _Noreturn is no part of a type, and libdw's asks for it. */
__attribute__((noreturn)) void out_of_memory(void);
/* Never NULL. A size that came from a file has met limits.h before. */
void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((alloc_size(2), returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...)
	__attribute__((malloc, format(printf, 1, 2), returns_nonnull));

/* Makes room for `want` elements in an array that has room for *cap: doubles.
 * Returns the array (maybe moved); free() it. */
void *grow(void *array, size_t *cap, size_t want, size_t element);

/* For __attribute__((cleanup)): frees the pointer that it guards. */
void free_guarded(void *pointer_to_pointer);
#define FREE_AT_END __attribute__((cleanup(free_guarded)))

#endif
