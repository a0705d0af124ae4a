/* SPDX-License-Identifier: Apache-2.0 */
/* Names of functions, a line each. */
#include <string.h>

#include "fuzz.h"

#include "analyze/funcname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;
		char *name = strndup((const char *)data, length);

		free(funcname_normal(name));
		free(name);
		length += end != NULL;
		data += length;
		size -= length;
	}
	return 0;
}
