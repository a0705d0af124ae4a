/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a text trace, with everything kept and written out in one format of each kind. */
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "input/text/text.h"
#include "output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = { "delve", "go", "json" };
	struct slice bytes = { (const char *)data, size };
	struct builder *b = builder_open();
	struct stk_style style = { 0 };
	struct stk_dump *dump;
	struct out out;
	size_t i;

	(void)trace_bytes(b, "fuzz", bytes, STK_WANT_DETAIL | STK_WANT_TEXT | STK_WANT_SOURCE);
	dump = builder_finish(b);
	for (i = 0; i < ARRAY_SIZE(formats) && dump->ntasks < 1000; i++) {
		out_init(&out, -1);
		output_find(formats[i])->write(dump, &style, &out);
		out_deinit(&out);
	}
	stk_free(dump);
	return 0;
}
