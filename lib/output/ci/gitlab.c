/* SPDX-License-Identifier: Apache-2.0 */
/* GitLab's code quality report: an array of {description, check_name, fingerprint, severity, location}. */
#include "../json/json.h"
#include "ci.h"

#include <string.h>

static const char *severity_of(const struct stk_crash *crash)
{
	const char *level = ci_level(crash);

	return !strcmp(level, "error") ? "critical" : !strcmp(level, "warning") ? "major" : "minor";
}

static void put_bug(struct jsonw *w, const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	const struct stk_crash_frame *frame = ci_blamed(crash);
	struct bugs_view inner = *v;
	struct out title;

	out_init(&title, -1);
	inner.out = &title;
	ci_title(&inner, crash, out_text);
	out_fmt(&title, " (%u %s)", bug->count, bug->count == 1 ? "crash" : "crashes");
	jsonw_open(w, NULL, '{');
	jsonw_textn(w, "description", title.buffer, title.used);
	jsonw_text(w, "check_name", crash->fault);
	jsonw_text(w, "fingerprint", bug->id);
	jsonw_text(w, "severity", severity_of(crash));
	jsonw_open(w, "location", '{');
	jsonw_text(w, "path", frame && frame->file ? ci_source(v, frame->file) : crash->path);
	jsonw_open(w, "lines", '{');
	jsonw_uint(w, "begin", frame && frame->line ? frame->line : 1);
	jsonw_close(w, '}');
	jsonw_close(w, '}');
	jsonw_close(w, '}');
	out_deinit(&title);
}

static void write_gitlab(const struct bugs_view *v)
{
	struct jsonw w = { .out = v->out };
	uint32_t i;

	jsonw_open(&w, NULL, '[');
	for (i = 0; i < v->bugs->nbugs; i++)
		put_bug(&w, v, &v->bugs->bugs[i]);
	jsonw_close(&w, ']');
	out_char(v->out, '\n');
}

const struct bugs_output bugs_gitlab = { { "gitlab", "GitLab's code quality report" },
					 write_gitlab };
