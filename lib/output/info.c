/* SPDX-License-Identifier: Apache-2.0 */
/* What happened and what was loaded: `stk info`. */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void heading(struct out *out, const char *text)
{
	out_char(out, '\n');
	out_paint(out, OUT_HEAD);
	out_text(out, text);
	out_paint(out, OUT_PLAIN);
	out_char(out, '\n');
}

/* "  key:      value", values of a section aligned; long keys push theirs to the right. */
static void entry(struct out *out, const char *key, size_t width, const char *value)
{
	size_t length = strlen(key), end;

	if (!value || !*value)
		return;
	out_str(out, "  ");
	out_text(out, key);
	out_char(out, ':');
	out_pad(out, (length < width ? width - length : 0) + 1);
	/* The kernel's command line ends in a space. */
	for (end = strlen(value); end && value[end - 1] == ' '; end--)
		;
	out_textn(out, value, end);
	out_char(out, '\n');
}

/* ---- what it was ---- */

#define TARGET_WIDTH 17

static void put_number(struct out *out, const char *key, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	entry(out, key, TARGET_WIDTH, number ? text : NULL);
}

static void put_target(struct out *out, const struct stk_target *target)
{
	heading(out, words_row(&words_target_kind, target->kind)->word);
	entry(out, "executable", TARGET_WIDTH, target->executable);
	entry(out, "command line", TARGET_WIDTH, target->command_line);
	entry(out, "architecture", TARGET_WIDTH, target->arch);
	put_number(out, "pid", target->pid);
	put_number(out, "threads", target->threads);
	put_number(out, "goroutines", target->goroutines);
	entry(out, "Go", TARGET_WIDTH, target->go_version);
}

static void put_cause(struct out *out, const struct stk_cause *cause)
{
	if (!cause->signal && !cause->signature && !cause->address_signature)
		return;
	heading(out, "crash");
	entry(out, "signal", TARGET_WIDTH, cause->text);
	entry(out, "signature", TARGET_WIDTH, cause->signature);
	entry(out, "address signature", TARGET_WIDTH, cause->address_signature);
}

/* Longer keys do not push the values of the others to the right. */
#define MAX_WIDTH 32

/* ---- facts, by section in order of first sight ---- */

static bool section_seen(const struct stk_dump *dump, uint32_t fact)
{
	uint32_t i;

	for (i = 0; i < fact; i++)
		if (!strcmp(dump->facts[i].section, dump->facts[fact].section))
			return true;
	return false;
}

static void put_section(struct out *out, const struct stk_dump *dump, uint32_t first)
{
	const char *section = dump->facts[first].section;
	size_t width = 0;
	uint32_t i;

	for (i = first; i < dump->nfacts; i++)
		if (!strcmp(dump->facts[i].section, section) && strlen(dump->facts[i].key) > width)
			width = strlen(dump->facts[i].key);
	if (width > MAX_WIDTH)
		width = MAX_WIDTH;
	heading(out, section);
	for (i = first; i < dump->nfacts; i++)
		if (!strcmp(dump->facts[i].section, section))
			entry(out, dump->facts[i].key, width, dump->facts[i].value);
}

static void put_facts(struct out *out, const struct stk_dump *dump)
{
	uint32_t i;

	for (i = 0; i < dump->nfacts; i++)
		if (!section_seen(dump, i))
			put_section(out, dump, i);
}

/* ---- modules ---- */

static const enum out_colour statuses[] = {
	[STK_MODULE_FOUND] = OUT_GOOD,  [STK_MODULE_UNVERIFIED] = OUT_PLAIN,
	[STK_MODULE_FORCED] = OUT_BAD,  [STK_MODULE_MISMATCH] = OUT_BAD,
	[STK_MODULE_MISSING] = OUT_BAD, [STK_MODULE_MEMORY] = OUT_PLAIN,
};

/* What is not to be seen from the path: which other file was read, and the debug file. */
static void put_files(struct out *out, const struct stk_module *module)
{
	if (module->deleted)
		out_str(out, " (deleted)");
	if (module->file && strcmp(module->file, module->path)) {
		out_str(out, ", read from ");
		out_text(out, module->file);
	}
	if (module->debug) {
		out_str(out, ", debug file ");
		out_text(out, module->debug);
	}
}

static void put_module(struct out *out, const struct stk_dump *dump,
		       const struct stk_module *module, size_t id_width)
{
	size_t length = strlen(module->build_id);

	out_str(out, "  ");
	out_paint(out, OUT_DIM);
	/* a text does not say where it was */
	if (module->end) {
		text_address(out, dump, module->start);
		out_char(out, '-');
		text_address(out, dump, module->end);
		out_str(out, "  ");
	}
	out_paint(out, OUT_PLAIN);
	out_paint(out, statuses[module->status]);
	out_fmt(out, "%-10s", words_row(&words_module_status, module->status)->noun);
	out_paint(out, OUT_PLAIN);
	out_str(out, "  ");
	out_text(out, *module->build_id ? module->build_id : "-");
	out_pad(out, (length ? id_width - length : id_width - 1) + 2);
	out_paint(out, OUT_FILE);
	out_text(out, module->path);
	out_paint(out, OUT_PLAIN);
	put_files(out, module);
	out_char(out, '\n');
}

static void put_modules(struct out *out, const struct stk_dump *dump)
{
	size_t width = 1;
	uint32_t i;

	if (!dump->nmodules)
		return;
	heading(out, "modules");
	for (i = 0; i < dump->nmodules; i++)
		if (strlen(dump->modules[i].build_id) > width)
			width = strlen(dump->modules[i].build_id);
	for (i = 0; i < dump->nmodules; i++)
		put_module(out, dump, &dump->modules[i], width);
}

/* ---- notes ---- */

static void put_notes(struct out *out, const struct stk_dump *dump)
{
	static const enum out_colour colours[] = {
		[STK_INFO] = OUT_PLAIN,
		[STK_WARNING] = OUT_HEAD,
		[STK_LOSS] = OUT_BAD,
	};
	uint32_t i;

	if (!dump->nnotes)
		return;
	heading(out, "notes");
	for (i = 0; i < dump->nnotes; i++) {
		const struct stk_note *note = &dump->notes[i];

		out_str(out, "  ");
		out_paint(out, colours[note->severity]);
		out_str(out, note->code);
		out_paint(out, OUT_PLAIN);
		out_str(out, ": ");
		if (*note->subject) {
			out_text(out, note->subject);
			out_str(out, ": ");
		}
		out_text(out, note->text);
		out_char(out, '\n');
	}
}

static void put_reports(struct out *out, const struct stk_dump *dump)
{
	uint32_t i;

	if (!dump->nreports)
		return;
	heading(out, "reports");
	for (i = 0; i < dump->nreports; i++) {
		const struct stk_report *report = &dump->reports[i];

		out_str(out, "  ");
		out_text(out, report->source);
		out_fmt(out, ":%" PRIu32 ": ", report->line);
		out_text(out, report->format);
		if (*report->title) {
			out_str(out, ": ");
			out_text(out, report->title);
		}
		out_str(out, ", ");
		text_count(out, report->count, "stack");
		out_char(out, '\n');
	}
}

static void write_info(const struct stk_dump *dump, const struct stk_style *style, struct out *out)
{
	(void)style;
	text_summary(out, dump);
	put_cause(out, &dump->cause);
	put_target(out, &dump->target);
	put_facts(out, dump);
	put_reports(out, dump);
	put_modules(out, dump);
	put_notes(out, dump);
}

const struct output output_info = {
	.format = {
		.name = "info",
		.summary = "what happened and what was loaded",
		.want = STK_WANT_CAUSE,
	},
	.write = write_info,
};
