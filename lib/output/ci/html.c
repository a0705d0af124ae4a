/* SPDX-License-Identifier: Apache-2.0 */
/* One page, without scripts: opens anywhere, shows nothing that is not in it. */
#include "../xml.h"
#include "ci.h"

static const char style[] =
#include "html.css.inc"
	;

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-"
#include "html.css.sha256.inc"
	"'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>stk triage</title>\n<style>";

static void put_xml(struct out *out, const char *text)
{
	xml_text(out, text);
}

static void put_bug(const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	uint32_t i;

	out_fmt(v->out, "<details><summary><code>%s</code> <b>%u</b> ", bug->id, bug->count);
	ci_title(v, crash, put_xml);
	if (crash->severity)
		out_fmt(v->out, " <small>%s</small>", crash->severity);
	out_str(v->out, "</summary>\n");
	if (crash->message || crash->explanation) {
		out_str(v->out, "<p>");
		put_xml(v->out, crash->message ? crash->message : crash->explanation);
		out_str(v->out, "</p>\n");
	}
	out_str(v->out, "<ol start=\"0\">\n");
	for (i = 0; i < crash->nframes; i++) {
		out_str(v->out, crash->frames[i].counts ? "<li>" : "<li class=\"runtime\">");
		ci_place(v, &crash->frames[i], put_xml);
		out_str(v->out, "</li>\n");
	}
	out_str(v->out, "</ol>\n<ul>\n");
	for (i = 0; i < bug->count; i++) {
		out_str(v->out, "<li>");
		put_xml(v->out, v->bugs->crashes[bug->crashes[i]].path);
		out_str(v->out, "</li>\n");
	}
	out_str(v->out, "</ul>\n</details>\n");
}

static void write_html(const struct bugs_view *v)
{
	uint32_t i;

	out_str(v->out, head);
	out_str(v->out, style);
	out_str(v->out, "</style>\n</head>\n<body>\n<h1>");
	ci_summary(v, v->out);
	out_str(v->out, "</h1>\n");
	for (i = 0; i < v->bugs->nbugs; i++)
		put_bug(v, &v->bugs->bugs[i]);
	for (i = 0; i < v->bugs->nunread; i++) {
		const struct stk_crash *crash = &v->bugs->crashes[v->bugs->unread[i]];

		out_str(v->out, "<p>not read: ");
		put_xml(v->out, crash->path);
		out_str(v->out, ": ");
		put_xml(v->out, crash->error);
		out_str(v->out, "</p>\n");
	}
	out_str(v->out, "</body>\n</html>\n");
}

const struct bugs_output bugs_html = { { "html", "one page" }, write_html };
