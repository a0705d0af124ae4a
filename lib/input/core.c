/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "binary.h"

struct stk_error *input_core(const char *path, const struct stk_files *files,
			     const struct stk_want *want, struct builder *b)
{
	struct image *image;
	bool stale;
	struct stk_error *err = image_open_core(path, files, b, &image);

	if (err)
		return err;
	return binary_build(image, files, want, b, &stale);
}
