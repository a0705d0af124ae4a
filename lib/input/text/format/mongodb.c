/* SPDX-License-Identifier: Apache-2.0 */
/* MongoDB (src/mongo/util/stacktrace_posix.cpp, since 4.4): a line of JSON with all frames, then one for
 * each of them, which says the same.
 *	{"t":{"$date":"..."},"s":"F","c":"CONTROL","msg":"Got signal: 11 (Segmentation fault).\n"}
 *	{"t":{...},"s":"I","c":"CONTROL","id":31380,"ctx":"conn7","msg":"BACKTRACE","attr":{"bt":{
 *	"backtrace":[{"a":"5609CC4000E4","b":"5609C75C7000","o":"4E390E4","s":"_ZN5mongo15printStack...",
 *	"C":"mongo::printStackTrace()","s+":"1F4"}],"processInfo":{"mongodbVersion":"5.0.3",
 *	"somap":[{"b":"5609C75C7000","path":"/usr/bin/mongod","elfType":3,"buildId":"4C61"}]}}}}
 *	{"t":{...},"s":"I","c":"CONTROL","id":31445,"msg":"Frame","attr":{"frame":{"a":"5609CC40",...}}}
 * a: the address, b: where the file is, o: the offset in it, s and C: the function, s+: the offset in that.
 * Numbers are hexadecimal texts. */
#include "report.h"

#include <jansson.h>

#define MAX_FRAMES LIMIT_FRAMES
#define MAX_BETWEEN 4u /* lines of others */

/* What stands before the object is a logger's. */
static json_t *parse(struct slice line)
{
	size_t at = slice_find(line, "{\"t\":{");

	if (at == SIZE_MAX)
		return NULL;
	line = slice_from(line, at);
	return json_loadb(line.at, line.size, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
}

static uint64_t number_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct slice digits;
	uint64_t value = 0;

	if (!text)
		return 0;
	digits = slice_string(text);
	slice_hexdigits(&digits, &value);
	return value;
}

/* A text of the document, in the memory of the dump. */
static struct slice text_of(struct trace *t, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? slice_string(builder_str(trace_builder(t), text)) : NO_SLICE;
}

static const json_t *attribute(const json_t *line, const char *name)
{
	return json_object_get(json_object_get(line, "attr"), name);
}

/* What was loaded at `base`. */
static void set_module(struct trace *t, const json_t *info, uint64_t base,
		       struct trace_frame *frame)
{
	const json_t *map = json_object_get(info, "somap"), *entry;
	size_t i;

	json_array_foreach(map, i, entry)
	{
		if (number_of(entry, "b") != base)
			continue;
		frame->module = text_of(t, entry, "path");
		frame->build_id = text_of(t, entry, "buildId");
		/* the program itself has no path */
		if (!frame->module.size)
			frame->module = base ? SLICE("mongod") : NO_SLICE;
		return;
	}
}

static void push(struct trace *t, const json_t *entry, const json_t *info)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	frame.pc = number_of(entry, "a");
	frame.func = text_of(t, entry, "C");
	if (!frame.func.at)
		frame.func = text_of(t, entry, "s");
	if (!frame.func.at)
		frame.why = "the program exports no symbol for it";
	else if (json_object_get(entry, "s+"))
		frame.func_offset = number_of(entry, "s+");
	set_module(t, info, number_of(entry, "b"), &frame);
	if (frame.module.at)
		frame.offset = number_of(entry, "o");
	if (!frame.pc)
		frame.pc = number_of(entry, "b") + number_of(entry, "o");
	trace_push_frame(t, &frame);
}

/* "Got signal: 11 (Segmentation fault).\n", as the message or an attribute */
static int signal_of(struct slice line)
{
	uint64_t number = slice_number_behind(line, "Got signal: ");

	/* not within what a logger has escaped */
	if (slice_find(line, "{\"t\":{") == SIZE_MAX)
		return 0;
	return number < 65 ? (int)number : 0;
}

static bool is_backtrace(struct slice line)
{
	json_t *json = slice_find(line, "BACKTRACE") != SIZE_MAX ? parse(line) : NULL;
	bool is_one = json_is_array(json_object_get(attribute(json, "bt"), "backtrace"));

	json_decref(json);
	return is_one;
}

static bool is_frame(struct slice line)
{
	json_t *json = slice_find(line, "rame") != SIZE_MAX ? parse(line) : NULL;
	bool is_one = json_is_object(attribute(json, "frame"));

	json_decref(json);
	return is_one;
}

static bool is_stack(struct slice line)
{
	return is_backtrace(line) || is_frame(line);
}

static bool probe(struct trace *t)
{
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	if (signal_of(line))
		return listing_follows(t, is_stack, MAX_BETWEEN);
	return is_stack(line);
}

static void read_signal(struct trace *t, struct slice line)
{
	struct stk_cause *cause;
	json_t *json = parse(line);
	const char *text = json_string_value(json_object_get(json, "msg"));

	if (!text || !strstr(text, "Got signal: "))
		text = json_string_value(attribute(json, "message"));
	if (text)
		trace_title(t, slice_trim_lines(slice_string(builder_str(trace_builder(t), text))));
	if (trace_cause(t, &cause))
		death_describe(t, cause, signal_of(line), NO_SLICE);
	json_decref(json);
}

static void read_backtrace(struct trace *t, struct slice line)
{
	json_t *json = parse(line);
	const json_t *bt = attribute(json, "bt"), *entry;
	const json_t *info = json_object_get(bt, "processInfo");
	struct slice version = text_of(t, info, "mongodbVersion");
	size_t i;

	if (version.at)
		builder_fact(trace_builder(t), "mongodb", "version", trace_str(t, version));
	trace_title(t, text_of(t, json, "msg"));
	json_array_foreach(json_object_get(bt, "backtrace"), i,
			   entry) if (trace_pushed(t) < MAX_FRAMES) push(t, entry, info);
	json_decref(json);
}

static void read_single(struct trace *t, struct slice line)
{
	json_t *json = parse(line);

	push(t, attribute(json, "frame"), NULL);
	json_decref(json);
}

static void read_stack(struct trace *t)
{
	struct stk_task *task;
	struct slice line;
	bool known = false, first = true;
	int signal = 0;

	while (trace_peek(t, &line) && signal_of(line) && first) {
		signal = signal_of(line);
		read_signal(t, line);
		trace_skip(t);
		first = false;
	}
	if (listing_find(t, is_stack, MAX_BETWEEN, &line) && is_backtrace(line)) {
		read_backtrace(t, line);
		trace_skip(t);
		known = trace_pushed(t) > 0;
	}
	/* each frame again, in a line of its own */
	while (listing_find(t, is_frame, MAX_BETWEEN, &line)) {
		if (known) {
			trace_pass_line(t);
			continue;
		}
		read_single(t, line);
		trace_skip(t);
	}
	task = trace_task(t, STK_TRACE);
	task->flags = STK_TASK_CRASHED;
	task->signal = (uint8_t)signal;
}

static unsigned count_above(struct trace_above *above)
{
	struct slice line;
	unsigned n;

	for (n = 0; n < MAX_BETWEEN && trace_above_line(above, n, &line); n++)
		if (signal_of(line))
			return n + 1;
	return 0;
}

static const struct trace_mark marks[] = {
	{ "BACKTRACE", "", true },
	{ "Frame", "", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_mongodb = {
	.name = "mongodb",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
	.above = count_above,
};
