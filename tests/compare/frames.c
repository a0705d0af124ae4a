/* SPDX-License-Identifier: Apache-2.0 */
/* frames - prints every OS thread of a core in a plain form that is easy to compare:
 *
 *	thread TID
 *	FUNCTION<tab>FILE:LINE
 *
 * newest frame first, inlined calls as frames; what is unknown is "?". A client of libstk. */
#include <stdio.h>
#include <string.h>

#include <stk.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void print_frame(const struct stk_dump *dump, uint32_t id)
{
	const struct stk_frame *frame = &dump->frames[id];
	const struct stk_loc *loc = &dump->locs[frame->loc];
	if (frame->flags & STK_FRAME_SIGNAL) {
		printf("<signal handler called>\t?\n");
		return;
	}
	printf("%s\t", loc->func ? loc->func : "?");
	if (loc->file)
		printf("%s:%u\n", base_name(loc->file), loc->line);
	else
		printf("?\n");
}

static int print_dump(const char *core, const struct stk_files *files)
{
	struct stk_want want = { .size = sizeof(want), .what = STK_WANT_THREADS };
	struct stk_dump *dump;
	struct stk_error *err = stk_core(core, files, &want, &dump);
	if (err) {
		fprintf(stderr, "frames: %s\n", err->message);
		int code = (int)err->code;
		stk_error_free(err);
		return code;
	}
	for (uint32_t i = 0; i < dump->ntasks; i++) {
		if (dump->tasks[i].kind != STK_THREAD)
			continue;
		const struct stk_stack *stack = &dump->stacks[dump->tasks[i].stack];
		printf("thread %llu\n", (unsigned long long)dump->tasks[i].id);
		for (uint32_t k = 0; k < stack->count; k++)
			print_frame(dump, stack->frames[k]);
	}
	stk_free(dump);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: frames EXE CORE [DEBUG-DIR]\n");
		return 64;
	}
	const char *exe = argv[1];
	struct stk_files files = { .size = sizeof(files), .exes = &exe, .nexes = 1 };
	if (argc > 3) {
		files.debug_dirs = (const char *const *)&argv[3];
		files.ndebug_dirs = 1;
	}
	return print_dump(argv[2], &files);
}
