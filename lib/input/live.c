/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "binary.h"

/* Files that are mapped between looking and stopping make the modules wrong: rare once, hardly
 * ever twice, and then the target is stopped before the look. */
#define ATTEMPTS 3

struct stk_error *input_live(uint64_t pid, const struct stk_pause *pause,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b)
{
	bool stale = true;
	struct stk_error *err = NULL;
	uint64_t started = 0;
	unsigned attempt;

	for (attempt = 1; stale && !err && attempt <= ATTEMPTS; attempt++) {
		struct image *image;

		builder_reset(b);
		err = image_open_live(pid, pause, files, want->what, attempt == ATTEMPTS, &started,
				      b, &image);
		if (!err)
			err = binary_build(image, files, want, b, &stale);
	}
	return err;
}
