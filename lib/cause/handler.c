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

/* A signal on the stack, by its trampoline's frame. */
struct record {
	uint64_t pc, sp;
	uint32_t index; /* of the frame; behind it is what was interrupted */
	bool returned;  /* there is no such frame any more: the handler has returned */
};

/* The newest signal that interrupted native code, whoever handles it. What interrupted a language
 * runtime's own code that runtime tells itself (Go raises signals on purpose while it dies). */
static bool find_trampoline(const struct cause *k, struct record *ret)
{
	uint32_t i;

	for (i = 0; i + 1 < k->stack->count; i++) {
		const struct raw_frame *frame = cause_frame(k, i);

		if (!(frame->flags & STK_FRAME_SIGNAL) || !lang_is_native(cause_frame(k, i + 1)))
			continue;
		*ret = (struct record){ frame->pc, frame->sp, i, false };
		return true;
	}
	return false;
}

/* A signal that is raised while it is blocked, as it is in its own handler, waits until the handler
 * has returned: the thread dies where the first one came, and of that only what the kernel has left
 * below the stack pointer tells. */
static bool find_returned(const struct cause *k, struct record *ret)
{
	*ret = (struct record){ .returned = true };
	return is_raised_by_itself(k) && k->stack->count && lang_is_native(cause_frame(k, 0)) &&
	       image_returned_signal(k->image, &k->thread->regs, &ret->pc, &ret->sp);
}

/* The thread as the signal found it; *ret_raw is to be freed. */
static bool thread_before(const struct cause *k, const struct record *record,
			  struct image_thread *ret, void **ret_raw)
{
	struct image_regs regs;

	if (!image_interrupted(k->image, record->pc, record->sp, &regs))
		return false;
	*ret_raw = image_thread_with(k->image, k->thread, &regs, ret);
	return *ret_raw != NULL;
}

/* Would the instruction at the pc do what the processor reported? */
static bool fault_agrees(const struct cause *k)
{
	struct instruction insn;
	size_t i;

	if (k->out->signal == SIGSEGV && k->out->has_address)
		return cause_access_agrees(k);
	if (!cause_decode(k, &insn))
		return false;
	if (k->out->signal == SIGFPE)
		return insn.is_divide && insn.divisor_known && !insn.divisor;
	if (k->out->signal == SIGILL)
		return !strncmp(insn.text, "ud", 2);
	for (i = 0; i < insn.naccesses; i++)
		if (!cause_is_canonical(k, insn.accesses[i].address))
			return true;
	return false;
}

/* What the signal was. A fault that the instruction explains is believed before a siginfo, which
 * may be one that an earlier signal has left there; where both are of a fault, siginfo knows more. */
static bool find_signal(const struct record *record, struct cause *before, struct stk_cause *ret)
{
	struct stk_cause fault, info = { .signal = 0 };
	bool has_info = image_signal_of(before->image, record->pc, record->sp, &info);

	before->out = &fault;
	if (image_fault_of(before->image, record->pc, record->sp, &fault) && fault_agrees(before)) {
		*ret = has_info && info.code > 0 ? info : fault;
		return true;
	}
	*ret = info;
	return has_info;
}

/* Is the pc behind a system call, with which a thread sends itself a signal? */
static bool is_behind_system_call(const struct cause *k)
{
	uint8_t code[2];

	if (strcmp(k->arch->name, "x86_64") && strcmp(k->arch->name, "i386"))
		return true;
	return !image_get(k->image, k->thread->regs.pc - 2, code, 2) ||
	       (code[0] == 0x0f && (code[1] == 0x05 || code[1] == 0x34)) ||
	       (code[0] == 0xcd && code[1] == 0x80);
}

/* A handler that has returned was on a stack of its own, where nobody knows. But the thread did not
 * raise the signal where it is, by a system call, and the instruction there cannot have succeeded.
 */
static bool infer_fault(const struct cause *k, struct stk_cause *ret)
{
	uint64_t address;

	if (!is_raised_by_itself(k) || k->out->signal != SIGSEGV || !k->stack->count ||
	    !lang_is_native(cause_frame(k, 0)) || is_behind_system_call(k) ||
	    !cause_access_forbidden(k, &address))
		return false;
	*ret = (struct stk_cause){ .signal = SIGSEGV, .code = SI_KERNEL };
	if (cause_is_canonical(k, address)) {
		ret->code = image_range_at(k->image, address) ? SEGV_ACCERR : SEGV_MAPERR;
		ret->has_address = true;
		ret->address = address;
	}
	image_explain_signal(k->image, ret);
	ret->has_address = false; /* nobody reported it */
	return true;
}

static void say_handler(struct cause *k, const struct cause *before, bool returned,
			const char *basis)
{
	const char *func = cause_function(before, 0);
	const char *how = returned                 ? "raised again by"
			  : is_raised_by_itself(k) ? "raised in"
						   : "that was in";

	cause_say(k, basis, "%s a handler of %s%s%s", how, before->out->text,
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

/* The signal that was there before, and the thread as it was then; false: there was none. */
static bool find_before(struct cause *before, struct record *record, struct raw_stack *stack,
			struct image_thread *thread, void **ret_raw, struct stk_cause *ret)
{
	const struct cause *k = before;

	if ((!find_trampoline(k, record) && !find_returned(k, record)) ||
	    !thread_before(k, record, thread, ret_raw))
		return false;
	if (!record->returned) {
		stack->first += record->index + 1;
		stack->count -= record->index + 1;
	}
	before->thread = thread;
	before->stack = stack;
	before->sp = thread->regs.r[k->arch->sp];
	return find_signal(record, before, ret);
}

void cause_of_handler(struct cause *k)
{
	FREE_AT_END void *raw = NULL;
	struct stk_cause signal = { 0 };
	struct image_thread thread;
	struct raw_stack stack = *k->stack;
	struct cause before = *k;
	struct record record;
	const char *basis = "the kernel's record of it on the stack";

	if (!find_before(&before, &record, &stack, &thread, &raw, &signal)) {
		before = *k;
		if (!infer_fault(&before, &signal))
			return;
		record.returned = true;
		basis = "no system call raised it here, and the instruction at the pc must have failed";
	}
	before.runtime_spoke = false;
	before.out = &signal;
	say_handler(k, &before, record.returned, basis);
	explain_before(k, &before);
}
