/* SPDX-License-Identifier: Apache-2.0 */
/* .debug_aranges. The first byte chooses the byte order. What is true of every answer: a table
 * holds no more rows than it has room for. */
#include "fuzz.h"

#include "sym/aranges.h"

static bool count_row(void *arg, uint64_t unit, uint64_t low, uint64_t high)
{
	(void)unit, (void)low, (void)high;
	++*(size_t *)arg;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor section = cursor_over(data + (size > 0), size - (size > 0));
	size_t rows = 0;

	section.big_endian = size && data[0] & 1;
	(void)aranges_read(section, count_row, &rows);
	if (rows > size / 8)
		__builtin_trap();
	return 0;
}
