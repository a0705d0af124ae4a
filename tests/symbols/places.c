/* SPDX-License-Identifier: Apache-2.0 */
/* places - prints what libstk knows of addresses (hexadecimal, on standard input) of a file:
 *
 *	ADDRESS
 *	FUNCTION<tab>LINKAGE<tab>FILE:LINE
 *
 * innermost first; what is unknown is "?". Notes go to standard error, as CODE: TEXT.
 *
 *	places FILE [DEBUG-DIR]
 */
#include <stdio.h>
#include <stdlib.h>

#include <stk.h>

static void print_frame(const struct stk_loc *loc)
{
	printf("%s\t%s\t", loc->func ? loc->func : "?", loc->linkage ? loc->linkage : "?");
	if (loc->file)
		printf("%s:%u\n", loc->file, loc->line);
	else
		printf("?\n");
}

static void print_dump(const struct stk_dump *dump, const uint64_t *addresses)
{
	uint32_t i, k;

	for (i = 0; i < dump->ntasks; i++) {
		const struct stk_stack *stack = &dump->stacks[dump->tasks[i].stack];

		printf("%llx\n", (unsigned long long)addresses[i]);
		for (k = 0; k < stack->count; k++)
			print_frame(&dump->locs[dump->frames[stack->frames[k]].loc]);
	}
	for (i = 0; i < dump->nnotes; i++)
		fprintf(stderr, "%s: %s\n", dump->notes[i].code, dump->notes[i].text);
}

int main(int argc, char **argv)
{
	static uint64_t addresses[100000];
	static char line[64];
	struct stk_files files = { .size = sizeof(files),
				   .debug_dirs = (const char *const *)argv + 2,
				   .ndebug_dirs = argc > 2 ? 1 : 0 };
	struct stk_dump *dump;
	struct stk_error *err;
	size_t count = 0;

	if (argc < 2)
		return 64;
	while (count < 100000 && fgets(line, sizeof(line), stdin))
		addresses[count++] = strtoull(line, NULL, 16);
	err = stk_addresses(argv[1], addresses, count, &files, NULL, &dump);
	if (err) {
		fprintf(stderr, "places: %s\n", err->message);
		stk_error_free(err);
		return 1;
	}
	print_dump(dump, addresses);
	stk_free(dump);
	return 0;
}
