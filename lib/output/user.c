/* SPDX-License-Identifier: Apache-2.0 */
/* Which frame of a stack is the user's: what Delve calls UserCurrent, for every language, but beyond
 * the standard library of Go too: where a goroutine waits its state tells, and
 * "internal/poll.runtime_pollWait" is not who. A goroutine that is all the library's is named by the
 * function with which it began. */
#include "text.h"

#include <string.h>

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool has_any_prefix(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (has_prefix(text, *prefixes))
			return true;
	return false;
}

/* The C library, the loader and the language runtimes: where threads wait, and what everybody
 * calls. By the beginning of the file's name. */
static const char *const system_modules[] = {
	"libc.so", "libc-2", "libc.musl", "ld-linux", "ld-2", "ld-musl", "libpthread", "libm.so",
	"librt", "libdl", "libgcc_s", "libstdc++", "libc++", "linux-vdso", "[vdso]", "[vsyscall]",
	NULL
};

/* The same where they are linked in. */
static const char *const system_functions[] = {
	"std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "__gnu_cxx::", "__libc_",
	"__GI_", "__pthread_", "internal/", "runtime/internal", "iter.", NULL
};

/* Delve's rule: the exported functions of package runtime are called by users. */
static bool is_go_runtime(const char *func)
{
	static const char package[] = "runtime.";
	char first;

	if (!has_prefix(func, package))
		return false;
	first = func[sizeof(package) - 1];
	return first < 'A' || first > 'Z';
}

static bool is_users(const struct stk_dump *dump, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &dump->locs[frame->loc];
	const struct stk_module *module = text_module(dump, loc);

	if (frame->flags & (STK_FRAME_SIGNAL | STK_FRAME_RUNTIME))
		return false;
	if (module && has_any_prefix(path_base(module->path), system_modules))
		return false;
	if (!loc->func)
		return module != NULL;
	return !is_go_runtime(loc->func) && !has_any_prefix(loc->func, system_functions);
}

uint32_t text_user_frame(const struct stk_dump *dump, const struct stk_stack *stack)
{
	uint32_t found = STK_NONE, i;

	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = &dump->frames[stack->frames[i]];

		if (!is_users(dump, frame))
			continue;
		if (!is_go_library(dump->locs[frame->loc].func, dump->locs[frame->loc].file))
			return stack->frames[i];
		found = stack->frames[i];
	}
	return found != STK_NONE || !stack->count ? found : stack->frames[0];
}
