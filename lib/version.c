/* SPDX-License-Identifier: Apache-2.0 */
/* What stk -V says. */
#include "include/stk.h"

#include <stdio.h>

#include "image/image.h"

STK_API const char *stk_version(void)
{
	static char text[512];
	int size;
	char *at;

	/* STK_LIBRARIES comes from the Makefile: "zlib 1.2.13;...;without capstone;" */
	size = snprintf(text, sizeof(text), "stk %s\nelfutils %s\n%s", STK_VERSION,
			image_elfutils_version(), STK_LIBRARIES);
	for (at = text; *at; at++) {
		if (*at == ';')
			*at = '\n';
	}
	if (size > 0 && (size_t)size < sizeof(text))
		text[size - 1] = '\0';
	return text;
}
