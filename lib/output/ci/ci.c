/* SPDX-License-Identifier: Apache-2.0 */
#include "ci.h"

#include <string.h>

/* In the order of documentation. */
#define OUTPUTS(X) \
	X(text) X(json) X(jsonl) X(markdown) X(github) X(gitlab) X(sarif) X(junit) X(html)

#define X(name) extern const struct bugs_output bugs_##name;
OUTPUTS(X)
#undef X

static const struct bugs_output *const outputs[] = {
#define X(name) &bugs_##name,
	OUTPUTS(X)
#undef X
};

static struct stk_bugs_format formats[ARRAY_SIZE(outputs) + 1];

STK_API const struct stk_bugs_format *stk_bugs_formats(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(outputs); i++)
		formats[i] = outputs[i]->format;
	return formats;
}

const struct bugs_output *bugs_output_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(outputs); i++)
		if (!strcmp(outputs[i]->format.name, name))
			return outputs[i];
	return NULL;
}

const struct stk_crash *ci_crash(const struct bugs_view *v, const struct stk_bug *bug)
{
	return &v->bugs->crashes[bug->crash];
}

const struct stk_crash_frame *ci_blamed(const struct stk_crash *crash)
{
	uint32_t i;

	for (i = 0; i < crash->nframes; i++)
		if (crash->frames[i].counts)
			return &crash->frames[i];
	return crash->nframes ? &crash->frames[0] : NULL;
}

const char *ci_source(const struct bugs_view *v, const char *file)
{
	size_t size = v->root ? strlen(v->root) : 0;

	if (size && !strncmp(file, v->root, size)) {
		file += size;
		while (*file == '/')
			file++;
	}
	while (!strncmp(file, "./", 2))
		file += 2;
	return file;
}

const char *ci_level(const struct stk_crash *crash)
{
	const char *severity = crash->severity ? crash->severity : "";

	if (!strcmp(severity, "EXPLOITABLE") || !strcmp(severity, "PROBABLY_EXPLOITABLE"))
		return "error";
	return !strcmp(severity, "NOT_EXPLOITABLE") ? "warning" : "note";
}

void ci_summary(const struct bugs_view *v, struct out *out)
{
	const struct stk_bugs *b = v->bugs;
	uint64_t crashes = (uint64_t)b->ncrashes - b->nunread - b->nnone;
	uint32_t partial = 0, i;

	text_count(out, b->nbugs, "bug");
	out_str(out, " in ");
	out_fmt(out, "%llu %s", (unsigned long long)crashes, crashes == 1 ? "crash" : "crashes");
	for (i = 0; i < b->ncrashes; i++)
		partial += b->crashes[i].id && !b->crashes[i].complete;
	if (partial)
		out_fmt(out, ", %u of which something is missing", partial);
	if (b->nnone) {
		out_str(out, ", ");
		text_count(out, b->nnone, "target");
		out_str(out, " in which nothing crashed");
	}
	if (b->nunread) {
		out_str(out, ", ");
		text_count(out, b->nunread, "file");
		out_str(out, " that could not be read");
	}
}

void ci_place(const struct bugs_view *v, const struct stk_crash_frame *frame,
	      void (*put)(struct out *out, const char *text))
{
	put(v->out, frame->func);
	if (!frame->file)
		return;
	out_str(v->out, " at ");
	put(v->out, ci_source(v, frame->file));
	if (frame->line)
		out_fmt(v->out, ":%u", frame->line);
}

void ci_title(const struct bugs_view *v, const struct stk_crash *crash,
	      void (*put)(struct out *out, const char *text))
{
	const struct stk_crash_frame *frame = ci_blamed(crash);

	put(v->out, crash->cause);
	if (!frame)
		return;
	out_str(v->out, " in ");
	ci_place(v, frame, put);
}

STK_API struct stk_error *stk_bugs_write(const struct stk_bugs *bugs, const char *format,
					 const char *root, const struct stk_style *style, int fd)
{
	static const struct stk_style usual = { .size = sizeof(usual) };
	const struct bugs_output *output = bugs_output_find(format);
	struct bugs_view v = { .bugs = bugs, .style = style ? style : &usual, .root = root };
	struct stk_error *err;
	struct out out;

	if (!output)
		return error_create(STK_USAGE, "unknown format '%s'", format);
	out_init(&out, fd);
	out.colour = v.style->colour;
	v.out = &out;
	output->write(&v);
	err = out_finish(&out);
	out_deinit(&out);
	return err;
}
