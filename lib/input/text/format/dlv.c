/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of Delve, "goroutines", "goroutines -t" and "bt". stk's own text (input/stk/text.c) looks alike.
 *	* Goroutine 1 - User: ./d.go:6 main.main (0x491800) (thread 281) [chan receive]
 *		0  0x000000000045b1a1 in runtime.gopark
 *		    at /usr/lib/go/src/runtime/proc.go:364
 *		(truncated) */
#include "dlv.h"
#include "death.h"

#include <stdlib.h>

struct slice dlv_without_prompt(struct slice line)
{
	while (slice_skip(&line, "(dlv) "))
		;
	return line;
}

/* " FILE:LINE FUNC (0xPC)", what follows "- User:" */
static bool parse_user(struct slice *rest, struct dlv_header *ret)
{
	struct slice user;
	size_t blank;

	if (!slice_until(rest, " (0x", &user))
		return false;
	*rest = (struct slice){ rest->at - 2, rest->size + 2 };
	if (!slice_hex(rest, &ret->pc) || !slice_skip(rest, ")"))
		return false;
	user = slice_trim(user);
	blank = slice_rfind(user, ' ');
	if (blank == SIZE_MAX)
		return false;
	ret->place = slice_to(user, blank);
	ret->func = slice_from(user, blank + 1);
	return true;
}

/* ", 12 minutes", or Delve's " 3514325": since when, in a clock of its own */
static void drop_wait(struct slice *s, uint64_t *minutes)
{
	size_t blank = slice_rfind(*s, ' ');
	struct slice rest = *s, number;
	uint64_t value;

	if (blank == SIZE_MAX)
		return;
	number = slice_from(*s, blank + 1);
	if (slice_dec(&number, &value) && !number.size) {
		s->size = blank;
		return;
	}
	if (!slice_drop(&rest, " minutes") && !slice_drop(&rest, " minute"))
		return;
	blank = slice_rfind(rest, ' ');
	if (blank == SIZE_MAX || !blank || rest.at[blank - 1] != ',')
		return;
	number = slice_from(rest, blank + 1);
	if (slice_dec(&number, minutes))
		s->size = blank - 1;
}

static void drop_bubble(struct slice *s, uint64_t *bubble)
{
	static const char words[] = ", synctest bubble ";
	const size_t length = sizeof(words) - 1;
	size_t at = slice_find(*s, words);
	struct slice number;

	if (at == SIZE_MAX)
		return;
	number = slice_from(*s, at + length);
	if (slice_dec(&number, bubble) && !number.size)
		s->size = at;
}

static void parse_state(struct slice s, struct dlv_header *ret)
{
	drop_bubble(&s, &ret->bubble);
	ret->leaked = slice_drop(&s, ", leaked");
	ret->locked = slice_drop(&s, ", locked to thread");
	drop_wait(&s, &ret->minutes);
	ret->state = s;
}

static void parse_rest(struct slice rest, struct dlv_header *ret)
{
	struct slice before, state;

	if (slice_skip(&rest, " \"")) {
		if (!slice_until(&rest, "\"", &ret->name))
			return;
	}
	if (slice_skip(&rest, " (thread ")) {
		if (!slice_dec(&rest, &ret->tid) || !slice_skip(&rest, ")"))
			return;
	}
	if (slice_skip(&rest, " [")) {
		if (!slice_until(&rest, "]", &state))
			return;
		parse_state(state, ret);
	}
	if (slice_skip(&rest, " (thread ") &&
	    (!slice_dec(&rest, &ret->tid) || !slice_skip(&rest, ")")))
		return;
	if (slice_until(&rest, "SIG", &before))
		ret->signal = death_signal((struct slice){ rest.at - 3, rest.size + 3 });
}

bool dlv_header(struct slice line, struct dlv_header *ret)
{
	struct slice rest = line;

	*ret = (struct dlv_header){ .name = NO_SLICE };
	ret->marked = slice_starts(rest, "* ");
	if (!slice_skip(&rest, "* ") && !slice_skip(&rest, "  "))
		return false;
	ret->goroutine = slice_skip(&rest, "Goroutine ");
	if ((!ret->goroutine && !slice_skip(&rest, "Thread ")) || !slice_dec(&rest, &ret->id))
		return false;
	if (slice_skip(&rest, " - ")) {
		struct slice kind;

		if (!ret->goroutine || !slice_until(&rest, ": ", &kind) || !parse_user(&rest, ret))
			return false;
	} else if (rest.size && !slice_starts(rest, " [") && !slice_starts(rest, " \"") &&
		   !slice_starts(rest, " SIG") && !slice_starts(rest, " (thread ")) {
		return false;
	}
	parse_rest(rest, ret);
	return true;
}

static enum trace_line judge_task(struct trace *t, struct slice line, const void *arg)
{
	struct dlv_header header;
	uint64_t number;

	(void)t, (void)arg;
	if (dlv_header(dlv_without_prompt(line), &header) && header.func.at)
		return TRACE_LINE_OWN;
	return dlv_is_frame(line, &number) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

/* "created by FUNC[ in goroutine N]" and its place, as stk prints them. */
static uint32_t read_creator(struct trace *t, uint64_t *id)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	struct slice line, number;
	size_t at;

	if (!trace_peek(t, &line) || (line = slice_trim(line), !slice_skip(&line, "created by ")))
		return STK_NONE;
	trace_skip(t);
	at = slice_find(line, " in goroutine ");
	if (at == SIZE_MAX)
		at = slice_find(line, " in thread ");
	if (at != SIZE_MAX) {
		number = slice_from(line, at);
		if (!slice_skip(&number, " in goroutine "))
			slice_skip(&number, " in thread ");
		slice_dec(&number, id);
		line.size = at;
	}
	frame.func = line;
	dlv_take_place(t, &frame);
	return trace_frame(t, &frame);
}

/* ---- tasks ---- */

/* "goroutines" without -t has only where each of them is. */
static void push_user(struct trace *t, const struct dlv_header *header)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	uint32_t column;

	if (!header->func.at)
		return;
	frame.func = header->func;
	frame.pc = header->pc;
	frame.file = header->place;
	slice_place(header->place, &frame.file, &frame.line, &column);
	trace_push_frame(t, &frame);
}

/* What stands between a header and its frames: `Labels: "k":"v"` of Delve; "labels: ...", "waits for
 * ...", "in system call ...", "in kernel function ..." of stk. */
struct remarks {
	struct slice labels, syscall, wchan;
	struct stk_wait *waits;
	size_t nwaits, waits_cap;
};

static bool take_wait(struct trace *t, struct remarks *remarks, struct slice text)
{
	if (!slice_skip(&text, "waits for "))
		return false;
	remarks->waits = grow(remarks->waits, &remarks->waits_cap, remarks->nwaits + 1,
			      sizeof(*remarks->waits));
	remarks->waits[remarks->nwaits++] = (struct stk_wait){
		.kind = builder_str(trace_builder(t), ""), .text = trace_str(t, text)
	};
	return true;
}

static bool take_remark(struct trace *t, struct remarks *remarks)
{
	struct slice line;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (slice_skip(&line, "Labels: ") || slice_skip(&line, "labels: "))
		remarks->labels = line;
	else if (slice_skip(&line, "in system call "))
		remarks->syscall = line;
	else if (slice_skip(&line, "in kernel function "))
		remarks->wchan = line;
	else if (!take_wait(t, remarks, line))
		return false;
	trace_skip(t);
	return true;
}

static void set_remarks(struct trace *t, const struct remarks *remarks)
{
	struct stk_more *more;

	if (!remarks->labels.at && !remarks->syscall.at && !remarks->wchan.at && !remarks->nwaits)
		return;
	more = trace_more(t, builder_ntasks(trace_builder(t)) - 1);
	if (remarks->labels.at)
		more->nlabels = go_labels(t, remarks->labels, &more->labels);
	more->syscall = trace_str(t, remarks->syscall);
	more->wchan = trace_str(t, remarks->wchan);
	more->nwaits = (uint32_t)remarks->nwaits;
	more->waits = builder_array(trace_builder(t), remarks->waits, remarks->nwaits,
				    sizeof(*remarks->waits));
}

static void set_go(struct trace *t, const struct dlv_header *header)
{
	struct stk_go *go = builder_alloc(trace_builder(t), sizeof(*go));

	*go = (struct stk_go){ .m = -1, .bubble = header->bubble, .leaked = header->leaked };
	trace_more(t, builder_ntasks(trace_builder(t)) - 1)->go = go;
}

static void read_task(struct trace *t, const struct dlv_header *header)
{
	struct remarks remarks = { .waits = NULL };
	struct stk_task *task;
	uint32_t creator;
	uint64_t id = 0;

	trace_skip(t);
	while (take_remark(t, &remarks))
		;
	dlv_frames(t);
	if (!trace_pushed(t))
		push_user(t, header);
	creator = read_creator(t, &id);
	task = trace_task(t, header->goroutine ? STK_GOROUTINE : STK_THREAD);
	task->id = header->id;
	task->tid = (uint32_t)(header->goroutine ? header->tid : header->id);
	task->name = trace_str(t, header->name);
	task->state = trace_str(t, header->state);
	task->creator = creator;
	task->creator_id = id;
	task->signal = (uint8_t)header->signal;
	if (header->minutes && header->minutes < INT64_MAX / NS_PER_MINUTE)
		task->wait_ns = (int64_t)(header->minutes * NS_PER_MINUTE);
	if (header->marked)
		task->flags = header->signal ? STK_TASK_CRASHED : STK_TASK_CURRENT;
	if (header->locked)
		task->flags |= STK_TASK_LOCKED;
	if (header->leaked || header->bubble)
		set_go(t, header);
	set_remarks(t, &remarks);
	free(remarks.waits);
}

/* "[12 goroutines]" */
static bool is_count(struct slice line)
{
	uint64_t count;

	return slice_skip(&line, "[") && slice_dec(&line, &count) &&
	       (slice_is(line, " goroutines]") || slice_is(line, " goroutine]"));
}

static bool is_bare(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line) || !dlv_parse_frame(line, &number, &frame) || number || !frame.pc)
		return false;
	return trace_peek_at(t, 1, &line) && slice_starts(slice_trim(line), "at ");
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	struct dlv_header header;
	uint64_t number;

	if (!trace_peek(t, &line))
		return false;
	if (!dlv_header(dlv_without_prompt(line), &header))
		return is_bare(t);
	/* "  Thread 3" alone could be anything */
	return header.func.at ||
	       (trace_peek_at(t, 1, &line) && dlv_parse_frame(line, &number, &frame));
}

static void read_bare(struct trace *t)
{
	dlv_frames(t);
	(void)trace_task(t, STK_TRACE);
}

static void read_dlv(struct trace *t)
{
	struct slice line;
	struct dlv_header header;

	while (trace_peek(t, &line)) {
		line = dlv_without_prompt(line);
		if (dlv_header(line, &header))
			read_task(t, &header);
		else if (is_bare(t))
			read_bare(t);
		else if (is_count(line) || !slice_trim(line).size)
			trace_skip(t);
		else if (!trace_small_gap(t, judge_task, NULL))
			break;
	}
}

static const struct trace_mark marks[] = {
	{ "* Goroutine ", "", false }, { "  Goroutine ", "", false }, { "* Thread ", "", false },
	{ "  Thread ", "", false },    { "0  0x", "", false },        { NULL, NULL, false },
};

const struct trace_format trace_dlv = {
	.name = "dlv",
	.marks = marks,
	.probe = probe,
	.read = read_dlv,
};
