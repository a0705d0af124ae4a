/* What needs but a sentence: SIGFPE, SIGILL, SIGTRAP, SIGSYS, signals that were sent, and functions whose
 * presence on the stack says it all. */
#include "cause.h"

#include <signal.h>
#include <string.h>

void cause_of_arithmetic(struct cause *k)
{
	struct instruction insn;

	if (k->out->signal != SIGFPE || !cause_decode(k, &insn))
		return;
	if (insn.is_divide && insn.divisor_known && insn.divisor == 0)
		builder_statement(k->b, "an integer was divided by zero",
				  builder_fmt(k->b, "`%s`, whose divisor is 0", insn.text));
	else if (insn.is_divide && insn.divisor_known)
		builder_statement(k->b, "the quotient of a division does not fit (the smallest integer by -1)",
				  builder_fmt(k->b, "`%s`, whose divisor is 0x%llx", insn.text,
					      (unsigned long long)insn.divisor));
	else
		builder_statement(k->b, builder_fmt(k->b, "the instruction was `%s`", insn.text),
				  "disassembly at the pc");
}

void cause_of_system_call(struct cause *k)
{
	FREE_AT_END char *name = NULL;
	uint32_t number;

	if (k->out->signal != SIGSYS || !image_forbidden_syscall(k->image, &number))
		return;
	name = image_syscall_name(k->image, number);
	builder_statement(k->b, name ? builder_fmt(k->b, "a seccomp filter forbade the system call %s (%u)", name,
						   number) :
			  builder_fmt(k->b, "a seccomp filter forbade system call %u", number),
			  "si_syscall of SIGSYS");
}

void cause_of_instruction(struct cause *k)
{
	struct instruction insn;

	if ((k->out->signal != SIGILL && k->out->signal != SIGTRAP) || k->out->sender_pid)
		return;
	if (k->out->signal == SIGILL && cause_decode(k, &insn) && !strncmp(insn.text, "ud2", 3))
		builder_statement(k->b, "the compiler's mark of a place that must not be reached "
				  "(__builtin_trap, undefined behaviour)", "`ud2` at the pc");
	else if (k->out->signal == SIGILL && cause_decode(k, &insn))
		builder_statement(k->b, builder_fmt(k->b, "the processor refused `%s`", insn.text),
				  "disassembly at the pc");
	else if (k->out->signal == SIGTRAP && cause_decode(k, &insn))
		builder_statement(k->b, builder_fmt(k->b, "a trap; the next instruction is `%s`", insn.text),
				  "disassembly at the pc");
}

static const struct { const char *func, *meaning; } known_frames[] = {
	{ "__cxa_pure_virtual", "a pure virtual function was called: on an object that is being built or "
	  "destroyed, or is gone" },
	{ "__cxa_deleted_virtual", "a deleted virtual function was called" },
	{ "__cxa_throw_bad_array_new_length", "new[] was asked for a senseless number of elements" },
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
			builder_statement(k->b, known_frames[i].meaning,
					  builder_fmt(k->b, "%s is on the stack", known_frames[i].func));
}

/* That the program raised it itself stands in the first line already. */
void cause_of_sender(struct cause *k)
{
	if (k->out->sender_pid && k->out->sender_pid != builder_target(k->b)->pid)
		builder_statement(k->b, builder_fmt(k->b, "process %u (user %u) sent the signal",
						    k->out->sender_pid, k->out->sender_uid),
				  "si_pid and si_uid");
}
