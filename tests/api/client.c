/* SPDX-License-Identifier: Apache-2.0 */
/* A client in C99: compiled against an installed copy, it reads a text trace and groups it. */
#include <stdio.h>
#include <stdlib.h>
#include <stk.h>

static int fail(struct stk_error *err)
{
	fprintf(stderr, "%d: %s\n", (int)err->code, err->message);
	stk_error_free(err);
	return 1;
}

static void print_groups(const struct stk_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->ngroups; i++) {
		const struct stk_stack *stack = &dump->stacks[dump->groups[i].stack];
		const struct stk_frame *frame = &dump->frames[stack->frames[0]];
		char *func = stk_escape(dump->locs[frame->loc].func);

		printf("%u in %s\n", (unsigned)dump->groups[i].count, func);
		free(func);
	}
}

int main(int argc, char **argv)
{
	struct stk_files files;
	const char *paths[1];
	struct stk_dump *dump, *grouped;
	struct stk_error *err;

	if (argc != 2)
		return 2;
	paths[0] = argv[1];
	stk_files_init(&files);
	files.debuginfod = STK_DEBUGINFOD_OFF;
	err = stk_text(paths, 1, &files, NULL, &dump);
	if (err)
		return fail(err);
	err = stk_group(dump, STK_GROUP_FUNC, &grouped);
	if (err)
		return fail(err);
	print_groups(grouped);
	stk_free(grouped);
	stk_free(dump);
	return 0;
}
