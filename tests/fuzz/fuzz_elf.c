/* SPDX-License-Identifier: Apache-2.0 */
/* An executable or library: its sections, symbols and debug information. The last 8 bytes are an
 * address to look up, beside some that many programs have. */
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct stk_files files = { .size = sizeof(files),
						.debuginfod = STK_DEBUGINFOD_OFF };
	static const struct stk_want want = { .size = sizeof(want),
					      .what = STK_WANT_SOURCE | STK_WANT_DISASM };
	uint64_t addresses[] = { 0, 0, 0x1000, 0x1139, 0x401000, 0x401136, UINT64_MAX };
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct fuzz_file file;

	if (size >= 8)
		memcpy(addresses, data + size - 8, 8);
	fuzz_open(&file, data, size);
	err = stk_addresses(file.path, addresses, sizeof(addresses) / sizeof(addresses[0]), &files,
			    &want, &dump);
	fuzz_use(err, dump);
	close(file.fd);
	return 0;
}
