/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl - a line a task: stk-json(5). The last line, "notes", tells a whole file from one that
 * was cut. */
#include "json.h"
#include "../output.h"

static void open_line(struct jsonw *w, const char *type)
{
	w->comma = false;
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "type", type);
}

static void close_line(struct jsonw *w)
{
	jsonw_close(w, '}');
	out_char(w->out, '\n');
}

static void write_jsonl(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	struct jsonw w = { .out = out };
	struct json_frames frames;
	uint32_t i;

	(void)style;
	json_frames_init(&frames, dump);
	open_line(&w, "dump");
	json_head(&w, dump, false);
	close_line(&w);
	for (i = 0; i < dump->ntasks; i++) {
		open_line(&w, "task");
		json_task(&w, &frames, &dump->tasks[i]);
		close_line(&w);
	}
	for (i = 0; i < dump->ngroups; i++) {
		open_line(&w, "group");
		json_group(&w, &frames, &dump->groups[i]);
		close_line(&w);
	}
	open_line(&w, "notes");
	json_notes(&w, dump);
	close_line(&w);
	json_frames_deinit(&frames);
}

const struct output output_jsonl = {
	.format = {
		.name = "jsonl",
		.summary = "JSON, a line a task, between a line on the target and one of notes",
		.want = STK_WANT_CAUSE | STK_WANT_WAITS,
		.folds = true,
	},
	.listed = true,
	.write = write_jsonl,
};
