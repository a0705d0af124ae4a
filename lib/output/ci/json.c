/* SPDX-License-Identifier: Apache-2.0 */
/* json: one document; jsonl: a line a bug. Both as stk-json(5) says. */
#include "../json/json.h"
#include "ci.h"

static void put_frames(struct jsonw *w, const struct bugs_view *v, const struct stk_crash *crash)
{
	uint32_t i;

	jsonw_open(w, "frames", '[');
	for (i = 0; i < crash->nframes; i++) {
		const struct stk_crash_frame *frame = &crash->frames[i];

		jsonw_open(w, NULL, '{');
		jsonw_text(w, "func", frame->func);
		jsonw_text_if(w, "file", frame->file ? ci_source(v, frame->file) : NULL);
		jsonw_uint_if(w, "line", frame->line);
		jsonw_flag_if(w, "counts", frame->counts);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_likes(struct jsonw *w, const struct bugs_view *v, const struct stk_bug *bug)
{
	uint32_t i;

	if (!bug->nlikes)
		return;
	jsonw_open(w, "like", '[');
	for (i = 0; i < bug->nlikes; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_text(w, "id", v->bugs->bugs[bug->likes[i].bug].id);
		jsonw_uint(w, "percent", (uint64_t)(bug->likes[i].score * 100));
		jsonw_text(w, "why", bug->likes[i].text);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void put_bug(struct jsonw *w, const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	uint32_t i;

	jsonw_open(w, NULL, '{');
	jsonw_text(w, "id", bug->id);
	jsonw_uint(w, "count", bug->count);
	jsonw_text(w, "fault", crash->fault);
	jsonw_text(w, "cause", crash->cause);
	jsonw_text_if(w, "message", crash->message);
	jsonw_text_if(w, "explanation", crash->explanation);
	jsonw_text(w, "signature", crash->signature);
	jsonw_text_if(w, "severity", crash->severity);
	jsonw_text_if(w, "severity_reason", crash->severity_reason);
	jsonw_text_if(w, "executable", crash->executable);
	jsonw_text_if(w, "build_id", crash->build_id);
	put_frames(w, v, crash);
	put_likes(w, v, bug);
	jsonw_open(w, "crashes", '[');
	for (i = 0; i < bug->count; i++)
		jsonw_text(w, NULL, v->bugs->crashes[bug->crashes[i]].path);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void put_unread(struct jsonw *w, const struct bugs_view *v)
{
	uint32_t i;

	jsonw_open(w, "unread", '[');
	for (i = 0; i < v->bugs->nunread; i++) {
		const struct stk_crash *crash = &v->bugs->crashes[v->bugs->unread[i]];

		jsonw_open(w, NULL, '{');
		jsonw_text(w, "path", crash->path);
		jsonw_text(w, "error", crash->error);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void write_json(const struct bugs_view *v)
{
	struct jsonw w = { .out = v->out };
	uint32_t i;

	jsonw_open(&w, NULL, '{');
	jsonw_uint(&w, "version", 1);
	jsonw_uint(&w, "crashes", (uint64_t)v->bugs->ncrashes - v->bugs->nunread - v->bugs->nnone);
	jsonw_open(&w, "bugs", '[');
	for (i = 0; i < v->bugs->nbugs; i++)
		put_bug(&w, v, &v->bugs->bugs[i]);
	jsonw_close(&w, ']');
	put_unread(&w, v);
	jsonw_close(&w, '}');
	out_char(v->out, '\n');
}

static void write_jsonl(const struct bugs_view *v)
{
	uint32_t i;

	for (i = 0; i < v->bugs->nbugs; i++) {
		struct jsonw w = { .out = v->out };

		put_bug(&w, v, &v->bugs->bugs[i]);
		out_char(v->out, '\n');
	}
}

const struct bugs_output bugs_json = { { "json", "one JSON document" }, write_json };
const struct bugs_output bugs_jsonl = { { "jsonl", "JSON, a line a bug" }, write_jsonl };
