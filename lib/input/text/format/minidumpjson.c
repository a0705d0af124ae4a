/* SPDX-License-Identifier: Apache-2.0 */
/* minidump-stackwalk --json of rust-minidump (minidump-processor/json-schema.md): one document.
 *	{"pid": 12, "crash_info": {"type": "SIGSEGV", "address": "0x10", "crashing_thread": 0},
 *	 "modules": [{"filename": "app", "code_id": "93ac..", "base_addr": "0x55d0"}],
 *	 "threads": [{"thread_id": 12, "thread_name": "main", "frames": [{"frame": 0, "module": "app",
 *	 "function": "crash", "file": "app.c", "line": 58, "offset": "0x55d1", "module_offset": "0x1139",
 *	 "function_offset": "0x3", "trust": "context", "inlines": [{"function": "inl", "file": "a.h",
 *	 "line": 3}]}]}]} */
#include "report.h"

#include <jansson.h>

#define HEAD_BYTES 65536u

static struct slice text_of(struct trace *t, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? slice_string(builder_str(trace_builder(t), text)) : NO_SLICE;
}

/* Numbers are texts such as "0x10", or numbers. */
static uint64_t number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	struct slice text;
	uint64_t number = 0;

	if (json_is_integer(value))
		return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
	if (!json_is_string(value))
		return 0;
	text = slice_string(json_string_value(value));
	if (!slice_hex(&text, &number))
		slice_dec(&text, &number);
	return number;
}

static enum stk_how how_of(const json_t *frame)
{
	static const struct {
		const char *trust;
		enum stk_how how;
	} words[] = {
		{ "context", STK_HOW_REGS },     { "cfi", STK_HOW_CFI },
		{ "frame_pointer", STK_HOW_FP }, { "cfi_scan", STK_HOW_GUESS },
		{ "scan", STK_HOW_GUESS },
	};
	const char *trust = json_string_value(json_object_get(frame, "trust"));
	size_t i;

	for (i = 0; trust && i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].trust, trust))
			return words[i].how;
	return STK_HOW_TEXT;
}

static void set_place(struct trace *t, const json_t *object, struct trace_frame *frame)
{
	uint64_t line = number_of(object, "line");

	frame->func = text_of(t, object, "function");
	frame->file = text_of(t, object, "file");
	frame->line = line <= INT32_MAX ? (uint32_t)line : 0;
	if (!frame->func.at)
		frame->why = "no symbol file has it";
}

/* The build of the module of that name. */
static struct slice build_of(struct trace *t, const json_t *root, struct slice name)
{
	const json_t *module;
	size_t i;

	json_array_foreach(json_object_get(root, "modules"), i, module)
	{
		const char *file = json_string_value(json_object_get(module, "filename"));

		if (file && name.at && slice_is(name, file))
			return text_of(t, module, "code_id");
	}
	return NO_SLICE;
}

static void push(struct trace *t, const json_t *root, const json_t *object)
{
	struct trace_frame frame = TRACE_FRAME_INIT, inner;
	const json_t *call;
	size_t i;

	frame.pc = number_of(object, "offset");
	frame.module = text_of(t, object, "module");
	frame.offset = number_of(object, "module_offset");
	frame.build_id = build_of(t, root, frame.module);
	frame.how = (uint16_t)how_of(object);
	/* the calls that were inlined there, the innermost first */
	json_array_foreach(json_object_get(object, "inlines"), i, call)
	{
		inner = frame;
		inner.inlined = true;
		set_place(t, call, &inner);
		trace_push_frame(t, &inner);
	}
	set_place(t, object, &frame);
	if (frame.func.at && json_object_get(object, "function_offset"))
		frame.func_offset = number_of(object, "function_offset");
	trace_push_frame(t, &frame);
}

static void read_thread(struct trace *t, const json_t *root, const json_t *thread, bool crashed)
{
	const json_t *frames = json_object_get(thread, "frames"), *frame;
	uint64_t total = number_of(thread, "total_frames");
	struct stk_task *task;
	size_t i;

	json_array_foreach(frames, i, frame) push(t, root, frame);
	if (total > json_array_size(frames))
		trace_elided(t, (uint32_t)(total - json_array_size(frames)));
	task = trace_task(t, STK_THREAD);
	task->id = number_of(thread, "thread_id");
	task->tid = (uint32_t)task->id;
	task->name = trace_str(t, text_of(t, thread, "thread_name"));
	if (crashed)
		task->flags = STK_TASK_CRASHED;
}

/* "SIGSEGV", "SIGSEGV / SEGV_MAPERR" */
static void say_cause(struct trace *t, const json_t *info)
{
	struct slice type = text_of(t, info, "type"), name, rest, before;
	struct slice assertion = text_of(t, info, "assertion");
	struct stk_cause *cause;

	if (!type.at || !trace_cause(t, &cause))
		return;
	trace_title(t, type);
	rest = name = type;
	if (slice_until(&rest, " ", &before)) {
		name = before;
		slice_skip(&rest, "/");
	} else {
		rest = NO_SLICE;
	}
	if (death_signal(name))
		death_describe(t, cause, death_signal(name), slice_trim(rest));
	else
		cause->text = trace_str(t, type);
	if (assertion.at)
		cause->message = trace_str(t, assertion);
	if (json_object_get(info, "address")) {
		cause->has_address = true;
		cause->address = number_of(info, "address");
	}
}

static bool probe(struct slice bytes)
{
	struct slice head = bytes.size > HEAD_BYTES ? slice_to(bytes, HEAD_BYTES) : bytes;

	head = slice_trim_lines(head);
	return slice_starts(head, "{") && slice_find(head, "\"crash_info\"") != SIZE_MAX;
}

static bool read_document(struct trace *t, struct slice bytes)
{
	json_t *root = json_loadb(bytes.at, bytes.size, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL,
				  NULL);
	const json_t *threads = json_object_get(root, "threads"), *thread;
	const json_t *info = json_object_get(root, "crash_info"), *which;
	size_t i;

	if (!json_array_size(threads)) {
		json_decref(root);
		return false;
	}
	builder_target(trace_builder(t))->pid = number_of(root, "pid");
	say_cause(t, info);
	which = json_object_get(info, "crashing_thread");
	json_array_foreach(threads, i, thread)
		read_thread(t, root, thread,
			    json_is_integer(which) && json_integer_value(which) == (json_int_t)i);
	json_decref(root);
	return true;
}

const struct trace_binary trace_minidump_json = { "minidump", probe, read_document };
