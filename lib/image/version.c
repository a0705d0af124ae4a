/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <elfutils/libdwfl.h>

const char *image_elfutils_version(void)
{
	return dwfl_version(NULL);
}
