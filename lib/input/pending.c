/* Inputs that are being written: these give way to theirs as soon as they are linked. */
#include "input.h"

__attribute__((weak)) struct stk_error *input_live(uint64_t pid, const struct stk_pause *pause,
						    const struct stk_files *files,
						    const struct stk_want *want, struct builder *b)
{
	(void)pause, (void)files, (void)want, (void)b;
	return error_create(STK_FAILED, "process %llu: processes cannot be read yet",
			    (unsigned long long)pid);
}
