/* SPDX-License-Identifier: Apache-2.0 */
/* json - one document: stk-json(5). */
#include "json.h"
#include "../output.h"

static void write_tasks(struct jsonw *w, struct json_frames *frames, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_line(w);
	jsonw_open(w, "tasks", '[');
	for (i = 0; i < dump->ntasks; i++) {
		jsonw_line(w);
		jsonw_open(w, NULL, '{');
		json_task(w, frames, &dump->tasks[i]);
		jsonw_close(w, '}');
	}
	jsonw_line(w);
	jsonw_close(w, ']');
}

static void write_groups(struct jsonw *w, struct json_frames *frames, const struct stk_dump *dump)
{
	uint32_t i;

	jsonw_line(w);
	jsonw_open(w, "groups", '[');
	for (i = 0; i < dump->ngroups; i++) {
		jsonw_line(w);
		jsonw_open(w, NULL, '{');
		json_group(w, frames, &dump->groups[i]);
		jsonw_close(w, '}');
	}
	jsonw_line(w);
	jsonw_close(w, ']');
}

static void write_json(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	struct jsonw w = { .out = out };
	struct json_frames frames;

	(void)style;
	json_frames_init(&frames, dump);
	jsonw_open(&w, NULL, '{');
	json_head(&w, dump, true);
	write_tasks(&w, &frames, dump);
	if (dump->ngroups)
		write_groups(&w, &frames, dump);
	jsonw_line(&w);
	json_notes(&w, dump);
	jsonw_close(&w, '}');
	out_char(out, '\n');
	json_frames_deinit(&frames);
}

const struct output output_json = {
	.format = {
		.name = "json",
		.summary = "one JSON document with all that is known, see stk-json(5)",
		.want = STK_WANT_CAUSE | STK_WANT_WAITS,
		.folds = true,
	},
	.listed = true,
	.write = write_json,
};
