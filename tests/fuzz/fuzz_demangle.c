/* SPDX-License-Identifier: Apache-2.0 */
/* Any name is demangled in bounded time and size, or not at all. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sym/sym.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const prefixes[] = { "", "_Z", "_ZN", "_R" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		char *name = xasprintf("%s%.*s", prefixes[i], (int)size, (const char *)data);
		char *text = demangle(name);

		assert(!text || strlen(text) <= DEMANGLE_LIMIT + 3);
		free(text);
		free(name);
	}
	return 0;
}
