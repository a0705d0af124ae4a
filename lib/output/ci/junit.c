/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit's XML, which every CI system reads: a failed case a bug, an error a file that could not be read. */
#include "../xml.h"
#include "ci.h"

static void put_xml(struct out *out, const char *text)
{
	xml_text(out, text);
}

static void put_bug(const struct bugs_view *v, const struct stk_bug *bug)
{
	const struct stk_crash *crash = ci_crash(v, bug);
	uint32_t i;

	out_fmt(v->out, "<testcase classname=\"stk\" name=\"%s ", bug->id);
	ci_title(v, crash, put_xml);
	out_str(v->out, "\">\n<failure type=\"");
	put_xml(v->out, crash->fault);
	out_str(v->out, "\" message=\"");
	put_xml(v->out, crash->message ? crash->message : crash->cause);
	out_str(v->out, "\">");
	for (i = 0; i < crash->nframes; i++) {
		ci_place(v, &crash->frames[i], put_xml);
		out_char(v->out, '\n');
	}
	out_fmt(v->out, "%u %s:\n", bug->count, bug->count == 1 ? "crash" : "crashes");
	for (i = 0; i < bug->count; i++) {
		put_xml(v->out, v->bugs->crashes[bug->crashes[i]].path);
		out_char(v->out, '\n');
	}
	out_str(v->out, "</failure>\n</testcase>\n");
}

static void write_junit(const struct bugs_view *v)
{
	const struct stk_bugs *b = v->bugs;
	uint32_t i;

	out_fmt(v->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"<testsuite name=\"stk\" tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
		b->nbugs + b->nunread, b->nbugs, b->nunread);
	for (i = 0; i < b->nbugs; i++)
		put_bug(v, &b->bugs[i]);
	for (i = 0; i < b->nunread; i++) {
		const struct stk_crash *crash = &b->crashes[b->unread[i]];

		out_str(v->out, "<testcase classname=\"stk\" name=\"");
		put_xml(v->out, crash->path);
		out_str(v->out, "\">\n<error message=\"");
		put_xml(v->out, crash->error);
		out_str(v->out, "\"/>\n</testcase>\n");
	}
	out_str(v->out, "</testsuite>\n</testsuites>\n");
}

const struct bugs_output bugs_junit = { { "junit", "JUnit's XML: a failed case a bug" },
					write_junit };
