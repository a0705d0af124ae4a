/* SPDX-License-Identifier: Apache-2.0 */
/* Go tracebacks: panics, fatal errors, SIGQUIT dumps, runtime.Stack and debug=2, of Go 1.0 to
 * 1.27, as runtime/traceback.go, panic.go and signal_unix.go print them. */
#include "gotext.h"

#include <stdlib.h>
#include <string.h>

/* How far behind "panic: " the first goroutine may stand: a message has lines of its own. */
#define PREAMBLE_LINES 64
#define CHAIN_LINES 8 /* how many panics may have been chained */
#define JUNK_LINES 8  /* of other writers, within a goroutine */

/* ---- one goroutine ----
 * What is collected until the task can be made. */
struct goroutine {
	struct go_header header;
	uint32_t line; /* of the header */
	uint32_t task; /* STK_NONE: not made yet */
	uint32_t creator;
	uint64_t creator_id;
	bool unavailable; /* it ran on another thread */
	bool block;       /* "runtime stack:": no header ... */
	bool headless;    /* ... or it has lost that */
	struct stk_ancestor *ancestors;
	size_t nancestors, cap;
};

static const char *func_at(struct trace *t, const struct stk_stack *stack, uint32_t at)
{
	const struct stk_frame *frame = builder_frame_at(trace_builder(t), stack->frames[at]);

	return builder_loc_at(trace_builder(t), frame->loc)->func;
}

/* Is there a function on it that is not the runtime's? */
static bool runs_users_code(struct trace *t, const struct stk_stack *stack)
{
	uint32_t i;

	for (i = 0; i < stack->count; i++) {
		const char *func = func_at(t, stack, i);

		if (func && !golang_is_runtime(func))
			return true;
	}
	return false;
}

bool go_is_system(struct trace *t, const struct stk_task *task)
{
	const struct stk_stack *stack = builder_stack_at(trace_builder(t), task->stack);
	uint32_t i = stack->count;
	const char *func = NULL;
	enum golang_start start;

	while (i && (func = func_at(t, stack, i - 1)) && !strcmp(func, GOLANG_GOEXIT))
		i--;
	/* where frames are missing at the end, what began it is not known */
	/* clang-format off */
	if (!i || !func || stack->elided_at == stack->count || golang_text_shows(func, strlen(func)))
		return false;
	/* clang-format on */
	start = golang_start(func);
	return start == GOLANG_SYSTEM || (start == GOLANG_EITHER && !runs_users_code(t, stack));
}

static bool needs_go(const struct go_header *h)
{
	return h->g || h->m >= 0 || h->mp || h->scan || h->leaked || h->durable || h->bubble;
}

/* Goroutines with the same labels share them. */
static void set_labels(struct trace *t, const struct go_header *h, bool share)
{
	struct builder *b = trace_builder(t);
	uint32_t task = builder_ntasks(b) - 1, *first;
	struct stk_more *more;
	char key[512];

	if (share && h->labels.size < sizeof(key) - 1) {
		/* no frame's key begins with a line end */
		key[0] = '\n';
		memcpy(key + 1, h->labels.at, h->labels.size);
		if (trace_memo(t, key, h->labels.size + 1, &first)) {
			builder_task_at(b, task)->more = builder_task_at(b, *first)->more;
			return;
		}
		*first = task;
	}
	more = trace_more(t, task);
	more->nlabels = go_labels(t, h->labels, &more->labels);
}

static void set_more(struct trace *t, const struct go_header *h)
{
	bool special = needs_go(h);
	struct stk_go *go;

	if (h->labels.at)
		set_labels(t, h, !special);
	if (!special)
		return;
	go = builder_alloc(trace_builder(t), sizeof(*go));
	/* clang-format off */
	*go = (struct stk_go){ .m_address = h->mp, .m = h->m, .bubble = h->bubble,
			       .scan = h->scan, .leaked = h->leaked, .durable = h->durable };
	/* clang-format on */
	trace_more(t, builder_ntasks(trace_builder(t)) - 1)->go = go;
}

static void make_goroutine(struct trace *t, struct goroutine *g)
{
	const struct go_header *h = &g->header;
	struct stk_task *task = trace_task(t, STK_GOROUTINE);

	g->task = builder_ntasks(trace_builder(t)) - 1;
	task->id = h->id;
	task->address = h->g;
	task->state = trace_str(t, h->state);
	if (h->minutes && h->minutes < INT64_MAX / NS_PER_MINUTE)
		task->wait_ns = (int64_t)(h->minutes * NS_PER_MINUTE);
	if (h->locked)
		task->flags |= STK_TASK_LOCKED;
	if (slice_is(h->state, "running") || g->unavailable)
		task->flags |= STK_TASK_RUNNING;
	if (go_is_system(t, task))
		task->flags |= STK_TASK_SYSTEM;
	set_more(t, h);
}

/* The task of frames that belong to no goroutine. */
static void make_block(struct trace *t, struct goroutine *g)
{
	trace_task(t, STK_TRACE);
	g->task = builder_ntasks(trace_builder(t)) - 1;
	/* clang-format off */
	trace_more(t, g->task)->header =
		builder_str(trace_builder(t), g->headless ? "a goroutine without header" : "runtime stack:");
	/* clang-format on */
}

static void make_task(struct trace *t, struct goroutine *g)
{
	if (g->task != STK_NONE)
		return;
	if (g->block)
		make_block(t, g);
	else
		make_goroutine(t, g);
}

/* The frames since "[originating from goroutine N]:" are the last ancestor's. */
static void end_ancestor(struct trace *t, struct goroutine *g)
{
	if (g->nancestors)
		g->ancestors[g->nancestors - 1].stack = trace_stack(t);
}

static bool read_ancestor(struct trace *t, struct goroutine *g, struct slice line)
{
	struct stk_ancestor ancestor = { .creator = STK_NONE };

	if (!slice_skip(&line, "[originating from goroutine ") || !slice_dec(&line, &ancestor.id) ||
	    !slice_starts(line, "]"))
		return false;
	make_task(t, g);
	end_ancestor(t, g);
	g->ancestors = grow(g->ancestors, &g->cap, g->nancestors + 1, sizeof(*g->ancestors));
	g->ancestors[g->nancestors++] = ancestor;
	return true;
}

static bool read_creator(struct trace *t, struct goroutine *g, struct slice line)
{
	uint64_t id;
	uint32_t frame;

	if (!slice_skip(&line, "created by ") || !go_creator(t, line, &frame, &id))
		return false;
	if (g->nancestors) {
		g->ancestors[g->nancestors - 1].creator = frame;
	} else {
		g->creator = frame;
		g->creator_id = id;
	}
	return true;
}

static bool read_elided(struct trace *t, struct slice line)
{
	uint64_t count;

	if (!slice_skip(&line, "..."))
		return false;
	if (slice_is(line, "additional frames elided...")) {
		trace_elided(t, STK_NONE);
		return true;
	}
	if (!slice_dec(&line, &count) || !slice_is(line, " frames elided...") || count >= STK_NONE)
		return false;
	trace_elided(t, (uint32_t)count);
	return true;
}

/* "non-Go function at pc=0x..", or the pc in a line of its own. */
static bool read_foreign_frame(struct trace *t, struct slice line)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice next;

	if (!slice_skip(&line, "non-Go function"))
		return false;
	if (slice_skip(&line, " at pc=")) {
		slice_hex(&line, &frame.pc);
	} else if (trace_peek(t, &next)) {
		next = slice_trim(next);
		if (slice_skip(&next, "pc=") && slice_hex(&next, &frame.pc))
			trace_skip(t);
	}
	frame.why = "non-Go function";
	trace_push_frame(t, &frame);
	return true;
}

/* The lines of a goroutine that are no frames. */
static bool read_special(struct trace *t, struct goroutine *g)
{
	struct trace_place start = trace_place(t);
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	line = slice_trim(line);
	if (slice_starts(line, "goroutine running on other thread")) {
		g->unavailable = true;
		return true;
	}
	if (read_creator(t, g, line) || read_elided(t, line) || read_ancestor(t, g, line) ||
	    read_foreign_frame(t, line))
		return true;
	trace_return(t, start);
	return false;
}

static bool is_block(struct slice line)
{
	return slice_is(line, "runtime stack:");
}

/* Is the next line the first of another part of the dump? */
bool go_at_part(struct trace *t)
{
	struct go_header header;
	struct slice line;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	return go_header(line, &header) || is_block(line);
}

/* A frame after blank lines that a logger has put in between. */
static bool skip_blank(struct trace *t, struct goroutine *g)
{
	struct trace_place start = trace_place(t);
	struct slice line;
	unsigned lines;

	for (lines = 0; lines < JUNK_LINES && trace_peek(t, &line); lines++) {
		if (slice_trim(line).size)
			break;
		trace_skip(t);
	}
	if (lines && !go_at_part(t) && (go_call(t) || read_special(t, g)))
		return true;
	trace_return(t, start);
	return false;
}

/* Lines of other writers, when the goroutine goes on behind them. What was passed over is said. */
static bool skip_junk(struct trace *t, struct goroutine *g)
{
	struct trace_place start = trace_place(t), junk_end;
	uint32_t first = 0, lines;
	struct slice line;

	for (lines = 0; lines < JUNK_LINES && !go_at_part(t); lines++) {
		if (!trace_next(t, &line) || !slice_trim(line).size)
			break;
		if (!lines)
			first = trace_line_number(t);
		junk_end = trace_place(t);
		if (go_call(t) || read_special(t, g)) {
			trace_pass(t, start, junk_end);
			trace_unparsed(t, first, "lines within a goroutine that are not its own");
			return true;
		}
	}
	trace_return(t, start);
	return false;
}

static const char ancestor_start[] = "[originating from goroutine ";

static enum trace_line judge_ancestor(struct trace *t, struct slice line, const void *arg)
{
	(void)arg;
	if (slice_starts(slice_trim(line), ancestor_start))
		return TRACE_LINE_OWN;
	return go_at_part(t) || go_is_call(t) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

/* Behind the creator there are only ancestors; other frames are of a goroutine that has lost its
 * header. */
static bool is_over(struct trace *t, const struct goroutine *g)
{
	struct slice line;

	if (g->creator == STK_NONE || g->nancestors)
		return false;
	return !trace_peek(t, &line) || (!slice_starts(slice_trim(line), ancestor_start) &&
					 !trace_leads(t, judge_ancestor, NULL));
}

static void read_body(struct trace *t, struct goroutine *g)
{
	while (!is_over(t, g) &&
	       (go_call(t) || read_special(t, g) || skip_blank(t, g) || skip_junk(t, g)))
		;
}

/* The end of the input within a line: it is said, and taken. */
static bool take_cut_line(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line;

	if (trace_next(t, &line) && line.size && trace_at_end(t)) {
		trace_truncated(t, trace_line_number(t), "the last line is cut");
		return true;
	}
	trace_return(t, start);
	return false;
}

static void finish_goroutine(struct trace *t, struct goroutine *g)
{
	struct stk_task *task;
	struct stk_more *more;
	bool empty = g->task == STK_NONE && !trace_pushed(t) && !g->unavailable;

	if (empty && g->creator == STK_NONE) {
		if (trace_at_end(t))
			trace_truncated(t, g->line, "the last goroutine has no frames");
		else
			trace_unparsed(t, g->line, "a goroutine without frames");
	}
	make_task(t, g);
	end_ancestor(t, g);
	task = builder_task_at(trace_builder(t), g->task);
	task->creator = g->creator;
	task->creator_id = g->creator_id;
	if (!g->nancestors)
		return;
	more = trace_more(t, g->task);
	more->nancestors = (uint32_t)g->nancestors;
	more->ancestors = builder_array(trace_builder(t), g->ancestors, g->nancestors,
					sizeof(*g->ancestors));
}

static bool start_goroutine(struct trace *t, struct goroutine *g)
{
	struct trace_place start = trace_place(t);
	struct slice raw, line;

	memset(g, 0, sizeof(*g));
	g->task = g->creator = STK_NONE;
	if (!trace_next(t, &raw))
		return false;
	g->line = trace_line_number(t);
	line = slice_trim(raw);
	if (is_block(line)) {
		g->block = true;
		return true;
	}
	if (!go_header(line, &g->header)) {
		trace_return(t, start);
		g->block = g->headless = go_is_call(t);
		if (g->headless)
			trace_unparsed(t, g->line, "frames without the header of their goroutine");
		return g->headless;
	}
	/* glued to what should be the next line */
	if (g->header.size < line.size)
		trace_split(t, raw, (size_t)(line.at - raw.at) + g->header.size);
	return true;
}

/* The task's index, or STK_NONE when there is no goroutine here. */
static bool read_goroutine(struct trace *t, bool *is_goroutine, uint32_t *task)
{
	struct goroutine g;

	if (!start_goroutine(t, &g))
		return false;
	read_body(t, &g);
	finish_goroutine(t, &g);
	free(g.ancestors);
	*is_goroutine = !g.block;
	*task = g.task;
	return true;
}

/* ---- what stands behind them ---- */

/* "rax    0x0", "r8     0x1": printed by dumpregs */
static bool is_register(struct slice line, struct slice *name, uint64_t *value)
{
	line = slice_trim(line);
	return slice_until(&line, " ", name) && name->size && name->size <= 8 &&
	       (line = slice_trim(line), slice_hex(&line, value)) && !line.size;
}

static bool read_registers(struct trace *t, uint32_t task)
{
	struct stk_reg regs[64];
	struct slice line, name;
	size_t count = 0;
	struct stk_more *more;
	uint64_t value;

	while (count < ARRAY_SIZE(regs) && trace_peek(t, &line) &&
	       is_register(line, &name, &value)) {
		regs[count++] = (struct stk_reg){ trace_str(t, name), value };
		trace_skip(t);
	}
	if (task == STK_NONE || !count)
		return count > 0;
	more = trace_more(t, task);
	more->regs = builder_array(trace_builder(t), regs, count, sizeof(*regs));
	more->nregs = (uint32_t)count;
	return true;
}

/* The last line of an input that ends within a header. */
static bool is_cut_header(struct slice line)
{
	static const char word[] = "goroutine ";
	size_t size = line.size < sizeof(word) - 1 ? line.size : sizeof(word) - 1;

	return size && !memcmp(line.at, word, size);
}

/* Passes over blank lines; true when part of the dump follows. */
static bool next_part(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct slice line = NO_SLICE, name;
	uint64_t value;

	while (trace_peek(t, &line)) {
		line = slice_trim(line);
		if (go_at_part(t) || is_register(line, &name, &value) || go_is_call(t))
			return true;
		if (line.size)
			break;
		trace_skip(t);
	}
	if (is_cut_header(line) && take_cut_line(t))
		return false;
	trace_return(t, start);
	return false;
}

/* ---- the format ---- */

static bool is_special(struct slice line)
{
	static const char *const starts[] = { "created by ", "goroutine running on other thread",
					      "[originating from ", "non-Go function", "..." };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(line, starts[i]))
			return true;
	return false;
}

static bool looks_like_body(struct trace *t)
{
	struct goroutine g;
	struct slice line = NO_SLICE, rest = NO_SLICE;
	unsigned lines;

	if (!trace_peek(t, &line) || !start_goroutine(t, &g))
		return false;
	/* words behind the colon */
	/* clang-format off */
	if (!g.block && g.header.size < slice_trim(line).size && trace_peek(t, &rest) && !go_is_call(t))
		return false;
	/* clang-format on */
	for (lines = 0; lines < JUNK_LINES; lines++) {
		if (go_is_call(t))
			return true;
		if (!trace_peek(t, &line))
			return !g.block;
		line = slice_trim(line);
		if (is_special(line))
			return true;
		if (!line.size || go_at_part(t))
			return !g.block;
		trace_skip(t);
	}
	return false;
}

/* Is there a goroutine here, and not a sentence about one? */
bool go_at_goroutine(struct trace *t)
{
	struct trace_place start = trace_place(t);
	bool is_one = go_at_part(t) && looks_like_body(t);

	trace_return(t, start);
	return is_one;
}

/* The goroutine at the line that was just read, which stands at `place`. */
static bool goroutine_at(struct trace *t, struct slice line, struct trace_place place)
{
	struct trace_place after = trace_place(t);
	bool is_one;

	line = slice_trim(line);
	if (!slice_starts(line, "goroutine ") && !is_block(line))
		return false;
	trace_return(t, place);
	is_one = go_at_goroutine(t);
	trace_return(t, after);
	return is_one;
}

static bool probe(struct trace *t)
{
	struct trace_place place;
	unsigned lines, chain = 0;
	struct slice line;
	bool chained;

	if (go_at_part(t))
		return go_at_goroutine(t);
	if (!trace_next(t, &line) || !go_is_preamble(line))
		return false;
	for (lines = 0; lines < PREAMBLE_LINES; lines++) {
		chained = slice_starts(line, "panic: ") && chain++ < CHAIN_LINES;
		place = trace_place(t);
		/* of another program, unless it is one more of the chain that has lost its tab */
		if (!trace_next(t, &line) || (slice_starts(line, "panic: ") && !chained))
			return false;
		if (goroutine_at(t, line, place))
			return true;
	}
	return false;
}

static void read_dump(struct trace *t)
{
	uint16_t first_is = STK_TASK_CURRENT;
	uint32_t first = STK_NONE, task;
	bool is_goroutine;

	if (go_at_part(t))
		go_title_above(t);
	else
		first_is = go_preamble(t);
	do {
		if (!read_goroutine(t, &is_goroutine, &task)) {
			if (!read_registers(t, first))
				break;
		} else if (first == STK_NONE && is_goroutine) {
			first = task;
			builder_task_at(trace_builder(t), task)->flags |= first_is;
		}
	} while (next_part(t));
}

static const struct trace_mark marks[] = {
	{ "goroutine ", "", false },
	{ "panic: ", "", false },
	{ "fatal error: ", "", false },
	{ "runtime stack:", "", false },
	{ "[signal SIG", "", false },
	{ "SIGQUIT: ", "", false },
	{ "SIGABRT: ", "", false },
	{ "SIGSEGV: ", "", false },
	{ "SIGBUS: ", "", false },
	{ "SIGILL: ", "", false },
	{ "SIGFPE: ", "", false },
	{ "SIGTRAP: ", "", false },
	{ "SIGSYS: ", "", false },
	{ "runtime: goroutine stack exceeds ", "", false },
	{ "unexpected fault address ", "", false },
	{ NULL, NULL, false },
};

/* clang-format off */
const struct trace_format trace_go = {
	.name = "go", .marks = marks, .probe = probe, .read = read_dump,
};
/* clang-format on */
