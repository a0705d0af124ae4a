/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd-coredump logs, and coredumpctl info prints.
 *	Process 738 (app) of user 1000 dumped core.
 *
 *	Module libc.so.6 with build-id 93ac61ec
 *	Stack trace of thread 738:
 *	#0  0x000055668fbe1126 compute (app + 0x1126)
 *	#1  0x00007ffff7df9305 n/a (libc.so.6 + 0x27305)
 *	ELF object binary architecture: AMD x86-64
 * coredumpctl puts fields above, and the message is indented:
 *	           PID: 738 (app)
 *	        Signal: 11 (SEGV)
 *	  Command Line: ./app --all
 *	       Message: Process 738 (app) of user 1000 dumped core.
 * In a journal only the first line has the journal's prefix. Before systemd 244 the module stood
 * without an offset. */
#include "call.h"
#include "death.h"

#include <stdlib.h>

/* Modules, fields and blank lines of one message. */
#define LINES 100000
#define FIELDS 64
/* Lines of others among them. */
#define OTHERS 8

static bool parse_thread(struct slice line, uint64_t *tid)
{
	line = slice_trim(line);
	return slice_skip(&line, "Stack trace of thread ") && slice_dec(&line, tid) &&
	       slice_is(line, ":");
}

struct process {
	struct slice sentence, name;
	uint64_t pid;
};

/* Whatever stands before it, "Message: " or the journal's prefix, is of that line alone. */
static bool parse_process(struct slice line, struct process *ret)
{
	struct slice rest = slice_trim(line), before;
	size_t at = slice_find(rest, "Process ");

	if (at == SIZE_MAX || (at && rest.at[at - 1] != ' '))
		return false;
	ret->sentence = slice_from(rest, at);
	rest = ret->sentence;
	return slice_until(&rest, "Process ", &before) && slice_dec(&rest, &ret->pid) &&
	       slice_skip(&rest, " (") && slice_until(&rest, ") of user ", &ret->name) &&
	       slice_ends(rest, " dumped core.");
}

/* ---- fields ---- */

static bool parse_field(struct slice line, struct slice *key, struct slice *value)
{
	struct slice rest = slice_trim(line);

	if (!slice_until(&rest, ":", key) || !key->size || (rest.size && rest.at[0] != ' '))
		return false;
	*value = slice_trim(rest);
	return key->size <= 20;
}

/* "11 (SEGV)": a number, and what is in the brackets. */
static bool split_value(struct slice value, uint64_t *number, struct slice *name)
{
	*name = NO_SLICE;
	if (!slice_dec(&value, number))
		return false;
	if (slice_skip(&value, " (") && slice_drop(&value, ")"))
		*name = value;
	return true;
}

static bool is_first_field(struct slice line)
{
	struct slice key, value, name;
	uint64_t pid;

	return parse_field(line, &key, &value) && slice_is(key, "PID") &&
	       split_value(value, &pid, &name) && name.at;
}

static void keep_field(struct trace *t, struct slice key, struct slice value)
{
	struct builder *b = trace_builder(t);
	struct stk_target *target = builder_target(b);
	struct slice name;
	uint64_t number;

	if (slice_is(key, "PID") && split_value(value, &number, &name)) {
		target->pid = number;
		if (name.at)
			target->command = trace_str(t, name);
	} else if (slice_is(key, "Command Line")) {
		target->command_line = trace_str(t, value);
	} else if (slice_is(key, "Executable")) {
		target->executable = trace_str(t, value);
	} else if (!slice_is(key, "Signal")) {
		builder_fact(b, "systemd-coredump", trace_str(t, key), trace_str(t, value));
	}
}

static void read_cause(struct trace *t, struct slice value, int *signal)
{
	struct stk_cause *cause;
	struct slice name;
	uint64_t number;

	if (!split_value(value, &number, &name) || number > 127)
		return;
	*signal = (int)number;
	if (trace_cause(t, &cause))
		death_describe(t, cause, *signal, NO_SLICE);
}

/* The fields up to the message. Of a second dump in one text, they are kept as text. */
static void read_fields(struct trace *t, int *signal)
{
	struct trace_place start = trace_place(t);
	bool first = !builder_target(trace_builder(t))->pid;
	struct process process;
	struct slice line, key, value;

	while (trace_peek(t, &line) && !parse_process(line, &process) &&
	       parse_field(line, &key, &value)) {
		if (slice_is(key, "Signal"))
			read_cause(t, value, signal);
		if (first)
			keep_field(t, key, value);
		trace_skip(t);
	}
	if (!first)
		trace_pass(t, start, trace_place(t));
}

/* ---- modules ---- */

struct module {
	struct slice path, build_id;
};

/* Those that the message names before its stacks. */
struct modules {
	struct module *list;
	size_t count, cap;
};

static struct slice name_of(struct slice path)
{
	size_t slash = slice_rfind(path, '/');

	return slash == SIZE_MAX ? path : slice_from(path, slash + 1);
}

/* "Found module app with build-id: 93ac", "Module libc.so.6 with build-id 93ac", "Module x from
 * rpm y", "Module x without build-id." */
static bool parse_module(struct slice line, struct module *ret)
{
	struct slice rest = slice_trim(line);

	*ret = (struct module){ NO_SLICE, NO_SLICE };
	slice_skip(&rest, "Found module ");
	slice_skip(&rest, "Module ");
	if (rest.size == slice_trim(line).size)
		return false;
	if (slice_until(&rest, " with build-id", &ret->path)) {
		slice_skip(&rest, ":");
		ret->build_id = slice_trim(rest);
	}
	return true;
}

static void add_module(struct modules *modules, const struct module *module)
{
	if (!module->build_id.size)
		return;
	modules->list = grow(modules->list, &modules->cap, modules->count + 1,
			     sizeof(*modules->list));
	modules->list[modules->count++] = *module;
}

static void set_build_id(const struct modules *modules, struct trace_frame *frame)
{
	struct slice name = name_of(frame->module), other;
	size_t i;

	for (i = 0; frame->module.at && i < modules->count; i++) {
		other = name_of(modules->list[i].path);
		if (other.size == name.size && !memcmp(other.at, name.at, name.size)) {
			frame->build_id = modules->list[i].build_id;
			return;
		}
	}
}

/* ---- stacks ---- */

static bool parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line);
	size_t open;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "#") || !slice_dec(&rest, number))
		return false;
	rest = slice_trim(rest);
	if (!slice_hex(&rest, &frame->pc) || !slice_skip(&rest, " ") || !slice_drop(&rest, ")"))
		return false;
	open = slice_rfind(rest, '(');
	if (open == SIZE_MAX || !open || rest.at[open - 1] != ' ')
		return false;
	frame->func = slice_to(rest, open - 1);
	if (slice_is(frame->func, "n/a")) {
		frame->func = NO_SLICE;
		frame->why = "systemd-coredump found no symbol for it";
	}
	rest = slice_from(rest, open + 1);
	if (slice_is(rest, "n/a") || slice_starts(rest, "n/a + "))
		return true;
	if (!call_module(rest, frame))
		frame->module = rest;
	return true;
}

static enum trace_line judge_frame(struct trace *t, struct slice line, const void *expected)
{
	struct process process;
	struct trace_frame frame;
	uint64_t number;

	(void)t;
	if (parse_frame(line, &number, &frame))
		return trace_judge_number(number, *(const uint64_t *)expected);
	return parse_thread(line, &number) || parse_process(line, &process) ? TRACE_LINE_END
									    : TRACE_LINE_OTHER;
}

static void read_thread(struct trace *t, uint64_t tid, const struct modules *modules)
{
	uint64_t number, expected = 0;
	struct trace_frame frame;
	struct stk_task *task;
	struct slice line;

	trace_skip(t);
	do {
		while (trace_peek(t, &line) && parse_frame(line, &number, &frame) &&
		       trace_number(t, number, &expected)) {
			trace_skip(t);
			set_build_id(modules, &frame);
			trace_push_frame(t, &frame);
		}
	} while (trace_gap(t, judge_frame, &expected));
	task = trace_task(t, STK_THREAD);
	task->id = tid;
	task->tid = (uint32_t)tid;
}

static bool is_remark(struct slice line)
{
	line = slice_trim(line);
	return !line.size || slice_starts(line, "Metadata for module ") ||
	       slice_starts(line, "ELF object binary architecture: ");
}

/* Modules, blank lines and those of others up to the next stack; they stay as text. false: none
 * follows. */
static bool skip_to_thread(struct trace *t, uint64_t *tid, struct modules *modules)
{
	struct trace_place start = trace_place(t);
	struct process process;
	struct module module;
	struct slice line;
	unsigned lines, others = 0;

	for (lines = 0; lines < LINES && trace_peek(t, &line); lines++) {
		if (parse_thread(line, tid)) {
			trace_pass(t, start, trace_place(t));
			return true;
		}
		if (parse_module(line, &module))
			add_module(modules, &module);
		else if (parse_process(line, &process) || is_first_field(line) ||
			 (!is_remark(line) && others++ == OTHERS))
			break;
		trace_skip(t);
	}
	trace_return(t, start);
	return false;
}

static bool skip_fields(struct trace *t)
{
	struct process process;
	struct slice line, key, value;
	unsigned lines;

	for (lines = 0; lines < FIELDS && trace_peek(t, &line); lines++) {
		if (parse_process(line, &process))
			return true;
		if (!parse_field(line, &key, &value) || (lines && is_first_field(line)))
			return false;
		trace_skip(t);
	}
	return false;
}

static bool probe(struct trace *t)
{
	struct modules modules = { NULL, 0, 0 };
	struct process process;
	struct trace_frame frame;
	struct slice line;
	uint64_t tid, number, expected = 0;

	if (!trace_peek(t, &line))
		return false;
	if (is_first_field(line) && !skip_fields(t))
		return false;
	trace_next(t, &line);
	if (parse_process(line, &process)) {
		bool found = skip_to_thread(t, &tid, &modules);

		free(modules.list);
		return found;
	}
	return parse_thread(line, &tid) &&
	       (!trace_peek(t, &line) || parse_frame(line, &number, &frame) ||
		trace_gap(t, judge_frame, &expected));
}

static void read_process(struct trace *t)
{
	struct stk_target *target = builder_target(trace_builder(t));
	struct process process;
	struct slice line;

	if (!trace_peek(t, &line) || !parse_process(line, &process))
		return;
	trace_title(t, process.sentence);
	if (!target->pid) {
		target->pid = process.pid;
		target->command = trace_str(t, process.name);
	}
	trace_skip(t);
}

static void read_dump(struct trace *t)
{
	uint32_t first = builder_ntasks(trace_builder(t));
	struct modules modules = { NULL, 0, 0 };
	struct stk_task *task;
	struct slice line;
	int signal = 0;
	uint64_t tid;

	if (trace_peek(t, &line) && is_first_field(line))
		read_fields(t, &signal);
	read_process(t);
	while (skip_to_thread(t, &tid, &modules))
		read_thread(t, tid, &modules);
	free(modules.list);
	if (builder_ntasks(trace_builder(t)) == first)
		return;
	/* the thread that crashed is the first */
	task = builder_task_at(trace_builder(t), first);
	task->flags |= STK_TASK_CRASHED;
	task->signal = (uint8_t)signal;
}

static const struct trace_mark marks[] = {
	{ "Stack trace of thread ", "", false },
	{ "Process ", "", false },
	{ "PID: ", " ", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_coredumpctl = {
	.name = "systemd-coredump",
	.marks = marks,
	.probe = probe,
	.read = read_dump,
};
