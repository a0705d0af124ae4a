/* SPDX-License-Identifier: Apache-2.0 */
/* GitHub's workflow commands: an annotation a bug, at the line that is blamed. A step shows ten of each
 * kind; the last of these then says how many there are more.
 *	::error file=src/http.c,line=88,title=...::text
 * In the text %, CR and LF are escaped, in properties also : and , (actions/toolkit, command.ts). */
#include "ci.h"

#define MOST 10u

static void put_escaped(struct out *out, const char *text, bool property)
{
	struct out plain;
	size_t i;

	out_init(&plain, -1);
	out_text(&plain, text);
	for (i = 0; i < plain.used; i++) {
		unsigned char c = (unsigned char)plain.buffer[i];

		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
			out_fmt(out, "%%%02X", c);
		else
			out_char(out, (char)c);
	}
	out_deinit(&plain);
}

static void put_text(struct out *out, const char *text)
{
	put_escaped(out, text, false);
}

static void put_property(struct out *out, const char *text)
{
	put_escaped(out, text, true);
}

static void put_bug(const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	const struct stk_crash_frame *frame = ci_blamed(crash);
	uint32_t i;

	out_fmt(v->out, "::%s ", ci_level(crash)[0] == 'e' ? "error" : "warning");
	if (frame && frame->file) {
		out_str(v->out, "file=");
		put_property(v->out, ci_source(v, frame->file));
		if (frame->line)
			out_fmt(v->out, ",line=%u", frame->line);
		out_char(v->out, ',');
	}
	out_str(v->out, "title=");
	put_property(v->out, crash->cause);
	out_fmt(v->out, " (%u %s%%2C %s)::", bug->count, bug->count == 1 ? "crash" : "crashes",
		bug->id);
	put_text(v->out, crash->message       ? crash->message
			 : crash->explanation ? crash->explanation
					      : crash->cause);
	for (i = 0; i < crash->nframes; i++) {
		if (!crash->frames[i].counts)
			continue;
		out_str(v->out, "%0A");
		ci_place(v, &crash->frames[i], put_text);
	}
	out_char(v->out, '\n');
}

static void write_github(const struct bugs_view *v)
{
	uint32_t shown = v->bugs->nbugs > MOST ? MOST - 1 : v->bugs->nbugs, i;

	for (i = 0; i < shown; i++)
		put_bug(v, &v->bugs->bugs[i]);
	if (shown < v->bugs->nbugs)
		out_fmt(v->out, "::error title=stk::%u bugs more\n", v->bugs->nbugs - shown);
	for (i = 0; i < v->bugs->nunread && i < MOST; i++) {
		const struct stk_crash *crash = &v->bugs->crashes[v->bugs->unread[i]];

		out_str(v->out, "::notice title=not read::");
		put_text(v->out, crash->path);
		out_str(v->out, ": ");
		put_text(v->out, crash->error);
		out_char(v->out, '\n');
	}
}

const struct bugs_output bugs_github = { { "github", "annotations of GitHub's workflows" },
					 write_github };
