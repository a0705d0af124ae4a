#include "image.h"

#include <elfutils/libdwfl.h>

const char *image_elfutils_version(void)
{
	return dwfl_version(NULL);
}
