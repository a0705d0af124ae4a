/* SPDX-License-Identifier: Apache-2.0 */
/* Signals in words: sigaction(2). The numbers are those of x86 and arm (and all but alpha,
 * mips, parisc and sparc). */
#include "private.h"

#include <signal.h>
#include <string.h>

struct code {
	int signal, code;
	const char *text;
	bool has_address;
};

static const struct code codes[] = {
	{ SIGSEGV, SEGV_MAPERR, "address not mapped", true },
	{ SIGSEGV, SEGV_ACCERR, "access not permitted", true },
	{ SIGSEGV, SEGV_BNDERR, "bounds check failed", true },
	{ SIGSEGV, SEGV_PKUERR, "protection key forbids access", true },
	{ SIGSEGV, 8, "memory tag mismatch (asynchronous)", false },
	{ SIGSEGV, 9, "memory tag mismatch", true },
	{ SIGSEGV, 10, "control protection fault", false },
	/* x86 reports no address for these. */
	{ SIGSEGV, SI_KERNEL, "general protection fault (a non-canonical address?)", false },
	{ SIGBUS, BUS_ADRALN, "misaligned address", true },
	{ SIGBUS, BUS_ADRERR, "no memory behind the address", true },
	{ SIGBUS, BUS_OBJERR, "hardware error of the object", true },
	{ SIGBUS, BUS_MCEERR_AR, "hardware memory error", true },
	{ SIGBUS, BUS_MCEERR_AO, "hardware memory error (not consumed)", true },
	{ SIGFPE, FPE_INTDIV, "integer divide by zero", true },
	{ SIGFPE, FPE_INTOVF, "integer overflow", true },
	{ SIGFPE, FPE_FLTDIV, "floating point divide by zero", true },
	{ SIGFPE, FPE_FLTOVF, "floating point overflow", true },
	{ SIGFPE, FPE_FLTUND, "floating point underflow", true },
	{ SIGFPE, FPE_FLTRES, "floating point inexact result", true },
	{ SIGFPE, FPE_FLTINV, "invalid floating point operation", true },
	{ SIGFPE, FPE_FLTSUB, "subscript out of range", true },
	{ SIGILL, ILL_ILLOPC, "illegal opcode", true },
	{ SIGILL, ILL_ILLOPN, "illegal operand", true },
	{ SIGILL, ILL_ILLADR, "illegal addressing mode", true },
	{ SIGILL, ILL_ILLTRP, "illegal trap", true },
	{ SIGILL, ILL_PRVOPC, "privileged opcode", true },
	{ SIGILL, ILL_PRVREG, "privileged register", true },
	{ SIGILL, ILL_COPROC, "coprocessor error", true },
	{ SIGILL, ILL_BADSTK, "internal stack error", true },
	{ SIGTRAP, TRAP_BRKPT, "breakpoint", true },
	{ SIGTRAP, TRAP_TRACE, "trace trap", true },
	{ SIGTRAP, 3, "taken branch", true },
	{ SIGTRAP, 4, "hardware breakpoint", true },
	{ SIGSYS, 1, "system call forbidden by seccomp", true },
};

/* Codes that any signal can have: who sent it. */
static const struct code origins[] = {
	{ 0, SI_USER, "sent by kill", false },      { 0, SI_TKILL, "sent by tkill", false },
	{ 0, SI_QUEUE, "sent by sigqueue", false }, { 0, SI_TIMER, "a timer expired", false },
	{ 0, SI_MESGQ, "a message queue", false },  { 0, SI_ASYNCIO, "asynchronous I/O", false },
	{ 0, SI_SIGIO, "queued SIGIO", false },     { 0, SI_KERNEL, "sent by the kernel", false },
};

static const struct code *find(int signal, int code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].signal == signal && codes[i].code == code)
			return &codes[i];
	for (i = 0; i < ARRAY_SIZE(origins); i++)
		if (origins[i].code == code)
			return &origins[i];
	return NULL;
}

const char *signal_name(int signal)
{
	static const char *const names[] = {
		"",         "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",  "SIGTRAP",   "SIGABRT",
		"SIGBUS",   "SIGFPE",  "SIGKILL",   "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE",
		"SIGALRM",  "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",   "SIGTSTP",
		"SIGTTIN",  "SIGTTOU", "SIGURG",    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
		"SIGWINCH", "SIGIO",   "SIGPWR",    "SIGSYS",
	};

	return signal > 0 && (size_t)signal < ARRAY_SIZE(names) ? names[signal] : NULL;
}

const char *signal_code_text(int signal, int code)
{
	const struct code *known = find(signal, code);

	return known ? known->text : NULL;
}

bool signal_has_address(int signal, int code)
{
	const struct code *known = find(signal, code);

	return known && known->has_address;
}

bool signal_is_fatal(int signal)
{
	static const int harmless[] = { SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
					SIGTTIN, SIGTTOU, SIGURG,  SIGWINCH };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(harmless); i++)
		if (signal == harmless[i])
			return false;
	return signal > 0;
}

void signal_explain(struct builder *b, struct stk_cause *cause)
{
	const char *name = signal_name(cause->signal);
	const char *code = signal_code_text(cause->signal, cause->code);

	cause->signal_name = name ? builder_str(b, name)
				  : builder_fmt(b, "signal %d", cause->signal);
	cause->code_text = builder_str(b, code ? code : "");
	cause->text = cause->signal_name;
	if (code && cause->has_address)
		cause->text = builder_fmt(b, "%s: %s (0x%llx)", cause->signal_name, code,
					  (unsigned long long)cause->address);
	else if (code && cause->sender_pid && cause->sender_pid == builder_target(b)->pid)
		cause->text = builder_fmt(b, "%s: raised by the program itself",
					  cause->signal_name);
	else if (code && cause->sender_pid)
		cause->text = builder_fmt(b, "%s: %s (pid %u, uid %u)", cause->signal_name, code,
					  cause->sender_pid, cause->sender_uid);
	else if (code)
		cause->text = builder_fmt(b, "%s: %s", cause->signal_name, code);
}
