#include "binary.h"

void binary_build(struct image *image, const struct stk_files *files, const struct stk_want *want,
		  struct builder *b)
{
	struct capture *capture = lang_capture(image, b, want);
	struct symbols *symbols;

	/* From here on nothing needs the target: DWARF may take its time. */
	image_resume(image);
	symbols = symbols_open(image, b, files, want);
	lang_build(capture, symbols);
	lang_explain(capture, symbols);
	symbols_close(symbols);
	capture_close(capture);
	image_close(image);
}
