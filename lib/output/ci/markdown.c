/* SPDX-License-Identifier: Apache-2.0 */
/* For a job's summary (GITHUB_STEP_SUMMARY takes one MiB) or a comment: a table, then each bug, folded. What
 * does not fit is said. */
#include "ci.h"

#include <string.h>

#define MOST_BYTES ((size_t)1000 << 10)
#define MOST_PATHS 10u

/* Markdown's own characters, HTML's, and what would end a row of a table. */
static void put_plain(struct out *out, const char *text)
{
	struct out escaped;
	size_t i;

	out_init(&escaped, -1);
	out_text(&escaped, text);
	for (i = 0; i < escaped.used; i++) {
		char c = escaped.buffer[i];

		if (c == '<')
			out_str(out, "&lt;");
		else if (c == '&')
			out_str(out, "&amp;");
		else if (strchr("\\`*_[]|>#~@!", c))
			out_fmt(out, "\\%c", c);
		else
			out_char(out, c);
	}
	out_deinit(&escaped);
}

static void put_row(const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);

	out_fmt(v->out, "| `%s` | %u | ", bug->id, bug->count);
	put_plain(v->out, crash->cause);
	out_str(v->out, " | ");
	if (ci_blamed(crash))
		ci_place(v, ci_blamed(crash), put_plain);
	out_fmt(v->out, " | %s |\n", crash->severity ? crash->severity : "");
}

static void put_bug(const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	uint32_t i;

	out_fmt(v->out, "\n<details><summary><code>%s</code> ", bug->id);
	ci_title(v, crash, put_plain);
	out_str(v->out, "</summary>\n\n");
	if (crash->message || crash->explanation) {
		put_plain(v->out, crash->message ? crash->message : crash->explanation);
		out_str(v->out, "\n\n");
	}
	for (i = 0; i < crash->nframes; i++) {
		out_fmt(v->out, "%u. ", i + 1);
		ci_place(v, &crash->frames[i], put_plain);
		out_char(v->out, '\n');
	}
	out_char(v->out, '\n');
	for (i = 0; i < bug->count && i < MOST_PATHS; i++) {
		out_str(v->out, "- ");
		put_plain(v->out, v->bugs->crashes[bug->crashes[i]].path);
		out_char(v->out, '\n');
	}
	if (i < bug->count)
		out_fmt(v->out, "- and %u more\n", bug->count - i);
	out_str(v->out, "\n</details>\n");
}

static void write_all(const struct bugs_view *v)
{
	uint32_t i;

	out_str(v->out, "### ");
	ci_summary(v, v->out);
	out_str(v->out, "\n\n");
	if (v->bugs->nbugs)
		out_str(v->out,
			"| bug | crashes | cause | where | severity |\n|---|---|---|---|---|\n");
	for (i = 0; i < v->bugs->nbugs && v->out->used < MOST_BYTES; i++)
		put_row(v, &v->bugs->bugs[i]);
	for (i = 0; i < v->bugs->nbugs && v->out->used < MOST_BYTES; i++)
		put_bug(v, &v->bugs->bugs[i]);
	if (i < v->bugs->nbugs)
		out_fmt(v->out, "\n%u bugs more do not fit here.\n", v->bugs->nbugs - i);
	for (i = 0; i < v->bugs->nunread && v->out->used < MOST_BYTES; i++) {
		const struct stk_crash *crash = &v->bugs->crashes[v->bugs->unread[i]];

		out_str(v->out, "\nNot read: ");
		put_plain(v->out, crash->path);
		out_str(v->out, ": ");
		put_plain(v->out, crash->error);
		out_char(v->out, '\n');
	}
}

/* In memory first: only so is it known how much there is. */
static void write_markdown(const struct bugs_view *v)
{
	struct bugs_view inner = *v;
	struct out out;

	out_init(&out, -1);
	inner.out = &out;
	write_all(&inner);
	out_bytes(v->out, out.buffer, out.used);
	out_deinit(&out);
}

const struct bugs_output bugs_markdown = {
	{ "markdown", "for a job's summary or a comment" },
	write_markdown,
};
