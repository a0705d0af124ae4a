/* SPDX-License-Identifier: Apache-2.0 */
/* main() of a fuzz target without a fuzzer: every file below the arguments, as a test. */
#include <fts.h>

#include "fuzz.h"

enum { LARGEST = 1 << 20 };

static size_t replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	size_t size;

	if (!f)
		return 0;
	bytes = malloc(LARGEST);
	size = bytes ? fread(bytes, 1, LARGEST, f) : 0;
	fclose(f);
	/* In a block of just that size, where a sanitizer sees the first byte behind it. */
	bytes = realloc(bytes, size ? size : 1);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return 1;
}

int main(int argc, char **argv)
{
	FTS *tree = fts_open(argv + 1, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	size_t files = 0;

	while (argc > 1 && tree && (entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_F)
			files += replay(entry->fts_path);
	}
	if (tree)
		fts_close(tree);
	printf("%sok - %zu inputs\n", files ? "" : "not ", files);
	return !files;
}
