/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of backward-cpp's Printer and signal handler, the newest frame last.
 *	Stack trace (most recent call last) in thread 12:
 *	#1    Object "/src/app", at 0x55e267fe67e6, in main
 *	      Source "/src/app.cc", line 14, in main [0x55e267fe67e6]
 *	#0  | Source "/src/app.cc", line 9, in find
 *	    | >   9: return deref(p);
 *	      Source "/src/app.cc", line 6, in main [0x55e267fe677d]
 *	      >   6: static int deref(int *p) { return *p; }
 * Which of Object and Source there are depends on what it knows and was asked. A row with "|" is a
 * call that was inlined, the outermost first: it has the name of the function that was inlined
 * and the place that it was called from; the last row has the name of the function that all of
 * them are in, and the innermost place (inliners_search_cb of its readers of DWARF). With BFD
 * each row has its own name and place; then the last one's name is not that of the Object. */
#include "call.h"
#include "death.h"

#include <signal.h>
#include <stdlib.h>

struct row {
	struct slice func, file;
	uint32_t line;
	size_t source, nsource; /* lines around it */
};

struct source_line {
	uint32_t number;
	struct slice text;
};

/* One frame of the text: a physical one with the calls inlined into it. */
struct group {
	struct slice module, func; /* the Object's */
	uint64_t pc;
	bool has_source;
	size_t first, count; /* rows */
};

struct stack {
	struct group *groups;
	struct row *rows;
	struct source_line *source;
	size_t ngroups, groups_cap, nrows, rows_cap, nsource, source_cap;
};

static bool parse_head(struct slice line, uint64_t *tid)
{
	*tid = 0;
	if (!slice_skip(&line, "Stack trace (most recent call last)"))
		return false;
	if (slice_skip(&line, " in thread "))
		slice_dec(&line, tid);
	return slice_is(line, ":");
}

/* `Object "MODULE", at 0xPC, in FUNC` */
static bool parse_object(struct slice s, struct group *group)
{
	struct slice module, func;
	uint64_t pc;

	if (!slice_skip(&s, "Object \"") || !slice_until(&s, "\", at ", &module))
		return false;
	/* a null pointer of an ostream */
	if (!slice_hex(&s, &pc) && !slice_dec(&s, &pc))
		return false;
	if (!slice_skip(&s, ", in"))
		return false;
	func = slice_trim(s);
	group->module = module;
	group->func = func;
	group->pc = pc;
	return true;
}

/* `Source "FILE", line N, in FUNC[ [0xPC]]` */
static bool parse_source(struct slice s, struct row *row, uint64_t *pc)
{
	struct slice address;
	uint64_t line;
	size_t open;

	*row = (struct row){ .line = 0 };
	if (!slice_skip(&s, "Source \"") || !slice_until(&s, "\", line ", &row->file) ||
	    !slice_dec(&s, &line) || !slice_skip(&s, ", in"))
		return false;
	row->line = line <= INT32_MAX ? (uint32_t)line : 0;
	open = slice_rfind(s, '[');
	if (open != SIZE_MAX && slice_ends(s, "]")) {
		address = slice_between(s, open + 1, s.size - 1);
		if (slice_hex(&address, pc) && !address.size)
			s.size = open;
	}
	row->func = slice_trim(s);
	return true;
}

/* ---- reading ---- */

static bool take_number(struct slice *line, uint64_t *number)
{
	struct slice rest = *line;

	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number) || !slice_starts(rest, " "))
		return false;
	*line = rest;
	return true;
}

static void add_row(struct stack *stack, const struct row *row)
{
	stack->rows = grow(stack->rows, &stack->rows_cap, stack->nrows + 1, sizeof(*stack->rows));
	stack->rows[stack->nrows++] = *row;
	stack->groups[stack->ngroups - 1].count++;
}

static bool take_part(struct stack *stack, struct slice line)
{
	struct group *group = &stack->groups[stack->ngroups - 1];
	struct row row;
	bool inlined;

	line = slice_trim(line);
	if (parse_object(line, group))
		return true;
	inlined = slice_skip(&line, "| ");
	if (!parse_source(line, &row, &group->pc))
		return false;
	group->has_source |= !inlined;
	add_row(stack, &row);
	return true;
}

/* "      >   9: return *p;", "    |     7: {": around the last row */
static bool take_source(struct stack *stack, struct slice line, bool *fits)
{
	struct row *row;
	uint64_t number, last;

	if (!stack->nrows || !slice_skip(&line, "    "))
		return false;
	if (!slice_skip(&line, "|"))
		slice_skip(&line, " ");
	line = slice_trim(line);
	slice_skip(&line, ">");
	line = slice_trim(line);
	if (!slice_dec(&line, &number) || !slice_skip(&line, ":"))
		return false;
	slice_skip(&line, " ");
	stack->source = grow(stack->source, &stack->source_cap, stack->nsource + 1,
			     sizeof(*stack->source));
	row = &stack->rows[stack->nrows - 1];
	/* of a row that has got lost */
	last = row->nsource ? stack->source[stack->nsource - 1].number : number - 1;
	*fits = number <= INT32_MAX && number > last && number - last <= TRACE_SOURCE_GAP;
	if (!*fits)
		return true;
	if (!row->nsource)
		row->source = stack->nsource;
	row->nsource++;
	stack->source[stack->nsource++] = (struct source_line){ (uint32_t)number, line };
	return true;
}

static bool begins(struct slice line)
{
	struct stack stack = { .ngroups = 1 };
	struct group group = { .count = 0 };
	uint64_t number;
	bool is_one;

	stack.groups = &group;
	is_one = take_number(&line, &number) && take_part(&stack, line);
	free(stack.rows);
	return is_one;
}

static bool is_head(struct slice line)
{
	uint64_t tid;

	return parse_head(line, &tid);
}

/* The numbers go down: the newest frame is the last. */
static enum trace_line judge_line(struct trace *t, struct slice line, const void *last)
{
	struct group group;
	struct row row;
	uint64_t number, pc;

	(void)t;
	if (is_head(line))
		return TRACE_LINE_END;
	if (take_number(&line, &number))
		return number < *(const uint64_t *)last ? TRACE_LINE_OWN : TRACE_LINE_END;
	if (!slice_starts(line, "    "))
		return TRACE_LINE_OTHER;
	line = slice_trim(line);
	slice_skip(&line, "| ");
	return parse_object(line, &group) || parse_source(line, &row, &pc) ? TRACE_LINE_OWN
									   : TRACE_LINE_OTHER;
}

static void read_groups(struct trace *t, struct stack *stack)
{
	uint64_t number, last = UINT64_MAX;
	struct slice line;
	bool fits = true;

	while (trace_peek(t, &line) && stack->ngroups < LIMIT_FRAMES) {
		if (take_number(&line, &number)) {
			last = number;
			stack->groups = grow(stack->groups, &stack->groups_cap, stack->ngroups + 1,
					     sizeof(*stack->groups));
			stack->groups[stack->ngroups++] = (struct group){ .first = stack->nrows };
			if (!take_part(stack, line)) {
				stack->ngroups--;
				return;
			}
		} else if (!stack->ngroups ||
			   !(take_source(stack, line, &fits) ||
			     (slice_starts(line, "    ") && take_part(stack, line)))) {
			if (!trace_gap(t, judge_line, &last))
				return;
			continue;
		}
		if (fits)
			trace_skip(t);
		else
			trace_pass_line(t);
		fits = true;
	}
}

/* ---- frames ---- */

static bool same(struct slice a, struct slice b)
{
	return a.size == b.size && (!a.size || !memcmp(a.at, b.at, a.size));
}

/* "app::find(int)" -> "find" */
static struct slice plain_name(struct slice func)
{
	struct slice s = func, name, args;

	if (call_split(&s, false, &name, &args) && !s.size)
		func = name;
	while (slice_until(&func, "::", &name))
		;
	return func;
}

/* Are the names those of the functions that were inlined, each with the place of its call? */
static bool is_shifted(const struct stack *stack, const struct group *group)
{
	struct slice last = stack->rows[group->first + group->count - 1].func;

	return !group->func.size || same(plain_name(group->func), plain_name(last));
}

static void push(struct trace *t, const struct group *group, struct slice func,
		 const struct row *row, const struct source_line *source, bool inlined)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	size_t i;

	/* its unwinder has stepped back into the call ("ip_before_instruction") */
	frame.flags = STK_FRAME_ACTIVATION;
	frame.pc = group->pc;
	frame.module = group->module;
	frame.inlined = inlined;
	if (func.size)
		frame.func = func;
	else
		frame.why = "the program found no symbol for it";
	if (row && row->file.size) {
		frame.file = row->file;
		frame.line = row->line;
	}
	for (i = 0; row && i < row->nsource; i++)
		trace_source_line(t, source[row->source + i].number, source[row->source + i].text);
	trace_push_frame(t, &frame);
}

/* The innermost call first. */
static void push_group(struct trace *t, const struct stack *stack, const struct group *group)
{
	const struct row *rows = group->count ? stack->rows + group->first : NULL;
	bool shifted = group->count > 1 && group->has_source && is_shifted(stack, group);
	size_t i = group->count, last = group->count - 1;

	if (!i)
		push(t, group, group->func, NULL, NULL, false);
	while (i-- > 0) {
		struct slice func = !shifted ? rows[i].func
				    : i      ? rows[i - 1].func
					     : rows[last].func;

		push(t, group, func, &rows[i], stack->source, i > 0);
	}
}

/* "Signal sent by kill() 12 1000": who sent it. */
static void take_sender(struct slice *what, struct stk_cause *cause)
{
	struct slice rest = *what, before;
	uint64_t pid, uid;

	if (!slice_until(&rest, "() ", &before) || !slice_dec(&rest, &pid) ||
	    !slice_skip(&rest, " ") || !slice_dec(&rest, &uid) || rest.size)
		return;
	cause->sender_pid = (uint32_t)pid;
	cause->sender_uid = (uint32_t)uid;
	what->size = before.size + 2;
}

/* The last line of the signal handler, psiginfo(): "Segmentation fault (Address not mapped to
 * object [0x10])". */
static void take_signal(struct trace *t, struct stk_task *task)
{
	struct slice line, name, what;
	struct stk_cause *cause;
	int i;

	if (!trace_peek(t, &line) || !slice_until(&line, " (", &name) || !slice_drop(&line, ")"))
		return;
	for (i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && slice_is(name, sigdescr_np(i)))
			break;
	if (i == NSIG)
		return;
	trace_skip(t);
	task->flags = STK_TASK_CRASHED;
	task->signal = (uint8_t)i;
	if (!trace_cause(t, &cause))
		return;
	what = line;
	if (slice_until(&line, " [", &what))
		cause->has_address = slice_hex(&line, &cause->address) || slice_is(line, "(nil)]");
	else
		take_sender(&what, cause);
	death_describe(t, cause, i, what);
}

static bool probe(struct trace *t)
{
	uint64_t tid, any = UINT64_MAX;
	struct slice line;

	return trace_next(t, &line) && parse_head(line, &tid) && trace_peek(t, &line) &&
	       (begins(line) ||
		(trace_gap(t, judge_line, &any) && trace_peek(t, &line) && begins(line)));
}

static void read_stack(struct trace *t)
{
	struct stack stack = { .groups = NULL };
	struct stk_task *task;
	struct slice line;
	uint64_t tid;

	trace_next(t, &line);
	parse_head(line, &tid);
	read_groups(t, &stack);
	while (stack.ngroups)
		push_group(t, &stack, &stack.groups[--stack.ngroups]);
	task = trace_task(t, tid ? STK_THREAD : STK_TRACE);
	task->id = tid;
	task->tid = (uint32_t)tid;
	take_signal(t, task);
	free(stack.groups);
	free(stack.rows);
	free(stack.source);
}

static const struct trace_mark marks[] = {
	{ "Stack trace (most recent call last)", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_backward = {
	.name = "backward",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
};
