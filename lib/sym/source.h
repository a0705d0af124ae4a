/* SPDX-License-Identifier: Apache-2.0 */
/* Source files on this machine. */
#ifndef SYM_SOURCE_H
#define SYM_SOURCE_H

#include "../base/base.h"
#include "../image/image.h"
#include "../model/model.h"

struct source_file;

struct sources {
	struct builder *b;
	const struct stk_files *files;
	uint32_t lines; /* how many around a place */
	uid_t user;     /* the target's; (uid_t)-1 unknown */
	struct source_file *cache;
	size_t ncache, cap_cache;
};

/* Zeroed and with its first four fields is ready to use. */
void sources_deinit(struct sources *sources);
/* A source as debug information names it. */
struct source_place {
	const char *file; /* the builder's */
	uint32_t module;  /* for debuginfod, which is asked last */
	const char *
		dirs[2]; /* where the unit was compiled, and where its first file is; NULL unknown */
};

/* Opens it by the first source map that leads to a file, else in the sysroot, else (without one) under
 * its own name, where that is expected of this unit. STK_NO_INPUT: it is in none of these; STK_USAGE:
 * it is here, but nobody has asked for it. */
struct stk_error *sources_open(const struct sources *sources, const struct source_place *place,
			       int *ret) STK_MUST;
/* The lines around a place, as the builder's; NULL when the file is not here (which is noted)
 * or has no such line. image may be NULL. */
const struct stk_source *sources_around(struct sources *sources, struct image *image,
					const struct source_place *place, uint32_t line);

#endif
