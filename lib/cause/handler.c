/* SPDX-License-Identifier: Apache-2.0 */
/* Many programs catch the signal that kills them, write a report, and then raise it again or abort:
 * what happened is on the stack below their handler. */
#include "finding.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool is_raised_by_itself(const struct cause *k)
{
	if (!k->out->sender_pid) /* not every core has siginfo */
		return k->out->signal == SIGABRT;
	return k->out->sender_pid == builder_target(k->b)->pid;
}

/* The newest signal that interrupted native code, whoever handles it. What interrupted a language
 * runtime's own code that runtime tells itself (Go raises signals on purpose while it dies). */
static const struct raw_frame *find_trampoline(const struct cause *k, uint32_t *ret_index)
{
	uint32_t i;

	for (i = 0; i + 1 < k->stack->count; i++) {
		const struct raw_frame *frame = cause_frame(k, i);

		if (!(frame->flags & STK_FRAME_SIGNAL) || !lang_is_native(cause_frame(k, i + 1)))
			continue;
		*ret_index = i;
		return frame;
	}
	return NULL;
}

/* The thread as the signal found it; *ret_raw is to be freed. */
static bool thread_before(const struct cause *k, const struct raw_frame *trampoline,
			  struct image_thread *ret, void **ret_raw)
{
	struct image_regs regs;

	if (!image_interrupted(k->image, trampoline->pc, trampoline->sp, &regs))
		return false;
	*ret_raw = image_thread_with(k->image, k->thread, &regs, ret);
	return *ret_raw != NULL;
}

static void say_handler(struct cause *k, const struct cause *before)
{
	const char *func = cause_function(before, 0);

	cause_say(k, "the kernel's record of it on the stack", "%s in a handler of %s%s%s",
		  is_raised_by_itself(k) ? "raised" : "that was", before->out->text,
		  func ? ", which came in " : "", func ? func : "");
}

/* What C said before it raised the signal, beside what a runtime that handled it has said. */
static void say_last_words(struct cause *k, struct cause *before)
{
	cause_of_abort(before);
	cause_of_exception(before);
	cause_of_known_frame(before);
	if (before->out->message && !k->out->message)
		k->out->message = before->out->message;
	else if (before->out->message)
		cause_say(k, "what it left in memory before it raised the signal",
			  "the code that raised it said: %s", before->out->message);
}

static void explain_before(struct cause *k, struct cause *before)
{
	/* A handler that died of a second fault: the first one is the cause of both. */
	cause_of_overflow(before);
	if (is_raised_by_itself(k)) {
		k->out->handled = before->out->text;
		cause_of_access(before);
		cause_of_arithmetic(before);
		cause_of_instruction(before);
	}
	if (k->runtime_spoke || (k->out->signal != SIGABRT && before->out->signal == SIGABRT))
		say_last_words(k, before);
}

void cause_of_handler(struct cause *k)
{
	FREE_AT_END void *raw = NULL;
	struct stk_cause signal = { 0 };
	struct image_thread thread;
	struct raw_stack stack = *k->stack;
	struct cause before = *k;
	const struct raw_frame *trampoline;
	bool certain;
	uint32_t i;

	trampoline = find_trampoline(k, &i);
	if (!trampoline || !image_signal_of(k->image, trampoline->pc, trampoline->sp, &signal, &certain) ||
	    !thread_before(k, trampoline, &thread, &raw))
		return;
	stack.first += i + 1;
	stack.count -= i + 1;
	before.thread = &thread;
	before.stack = &stack;
	before.sp = thread.regs.r[k->arch->sp];
	before.out = &signal;
	before.runtime_spoke = false;
	if (!certain && !cause_access_agrees(&before))
		return;
	say_handler(k, &before);
	explain_before(k, &before);
}
