/* SPDX-License-Identifier: Apache-2.0 */
/* A core, compressed or not, of which everything is wanted. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stk_files files = { .size = sizeof(files),
						.debuginfod = STK_DEBUGINFOD_OFF };
	static const struct stk_want want = { .size = sizeof(want),
					      .what = STK_WANT_DETAIL | STK_WANT_REGS |
						      STK_WANT_ARGS | STK_WANT_LOCALS |
						      STK_WANT_SOURCE | STK_WANT_DISASM |
						      STK_WANT_CAUSE | STK_WANT_WAITS };
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct fuzz_file file;

	fuzz_open(&file, data, size);
	err = stk_core(file.path, &files, &want, &dump);
	fuzz_use(err, dump);
	close(file.fd);
	return 0;
}
