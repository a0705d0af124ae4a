/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of Delve, "goroutines", "goroutines -t" and "bt". stk's own text (input/stk/text.c) looks alike.
 *	* Goroutine 1 - User: ./d.go:6 main.main (0x491800) (thread 281) [chan receive]
 *		0  0x000000000045b1a1 in runtime.gopark
 *		    at /usr/lib/go/src/runtime/proc.go:364
 *		(truncated) */
#include "gotext.h"
#include "call.h"
#include "death.h"

#include <stdlib.h>

/* Of the variables and the source of a frame. */
#define LINES_OF_FRAME 10000

struct header {
	uint64_t id, tid, minutes, bubble;
	struct slice name, state, place, func;
	uint64_t pc;
	int signal;
	bool goroutine, marked, locked, leaked;
};

static struct slice without_prompt(struct slice line)
{
	while (slice_skip(&line, "(dlv) "))
		;
	return line;
}

/* " FILE:LINE FUNC (0xPC)", what follows "- User:" */
static bool parse_user(struct slice *rest, struct header *ret)
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

static void parse_state(struct slice s, struct header *ret)
{
	drop_bubble(&s, &ret->bubble);
	ret->leaked = slice_drop(&s, ", leaked");
	ret->locked = slice_drop(&s, ", locked to thread");
	drop_wait(&s, &ret->minutes);
	ret->state = s;
}

static void parse_rest(struct slice rest, struct header *ret)
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
	if (slice_skip(&rest, " (thread ") && (!slice_dec(&rest, &ret->tid) || !slice_skip(&rest, ")")))
		return;
	if (slice_until(&rest, "SIG", &before))
		ret->signal = death_signal((struct slice){ rest.at - 3, rest.size + 3 });
}

static bool parse_header(struct slice line, struct header *ret)
{
	struct slice rest = line;

	*ret = (struct header){ .name = NO_SLICE };
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

/* ---- frames ---- */

/* "libc.so.6+0x27305 [stripped]", how stk shows a function that it does not know */
static bool parse_unnamed(struct slice s, struct trace_frame *frame)
{
	static const char *const reasons[] = {
		"stripped", "no file of this module here", "the file here is of another build",
		"no symbol covers it", "no debug information", "no function of Go's table is here",
		"Go's function table is missing",
	};
	size_t open = slice_find(s, " ["), i;
	struct slice reason = NO_SLICE;

	if (open != SIZE_MAX && slice_drop(&s, "]")) {
		reason = slice_from(s, open + 2);
		s.size = open;
	}
	if (!call_module(s, frame))
		return false;
	frame->why = "stk found no symbol for it";
	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (slice_is(reason, reasons[i]))
			frame->why = reasons[i];
	return true;
}

/* "0  0x000000000045b1a1 in FUNC"; stk leaves the address out where there is none. */
static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(without_prompt(line));

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_dec(&rest, number) || !slice_skip(&rest, "  "))
		return false;
	if (slice_hex(&rest, &frame->pc) && !slice_skip(&rest, " in "))
		return false;
	frame->inlined = slice_drop(&rest, " (inlined)");
	if (slice_is(rest, "<signal handler called>"))
		frame->flags = STK_FRAME_SIGNAL;
	else if (slice_is(rest, "???") || slice_is(rest, "?"))
		frame->why = "Delve found no symbol for it";
	else if (!parse_unnamed(rest, frame))
		frame->func = rest;
	return rest.size > 0;
}

static bool is_place(struct slice line)
{
	struct slice place = slice_trim(line), file;
	uint32_t number, column;

	return (slice_starts(line, " ") || slice_starts(line, "\t")) && slice_skip(&place, "at ") &&
	       slice_place(place, &file, &number, &column);
}

/* Is this an address and a function, so that no log line looks like it? */
static bool is_frame(struct slice line, uint64_t *number)
{
	struct trace_frame frame;

	return parse_frame(line, number, &frame) && frame.pc;
}

static enum trace_line judge_place(struct trace *t, struct slice line, const void *arg)
{
	struct header header;
	uint64_t number;

	(void)t, (void)arg;
	if (is_place(line))
		return TRACE_LINE_OWN;
	return is_frame(line, &number) || parse_header(without_prompt(line), &header) ? TRACE_LINE_END :
										   TRACE_LINE_OTHER;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct header header;
	uint64_t number;

	(void)t;
	if (is_frame(line, &number))
		return number && number < *(const uint64_t *)expected ? TRACE_LINE_END :
			trace_judge_number(number, *(const uint64_t *)expected);
	return parse_header(without_prompt(line), &header) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static enum trace_line judge_task(struct trace *t, struct slice line, const void *arg)
{
	struct header header;
	uint64_t number;

	(void)t, (void)arg;
	if (parse_header(without_prompt(line), &header) && header.func.at)
		return TRACE_LINE_OWN;
	return is_frame(line, &number) ? TRACE_LINE_END : TRACE_LINE_OTHER;
}

static bool take_place(struct trace *t, struct trace_frame *frame)
{
	struct slice line;
	uint32_t column;

	if (trace_peek(t, &line) && frame->pc && !slice_starts(slice_trim(line), "at ") &&
	    !slice_starts(slice_trim(line), "from "))
		trace_small_gap(t, judge_place, NULL);
	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (slice_skip(&line, "at ")) {
		frame->file = line;
		slice_place(line, &frame->file, &frame->line, &column);
	} else if (slice_skip(&line, "from ")) {
		frame->module = line;
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* Delve repeats the address for calls that were inlined; a recursion repeats the function, too. */
static bool is_inlined(struct trace *t, const struct trace_frame *frame)
{
	struct trace_frame next;
	struct slice line;
	uint64_t number;

	return frame->pc && frame->func.at && trace_peek(t, &line) &&
	       parse_frame(line, &number, &next) && number && next.pc == frame->pc &&
	       next.func.at && (next.func.size != frame->func.size ||
				memcmp(next.func.at, frame->func.at, next.func.size) != 0);
}

/* What stk shows with a frame: "=> 46: return *p;" */
static bool take_source(struct trace *t, struct slice line)
{
	uint64_t number;

	line = slice_trim(line);
	slice_skip(&line, "=> ");
	line = slice_trim(line);
	if (!slice_dec(&line, &number) || number > INT32_MAX || !slice_skip(&line, ":"))
		return false;
	slice_skip(&line, " ");
	return trace_source_line(t, (uint32_t)number, line);
}

struct values {
	struct stk_value *list;
	size_t count, cap;
};

static bool take_value(struct trace *t, struct values *values, struct slice line)
{
	struct slice name, text = slice_trim(line);

	if (!slice_until(&text, " = ", &name) || slice_find(name, " ") != SIZE_MAX)
		return false;
	if (!trace_wants(t, STK_WANT_DETAIL))
		return true;
	values->list = grow(values->list, &values->cap, values->count + 1, sizeof(*values->list));
	values->list[values->count++] = (struct stk_value){
		.name = trace_str(t, name), .type = builder_str(trace_builder(t), ""),
		.text = trace_str(t, text) };
	return true;
}

/* Variables and source lines below a frame, further to the right than its place. */
static void take_details(struct trace *t, struct trace_frame *frame)
{
	struct values values = { NULL, 0, 0 };
	struct slice line;
	unsigned lines;

	for (lines = 0; lines < LINES_OF_FRAME && trace_peek(t, &line); lines++) {
		if (!slice_starts(line, "    ") ||
		    !(take_source(t, line) || take_value(t, &values, line)))
			break;
		trace_skip(t);
	}
	frame->values = builder_array(trace_builder(t), values.list, values.count,
				      sizeof(*values.list));
	frame->nvalues = (uint32_t)values.count;
	free(values.list);
}

static bool read_frame(struct trace *t, uint64_t *expected)
{
	struct trace_frame frame;
	struct slice line;
	uint64_t number;

	if (!trace_peek(t, &line) || !parse_frame(line, &number, &frame) || number < *expected)
		return false;
	trace_skip(t);
	if (number > *expected)
		trace_elided(t, (uint32_t)(number - *expected));
	*expected = number + 1;
	take_place(t, &frame);
	take_details(t, &frame);
	frame.inlined = frame.inlined || is_inlined(t, &frame);
	trace_push_frame(t, &frame);
	return true;
}

/* "... 87 frames left out", "... more frames left out"; "(truncated)" of Delve */
static bool take_elision(struct trace *t, uint64_t *expected)
{
	struct slice line;
	uint64_t count;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (slice_is(line, "(truncated)") || slice_is(line, "... more frames left out")) {
		trace_elided(t, STK_NONE);
	} else if (slice_skip(&line, "... ") && slice_dec(&line, &count) && count < STK_NONE &&
		   (slice_is(line, " frames left out") || slice_is(line, " frame left out"))) {
		trace_elided(t, (uint32_t)count);
		*expected += count;
	} else {
		return false;
	}
	trace_skip(t);
	return true;
}

/* "... frames 3-12: the 2 frames above, 5 more times", how stk shows a recursion */
static bool take_repetition(struct trace *t, uint64_t *expected)
{
	struct slice line;
	uint64_t first, last, period = 1, times;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (!slice_skip(&line, "... frames ") || !slice_dec(&line, &first) ||
	    !slice_skip(&line, "-") || !slice_dec(&line, &last) || !slice_skip(&line, ": the "))
		return false;
	if (slice_dec(&line, &period))
		slice_skip(&line, " ");
	if ((!slice_skip(&line, "frames above, ") && !slice_skip(&line, "frame above, ")) ||
	    !slice_dec(&line, &times) || !period || last < first || last - first >= LIMIT_FRAMES ||
	    (last - first + 1) / period != times || !trace_repeat(t, (uint32_t)period, times))
		return false;
	*expected = last + 1;
	trace_skip(t);
	return true;
}

/* "(no stack)", "(stack ends here: memory at 0x7ffe is not readable)" */
static bool take_end(struct trace *t)
{
	struct slice line, before;
	uint64_t address = 0;

	if (!trace_peek(t, &line))
		return false;
	line = slice_trim(line);
	if (!slice_drop(&line, ")"))
		return false;
	if (slice_until(&line, "0x", &before))
		slice_hexdigits(&line, &address);
	else
		before = line;
	if (slice_starts(before, "(stack ends here: no unwind information"))
		trace_end(t, STK_END_NO_UNWIND, address);
	else if (slice_starts(before, "(stack ends here: memory at"))
		trace_end(t, STK_END_UNREADABLE, address);
	else if (slice_starts(before, "(stack ends here: the next frame"))
		trace_end(t, STK_END_LOOP, 0);
	else if (slice_starts(before, "(stack cut here"))
		trace_end(t, STK_END_LIMIT, 0);
	else if (!slice_is(before, "(no stack"))
		return false;
	trace_skip(t);
	return true;
}

static void read_frames(struct trace *t)
{
	uint64_t expected = 0;

	while (read_frame(t, &expected) || take_elision(t, &expected) ||
	       take_repetition(t, &expected) || trace_gap(t, judge_frame, &expected))
		;
	take_end(t);
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
	take_place(t, &frame);
	return trace_frame(t, &frame);
}

/* ---- tasks ---- */

/* "goroutines" without -t has only where each of them is. */
static void push_user(struct trace *t, const struct header *header)
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
		.kind = builder_str(trace_builder(t), ""), .text = trace_str(t, text) };
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

static void set_go(struct trace *t, const struct header *header)
{
	struct stk_go *go = builder_alloc(trace_builder(t), sizeof(*go));

	*go = (struct stk_go){ .m = -1, .bubble = header->bubble, .leaked = header->leaked };
	trace_more(t, builder_ntasks(trace_builder(t)) - 1)->go = go;
}

static void read_task(struct trace *t, const struct header *header)
{
	struct remarks remarks = { .waits = NULL };
	struct stk_task *task;
	uint32_t creator;
	uint64_t id = 0;

	trace_skip(t);
	while (take_remark(t, &remarks))
		;
	read_frames(t);
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

	if (!trace_peek(t, &line) || !parse_frame(line, &number, &frame) || number ||
	    !frame.pc)
		return false;
	return trace_peek_at(t, 1, &line) && slice_starts(slice_trim(line), "at ");
}

static bool probe(struct trace *t)
{
	struct trace_frame frame;
	struct slice line;
	struct header header;
	uint64_t number;

	if (!trace_peek(t, &line))
		return false;
	if (!parse_header(without_prompt(line), &header))
		return is_bare(t);
	/* "  Thread 3" alone could be anything */
	return header.func.at || (trace_peek_at(t, 1, &line) && parse_frame(line, &number, &frame));
}

static void read_bare(struct trace *t)
{
	read_frames(t);
	(void)trace_task(t, STK_TRACE);
}

static void read_dlv(struct trace *t)
{
	struct slice line;
	struct header header;

	while (trace_peek(t, &line)) {
		line = without_prompt(line);
		if (parse_header(line, &header))
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
	{ "* Goroutine ", "", false },
	{ "  Goroutine ", "", false },
	{ "* Thread ", "", false },
	{ "  Thread ", "", false },
	{ "0  0x", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_dlv = {
	.name = "dlv", .marks = marks, .probe = probe, .read = read_dlv,
};
