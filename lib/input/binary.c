/* SPDX-License-Identifier: Apache-2.0 */
#include "binary.h"

struct stk_error *binary_build(struct image *image, const struct stk_files *files,
			       const struct stk_want *want, struct builder *b, bool *ret_stale)
{
	struct capture *capture = NULL;
	struct symbols *symbols;
	/* A live target runs again after this: DWARF may take its time. */
	struct stk_error *err = lang_capture(image, b, want, &capture);

	*ret_stale = image_stale(image);
	if (!err && !*ret_stale) {
		symbols = symbols_open(image, b, files, want);
		lang_build(capture, symbols);
		if (!(want->what & STK_WANT_KEY))
			cause_explain(capture, symbols);
		symbols_close(symbols);
	}
	capture_close(capture);
	image_close(image);
	return err;
}
