/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

struct stk_error *input_file(const char *exe, const uint64_t *addresses, size_t count,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b)
{
	struct image *image;
	struct stk_error *err = image_open_file(exe, files, b, &image);
	struct symbols *symbols;
	struct lookup *lookup;
	size_t i;

	if (err)
		return err;
	symbols = symbols_open(image, b, files, want);
	lookup = lookup_open(image, b, symbols);
	for (i = 0; i < count; i++) {
		struct stk_stack stack = { .end = STK_END_TEXT };
		struct stk_task *task;
		uint32_t id;

		stack.count = (uint32_t)lookup_frames(lookup, addresses[i], STK_FRAME_ACTIVATION,
						      STK_HOW_REGS, &stack.frames);
		id = builder_stack(b, &stack);
		task = builder_task(b);
		task->kind = STK_TRACE;
		task->id = i;
		task->stack = id;
	}
	lookup_close(lookup);
	symbols_close(symbols);
	image_close(image);
	return NULL;
}
