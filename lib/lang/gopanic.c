/* What happened: the panic, the runtime's fatal error or the signal of which the program died, in
 * the words in which the runtime printed it, and whose fault it was. Read from the M that was
 * dying: neither the kernel's first thread nor its signal tell (the runtime relays a signal
 * through all threads, and ends with SIGABRT). */
#include "go.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gotype.h"

#define LIMIT_PANICS 1000u
#define LIMIT_MESSAGE 4096u

/* The one that is dying; all NULL when none is. */
struct death {
	const struct goruntime *rt;
	const struct gomachine *m;
};

/* Two may die at once; the one that the kernel took is then the one that got furthest. */
static struct death find_death(const struct go *go)
{
	struct death d = { NULL, NULL };
	size_t i, j;

	for (i = 0; i < go->count; i++)
		for (j = 0; j < go->runtimes[i].nmachines; j++) {
			const struct gomachine *m = &go->runtimes[i].machines[j];

			if (m->dying >= 1 && (!d.m || (m->thread && m->thread->crashed)))
				d = (struct death){ &go->runtimes[i], m };
		}
	return d;
}

/* ---- panics ---- */

struct gopanic {
	uint64_t type, data;
	bool recovered, goexit, repanicked;
};

/* Newest first; how many. */
static size_t read_panics(const struct goruntime *rt, struct gomem *mem, uint64_t g,
			  struct gopanic *ret)
{
	const struct golayout *l = &rt->layout;
	uint64_t at = gomem_word_or_0(mem, g + GO_G_PANIC);
	size_t n = 0;

	for (; at && n < LIMIT_PANICS; at = gomem_word_or_0(mem, at + l->panic.link))
		ret[n++] = (struct gopanic){
			.type = gomem_word_or_0(mem, at + l->panic.arg),
			.data = gomem_word_or_0(mem, at + l->panic.arg + 8),
			.recovered = gomem_u8_or_0(mem, at + l->panic.recovered) == 1,
			.goexit = gomem_u8_or_0(mem, at + l->panic.goexit) == 1,
			.repanicked = l->panic.repanicked &&
				      gomem_u8_or_0(mem, at + l->panic.repanicked) == 1,
		};
	return n;
}

/* printpanics() of src/runtime/panic.go. */
static void print_panics(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out)
{
	struct gopanic *panics = xmalloc(LIMIT_PANICS * sizeof(*panics));
	size_t n = read_panics(rt, mem, g, panics);

	while (n--) {
		const struct gopanic *p = &panics[n];
		char *value;

		/* Raised again with the same value: the older one says so already. */
		if (p->goexit || (n + 1 < LIMIT_PANICS && out->used && p[1].repanicked))
			continue;
		value = gotype_value(rt->modules, mem, p->type, p->data);
		out_str(out, out->used ? "\tpanic: " : "panic: ");
		out_str(out, value);
		free(value);
		/* 1.25 said so too where nothing was recovered. */
		if (p->repanicked && (p->recovered || rt->layout.minor == 25))
			out_str(out, " [recovered, repanicked]");
		else if (p->recovered)
			out_str(out, " [recovered]");
		out_char(out, '\n');
	}
	free(panics);
}

/* ---- fatal errors ---- */

static bool is_text(const char *text, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < size; i++)
		if ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t')
			return false;
	return size > 0;
}

/* {text, length} at this address, a message of throw() or fatal(); malloc'ed, NULL when it is none. */
static char *message_at(struct gomem *mem, uint64_t at)
{
	uint64_t words[2];
	char *text;

	if (!gomem_get(mem, at, words, sizeof(words)) || !words[1] || words[1] > LIMIT_MESSAGE)
		return NULL;
	text = gomem_bytes(mem, words[0], words[1], LIMIT_MESSAGE);
	if (text && is_text(text, words[1]))
		return text;
	free(text);
	return NULL;
}

/* The message of throw() or fatal(): its argument is dead by then, but the closure that prints it
 * holds {code, text, length} in the frame; since 1.26 fatal()'s holds {code, panic, text, length}.
 * malloc'ed; NULL when it is not found. */
static char *thrown_text(struct go *go, const struct raw_frame *frame)
{
	char *text = NULL;
	uint64_t at, word;

	if (!frame->cfa || frame->cfa - frame->sp > 4096)
		return NULL;
	for (at = frame->sp; at + 24 <= frame->cfa && !text; at += 8) {
		const struct gocode *code;

		if (!gomem_word(&go->mem, at, &word))
			continue;
		code = gocode_at(&go->code, go->modules, go->count, word);
		if (!code || code->func.entry != word)
			continue;
		text = message_at(&go->mem, at + 8);
		if (!text && at + 32 <= frame->cfa)
			text = message_at(&go->mem, at + 16);
	}
	return text;
}

static void print_thrown(struct go *go, uint64_t g, const struct goruntime *rt,
			 const struct raw_frame *frame, bool fatal, struct out *out)
{
	char *text = thrown_text(go, frame);

	if (text && !strcmp(text, "fault"))
		out_fmt(out, "unexpected fault address 0x%" PRIx64 "\n",
			gomem_word_or_0(&go->mem, g + rt->layout.g.sigcode1));
	/* printPreFatalDeferPanic(): the panics that were under way. */
	if (fatal && rt->layout.minor >= 26)
		print_panics(rt, &go->mem, g, out);
	if (text && rt->layout.minor >= 23)
		text = gotype_indented(text);
	out_str(out, out->used && fatal ? "\tfatal error: " : "fatal error: ");
	out_str(out, text ? text : "(its text is not in the core)");
	out_char(out, '\n');
	free(text);
}

/* ---- signals ---- */

static const char *signal_words(uint32_t number)
{
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

	return number < ARRAY_SIZE(words) ? words[number] : NULL;
}

/* The signal that became a panic or a fatal error, as g remembers it. */
static void print_signal_line(const struct goruntime *rt, struct gomem *mem, uint64_t g,
			      struct out *out)
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

/* A signal that the runtime died of. The kernel put siginfo behind the ucontext (amd64: 304 bytes;
 * arm64: in front of it, 128 bytes), which is where the trampoline's frame stands. */
static void print_death(struct go *go, const struct death *d, const struct raw_frame *frames,
			uint32_t n, struct out *out)
{
	uint64_t info = go->arm ? frames[0].sp : frames[0].sp + 304;
	uint32_t number = gomem_u32_or_0(&go->mem, info);

	if (signal_words(number))
		out_str(out, signal_words(number));
	else
		out_fmt(out, "Signal %u", number);
	out_fmt(out, "\nPC=0x%" PRIx64 " m=%" PRId64 " sigcode=%" PRIu64, n > 1 ? frames[1].pc : 0,
		d->m->id, (uint64_t)(int64_t)(int32_t)gomem_u32_or_0(&go->mem, info + 8));
	if (d->rt->layout.minor >= 22 && (number == 11 || number == 7))
		out_fmt(out, " addr=0x%" PRIx64, gomem_word_or_0(&go->mem, info + 16));
	out_char(out, '\n');
	if (d->m->incgo && d->m->caughtsig == d->m->g0 && d->m->curg)
		out_str(out, "signal arrived during cgo execution\n");
}

/* ---- the dying thread's stack ---- */

static const char *name_at(struct go *go, const struct raw_frame *frame)
{
	const struct gocode *code = gocode_at(&go->code, go->modules, go->count, frame->pc);

	return code ? code->name : "";
}

/* The stack of the thread from its registers on: its task's, or a walk of its own where the task
 * begins elsewhere. */
static struct raw_stack thread_stack(struct capture *c, const struct image_thread *thread)
{
	struct raw_task task = { .thread = thread, .id = thread->tid, .kind = STK_THREAD };
	size_t i;

	for (i = 0; i < c->ntasks; i++) {
		const struct raw_stack *stack = &c->tasks[i].stack;

		if (c->tasks[i].thread == thread && stack->count &&
		    c->frames[stack->first].pc == thread->regs.pc)
			return *stack;
	}
	unwind_task(c, &task, &thread->regs, true);
	return task.stack;
}

static void print_message(struct go *go, struct capture *c, const struct death *d, struct out *out)
{
	struct raw_stack stack = { 0 };
	uint64_t g = gomem_u32_or_0(&go->mem, d->m->g0 + d->rt->layout.g.sig) ? d->m->g0 : d->m->curg;
	uint32_t i;

	if (d->m->thread && d->m->thread->has_regs)
		stack = thread_stack(c, d->m->thread);
	for (i = 0; i < stack.count; i++) {
		const struct raw_frame *frame = &c->frames[stack.first + i];
		const char *name = name_at(go, frame);

		if (!strcmp(name, "runtime.throw") || !strcmp(name, "runtime.fatal")) {
			print_thrown(go, g, d->rt, frame, !strcmp(name, "runtime.fatal"), out);
			print_signal_line(d->rt, &go->mem, g, out);
			return;
		}
		/* sighandler, sigtrampgo, sigtramp, then the trampoline */
		if (d->m->caughtsig && !strcmp(name, "runtime.sighandler")) {
			while (i < stack.count && !(frame->flags & STK_FRAME_SIGNAL))
				frame = &c->frames[stack.first + ++i];
			if (i < stack.count)
				print_death(go, d, frame, stack.count - i, out);
			return;
		}
	}
	print_panics(d->rt, &go->mem, d->m->curg, out);
	if (out->used)
		print_signal_line(d->rt, &go->mem, g, out);
}

void gopanic_capture(struct go *go, struct capture *c)
{
	struct death d = find_death(go);
	struct out out;

	if (!d.m)
		return;
	out_init(&out, -1);
	print_message(go, c, &d, &out);
	if (out.used)
		builder_cause(c->b)->message = builder_strn(c->b, out.buffer, out.used - 1);
	out_deinit(&out);
}

/* ---- whose fault ---- */

/* The goroutine to blame: the one that was on the dying M; 0: none (a thread without one). */
static uint64_t culprit(struct go *go, const struct death *d)
{
	struct goruntime *rt = &go->runtimes[d->rt - go->runtimes];
	struct goroutine *g = NULL;

	if (d->m->throwing >= 2 && d->m->caughtsig)
		g = gosched_at(rt, d->m->caughtsig);
	if (!g && d->m->curg)
		g = gosched_at(rt, d->m->curg);
	return g ? g->address : 0;
}

static bool is_culprit(const struct stk_task *task, const struct death *d, uint64_t g)
{
	if (g)
		return task->more->go && task->more->go->g == g;
	/* All asleep: nobody ran. What the program began with is what waits for the others. */
	if (!d->m->throwing || d->m->throwing == 1)
		return task->kind == STK_GOROUTINE && task->id == 1;
	return task->kind == STK_THREAD && d->m->thread && task->tid == d->m->thread->tid;
}

void gopanic_blame(struct go *go, struct capture *c)
{
	struct death d = find_death(go);
	uint32_t count = builder_ntasks(c->b), i, found = STK_NONE;
	uint64_t g;

	if (!d.m)
		return;
	g = culprit(go, &d);
	for (i = 0; i < count && found == STK_NONE; i++)
		if (is_culprit(builder_task_at(c->b, i), &d, g))
			found = i;
	if (found == STK_NONE)
		return;
	for (i = 0; i < count; i++)
		builder_task_at(c->b, i)->flags &= (uint16_t)~(STK_TASK_CRASHED | STK_TASK_CURRENT);
	builder_task_at(c->b, found)->flags |= STK_TASK_CRASHED | STK_TASK_CURRENT;
	if (found)
		builder_put_first(c->b, found);
}
