/* SPDX-License-Identifier: Apache-2.0 */
/* A text with stacks in it, of whatever format. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stk_files files = { .size = sizeof(files),
						.debuginfod = STK_DEBUGINFOD_OFF };
	static const struct stk_want want = { .size = sizeof(want), .what = STK_WANT_TEXT };
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct fuzz_file file;
	const char *path = file.path;

	fuzz_open(&file, data, size);
	err = stk_text(&path, 1, &files, &want, &dump);
	fuzz_use(err, dump);
	close(file.fd);
	return 0;
}
