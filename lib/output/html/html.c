/* SPDX-License-Identifier: Apache-2.0 */
/* html - one page that needs neither network nor server. What happened is markup, so that it is
 * seen at once; everything else is data, of which the scripts build as much as is looked at.
 *
 * Text of the target gets into the page in two ways only: xml_text(), and as JSON without a
 * '<' in a block that is no script. And should one be forgotten: the page's policy lets only
 * the scripts run whose hashes it names, and nothing be loaded or sent. */
#include <string.h>

#include "data.h"
#include "../output.h"
#include "../text.h"
#include "../xml.h"

/* In this order: each uses those before it. */
static const char *const scripts[] = {
#include "html_dom.js.inc"
	,
#include "html_flame.js.inc"
	,
#include "html.js.inc"
};

static const char style[] =
#include "html.css.inc"
	;

static const char policy[] =
	"default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'sha256-"
#include "html_dom.js.sha256.inc"
	"' 'sha256-"
#include "html_flame.js.sha256.inc"
	"' 'sha256-"
#include "html.js.sha256.inc"
	"'; style-src 'sha256-"
#include "html.css.sha256.inc"
	"'";

static const char *program(const struct stk_target *target)
{
	return *target->command ? target->command : target->name;
}

static void put_title(struct out *out, const struct stk_dump *dump)
{
	out_str(out, "<title>");
	xml_text(out, program(&dump->target));
	if (*dump->cause.text) {
		out_str(out, ": ");
		xml_text(out, dump->cause.text);
	}
	out_str(out, "</title>\n");
}

static void put_part(struct out *out, const char *text)
{
	if (!text || !*text)
		return;
	out_str(out, "<span>");
	xml_text(out, text);
	out_str(out, "</span>");
}

static void put_eyebrow(struct out *out, const struct stk_dump *dump)
{
	out_str(out, "<p class=\"eyebrow\">");
	put_part(out, words_row(&words_target_kind, dump->target.kind)->noun);
	put_part(out, dump->target.name);
	put_part(out, dump->target.arch);
	put_part(out, dump->target.go_version);
	out_str(out, "</p>\n");
}

static void put_program(struct out *out, const struct stk_target *target)
{
	/* A text trace knows none; its file is named above. */
	if (!*target->command && !target->pid && !*target->command_line && !*target->executable)
		return;
	out_str(out, "<p class=\"program\"><b>");
	xml_text(out, program(target));
	out_str(out, "</b>");
	if (target->pid) {
		out_str(out, " <span>pid ");
		out_dec(out, target->pid);
		out_str(out, "</span>");
	}
	if (*target->command_line || *target->executable) {
		out_str(out, " <code>");
		xml_text(out, *target->command_line ? target->command_line : target->executable);
		out_str(out, "</code>");
	}
	out_str(out, "</p>\n");
}

/* A panic's message may have lines, and these may be indented. */
static void put_message(struct out *out, const char *message)
{
	out_str(out, "<pre class=\"message\">");
	while (*message) {
		size_t size = strcspn(message, "\n\t");

		xml_textn(out, message, size);
		message += size;
		if (*message)
			out_char(out, *message++);
	}
	out_str(out, "</pre>\n");
}

static void put_cause(struct out *out, const struct stk_cause *cause)
{
	uint32_t i;

	if (cause->message && strchr(cause->message, '\n'))
		put_message(out, cause->message);
	if (!cause->nstatements)
		return;
	out_str(out, "<ul class=\"statements\">\n");
	for (i = 0; i < cause->nstatements; i++) {
		out_str(out, "<li>");
		xml_text(out, cause->statements[i].text);
		out_str(out, "<small>");
		xml_text(out, cause->statements[i].basis);
		out_str(out, "</small></li>\n");
	}
	out_str(out, "</ul>\n");
}

static void put_figure(struct out *out, uint64_t count, const char *noun)
{
	if (!count)
		return;
	out_str(out, "<li><b>");
	out_dec(out, count);
	out_str(out, "</b> ");
	out_str(out, noun);
	out_str(out, count == 1 ? "</li>" : "s</li>");
}

/* How many there are, unless that is the headline, and whether all is there. */
static void put_figures(struct out *out, const struct stk_dump *dump, bool died)
{
	uint32_t losses = 0, i;

	for (i = 0; i < dump->nnotes; i++)
		losses += dump->notes[i].severity == STK_LOSS;
	out_str(out, "<ul class=\"figures\">");
	put_figure(out, died ? dump->target.threads : 0, "thread");
	put_figure(out, died ? dump->target.goroutines : 0, "goroutine");
	if (losses) {
		out_str(out, "<li class=\"partial\"><a href=\"#notes\">incomplete: <b>");
		out_dec(out, losses);
		out_str(out, losses == 1 ? "</b> thing is missing</a></li>"
					 : "</b> things are missing</a></li>");
	}
	out_str(out, "</ul>\n");
}

/* Of what nothing happened to: "4 threads, 1 goroutine". */
static void put_counts(struct out *out, const struct stk_dump *dump)
{
	const struct stk_target *target = &dump->target;

	if (!target->threads && !target->goroutines)
		text_count(out, dump->ntasks, "stack");
	if (target->threads)
		text_count(out, target->threads, "thread");
	out_str(out, target->threads && target->goroutines ? ", " : "");
	if (target->goroutines)
		text_count(out, target->goroutines, "goroutine");
}

/* What the program said, what happened to it, or else what is looked at. */
static void put_h1(struct out *out, const struct stk_dump *dump)
{
	const char *message = dump->cause.message;

	out_str(out, "<h1>");
	if (message && *message)
		xml_textn(out, message, strcspn(message, "\n"));
	else if (*dump->cause.text)
		xml_text(out, dump->cause.text);
	else if (dump->nreports && *dump->reports[0].title)
		xml_text(out, dump->reports[0].title);
	else
		put_counts(out, dump);
	out_str(out, "</h1>\n");
	/* A text trace knows no more than the message. */
	if (message && *message && *dump->cause.text && strcmp(message, dump->cause.text)) {
		out_str(out, "<p class=\"signal\">");
		xml_text(out, dump->cause.text);
		out_str(out, "</p>\n");
	}
}

static void put_headline(struct out *out, const struct stk_dump *dump)
{
	bool died = dump->cause.signal || dump->cause.message || *dump->cause.text;

	out_str(out, died ? "<header class=\"what died\">\n" : "<header class=\"what\">\n");
	put_eyebrow(out, dump);
	put_h1(out, dump);
	put_program(out, &dump->target);
	put_cause(out, &dump->cause);
	put_figures(out, dump, died);
	out_str(out, "</header>\n");
}

static const char body[] =
	"<noscript><p class=\"sorry\">The stacks are shown by a script that this page carries; "
	"scripts are switched off.</p></noscript>\n"
	"<section id=\"crashed\" hidden></section>\n"
	"<nav id=\"bar\" hidden>\n"
	"<div class=\"tabs\" role=\"tablist\"></div>\n"
	"<input id=\"search\" type=\"search\" placeholder=\"Search functions, files, ids\" "
	"aria-label=\"Search\" spellcheck=\"false\" autocomplete=\"off\">\n"
	"</nav>\n"
	"<div id=\"chips\" aria-label=\"Filter by state\"></div>\n"
	"<p id=\"shown\" role=\"status\"></p>\n"
	"<main>\n<section id=\"stacks\" role=\"tabpanel\"></section>\n"
	"<section id=\"flame\" role=\"tabpanel\" hidden></section>\n"
	"<section id=\"modules\" role=\"tabpanel\" hidden></section>\n"
	"<section id=\"notes\" role=\"tabpanel\" hidden></section>\n</main>\n";

static void write_html(const struct stk_dump *dump, const struct stk_style *options,
		       struct out *out)
{
	size_t i;

	(void)options;
	out_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"");
	out_str(out, policy);
	out_str(out,
		"\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n");
	put_title(out, dump);
	out_str(out, "<style>");
	out_str(out, style);
	out_str(out, "</style>\n</head>\n<body>\n");
	put_headline(out, dump);
	out_str(out, body);
	out_str(out, "<footer>stk " STK_VERSION "</footer>\n"
		     "<script id=\"data\" type=\"application/json\">");
	html_data(out, dump);
	out_str(out, "</script>\n");
	for (i = 0; i < ARRAY_SIZE(scripts); i++) {
		out_str(out, "<script>");
		out_str(out, scripts[i]);
		out_str(out, "</script>\n");
	}
	out_str(out, "</body>\n</html>\n");
}

const struct output output_html = {
	.format = {
		.name = "html",
		.summary = "one page to look at: groups, search, flame graph, modules",
		.want = STK_WANT_CAUSE | STK_WANT_WAITS,
		.groups = true,
	},
	.listed = true,
	.write = write_html,
};
