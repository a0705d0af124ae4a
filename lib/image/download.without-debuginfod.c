#include "download.h"

int download_debug(struct builder *b, const struct stk_files *files, const char *what,
		   const unsigned char *build_id, size_t size, char **ret_path)
{
	(void)b, (void)files, (void)what, (void)build_id, (void)size, (void)ret_path;
	return -1;
}
