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
	uint32_t lines;      /* how many around a place */
	struct source_file *cache; size_t ncache, cap_cache;
};

/* Zeroed and with its first three fields is ready to use. */
void sources_deinit(struct sources *sources);
/* The path under which a file is here: the first source map whose FROM is a prefix of it (at a
 * slash), the sysroot, the path itself. malloc'ed; NULL when it is in none of these. */
char *sources_path(const struct sources *sources, const char *file);
/* The lines around a place, as the builder's; NULL when the file is not here (which is noted)
 * or has no such line. The module is for debuginfod, which is asked last; image may be NULL. */
const struct stk_source *sources_around(struct sources *sources, struct image *image,
					uint32_t module, const char *file, uint32_t line);

#endif
