/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0: a result a bug, its stack as `stacks`, the way to it (outermost first) as `codeFlows`, its id
 * as partial fingerprint, so that the same bug stays the same alert. */
#include "../json/json.h"
#include "ci.h"

#include <string.h>

static void put_location(struct jsonw *w, const struct bugs_view *v,
			 const struct stk_crash_frame *frame)
{
	jsonw_open(w, "physicalLocation", '{');
	jsonw_open(w, "artifactLocation", '{');
	jsonw_text(w, "uri", ci_source(v, frame->file));
	jsonw_close(w, '}');
	if (frame->line) {
		jsonw_open(w, "region", '{');
		jsonw_uint(w, "startLine", frame->line);
		jsonw_close(w, '}');
	}
	jsonw_close(w, '}');
}

/* A `location`: where, and what is there. */
static void put_frame(struct jsonw *w, const struct bugs_view *v,
		      const struct stk_crash_frame *frame)
{
	jsonw_open(w, "location", '{');
	if (frame->file)
		put_location(w, v, frame);
	jsonw_open(w, "message", '{');
	jsonw_text(w, "text", frame->func);
	jsonw_close(w, '}');
	jsonw_close(w, '}');
}

static void put_stack(struct jsonw *w, const struct bugs_view *v, const struct stk_crash *crash)
{
	uint32_t i;

	jsonw_open(w, "stacks", '[');
	jsonw_open(w, NULL, '{');
	jsonw_open(w, "frames", '[');
	for (i = 0; i < crash->nframes; i++) {
		jsonw_open(w, NULL, '{');
		put_frame(w, v, &crash->frames[i]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	jsonw_close(w, '}');
	jsonw_close(w, ']');
}

static void put_flow(struct jsonw *w, const struct bugs_view *v, const struct stk_crash *crash)
{
	uint32_t i;

	if (!crash->nframes)
		return;
	jsonw_open(w, "codeFlows", '[');
	jsonw_open(w, NULL, '{');
	jsonw_open(w, "threadFlows", '[');
	jsonw_open(w, NULL, '{');
	jsonw_open(w, "locations", '[');
	for (i = crash->nframes; i-- > 0;) {
		jsonw_open(w, NULL, '{');
		put_frame(w, v, &crash->frames[i]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	jsonw_close(w, '}');
	jsonw_close(w, ']');
	jsonw_close(w, '}');
	jsonw_close(w, ']');
}

static void put_result(struct jsonw *w, const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	const struct stk_crash_frame *frame = ci_blamed(crash);

	jsonw_open(w, NULL, '{');
	jsonw_text(w, "ruleId", crash->fault);
	jsonw_text(w, "level", ci_level(crash));
	jsonw_open(w, "message", '{');
	jsonw_text(w, "text", crash->message ? crash->message : crash->cause);
	jsonw_close(w, '}');
	jsonw_uint(w, "occurrenceCount", bug->count);
	jsonw_open(w, "partialFingerprints", '{');
	jsonw_text(w, "stk/v1", bug->id);
	jsonw_close(w, '}');
	if (frame && frame->file) {
		jsonw_open(w, "locations", '[');
		jsonw_open(w, NULL, '{');
		put_location(w, v, frame);
		jsonw_close(w, '}');
		jsonw_close(w, ']');
	}
	put_stack(w, v, crash);
	put_flow(w, v, crash);
	jsonw_close(w, '}');
}

/* Each kind of fault once, in the order of the bugs. */
static void put_rules(struct jsonw *w, const struct bugs_view *v)
{
	uint32_t i, j;

	jsonw_open(w, "rules", '[');
	for (i = 0; i < v->bugs->nbugs; i++) {
		const char *fault = ci_crash(v, &v->bugs->bugs[i])->fault;

		for (j = 0; j < i && strcmp(ci_crash(v, &v->bugs->bugs[j])->fault, fault); j++)
			;
		if (j < i)
			continue;
		jsonw_open(w, NULL, '{');
		jsonw_text(w, "id", fault);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void write_sarif(const struct bugs_view *v)
{
	struct jsonw w = { .out = v->out };
	uint32_t i;

	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	jsonw_text(&w, "version", "2.1.0");
	jsonw_open(&w, "runs", '[');
	jsonw_open(&w, NULL, '{');
	jsonw_open(&w, "tool", '{');
	jsonw_open(&w, "driver", '{');
	jsonw_text(&w, "name", "stk");
	jsonw_text(&w, "version", STK_VERSION);
	put_rules(&w, v);
	jsonw_close(&w, '}');
	jsonw_close(&w, '}');
	jsonw_open(&w, "results", '[');
	for (i = 0; i < v->bugs->nbugs; i++)
		put_result(&w, v, &v->bugs->bugs[i]);
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	out_char(v->out, '\n');
}

const struct bugs_output bugs_sarif = { { "sarif", "SARIF 2.1.0, for code scanning" },
					write_sarif };
