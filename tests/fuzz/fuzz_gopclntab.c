/* SPDX-License-Identifier: Apache-2.0 */
/* Go's function table. The bytes stand behind a header with a good magic, so that a fuzzer need
 * not find it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lang/go/pclntab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct gopclntab *table, const struct gopclntab_func *func)
{
	uint32_t line;
	int32_t value;

	(void)gopclntab_name(table, func->name);
	(void)gopclntab_value(table, func, func->pcsp, func->entry, &value);
	(void)gopclntab_line(table, func, func->end - 1, &line);
	(void)gopclntab_pcdata(table, func, GOPCDATA_INLINE, func->entry + 1);
	(void)gopclntab_funcdata(table, func, GOFUNCDATA_INLINE, 0x500000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t magics[] = { 0xfffffffa, 0xfffffff0, 0xfffffff1 };
	struct gopclntab_func func;
	struct gopclntab table;
	unsigned char *bytes;
	size_t n;

	if (!size)
		return 0;
	bytes = malloc(size + 7);
	memcpy(bytes, &magics[data[0] % 3], 4);
	memcpy(bytes + 4, "\0\0\1\10", 4);
	memcpy(bytes + 8, data + 1, size - 1);
	if (gopclntab_init(&table, bytes, size + 7)) {
		for (n = 0; n < table.nfunc && n < 64; n++)
			if (gopclntab_nth(&table, n, &func))
				ask(&table, &func);
		if (gopclntab_find(&table, table.text + 100, &func))
			ask(&table, &func);
	}
	free(bytes);
	return 0;
}
