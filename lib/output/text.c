/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <string.h>

const struct stk_loc *text_frame_loc(const struct stk_dump *dump, uint32_t frame)
{
	return &dump->locs[dump->frames[frame].loc];
}

const struct stk_loc *text_creator(const struct stk_dump *dump, const struct stk_task *task)
{
	return task->creator < dump->nframes ? text_frame_loc(dump, task->creator) : NULL;
}

const struct stk_module *text_module(const struct stk_dump *dump, const struct stk_loc *loc)
{
	return loc->module < dump->nmodules ? &dump->modules[loc->module] : NULL;
}

/* Linux's numbers on the architectures that are read, whatever machine this runs on. */
const char *text_signal_name(unsigned signal)
{
	static const char *const names[] = {
		[1] = "SIGHUP", "SIGINT",    "SIGQUIT", "SIGILL",    "SIGTRAP", "SIGABRT",
		"SIGBUS",       "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",
		"SIGPIPE",      "SIGALRM",   "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT",
		"SIGSTOP",      "SIGTSTP",   "SIGTTIN", "SIGTTOU",   "SIGURG",  "SIGXCPU",
		"SIGXFSZ",      "SIGVTALRM", "SIGPROF", "SIGWINCH",  "SIGIO",   "SIGPWR",
		"SIGSYS",
	};

	return signal < ARRAY_SIZE(names) ? names[signal] : NULL;
}

void text_signal(struct out *out, unsigned signal)
{
	const char *name = text_signal_name(signal);

	if (name)
		out_str(out, name);
	else if (signal)
		out_fmt(out, "signal %u", signal);
}

bool text_has_pc(const struct stk_frame *frame)
{
	/* a text may have none, and an interpreter's frames have none */
	return frame->pc || (frame->how != STK_HOW_TEXT && frame->how != STK_HOW_INTERPRETER &&
			     frame->how != STK_HOW_GUESS);
}

void text_address(struct out *out, const struct stk_dump *dump, uint64_t address)
{
	out_hex(out, address, dump->target.word == 4 ? 8 : 16);
}

/* The first byte of a UTF-8 character, or a byte that is none. */
static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

uint32_t text_columns(const char *text, size_t size)
{
	uint32_t columns = 0;

	while (size--)
		columns += starts_character(*text++);
	return columns;
}

/* Where character number `n` begins. */
static const char *nth_character(const char *text, size_t n)
{
	for (; *text; text++)
		if (starts_character(*text) && !n--)
			break;
	return text;
}

void text_shortened(struct out *out, const char *text, uint32_t columns)
{
	size_t have = columns ? text_columns(text, strlen(text)) : 0, head;
	const char *tail;

	if (have <= columns || columns < 8) {
		out_text(out, text);
		return;
	}
	/* The end tells more functions and files apart than the beginning does. */
	head = (columns - 3) / 3;
	tail = nth_character(text, have - (columns - 3 - head));
	out_textn(out, text, (size_t)(nth_character(text, head) - text));
	out_str(out, "...");
	out_text(out, tail);
}

static void unnamed_function(struct out *out, const struct stk_dump *dump,
			     const struct stk_loc *loc)
{
	const struct stk_module *module = text_module(dump, loc);

	if (module) {
		out_text(out, path_base(module->path));
		/* texts may name the file without saying where in it; no code stands at 0 */
		if (loc->offset) {
			out_char(out, '+');
			out_hex(out, loc->offset, 1);
		}
	} else {
		out_char(out, '(');
		out_text(out, loc->why ? loc->why : why_text[WHY_NO_MODULE]);
		out_char(out, ')');
	}
	if (loc->why && module) {
		out_str(out, " [");
		out_text(out, loc->why);
		out_char(out, ']');
	}
}

void text_function(struct out *out, const struct stk_dump *dump, const struct stk_loc *loc,
		   uint32_t columns)
{
	out_paint(out, OUT_FUNC);
	if (loc->func)
		text_shortened(out, loc->func, columns);
	else
		unnamed_function(out, dump, loc);
	out_paint(out, OUT_PLAIN);
}

void text_frame_function(struct out *out, const struct stk_dump *dump, uint32_t frame)
{
	const struct stk_loc *loc = &dump->locs[dump->frames[frame].loc];

	if (dump->frames[frame].flags & STK_FRAME_SIGNAL && !loc->func)
		out_str(out, WORD_SIGNAL_FRAME);
	else
		text_function(out, dump, loc, 0);
}

static void put_place(struct out *out, const struct stk_loc *loc, uint32_t columns)
{
	out_paint(out, OUT_FILE);
	text_shortened(out, loc->file, columns);
	if (loc->line) {
		out_char(out, ':');
		out_dec(out, loc->line);
	}
	out_paint(out, OUT_PLAIN);
}

void text_place(struct out *out, const struct stk_loc *loc)
{
	put_place(out, loc, 0);
}

/* Of a narrow line the function gets the larger part, and a file that can still be told from
 * others the rest. */
#define LEAST_PLACE 30u

void text_function_at(struct out *out, const struct stk_dump *dump, const struct stk_loc *loc,
		      uint32_t columns)
{
	uint32_t most = columns > 2 * LEAST_PLACE ? columns - LEAST_PLACE : columns / 2;
	size_t used = loc->func ? text_columns(loc->func, strlen(loc->func)) : 0;

	text_function(out, dump, loc, most);
	if (!loc->file)
		return;
	if (used > most)
		used = most;
	out_str(out, " at ");
	used += strlen(" at :12345");
	put_place(out, loc, columns > used ? columns - (uint32_t)used : columns);
}

void text_count(struct out *out, uint64_t count, const char *noun)
{
	out_dec(out, count);
	out_char(out, ' ');
	out_str(out, noun);
	if (count != 1)
		out_char(out, 's');
}

void text_duration(struct out *out, int64_t ns)
{
	if (ns < 1000000)
		out_fmt(out, "%" PRId64 " us", ns / 1000);
	else if (ns < 1000000000)
		out_fmt(out, "%.1f ms", (double)ns / 1e6);
	else if (ns < NS_PER_MINUTE)
		out_fmt(out, "%.1f s", (double)ns / 1e9);
	else
		text_count(out, (uint64_t)(ns / NS_PER_MINUTE), "minute");
}

bool text_has_state(const struct stk_task *task)
{
	return task->state || task->wait_ns >= NS_PER_MINUTE ||
	       (task->flags & (STK_TASK_LOCKED | STK_TASK_UNVERIFIED | STK_TASK_MISSED));
}

static void state_part(struct out *out, const char **separator, const char *text)
{
	out_str(out, *separator);
	out_text(out, text);
	*separator = ", ";
}

static void state_flag(struct out *out, const char **separator, const struct stk_task *task,
		       unsigned flag)
{
	if (task->flags & flag)
		state_part(out, separator, words_row(&words_task_flag, flag)->text);
}

void text_state(struct out *out, const struct stk_task *task)
{
	const char *separator = "";

	if (task->state)
		state_part(out, &separator, task->state);
	if (task->wait_ns >= NS_PER_MINUTE) {
		out_str(out, separator);
		text_count(out, (uint64_t)(task->wait_ns / NS_PER_MINUTE), "minute");
		separator = ", ";
	}
	state_flag(out, &separator, task, STK_TASK_LOCKED);
	if (task->more->go && task->more->go->leaked)
		state_part(out, &separator, WORD_LEAKED);
	if (task->more->go && task->more->go->bubble) {
		state_part(out, &separator, WORD_BUBBLE);
		out_dec(out, task->more->go->bubble);
	}
	state_flag(out, &separator, task, STK_TASK_UNVERIFIED);
	state_flag(out, &separator, task, STK_TASK_MISSED);
}

void text_quoted(struct out *out, const char *text)
{
	size_t plain;

	out_char(out, '"');
	for (; text[plain = strcspn(text, "\"\\")]; text += plain + 1) {
		out_textn(out, text, plain);
		out_char(out, '\\');
		out_char(out, text[plain]);
	}
	out_text(out, text);
	out_char(out, '"');
}

void text_labels(struct out *out, const struct stk_more *more)
{
	uint32_t i;

	for (i = 0; i < more->nlabels; i++) {
		out_str(out, i ? ", " : "");
		text_quoted(out, more->labels[i].key);
		out_char(out, ':');
		text_quoted(out, more->labels[i].value);
	}
}

void text_lines(struct out *out, const char *text, size_t indent)
{
	const char *end = strchr(text, '\n');

	for (; end; text = end + 1, end = strchr(text, '\n')) {
		out_pad(out, indent);
		out_textn(out, text, (size_t)(end - text));
		out_char(out, '\n');
	}
	if (*text) {
		out_pad(out, indent);
		out_text(out, text);
		out_char(out, '\n');
	}
}

static void put_wait(struct out *out, const struct stk_wait *wait)
{
	out_str(out, "   waits for ");
	if (wait->text && *wait->text) {
		out_text(out, wait->text);
	} else {
		out_text(out, wait->kind);
		if (wait->address) {
			out_char(out, ' ');
			out_hex(out, wait->address, 1);
		}
	}
	out_char(out, '\n');
}

static void put_line(struct out *out, const char *before, const char *text)
{
	if (!text)
		return;
	out_str(out, "   ");
	out_str(out, before);
	out_text(out, text);
	out_char(out, '\n');
}

void text_waits(struct out *out, const struct stk_more *more)
{
	uint32_t i;

	for (i = 0; i < more->nwaits; i++)
		put_wait(out, &more->waits[i]);
	put_line(out, "in system call ", more->syscall);
	put_line(out, "in kernel function ", more->wchan);
	if (more->nlabels) {
		out_str(out, "   labels: ");
		text_labels(out, more);
		out_char(out, '\n');
	}
}

void text_source_line(struct out *out, const char *line)
{
	size_t column = 0, length = strcspn(line, "\t");

	for (; line[length]; length = strcspn(line, "\t")) {
		out_textn(out, line, length);
		column += text_columns(line, length);
		out_pad(out, 8 - column % 8);
		column += 8 - column % 8;
		line += length + 1;
	}
	out_text(out, line);
}

/* A line that is no trace: tabs go through, other control bytes do not. */
static void put_span_line(struct out *out, const char *line, size_t size)
{
	const char *tab;

	while ((tab = memchr(line, '\t', size)) != NULL) {
		out_textn(out, line, (size_t)(tab - line));
		out_char(out, '\t');
		size -= (size_t)(tab - line) + 1;
		line = tab + 1;
	}
	out_textn(out, line, size && line[size - 1] == '\r' ? size - 1 : size);
	out_char(out, '\n');
}

void text_spans(struct out *out, const struct stk_dump *dump, uint32_t task, uint32_t *next)
{
	for (; *next < dump->nspans && dump->spans[*next].task <= task; ++*next) {
		const char *at = dump->spans[*next].bytes, *end = at + dump->spans[*next].size;

		while (at < end) {
			const char *newline = memchr(at, '\n', (size_t)(end - at));
			const char *stop = newline ? newline : end;

			put_span_line(out, at, (size_t)(stop - at));
			at = stop + 1;
		}
	}
}

/* ---- what happened ---- */

static void summary_name(struct out *out, const struct stk_target *target)
{
	out_paint(out, OUT_HEAD);
	out_text(out, target->name);
	out_paint(out, OUT_PLAIN);
	out_char(out, ':');
	if (*target->command) {
		out_char(out, ' ');
		out_text(out, target->command);
	}
	/* The name of a process is its pid. */
	if (target->pid && target->kind != STK_TARGET_PROCESS)
		out_fmt(out, " (pid %" PRIu64 ")", target->pid);
}

static const char *summary_event(struct out *out, const struct stk_dump *dump)
{
	const char *separator = *dump->target.command || dump->target.pid ? ", " : " ";

	if (*dump->cause.text) {
		out_str(out, dump->cause.signal ? " killed by " : " ");
		out_paint(out, OUT_BAD);
		out_text(out, dump->cause.text);
		out_paint(out, OUT_PLAIN);
		separator = ", ";
	}
	if (dump->target.pause_ns) {
		out_str(out, separator);
		out_str(out, "paused ");
		text_duration(out, (int64_t)dump->target.pause_ns);
		separator = ", ";
	}
	return separator;
}

/* The stacks of a report are nobody's threads. */
static const char *thread_noun(const struct stk_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->ntasks; i++)
		if (dump->tasks[i].kind == STK_TRACE)
			return words_row(&words_task_kind, STK_TRACE)->noun;
	return words_row(&words_task_kind, STK_THREAD)->noun;
}

static void summary_counts(struct out *out, const struct stk_dump *dump, const char *separator)
{
	const struct {
		uint32_t count;
		const char *noun;
	} counts[] = {
		{ dump->target.threads, thread_noun(dump) },
		{ dump->target.goroutines, words_row(&words_task_kind, STK_GOROUTINE)->noun },
		{ dump->nreports > 1 ? dump->nreports : 0, "report" },
	};
	bool any = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!counts[i].count)
			continue;
		out_str(out, separator);
		text_count(out, counts[i].count, counts[i].noun);
		separator = ", ";
		any = true;
	}
	if (!any && dump->ntasks) {
		out_str(out, separator);
		text_count(out, dump->ntasks, words_row(&words_task_kind, STK_TRACE)->noun);
	}
}

void text_summary(struct out *out, const struct stk_dump *dump)
{
	const struct stk_cause *cause = &dump->cause;
	uint32_t i;

	summary_name(out, &dump->target);
	summary_counts(out, dump, summary_event(out, dump));
	out_char(out, '\n');
	/* Of a text the message is what it is about, which was just said. */
	if (cause->message && strcmp(cause->message, cause->text))
		text_lines(out, cause->message, 2);
	for (i = 0; i < cause->nstatements; i++) {
		out_str(out, "  ");
		out_text(out, cause->statements[i].text);
		if (cause->statements[i].basis && *cause->statements[i].basis) {
			out_str(out, " (");
			out_text(out, cause->statements[i].basis);
			out_char(out, ')');
		}
		out_char(out, '\n');
	}
}
