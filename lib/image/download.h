/* Debug files from the servers of DEBUGINFOD_URLS. Only image/. */
#ifndef IMAGE_DOWNLOAD_H
#define IMAGE_DOWNLOAD_H

#include "../base/base.h"
#include "../model/model.h"

/* Asks only where DEBUGINFOD_URLS is set and files->debuginfod allows it. Takes at most
 * LIMIT_DOWNLOAD_SECONDS, or what DEBUGINFOD_MAXTIME says; after the first server that does not
 * answer nothing more is asked of any. `what` is for progress and notes. A descriptor and the
 * path of it in the cache (malloc'ed); -1: none. */
int download_debug(struct builder *b, const struct stk_files *files, const char *what,
		   const unsigned char *build_id, size_t size, char **ret_path);
/* The same of a source file, by its absolute name in the debug information and the build id of the
 * module (in hex): its path in the cache, malloc'ed; NULL: none. */
char *download_source(struct builder *b, const struct stk_files *files, const char *build_id,
		      const char *name);

#endif
