/* Which Go built this: from the build information, else from the runtime's own variable. */
#ifndef LANG_GOVERSION_H
#define LANG_GOVERSION_H

#include "gomem.h"

/* Looks in the module [start, end) and its Go data [data, edata). Both are malloc'ed, NULL
 * when not found. */
void goversion_find(struct gomem *mem, uint64_t start, uint64_t end, uint64_t data,
		    uint64_t edata, char **ret_version, char **ret_build_info);
/* 19 of "go1.19.8"; 0 when it cannot be told. */
unsigned goversion_minor(const char *version);

#endif
