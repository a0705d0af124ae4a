/* SPDX-License-Identifier: Apache-2.0 */
/* What Go prints before the first goroutine: panics, fatal errors, signals. */
#include "gotext.h"
#include "death.h"

#include <signal.h>
#include <string.h>

static bool is_signal_name(struct slice line)
{
	return slice_starts(line, "SIG") && slice_find(line, ": ") < 12;
}

static bool is_title(struct slice line)
{
	return slice_starts(line, "panic: ") || slice_starts(line, "fatal error: ") ||
	       is_signal_name(line);
}

bool go_is_preamble(struct slice line)
{
	return is_title(line) || slice_starts(line, "[signal ") ||
	       slice_starts(line, "runtime: goroutine stack exceeds ") ||
	       slice_starts(line, "unexpected fault address ");
}

/* "NAME=" and a number in hex or decimal somewhere in the line. */
static bool find_number(struct slice line, const char *name, uint64_t *ret)
{
	size_t at = slice_find(line, name);

	if (at == SIZE_MAX)
		return false;
	line = slice_from(line, at + strlen(name));
	return slice_hex(&line, ret) || slice_dec(&line, ret);
}

static void read_signal(struct trace *t, struct stk_cause *cause, struct slice line)
{
	struct slice name;
	uint64_t value;

	if (slice_skip(&line, "[signal ")) {
		if (!cause->signal && slice_hex(&line, &value) && value < NSIG) /* up to Go 1.7 */
			cause->signal = (int)value;
	}
	name = line;
	if (!cause->signal && slice_until(&line, ":", &name))
		cause->signal = death_signal(name);
	if (find_number(line, "sigcode=", &value) || find_number(line, " code=", &value))
		cause->code = (int)value;
	if (find_number(line, " addr=", &value) ||
	    find_number(line, "unexpected fault address ", &value)) {
		cause->has_address = true;
		cause->address = value;
	}
	if (cause->signal && sigabbrev_np(cause->signal))
		cause->signal_name = builder_fmt(trace_builder(t), "SIG%s",
						 sigabbrev_np(cause->signal));
}

/* What the program said: the lines from the title to an empty one. */
struct message {
	char text[4096];
	size_t size;
	bool done;
};

/* false: the line is no part of it. */
static bool add_message(struct message *message, struct slice line)
{
	if (!slice_trim(line).size || slice_starts(line, "[signal ") || slice_starts(line, "PC="))
		message->done = true;
	if (message->done || line.size + 1 > sizeof(message->text) - message->size)
		return false;
	if (message->size)
		message->text[message->size++] = '\n';
	memcpy(message->text + message->size, line.at, line.size);
	message->size += line.size;
	return true;
}

static bool is_blank(struct slice line)
{
	return !slice_trim(line).size;
}

/* Frames whose goroutine lost its header. */
static void note_frames(struct trace *t, bool *noted)
{
	if (*noted || !go_is_call(t))
		return;
	*noted = true;
	trace_unparsed(t, trace_line_number(t) + 1, "frames without the header of their goroutine");
}

/* Reads up to the first goroutine: panic or error, signal. Returns what that goroutine is. */
uint16_t go_preamble(struct trace *t)
{
	struct message message = { .size = 0 };
	struct stk_cause unused = { 0 }, *cause = &unused;
	struct slice line, title = NO_SLICE;
	bool first = trace_cause(t, &cause), signal, noted = false;

	while (!go_at_goroutine(t) && trace_peek(t, &line)) {
		if (!title.at && is_title(line)) {
			title = line;
			trace_title(t, title);
			cause->text = trace_str(t, title);
		}
		signal = slice_starts(line, "[signal ") || slice_starts(line, "PC=") ||
			 is_signal_name(line) || slice_starts(line, "unexpected fault address ");
		if (signal)
			read_signal(t, cause, line);
		if (message.done)
			note_frames(t, &noted);
		/* of a second panic there is only the title */
		if ((title.at && add_message(&message, line) && (first || title.at == line.at)) ||
		    (signal && first) || is_blank(line))
			trace_skip(t);
		else
			trace_pass_line(t);
	}
	if (message.size)
		cause->message = builder_strn(trace_builder(t), message.text, message.size);
	cause->deadlock |= golang_is_deadlock(cause->text) || golang_is_deadlock(cause->message);
	return title.at && slice_starts(title, "SIGQUIT") ? STK_TASK_CURRENT : STK_TASK_CRASHED;
}

/* net/http and others log "panic serving ADDR: MSG" and then the stack. */
void go_title_above(struct trace *t)
{
	struct slice above, title;

	if (!trace_above(t, &above))
		return;
	title = above;
	if (slice_until(&title, "panic", &above))
		trace_title(t, (struct slice){ title.at - 5, title.size + 5 });
}
