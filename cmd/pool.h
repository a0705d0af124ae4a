/* SPDX-License-Identifier: Apache-2.0 */
/* pool - jobs for worker processes: what one job does to its process (a crash of a parser, all memory, no
 * end) costs that job, and no other. */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>

struct pool {
	unsigned workers; /* 0: a worker a CPU */
	unsigned seconds; /* that a job may take; 0: any */
	size_t megabytes; /* of address space that a worker may have; 0: any */
	/* In a worker: the answer, malloc'ed. */
	char *(*work)(void *arg, size_t job);
	/* In the caller, in the order in which jobs end: the answer, malloc'ed and now its own; or NULL,
	 * and why there is none. */
	void (*done)(void *arg, size_t job, char *answer, const char *why);
	void *arg;
};

/* Jobs 0 to count - 1. */
void pool_run(const struct pool *pool, size_t count);

#endif
