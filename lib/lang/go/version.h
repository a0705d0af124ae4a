/* SPDX-License-Identifier: Apache-2.0 */
/* Which Go built this, from the build information, else from the runtime's own variable; and where
 * the runtime keeps what else it says of itself. */
#ifndef LANG_GO_VERSION_H
#define LANG_GO_VERSION_H

#include "mem.h"

struct goversion {
	char *version;    /* "go1.19.8", malloc'ed; NULL: not found */
	char *build_info; /* as `go version -m` knows it, lines of key TAB value; the same */
	uint64_t reasons; /* runtime.waitReasonStrings; 0 */
	uint64_t labels; /* runtime.debug.tracebacklabels, an int32; 0: not found, or before 1.26 */
};

/* Looks in the module [start, end) and its Go data [data, edata). */
void goversion_find(struct gomem *mem, uint64_t start, uint64_t end, uint64_t data, uint64_t edata,
		    struct goversion *ret);
/* The version that the linker has left in the module [start, end); malloc'ed, NULL: none. */
char *goversion_of_build(struct gomem *mem, uint64_t start, uint64_t end);
/* 19 of "go1.19.8"; 0 when it cannot be told. */
unsigned goversion_minor(const char *version);

#endif
