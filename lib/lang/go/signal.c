/* SPDX-License-Identifier: Apache-2.0 */
/* Signals in the runtime's words: the one that became a panic or a fatal error, and the one that
 * the program died of. */
#include "signal.h"

#include <inttypes.h>

static const char *signal_words(uint32_t number)
{
	/* clang-format off */
	static const char *const words[] = {
		"SIGNONE: no trap", "SIGHUP: terminal line hangup", "SIGINT: interrupt",
		"SIGQUIT: quit", "SIGILL: illegal instruction", "SIGTRAP: trace trap",
		"SIGABRT: abort", "SIGBUS: bus error", "SIGFPE: floating-point exception",
		"SIGKILL: kill", "SIGUSR1: user-defined signal 1",
		"SIGSEGV: segmentation violation", "SIGUSR2: user-defined signal 2",
		"SIGPIPE: write to broken pipe", "SIGALRM: alarm clock", "SIGTERM: termination",
		"SIGSTKFLT: stack fault", "SIGCHLD: child status has changed",
		"SIGCONT: continue", "SIGSTOP: stop, unblockable", "SIGTSTP: keyboard stop",
		"SIGTTIN: background read from tty", "SIGTTOU: background write to tty",
		"SIGURG: urgent condition on socket", "SIGXCPU: cpu limit exceeded",
		"SIGXFSZ: file size limit exceeded", "SIGVTALRM: virtual alarm clock",
		"SIGPROF: profiling alarm clock", "SIGWINCH: window size change",
		"SIGIO: i/o now possible", "SIGPWR: power failure restart",
		"SIGSYS: bad system call",
	};
	/* clang-format on */

	return number < ARRAY_SIZE(words) ? words[number] : NULL;
}

void gosignal_line(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out)
{
	const struct golayout *l = &rt->layout;
	uint32_t number = gomem_u32_or_0(mem, g + l->g.sig);

	if (!g || !number)
		return;
	if (signal_words(number))
		out_fmt(out, "[signal %s", signal_words(number));
	else
		out_fmt(out, "[signal 0x%x", number);
	out_fmt(out, " code=0x%" PRIx64 " addr=0x%" PRIx64 " pc=0x%" PRIx64 "]\n",
		gomem_word_or_0(mem, g + l->g.sigcode0), gomem_word_or_0(mem, g + l->g.sigcode1),
		gomem_word_or_0(mem, g + l->g.sigpc));
}

/* The bytes at the pc, at most to the end of its page: of signals that an instruction causes. */
static void print_instruction(struct go *go, uint64_t pc, struct out *out)
{
	size_t size = 4096 - pc % 4096 < 16 ? (size_t)(4096 - pc % 4096) : 16, i;
	unsigned char bytes[16];

	if (!gomem_get(&go->mem, pc, bytes, size))
		return;
	out_str(out, "instruction bytes:");
	for (i = 0; i < size; i++)
		out_fmt(out, " 0x%x", bytes[i]);
	out_char(out, '\n');
}

/* The kernel put siginfo behind the ucontext (amd64: 304 bytes; arm64: in front of it, 128
 * bytes), which is where the trampoline's frame stands. */
void gosignal_death(struct go *go, const struct goruntime *rt, const struct gomachine *m,
		    uint64_t sp, struct out *out)
{
	uint64_t info = go->arm ? sp : sp + 304, context = go->arm ? sp + 128 : sp;
	uint32_t number = gomem_u32_or_0(&go->mem, info);
	uint64_t pc = gomem_word_or_0(&go->mem, context + (go->arm ? 440 : 168));

	if (signal_words(number))
		out_str(out, signal_words(number));
	else
		out_fmt(out, "Signal %u", number);
	out_fmt(out, "\nPC=0x%" PRIx64 " m=%" PRId64 " sigcode=%" PRIu64, pc, m->id,
		(uint64_t)(int64_t)(int32_t)gomem_u32_or_0(&go->mem, info + 8));
	if (rt->layout.minor >= 22 && (number == 11 || number == 7))
		out_fmt(out, " addr=0x%" PRIx64, gomem_word_or_0(&go->mem, info + 16));
	out_char(out, '\n');
	if (m->incgo && m->caughtsig == m->g0 && m->curg)
		out_str(out, "signal arrived during cgo execution\n");
	if (number == 4 || number == 8)
		print_instruction(go, pc, out);
}

/* Where the kernel's ucontext has them: asm/sigcontext.h. */
struct place {
	const char *name;
	uint16_t offset;
	uint8_t size; /* of its value in bytes */
};

static const struct place amd64[] = {
	{ "rax", 144, 8 }, { "rbx", 128, 8 },    { "rcx", 152, 8 }, { "rdx", 136, 8 },
	{ "rdi", 104, 8 }, { "rsi", 112, 8 },    { "rbp", 120, 8 }, { "rsp", 160, 8 },
	{ "r8", 40, 8 },   { "r9", 48, 8 },      { "r10", 56, 8 },  { "r11", 64, 8 },
	{ "r12", 72, 8 },  { "r13", 80, 8 },     { "r14", 88, 8 },  { "r15", 96, 8 },
	{ "rip", 168, 8 }, { "eflags", 176, 8 }, { "cs", 184, 2 },  { "gs", 186, 2 },
	{ "fs", 188, 2 },
};

static const struct place arm64[] = {
	{ "x0", 184, 8 },  { "x1", 192, 8 },    { "x2", 200, 8 },  { "x3", 208, 8 },
	{ "x4", 216, 8 },  { "x5", 224, 8 },    { "x6", 232, 8 },  { "x7", 240, 8 },
	{ "x8", 248, 8 },  { "x9", 256, 8 },    { "x10", 264, 8 }, { "x11", 272, 8 },
	{ "x12", 280, 8 }, { "x13", 288, 8 },   { "x14", 296, 8 }, { "x15", 304, 8 },
	{ "x16", 312, 8 }, { "x17", 320, 8 },   { "x18", 328, 8 }, { "x19", 336, 8 },
	{ "x20", 344, 8 }, { "x21", 352, 8 },   { "x22", 360, 8 }, { "x23", 368, 8 },
	{ "x24", 376, 8 }, { "x25", 384, 8 },   { "x26", 392, 8 }, { "x27", 400, 8 },
	{ "x28", 408, 8 }, { "x29", 416, 8 },   { "x30", 424, 8 }, { "sp", 432, 8 },
	{ "pc", 440, 8 },  { "fault", 176, 8 },
};

void gosignal_registers(struct go *go, uint64_t sp, struct builder *b)
{
	const struct place *places = go->arm ? arm64 : amd64;
	uint32_t count = go->arm ? ARRAY_SIZE(arm64) : ARRAY_SIZE(amd64), i;
	uint64_t context = go->arm ? sp + 128 : sp;
	struct stk_reg regs[ARRAY_SIZE(arm64)];

	for (i = 0; i < count; i++) {
		regs[i] = (struct stk_reg){ .name = builder_str(b, places[i].name) };
		if (!gomem_get(&go->mem, context + places[i].offset, &regs[i].value,
			       places[i].size))
			return;
	}
	builder_cause(b)->regs = builder_array(b, regs, count, sizeof(*regs));
	builder_cause(b)->nregs = count;
}
