/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the names of a dump, in every format for machines: what is written as JSON is
 * JSON, the bytes come back from it, and no other format has more than printable text in it. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text as every string that a target has, and in a stack of frames of its pieces. */
static struct stk_dump *dump_of(const char *text)
{
	struct builder *b = builder_open();
	const char *name = builder_str(b, text);
	struct stk_module module = { .path = name, .build_id = name, .end = UINT64_MAX };
	struct stk_label label = { name, name };
	struct stk_more *more = builder_alloc(b, sizeof(*more));
	size_t length = strlen(text), count = length < 64 ? length : 64, i;
	uint32_t frames[64];
	struct stk_task *task;

	builder_module(b, &module);
	for (i = 0; i < count; i++) {
		struct stk_loc loc = {
			.func = builder_str(b, text + length * i / count),
			.file = name,
			.inlined = text[i] & 1,
			.module = text[i] & 2 ? 0 : STK_NONE,
		};
		struct stk_frame frame = { .pc = (uint64_t)text[i], .loc = builder_loc(b, &loc) };

		frames[i] = builder_frame(b, &frame);
	}
	builder_cause(b)->text = builder_cause(b)->message = name;
	builder_target(b)->command = name;
	builder_note(b, STK_NOTE_TEXT_UNPARSED, text, "%s", text);
	more->labels = builder_array(b, &label, 1, sizeof(label));
	more->nlabels = 1;
	task = builder_task(b);
	task->name = task->state = name;
	task->more = more;
	task->stack = builder_stack(b, &(struct stk_stack){
					       .frames = frames,
					       .count = (uint32_t)count,
					       .elided = (uint32_t)length % 3,
					       .elided_at = (uint32_t)(length % 7),
				       });
	return builder_finish(b);
}

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void check_json(const struct out *out, const char *text)
{
	json_t *root = json_loadb(out->buffer, out->used, JSON_REJECT_DUPLICATES, NULL);
	json_t *value = json_object_get(json_object_get(root, "cause"), "message");
	FREE_AT_END char *bytes = xstrdup(json_string_value(value) ? json_string_value(value) : "");

	demand(root != NULL);
	bytes[utf8_unmap(bytes, strlen(bytes))] = 0;
	demand(!strcmp(bytes, text));
	json_decref(root);
}

static void check_printable(const struct out *out)
{
	size_t at = 0;

	while (at < out->used) {
		size_t length = out_printable(out->buffer + at, out->used - at);

		demand(length || out->buffer[at] == '\n' || out->buffer[at] == '\t');
		at += length ? length : 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = {
		"json", "jsonl", "flamegraph", "speedscope", "html", "pprof",
	};
	FREE_AT_END char *text = xcalloc(size + 1, 1);
	struct stk_style style = { .verbose = true };
	struct stk_dump *dump;
	size_t i;

	memcpy(text, data, size < 4096 ? size : 4096);
	dump = dump_of(text);
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		struct out out;

		out_init(&out, -1);
		output_find(formats[i])->write(dump, &style, &out);
		if (!strcmp(formats[i], "json"))
			check_json(&out, text);
		if (strcmp(formats[i], "pprof"))
			check_printable(&out);
		out_deinit(&out);
	}
	stk_free(dump);
	return 0;
}
