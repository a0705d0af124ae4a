/* SPDX-License-Identifier: Apache-2.0 */
/* How bad a fault may be, in the classes that CASR and GDB's "exploitable" made usual: by what the
 * program did, not by the signal alone. None of them is a proof, which the reason says. */
#include "triage.h"

#include <string.h>

#define NEAR_NULL 0x10000u

static const char exploitable[] = "EXPLOITABLE", probably[] = "PROBABLY_EXPLOITABLE";
static const char not_exploitable[] = "NOT_EXPLOITABLE", unknown[] = "UNKNOWN";

/* Words of messages and sentences that decide alone, the worst first. */
static const struct {
	const char *words, *severity, *reason;
} rules[] = {
	{ "stack smashing detected", exploitable, "a buffer on the stack was overrun" },
	{ "buffer overflow detected", exploitable, "a buffer was overrun, as the C library found" },
	{ "heap-buffer-overflow", exploitable, "a buffer on the heap was overrun" },
	{ "stack-buffer-overflow", exploitable, "a buffer on the stack was overrun" },
	{ "heap-use-after-free", exploitable, "memory was used after it was freed" },
	{ "use-after-poison", exploitable, "memory was used that was not to be" },
	{ "double-free", exploitable, "memory was freed twice" },
	{ "double free", exploitable, "memory was freed twice" },
	{ "freed twice", exploitable, "memory was freed twice" },
	{ "corrupted", exploitable, "the heap's own records were overwritten" },
	{ "invalid pointer", exploitable, "a pointer was freed that the heap did not give" },
	{ "invalid size", exploitable, "the heap's own records were overwritten" },
	{ "invalid next size", exploitable, "the heap's own records were overwritten" },
	{ "stack-overflow", not_exploitable, "the stack was exhausted" },
	{ "stack overflow", not_exploitable, "the stack was exhausted" },
	{ "division", not_exploitable, "a division that has no result" },
	{ "divide", not_exploitable, "a division that has no result" },
	{ "ssertion", not_exploitable, "the program checked, and ended itself" },
	{ "panic", not_exploitable, "the program ended itself" },
};

static bool holds(const struct stk_dump *dump, const char *words)
{
	const struct stk_cause *cause = &dump->cause;
	uint32_t i;

	if (strstr(cause->text, words) || (cause->message && strstr(cause->message, words)))
		return true;
	for (i = 0; i < cause->nstatements; i++)
		if (strstr(cause->statements[i].text, words))
			return true;
	return dump->nreports && strstr(dump->reports[0].title, words);
}

static bool begins(const struct stk_dump *dump, const char *words)
{
	uint32_t i;

	for (i = 0; i < dump->cause.nstatements; i++)
		if (!strncmp(dump->cause.statements[i].text, words, strlen(words)))
			return true;
	return false;
}

static void set(struct stk_crash *crash, const char *severity, const char *reason)
{
	crash->severity = severity;
	crash->severity_reason = reason;
}

/* A fault at an address. Near zero it is a member of NULL, which is hard to move. */
static void judge_access(const struct stk_dump *dump, struct stk_crash *crash)
{
	bool near_null = dump->cause.has_address && dump->cause.address < NEAR_NULL;

	if (begins(dump, "call") || begins(dump, "jump") || begins(dump, "return"))
		set(crash, near_null ? probably : exploitable, "it went on where no code is");
	else if (near_null)
		set(crash, not_exploitable, "a pointer that is NULL");
	else if (begins(dump, "write of "))
		set(crash, exploitable, "a write to an address that is not its own");
	else if (begins(dump, "read of "))
		set(crash, probably, "a read of an address that is not its own");
	else
		set(crash, unknown, "what the instruction did is not known");
}

void triage_severity(const struct stk_dump *dump, struct stk_crash *crash)
{
	const char *signal = dump->cause.signal_name ? dump->cause.signal_name : "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (holds(dump, rules[i].words)) {
			set(crash, rules[i].severity, rules[i].reason);
			return;
		}
	if (!strcmp(signal, "SIGSEGV") || !strcmp(signal, "SIGBUS"))
		judge_access(dump, crash);
	else if (!strcmp(signal, "SIGILL"))
		set(crash, probably, "it executed what is no instruction");
	else if (!strcmp(signal, "SIGABRT") || !strcmp(signal, "SIGTRAP"))
		set(crash, not_exploitable, "the program ended itself");
	else if (!strcmp(signal, "SIGFPE"))
		set(crash, not_exploitable, "a division that has no result");
	else
		set(crash, unknown, "nothing tells");
}

unsigned triage_rank(const char *severity)
{
	static const char *const order[] = { unknown, not_exploitable, probably, exploitable };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(order) && severity; i++)
		if (!strcmp(order[i], severity))
			return i + 1;
	return 0;
}
