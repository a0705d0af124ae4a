/* SPDX-License-Identifier: Apache-2.0 */
/* Dumps of the threads of a JVM: jstack, jcmd Thread.print and kill -3 (HotSpot's threads.cpp, vframe.cpp,
 * JDK 8 to 25), jcmd Thread.dump_to_file, jhsdb jstack.
 *	Full thread dump OpenJDK 64-Bit Server VM (17.0.9+9 mixed mode, sharing):
 *
 *	"worker-1" #21 [8815] prio=5 os_prio=0 tid=0x00007ef0 nid=8815 waiting for monitor entry  [0x7efe]
 *	   java.lang.Thread.State: BLOCKED (on object monitor)
 *		at app.Store.load(Store.java:41)
 *		- waiting to lock <0x000000069ec16d70> (a java.lang.Object)
 *		- locked <0x000000069ec16d60> (a java.lang.Object)
 *
 *	   Locked ownable synchronizers:
 *		- <0x000000069ec16e88> (a java.util.concurrent.locks.ReentrantLock$NonfairSync)
 *
 *	Found one Java-level deadlock:
 *	=============================
 *	"worker-1":
 *	  waiting to lock monitor 0x00007efd (object 0x000000069ec16d70, a java.lang.Object),
 *	  which is held by "worker-2"
 * nid is the thread's number in the system, in hex before JDK 19. What a thread waits for is its wait, with
 * the thread that holds it; what it has locked itself is a label. dump_to_file:
 *	#21 "worker-1" BLOCKED 2026-01-02T03:04:05Z
 *	    at app.Store.load(Store.java:41)
 *	    - waiting to lock <java.lang.Object@3411fe82>
 * jhsdb: " - app.Store.load(int) @bci=33, line=41 (Interpreted frame)". */
#include "java.h"

#include <stdlib.h>
#include <string.h>

/* ---- headers ---- */

struct header {
	struct slice name, state;
	uint64_t id; /* the thread's in the system, or else Java's */
	bool native; /* it is the system's */
};

/* The name, which may have quotes in it, ends before what follows it always. */
static bool take_name(struct slice *s, struct slice *name)
{
	static const char *const behind[] = { "\" #", "\" daemon ", "\" prio=", "\" os_prio=" };
	size_t i, at, best = SIZE_MAX;

	if (!slice_skip(s, "\""))
		return false;
	for (i = 0; i < ARRAY_SIZE(behind); i++) {
		at = slice_find(*s, behind[i]);
		best = at < best ? at : best;
	}
	if (best == SIZE_MAX)
		return false;
	*name = slice_to(*s, best);
	*s = slice_from(*s, best + 2);
	return true;
}

static bool parse_header(struct slice line, struct header *h)
{
	struct slice rest = slice_trim(line), before;
	size_t stack;

	*h = (struct header){ .native = true };
	if (!take_name(&rest, &h->name) || slice_find(rest, "tid=0x") == SIZE_MAX ||
	    !slice_until(&rest, " nid=", &before) ||
	    (!slice_hex(&rest, &h->id) && !slice_dec(&rest, &h->id)))
		return false;
	stack = slice_find(rest, " [0x");
	h->state = slice_trim(stack == SIZE_MAX ? rest : slice_to(rest, stack));
	return true;
}

/* `#21 "NAME" [virtual] [STATE] [TIME]` */
static bool parse_short(struct slice line, struct header *h)
{
	struct slice rest = slice_trim(line), state;
	size_t quote;

	*h = (struct header){ .native = false };
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, &h->id) || !slice_skip(&rest, " \""))
		return false;
	quote = slice_rfind(rest, '"');
	if (quote == SIZE_MAX)
		return false;
	h->name = slice_to(rest, quote);
	rest = slice_trim(slice_from(rest, quote + 1));
	slice_skip(&rest, "virtual");
	rest = slice_trim(rest);
	if (!slice_until(&rest, " ", &state))
		state = rest;
	h->state = state.size ? state : NO_SLICE;
	return !state.size || exception_is_name(state, "");
}

/* `"NAME":`, in a report of a deadlock */
static bool parse_listed(struct slice line, struct slice *name)
{
	*name = slice_trim(line);
	return slice_skip(name, "\"") && slice_drop(name, "\":");
}

static bool is_header(struct slice line)
{
	struct header h;

	return parse_header(line, &h) || parse_short(line, &h);
}

static bool is_title(struct slice line)
{
	return slice_starts(slice_trim(line), "Full thread dump ");
}

static bool is_deadlock(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "Found ") && slice_ends(line, " Java-level deadlock:");
}

/* ---- lines of a thread ---- */

/* " - CLASS.METHOD(ARGS) @bci=33, line=41 (Interpreted frame)" */
static bool parse_bci(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), call, number;
	uint64_t value = 0;
	size_t open;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "- ") || !slice_until(&rest, " @bci=", &call))
		return false;
	open = slice_find(call, "(");
	if (open == SIZE_MAX || !open)
		return false;
	frame->func = slice_to(call, open);
	if (slice_until(&rest, "line=", &number))
		slice_dec(&rest, &value);
	frame->line = value <= INT32_MAX ? (uint32_t)value : 0;
	frame->why = "the dump names no file";
	return true;
}

static bool parse_any_frame(struct slice line, struct trace_frame *frame)
{
	return java_frame(line, frame) || parse_bci(line, frame);
}

struct lock {
	struct slice what,
		object;    /* "waiting to lock"; "0x69ec16d70", "java.lang.Object@3411fe82" */
	struct slice type; /* at NULL: unknown */
	uint64_t address;
	bool waits, holds;
};

/* "- WHAT <OBJECT> (a TYPE)", "- <OBJECT> (a TYPE)" of the synchronizers */
static bool parse_lock(struct slice line, struct lock *lock)
{
	struct slice rest = slice_trim(line), hex;

	*lock = (struct lock){ .address = 0 };
	if (!exception_indent(line) || !slice_skip(&rest, "- ") ||
	    !slice_until(&rest, "<", &lock->what) || !slice_until(&rest, ">", &lock->object))
		return false;
	lock->what = slice_trim(lock->what);
	hex = lock->object;
	slice_hex(&hex, &lock->address);
	if (slice_skip(&rest, " (a ") && slice_drop(&rest, ")"))
		lock->type = rest;
	lock->waits = slice_starts(lock->what, "waiting ") || slice_starts(lock->what, "parking ");
	lock->holds = slice_is(lock->what, "locked") || !lock->what.size;
	return lock->waits || lock->holds || slice_is(lock->what, "eliminated");
}

static bool is_state(struct slice line, struct slice *state)
{
	*state = slice_trim(line);
	return slice_skip(state, "java.lang.Thread.State: ");
}

static bool is_other(struct slice line)
{
	static const char *const starts[] = {
		"Locked ownable synchronizers:",
		"No compile task",
		"Compiling: ",
		"JavaThread state: ",
		"- None",
		"Carrying virtual thread #",
		"- no object reference",
	};
	size_t i;

	line = slice_trim(line);
	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (slice_starts(line, starts[i]))
			return true;
	return false;
}

static bool is_own(struct slice line)
{
	struct trace_frame frame;
	struct lock lock;
	struct slice state;

	return parse_any_frame(line, &frame) || parse_lock(line, &lock) || is_state(line, &state) ||
	       is_other(line);
}

static bool begins_another(struct slice line)
{
	struct slice name;

	return is_header(line) || is_title(line) || is_deadlock(line) || parse_listed(line, &name);
}

static bool ends_thread(struct slice line)
{
	return begins_another(line) || !slice_trim(line).size;
}

/* ---- reading ---- */

struct lock_of {
	struct lock lock;
	uint32_t task;
};

struct reading {
	struct lock_of *locks;
	size_t count, cap;
	uint32_t first; /* task */
};

static void add_lock(struct reading *r, const struct lock *lock, uint32_t task)
{
	if (r->count == LIMIT_THREADS)
		return;
	r->locks = grow(r->locks, &r->cap, r->count + 1, sizeof(*r->locks));
	r->locks[r->count++] = (struct lock_of){ *lock, task };
}

/* A blank line belongs to the thread when its synchronizers follow. */
static void skip_blank(struct trace *t)
{
	struct slice line;

	if (trace_peek(t, &line) && !slice_trim(line).size && trace_peek_at(t, 1, &line) &&
	    is_other(line))
		trace_skip(t);
}

static struct slice read_stack(struct trace *t, struct reading *r, uint32_t task)
{
	struct slice line, state = NO_SLICE, found;
	struct trace_frame frame;
	struct lock lock;

	for (skip_blank(t); exception_goes_on(t, is_own, ends_thread); skip_blank(t)) {
		/* the first line of the next thread is missing */
		if (trace_peek(t, &line) && is_state(line, &found) && (state.at || trace_pushed(t)))
			break;
		trace_skip(t);
		if (is_state(line, &found)) {
			state = found;
		} else if (parse_any_frame(line, &frame)) {
			frame.func = java_function(t, frame.func);
			trace_push_frame(t, &frame);
		} else if (r && parse_lock(line, &lock)) {
			add_lock(r, &lock, task);
		}
	}
	return state;
}

static void read_thread(struct trace *t, struct reading *r, const struct header *h)
{
	uint32_t id = builder_ntasks(trace_builder(t));
	struct stk_task *task;
	struct slice state;

	if (h->name.at)
		trace_skip(t);
	else
		trace_truncated(t, trace_place(t).line, "the first line of this thread is missing");
	state = read_stack(t, r, id);
	task = trace_task(t, STK_THREAD);
	task->id = h->id;
	task->tid = h->native && h->id <= INT32_MAX ? (uint32_t)h->id : 0;
	task->name = trace_str(t, h->name);
	task->state = trace_str(t, state.at ? state : h->state);
}

/* ---- who holds what ---- */

#define LOCKS_OF_TASK 32u

static int compare_objects(const void *a, const void *b)
{
	const struct lock *x = &((const struct lock_of *)a)->lock,
			  *y = &((const struct lock_of *)b)->lock;
	size_t size = x->object.size < y->object.size ? x->object.size : y->object.size;
	int order;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	/* addresses are written with more or fewer zeros */
	order = !x->address && size ? memcmp(x->object.at, y->object.at, size) : 0;
	if (order || x->address)
		return order;
	return (x->object.size > y->object.size) - (x->object.size < y->object.size);
}

static int compare_locks(const void *a, const void *b)
{
	const struct lock_of *x = a, *y = b;
	int order = compare_objects(a, b);

	return order ? order : (x->task > y->task) - (x->task < y->task);
}

/* They are sorted by task. */
static bool waits_on(const struct lock_of *locks, size_t count, size_t of)
{
	size_t i;

	for (i = of; i > 0 && locks[i - 1].task == locks[of].task; i--)
		;
	for (; i < count && locks[i].task == locks[of].task; i++)
		if (slice_is(locks[i].lock.what, "waiting on") ||
		    slice_starts(locks[i].lock.what, "waiting to re-lock"))
			return true;
	return false;
}

/* Which of the threads has it: Object.wait() lets go of what it waits on, and both lines are there. */
static const struct lock_of *holder_of(const struct lock_of *locks, size_t count)
{
	const struct lock_of *holder = NULL;
	size_t i;

	for (i = 0; i < count && !holder; i++)
		if (locks[i].lock.holds && !waits_on(locks, count, i))
			holder = &locks[i];
	return holder;
}

static const char *text_of(struct trace *t, const struct lock *lock, const char *holder)
{
	struct slice type = lock->type.at ? lock->type : NO_SLICE;

	return builder_fmt(trace_builder(t), "%.*s%s%.*s%s%s%s", (int)(type.size & 0xfff),
			   type.size ? type.at : "", type.size ? " " : "",
			   (int)(lock->object.size & 0xfff), lock->object.at,
			   holder ? ", held by \"" : "", holder ? holder : "", holder ? "\"" : "");
}

static void add_wait(struct trace *t, const struct lock_of *of, const struct lock_of *holder)
{
	struct builder *b = trace_builder(t);
	const char *name = holder ? builder_task_at(b, holder->task)->name : NULL;
	struct stk_more *more = trace_more(t, of->task);
	struct stk_wait waits[LOCKS_OF_TASK];

	if (more->nwaits == LOCKS_OF_TASK)
		return;
	if (more->nwaits)
		memcpy(waits, more->waits, more->nwaits * sizeof(*waits));
	waits[more->nwaits++] = (struct stk_wait){
		.kind = builder_str(b, slice_starts(of->lock.what, "parking")  ? "park"
				       : slice_is(of->lock.what, "waiting on") ? "object"
									       : "monitor"),
		.address = of->lock.address,
		.text = text_of(t, &of->lock, name),
	};
	more->waits = builder_array(b, waits, more->nwaits, sizeof(*waits));
}

/* All that it holds in one label. */
static void add_label(struct trace *t, const struct lock_of *of)
{
	struct builder *b = trace_builder(t);
	struct stk_more *more = trace_more(t, of->task);
	const char *known = more->nlabels ? more->labels[0].value : "";
	struct stk_label label = { .key = builder_str(b, "holds") };

	if (strlen(known) > LIMIT_STRING / LOCKS_OF_TASK)
		return;
	label.value = builder_fmt(b, "%s%s%s", known, *known ? ", " : "",
				  text_of(t, &of->lock, NULL));
	more->nlabels = 1;
	more->labels = builder_array(b, &label, 1, sizeof(label));
}

/* Once all threads are known. */
static void settle_locks(struct trace *t, struct reading *r)
{
	size_t at, end, i;

	if (r->count)
		qsort(r->locks, r->count, sizeof(*r->locks), compare_locks);
	for (at = 0; at < r->count; at = end) {
		const struct lock_of *holder;

		for (end = at + 1;
		     end < r->count && !compare_objects(&r->locks[at], &r->locks[end]); end++)
			;
		holder = holder_of(&r->locks[at], end - at);
		for (i = at; i < end; i++) {
			if (r->locks[i].lock.waits)
				add_wait(t, &r->locks[i], holder);
			else if (r->locks[i].lock.holds &&
				 !waits_on(&r->locks[at], end - at, i - at) &&
				 (i == at || r->locks[i - 1].task != r->locks[i].task))
				add_label(t, &r->locks[i]);
		}
	}
	free(r->locks);
}

/* ---- deadlocks ---- */

/* What only structures the report. */
static bool is_rule(struct slice s)
{
	return !s.size || slice_starts(s, "=====") ||
	       slice_is(s, "Java stack information for the threads listed above:");
}

static void add_statement(struct builder *b, const char *who, struct slice holder)
{
	const char *text = builder_fmt(b, "%s which is held by %.*s", who,
				       (int)(holder.size & 0xfff), holder.at);

	builder_statement(b, text, builder_str(b, "the JVM's own report"));
}

/* "Found one Java-level deadlock:" up to "Found 1 deadlock.": who waits for whom, and their stacks again. */
static void read_deadlock(struct trace *t)
{
	struct builder *b = trace_builder(t);
	struct stk_cause *cause;
	struct slice line, name = NO_SLICE;
	const char *who = NULL;

	trace_next(t, &line);
	builder_cause(b)->deadlock = true;
	trace_title(t, slice_trim(line));
	if (trace_logged(t, &cause))
		cause->text = builder_str(b, "Java-level deadlock");
	while (trace_peek(t, &line) && !is_header(line) && !is_title(line)) {
		struct slice rest = slice_trim(line);
		bool ends = slice_starts(rest, "Found ") && slice_ends(rest, ".");

		if (parse_listed(line, &name)) {
			who = trace_str(t, name);
		} else if (who && slice_starts(rest, "waiting ")) {
			who = builder_fmt(b, "\"%s\" is %.*s", who, (int)(rest.size & 0xfff),
					  rest.at);
		} else if (who && slice_until(&rest, "which is held by ", &name)) {
			add_statement(b, who, rest);
			who = NULL;
		} else if (!is_own(line) && !ends && !is_rule(rest)) {
			break;
		}
		trace_skip(t);
		if (ends)
			break;
	}
}

/* ---- the dump ---- */

/* The list of threads by their addresses, "JNI global refs", what jhsdb says of itself. */
static bool skip_others(struct trace *t)
{
	static const char *const starts[] = {
		"Threads class SMR info:", "_java_thread_list=",  "0x", "}", "JNI global ref",
		"Deadlock Detection:",     "No deadlocks found.",
	};
	struct slice line;
	size_t i;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	for (i = 0; line.size && i < ARRAY_SIZE(starts); i++)
		if (slice_starts(line, starts[i]))
			break;
	if (line.size && i == ARRAY_SIZE(starts))
		return false;
	trace_skip(t);
	return true;
}

static bool is_thread(struct slice line)
{
	struct slice state;

	return is_header(line) || is_deadlock(line) || is_state(line, &state);
}

static bool is_part(struct slice line)
{
	return is_thread(line) || is_own(line);
}

/* What others have written between threads is a line without an empty one behind it. */
static bool ends_dump(struct slice line)
{
	return is_title(line) || !slice_trim(line).size;
}

static void read_dump(struct trace *t)
{
	struct reading r = { .first = builder_ntasks(trace_builder(t)) };
	struct trace_place place;
	struct slice line;
	struct header h;

	if (trace_peek(t, &line) && is_title(line)) {
		line = slice_trim(line);
		trace_title(t, line);
		slice_skip(&line, "Full thread dump ");
		slice_drop(&line, ":");
		builder_fact(trace_builder(t), "java", "vm", trace_str(t, line));
		trace_skip(t);
	}
	for (;;) {
		place = trace_place(t);
		while (skip_others(t))
			;
		if (!exception_goes_on(t, is_part, ends_dump) || !trace_peek(t, &line))
			break;
		if (is_deadlock(line)) {
			read_deadlock(t);
			continue;
		}
		if (!parse_header(line, &h) && !parse_short(line, &h))
			h = (struct header){ .name = NO_SLICE };
		read_thread(t, &r, &h);
	}
	trace_return(t, place);
	settle_locks(t, &r);
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line, next, state;
	struct header h;

	if (!trace_next(t, &line))
		return false;
	if (is_title(line) || is_deadlock(line) || parse_header(line, &h))
		return true;
	return (parse_short(line, &h) || is_state(line, &state)) && trace_next(t, &next) &&
	       java_frame(next, &frame);
}

static unsigned above(struct trace_above *above)
{
	struct slice line;

	return trace_above_line(above, 0, &line) && is_header(line);
}

static const struct trace_mark marks[] = {
	{ "Full thread dump ", "", false },
	{ " Java-level deadlock:", "Found 0123456789one", false },
	{ "java.lang.Thread.State: ", " ", true },
	{ "  at java.base/", " ", true },
	{ "tid=0x", " ", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_jstack = {
	.name = "jstack",
	.marks = marks,
	.probe = probe,
	.read = read_dump,
	.above = above,
};
