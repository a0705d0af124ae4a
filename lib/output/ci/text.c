/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs for a person at a terminal: the one that most crashes are of first. */
#include "ci.h"

#include <string.h>

#define MOST_FRAMES 5u
#define MOST_PATHS 4u

static void put_frames(const struct bugs_view *v, const struct stk_crash *crash)
{
	uint32_t i, shown = 0, left = 0;

	for (i = 0; i < crash->nframes; i++) {
		if (!crash->frames[i].counts)
			continue;
		if (shown == MOST_FRAMES && !v->style->verbose) {
			left++;
			continue;
		}
		out_str(v->out, "    ");
		ci_place(v, &crash->frames[i], out_text);
		out_char(v->out, '\n');
		shown++;
	}
	if (left) {
		out_str(v->out, "    ... ");
		text_count(v->out, left, "frame");
		out_str(v->out, " more\n");
	}
}

static void put_paths(const struct bugs_view *v, const struct stk_bug *bug)
{
	uint32_t i;

	out_str(v->out, "   ");
	for (i = 0; i < bug->count && (i < MOST_PATHS || v->style->verbose); i++) {
		out_char(v->out, ' ');
		out_text(v->out, v->bugs->crashes[bug->crashes[i]].path);
	}
	if (i < bug->count)
		out_fmt(v->out, " ... %u more", bug->count - i);
	out_char(v->out, '\n');
}

static void put_likes(const struct bugs_view *v, const struct stk_bug *bug)
{
	uint32_t i;

	for (i = 0; i < bug->nlikes; i++)
		out_fmt(v->out, "    like B%u (%.2f): %s\n", bug->likes[i].bug + 1,
			bug->likes[i].score, bug->likes[i].text);
}

static void put_bug(const struct bugs_view *v, uint32_t i)
{
	const struct stk_bug *bug = &v->bugs->bugs[i];
	const struct stk_crash *crash = ci_crash(v, bug);

	out_fmt(v->out, "\nB%u ", i + 1);
	out_paint(v->out, OUT_BAD);
	out_str(v->out, bug->id);
	out_paint(v->out, OUT_PLAIN);
	out_fmt(v->out, "  %u %s  ", bug->count, bug->count == 1 ? "crash" : "crashes");
	ci_title(v, crash, out_text);
	out_char(v->out, '\n');
	if (crash->message) {
		out_str(v->out, "    ");
		out_textn(v->out, crash->message, strcspn(crash->message, "\n"));
		out_char(v->out, '\n');
	} else if (crash->explanation) {
		out_str(v->out, "    ");
		out_text(v->out, crash->explanation);
		out_char(v->out, '\n');
	}
	put_frames(v, crash);
	if (crash->severity)
		out_fmt(v->out, "    %s: %s\n", crash->severity, crash->severity_reason);
	put_likes(v, bug);
	put_paths(v, bug);
}

static void write_text(const struct bugs_view *v)
{
	uint32_t i;

	ci_summary(v, v->out);
	out_char(v->out, '\n');
	for (i = 0; i < v->bugs->nbugs; i++)
		put_bug(v, i);
	if (v->bugs->nunread)
		out_char(v->out, '\n');
	for (i = 0; i < v->bugs->nunread; i++) {
		const struct stk_crash *crash = &v->bugs->crashes[v->bugs->unread[i]];

		out_str(v->out, "not read: ");
		out_text(v->out, crash->path);
		out_str(v->out, ": ");
		out_text(v->out, crash->error);
		out_char(v->out, '\n');
	}
}

const struct bugs_output bugs_text = { { "text", "for people (default)" }, write_text };
