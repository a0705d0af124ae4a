/* SPDX-License-Identifier: Apache-2.0 */
/* stk's own text, the default format (output/delve.c and output/stack.c write it): a block a task,
 * whose frames may be folded, cut, and marked. All that is a word comes from model/words.h.
 *	* Goroutine 18 "name" [chan receive, 3 minutes, locked to thread] (thread 12) SIGSEGV
 *	   waits for ...
 *	0  0x0000000000434cd6 in runtime.gopark(0x1, 0x2)
 *	   at /usr/lib/go/src/runtime/proc.go:363
 *	1  0x00007ffff7df924a in libc.so.6+0x2724a [stripped] (guessed)
 *	   (stack ends here: memory at 0x7ffe0000 is not in the core)
 *	   created by main.start in goroutine 1
 *	   at ./main.go:20
 *	   rax    0x0 */
#include "textframe.h"
#include "../text/format/death.h"
#include "../text/format/gotext.h"

#include <stdlib.h>

struct heading {
	const struct word *kind;
	uint64_t id, tid, minutes, bubble, signal;
	struct slice name, state, line;
	uint16_t flags;
	bool leaked;
};

/* ---- the heading of a task ---- */

/* A text in quotes, those in it behind a backslash, into the dump's memory; false: none. */
static bool take_quoted(struct slice *s, struct slice *ret)
{
	struct slice rest = *s;

	if (!slice_skip(&rest, "\""))
		return false;
	*ret = rest;
	if (!slice_skip_string(&rest))
		return false;
	ret->size = (size_t)(rest.at - ret->at);
	*s = slice_from(rest, 1);
	return true;
}

/* A part of the state behind the last comma, or all of it. */
static bool drop_part(struct slice *s, const char *part)
{
	struct slice rest = *s;

	if (!slice_drop(&rest, part) || (rest.size && !slice_drop(&rest, ", ")))
		return false;
	*s = rest;
	return true;
}

/* "synctest bubble 12", "3 minutes": a number with words before or behind it. */
static bool drop_number(struct slice *s, const char *before, const char *behind, uint64_t *ret)
{
	struct slice rest = *s, number;
	size_t at;

	if (!slice_drop(&rest, behind))
		return false;
	for (at = rest.size; at && rest.at[at - 1] >= '0' && rest.at[at - 1] <= '9'; at--)
		;
	number = slice_from(rest, at);
	rest.size = at;
	if (!slice_dec(&number, ret) || !slice_drop(&rest, before) ||
	    (rest.size && !slice_drop(&rest, ", ")))
		return false;
	*s = rest;
	return true;
}

/* What stands behind the state, from the last on. */
static void parse_state(struct slice s, struct heading *ret)
{
	unsigned i;

	for (i = words_task_flag.count; i-- > 0;) {
		const struct word *flag = &words_task_flag.list[i];

		if (flag->value == STK_TASK_LOCKED) {
			drop_number(&s, WORD_BUBBLE, "", &ret->bubble);
			ret->leaked = drop_part(&s, WORD_LEAKED);
		}
		if (flag->text && drop_part(&s, flag->text))
			ret->flags |= (uint16_t)flag->value;
	}
	if (!drop_number(&s, "", " minutes", &ret->minutes))
		drop_number(&s, "", " minute", &ret->minutes);
	if (s.size)
		ret->state = s;
}

static bool parse_signal(struct slice rest, struct heading *ret)
{
	if (!rest.size)
		return true;
	if (slice_skip(&rest, " signal "))
		return slice_dec(&rest, &ret->signal) && !rest.size && ret->signal <= UINT8_MAX;
	if (!slice_skip(&rest, " "))
		return false;
	ret->signal = (uint64_t)death_signal(rest);
	return ret->signal != 0;
}

/* `rest` is what follows the id. */
static bool parse_rest(struct slice rest, struct heading *ret)
{
	struct slice name = rest, state;

	if (slice_skip(&name, " ") && take_quoted(&name, &ret->name))
		rest = name;
	if (slice_skip(&rest, " [")) {
		if (!slice_until(&rest, "]", &state))
			return false;
		parse_state(state, ret);
	}
	if (slice_skip(&rest, " (thread ") &&
	    (!slice_dec(&rest, &ret->tid) || !slice_skip(&rest, ")")))
		return false;
	return parse_signal(rest, ret);
}

static bool parse_heading(struct slice line, struct heading *ret)
{
	bool marked = slice_starts(line, "* ");
	unsigned i;

	*ret = (struct heading){ .name = NO_SLICE, .state = NO_SLICE };
	if (!slice_skip(&line, "* ") && !slice_skip(&line, "  "))
		return false;
	for (i = 0; i < words_task_kind.count; i++) {
		struct slice rest = line;

		ret->kind = &words_task_kind.list[i];
		if (!slice_skip(&rest, ret->kind->text) || !slice_skip(&rest, " ") ||
		    !slice_dec(&rest, &ret->id) || !parse_rest(rest, ret))
			continue;
		if (marked)
			ret->flags |= STK_TASK_CURRENT | (ret->signal ? STK_TASK_CRASHED : 0);
		return true;
	}
	return false;
}

/* ---- what stands around the frames ---- */

/* "created by FUNC[ in goroutine N]" and its place, or "created by goroutine N" */
static uint32_t read_creator(struct trace *t, uint64_t *id)
{
	static const char *const who[] = { "goroutine ", "thread " };
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice line, rest, before;
	bool known = true;
	unsigned i;

	if (!own_line(t, &line) || !slice_skip(&line, "created by "))
		return STK_NONE;
	trace_skip(t);
	for (i = 0; i < ARRAY_SIZE(who); i++) {
		rest = line;
		if (slice_skip(&rest, who[i]) && slice_dec(&rest, id) && !rest.size)
			known = false;
		rest = line;
		while (slice_until(&rest, i ? " in thread " : " in goroutine ", &before)) {
			struct slice number = rest;

			if (slice_dec(&number, id) && !number.size)
				line.size = (size_t)(before.at + before.size - line.at);
		}
	}
	if (!known)
		return STK_NONE;
	own_function(t, line, false, &frame);
	own_place(t, &frame);
	return trace_frame(t, &frame);
}

/* What stands between a heading and its frames, and behind them. */
struct remarks {
	struct slice labels, syscall, wchan;
	struct stk_wait *waits;
	struct stk_reg *regs;
	struct stk_ancestor *ancestors;
	size_t nwaits, waits_cap, nregs, regs_cap, nancestors, ancestors_cap;
};

static bool take_remark(struct trace *t, struct remarks *remarks)
{
	struct slice line;

	if (!own_line(t, &line))
		return false;
	if (slice_skip(&line, "labels: ")) {
		remarks->labels = line;
	} else if (slice_skip(&line, "in system call ")) {
		remarks->syscall = line;
	} else if (slice_skip(&line, "in kernel function ")) {
		remarks->wchan = line;
	} else if (slice_skip(&line, "waits for ")) {
		remarks->waits = grow(remarks->waits, &remarks->waits_cap, remarks->nwaits + 1,
				      sizeof(*remarks->waits));
		remarks->waits[remarks->nwaits++] = (struct stk_wait){
			.kind = builder_str(trace_builder(t), ""), .text = trace_str(t, line)
		};
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* "when it did so, goroutine 3 was here:" and its stack */
static bool take_ancestor(struct trace *t, struct remarks *remarks)
{
	struct stk_ancestor ancestor = { .creator = STK_NONE };
	struct slice line;
	uint64_t nobody;

	if (!own_line(t, &line) || !slice_skip(&line, "when it did so, goroutine ") ||
	    !slice_dec(&line, &ancestor.id) || !slice_is(line, " was here:"))
		return false;
	trace_skip(t);
	own_frames(t, true);
	ancestor.stack = trace_stack(t);
	ancestor.creator = read_creator(t, &nobody);
	remarks->ancestors = grow(remarks->ancestors, &remarks->ancestors_cap,
				  remarks->nancestors + 1, sizeof(*remarks->ancestors));
	remarks->ancestors[remarks->nancestors++] = ancestor;
	return true;
}

/* "rax    0x0" */
static bool take_register(struct trace *t, struct remarks *remarks)
{
	struct slice line, name;
	uint64_t value;

	if (!trace_peek(t, &line) || !slice_skip(&line, "   ") || !slice_until(&line, " ", &name) ||
	    !name.size)
		return false;
	line = slice_trim(line);
	if (!slice_hex(&line, &value) || line.size)
		return false;
	remarks->regs = grow(remarks->regs, &remarks->regs_cap, remarks->nregs + 1,
			     sizeof(*remarks->regs));
	remarks->regs[remarks->nregs++] = (struct stk_reg){ trace_str(t, name), value };
	trace_skip(t);
	return true;
}

static void set_more(struct trace *t, const struct heading *heading, struct remarks *remarks)
{
	struct builder *b = trace_builder(t);
	struct stk_more *more = trace_more(t, builder_ntasks(b) - 1);
	struct stk_go *go;

	if (remarks->labels.at)
		more->nlabels = go_labels(t, remarks->labels, &more->labels);
	more->syscall = trace_str(t, remarks->syscall);
	more->wchan = trace_str(t, remarks->wchan);
	more->nwaits = (uint32_t)remarks->nwaits;
	more->waits = builder_array(b, remarks->waits, remarks->nwaits, sizeof(*remarks->waits));
	more->nregs = (uint32_t)remarks->nregs;
	more->regs = builder_array(b, remarks->regs, remarks->nregs, sizeof(*remarks->regs));
	more->nancestors = (uint32_t)remarks->nancestors;
	more->ancestors = builder_array(b, remarks->ancestors, remarks->nancestors,
					sizeof(*remarks->ancestors));
	if (heading->leaked || heading->bubble) {
		go = builder_alloc(b, sizeof(*go));
		*go = (struct stk_go){ .m = -1,
				       .bubble = heading->bubble,
				       .leaked = heading->leaked };
		more->go = go;
	}
	free(remarks->waits);
	free(remarks->regs);
	free(remarks->ancestors);
}

static void set_name(struct trace *t, const struct heading *heading, struct stk_task *task)
{
	FREE_AT_END char *name = NULL;
	struct slice rest = heading->name;

	if (!rest.at)
		return;
	name = xmalloc(rest.size + 1);
	task->name = builder_strn(trace_builder(t), name, slice_unescape(&rest, false, name));
}

static void read_own_task(struct trace *t, const struct heading *heading)
{
	bool go = heading->kind->value == STK_GOROUTINE;
	struct remarks remarks = { .waits = NULL };
	struct stk_task *task;
	uint32_t creator;
	uint64_t id = 0;

	trace_skip(t);
	while (take_remark(t, &remarks))
		;
	own_frames(t, go);
	creator = read_creator(t, &id);
	task = trace_task(t, (enum stk_task_kind)heading->kind->value);
	task->id = heading->id;
	task->tid = (uint32_t)(heading->kind->value == STK_THREAD ? heading->id : heading->tid);
	set_name(t, heading, task);
	task->state = trace_str(t, heading->state);
	task->creator = creator;
	task->creator_id = id;
	task->signal = (uint8_t)heading->signal;
	if (heading->minutes && heading->minutes < (uint64_t)(INT64_MAX / NS_PER_MINUTE))
		task->wait_ns = (int64_t)heading->minutes * NS_PER_MINUTE;
	task->flags = heading->flags;
	if (go && go_is_system(t, task))
		task->flags |= STK_TASK_SYSTEM;
	while (take_ancestor(t, &remarks))
		;
	while (take_register(t, &remarks))
		;
	set_more(t, heading, &remarks);
}

/* ---- the whole ---- */

/* "  Thread 3" alone could be anything. */
static bool is_followed(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	if (!trace_peek_at(t, 1, &line))
		return false;
	return own_frame(t, line, false, &number, &frame) || slice_starts(line, "   waits for ") ||
	       slice_starts(line, "   in system call ") || slice_starts(line, "   labels: ") ||
	       slice_starts(line, "   in kernel function ") || slice_starts(line, "   (no stack)");
}

static bool probe(struct trace *t)
{
	struct heading heading;
	struct slice line;

	return trace_peek(t, &line) && parse_heading(line, &heading) && is_followed(t);
}

static void read_own(struct trace *t)
{
	struct heading heading;
	struct slice line;

	while (trace_peek(t, &line)) {
		if (parse_heading(line, &heading))
			read_own_task(t, &heading);
		else if (!slice_trim(line).size)
			trace_skip(t);
		else
			break;
	}
}

static const struct trace_mark marks[] = {
	{ "* Goroutine ", "", false }, { "  Goroutine ", "", false }, { "* Thread ", "", false },
	{ "  Thread ", "", false },    { "* Stack ", "", false },     { "  Stack ", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_stktext = {
	.name = "stk",
	.marks = marks,
	.probe = probe,
	.read = read_own,
};
