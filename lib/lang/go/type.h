/* SPDX-License-Identifier: Apache-2.0 */
/* Go's type descriptors: the name and the kind of a type, and how the runtime words a value. */
#ifndef LANG_GO_TYPE_H
#define LANG_GO_TYPE_H

#include "module.h"

/* src/internal/abi/type.go */
/* clang-format off */
enum gotype_kind {
	GOTYPE_BOOL = 1, GOTYPE_INT, GOTYPE_INT8, GOTYPE_INT16, GOTYPE_INT32, GOTYPE_INT64,
	GOTYPE_UINT, GOTYPE_UINT8, GOTYPE_UINT16, GOTYPE_UINT32, GOTYPE_UINT64, GOTYPE_UINTPTR,
	GOTYPE_FLOAT32, GOTYPE_FLOAT64, GOTYPE_COMPLEX64, GOTYPE_COMPLEX128,
	GOTYPE_STRING = 24,
};
/* clang-format on */

struct gotype {
	uint64_t size;
	uint8_t kind;
	char *name; /* "main.point", malloc'ed; NULL when there is none */
};

/* false when address is no type of these modules. */
bool gotype_read(const struct gomodules *modules, struct gomem *mem, uint64_t address,
		 struct gotype *ret);
void gotype_deinit(struct gotype *type);
/* The value of an empty interface {type, data}, as panic() prints it; malloc'ed, never NULL. */
char *gotype_value(const struct gomodules *modules, struct gomem *mem, uint64_t type,
		   uint64_t data);
/* Later lines of a message set in, as the runtime does since 1.23 (printindented() of
 * src/runtime/error.go): takes and returns malloc'ed text. */
char *gotype_indented(char *text);

#endif
