/* SPDX-License-Identifier: Apache-2.0 */
/* What needs but a sentence: SIGFPE, SIGILL, SIGTRAP, SIGSYS, signals that were sent, and functions
 * whose presence on the stack says it all. */
#include "finding.h"

#include <signal.h>
#include <string.h>

void cause_of_arithmetic(struct cause *k)
{
	struct instruction insn;

	if (k->out->signal != SIGFPE || !cause_decode(k, &insn))
		return;
	if (insn.is_divide && insn.divisor_known && insn.divisor == 0)
		cause_say(k, builder_fmt(k->b, "`%s`, whose divisor is 0", insn.text),
			  "an integer was divided by zero");
	else if (insn.is_divide && insn.divisor_known)
		cause_say(k,
			  builder_fmt(k->b, "`%s`, whose divisor is 0x%llx", insn.text,
				      (unsigned long long)insn.divisor),
			  "the quotient of a division does not fit (the smallest integer by -1)");
	else
		cause_say(k, "disassembly at the pc", "the instruction was `%s`", insn.text);
}

void cause_of_system_call(struct cause *k)
{
	FREE_AT_END char *name = NULL;
	uint32_t number;

	if (k->out->signal != SIGSYS || !image_forbidden_syscall(k->image, &number))
		return;
	name = image_syscall_name(k->image, number);
	cause_say(k, "si_syscall of SIGSYS", "%s",
		  name ? builder_fmt(k->b, "a seccomp filter forbade the system call %s (%u)", name,
				     number)
		       : builder_fmt(k->b, "a seccomp filter forbade system call %u", number));
}

void cause_of_instruction(struct cause *k)
{
	struct instruction insn;

	if ((k->out->signal != SIGILL && k->out->signal != SIGTRAP) || k->out->sender_pid)
		return;
	if (k->out->signal == SIGILL && cause_decode(k, &insn) && !strncmp(insn.text, "ud2", 3))
		cause_say(k, "`ud2` at the pc",
			  "the compiler's mark of a place that must not be reached "
			  "(__builtin_trap, undefined behaviour)");
	else if (k->out->signal == SIGILL && cause_decode(k, &insn))
		cause_say(k, "disassembly at the pc", "the processor refused `%s`", insn.text);
	else if (k->out->signal == SIGTRAP && cause_frame(k, 0) &&
		 !(cause_frame(k, 0)->flags & STK_FRAME_ACTIVATION))
		cause_say(k, "`int3` before the pc",
			  "a breakpoint instruction, without a debugger to take it");
	else if (k->out->signal == SIGTRAP && cause_decode(k, &insn))
		cause_say(k, "disassembly at the pc", "a trap; the next instruction is `%s`",
			  insn.text);
}

static const struct {
	const char *func, *meaning;
} known_frames[] = {
	{ "__cxa_pure_virtual", "a pure virtual function was called: on an object that is being "
				"built or "
				"destroyed, or is gone" },
	{ "__cxa_deleted_virtual", "a deleted virtual function was called" },
	{ "__cxa_throw_bad_array_new_length", "new[] was asked for a senseless number of "
					      "elements" },
	{ "__stack_chk_fail", "a function wrote past a buffer on its stack" },
	{ "__chk_fail", "a checked function (FORTIFY) would have written past a buffer" },
};

void cause_of_known_frame(struct cause *k)
{
	size_t i;

	/* The C library's own text says the same, and more. */
	if (k->out->message)
		return;
	for (i = 0; i < ARRAY_SIZE(known_frames); i++)
		if (cause_find_function(k, known_frames[i].func, 32) >= 0)
			cause_say(k, builder_fmt(k->b, "%s is on the stack", known_frames[i].func),
				  "%s", known_frames[i].meaning);
}

/* That the program raised it itself stands in the first line already. */
void cause_of_sender(struct cause *k)
{
	if (k->out->sender_pid && k->out->sender_pid != builder_target(k->b)->pid)
		cause_say(k, "si_pid and si_uid", "process %u (user %u) sent the signal",
			  k->out->sender_pid, k->out->sender_uid);
}
