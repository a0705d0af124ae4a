/* SPDX-License-Identifier: Apache-2.0 */
/* Which frame of a stack is the user's: what Delve calls UserCurrent, for every language, but beyond
 * the language's library too: where a goroutine waits its state tells, and
 * "internal/poll.runtime_pollWait" is not who. A goroutine that is all the library's is named by the
 * function with which it began. */
#include "text.h"

static bool is_users(const struct stk_dump *dump, const struct stk_frame *frame)
{
	const struct stk_loc *loc = &dump->locs[frame->loc];

	if (frame->flags &
	    (STK_FRAME_SIGNAL | STK_FRAME_RUNTIME | STK_FRAME_PLUMBING | STK_FRAME_INTERPRETER))
		return false;
	return loc->func || text_module(dump, loc);
}

uint32_t text_user_frame(const struct stk_dump *dump, const struct stk_stack *stack)
{
	uint32_t found = STK_NONE, i;

	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = &dump->frames[stack->frames[i]];

		if (!is_users(dump, frame))
			continue;
		if (!(frame->flags & STK_FRAME_LIBRARY))
			return stack->frames[i];
		found = stack->frames[i];
	}
	return found != STK_NONE || !stack->count ? found : stack->frames[0];
}
