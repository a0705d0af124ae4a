/* SPDX-License-Identifier: Apache-2.0 */
/* The samples of text traces, and a dump in words. Included by the tests about them. */
#ifndef TRACE_WORDS_H
#define TRACE_WORDS_H

#include "test.h"

#include <dirent.h>
#include <glob.h>
#include <unistd.h>

#include "input/text/text.h"

/* ---- a dump in words ---- */

static void put_frame(FILE *f, const struct stk_dump *dump, uint32_t id, const char *lead)
{
	const struct stk_frame *frame = &dump->frames[id];
	const struct stk_loc *loc = &dump->locs[frame->loc];

	fprintf(f, "%s%s", lead, loc->func ? loc->func : "-");
	if (loc->file)
		fprintf(f, " at %s:%u", loc->file, loc->line);
	if (loc->column)
		fprintf(f, ":%u", loc->column);
	if (loc->func_offset != UINT64_MAX)
		fprintf(f, " +0x%llx", (unsigned long long)loc->func_offset);
	if (frame->pc)
		fprintf(f, " pc=0x%llx", (unsigned long long)frame->pc);
	if (loc->module != STK_NONE)
		fprintf(f, " in %s+0x%llx", dump->modules[loc->module].path,
			(unsigned long long)loc->offset);
	if (loc->module != STK_NONE && dump->modules[loc->module].build_id[0])
		fprintf(f, " (%s)", dump->modules[loc->module].build_id);
	if (loc->why)
		fprintf(f, " (%s)", loc->why);
	if (loc->source)
		fprintf(f, " lines %u+%u", loc->source->first, loc->source->count);
	fprintf(f, "%s%s%s", loc->inlined ? " inlined" : "",
		frame->flags & STK_FRAME_RUNTIME ? " runtime" : "",
		frame->flags & STK_FRAME_SIGNAL ? " signal" : "");
}

static void put_detail(FILE *f, const struct stk_detail *detail)
{
	uint32_t i;

	if (detail->args)
		fprintf(f, " args=(%s)", detail->args);
	if (detail->sp)
		fprintf(f, " sp=0x%llx", (unsigned long long)detail->sp);
	if (detail->cfa)
		fprintf(f, " cfa=0x%llx", (unsigned long long)detail->cfa);
	for (i = 0; i < detail->nvalues; i++)
		fprintf(f, "\n      %s = %s", detail->values[i].name, detail->values[i].text);
}

static void put_stack(FILE *f, const struct stk_dump *dump, uint32_t id,
		      const struct stk_detail *detail)
{
	const struct stk_stack *stack = &dump->stacks[id];
	uint32_t i;

	for (i = 0; i <= stack->count; i++) {
		if (stack->elided && stack->elided_at == i)
			fprintf(f, "    ... %d elided\n", (int)stack->elided);
		if (i == stack->count)
			break;
		put_frame(f, dump, stack->frames[i], "    ");
		if (detail)
			put_detail(f, &detail[i]);
		fprintf(f, "\n");
	}
	if (stack->end == STK_END_NONE)
		fprintf(f, "    no stack\n");
}

static void put_go(FILE *f, const struct stk_task *task)
{
	const struct stk_go *go = task->more->go;

	fprintf(f, " gp=0x%llx m=%lld mp=0x%llx", (unsigned long long)task->address,
		(long long)go->m, (unsigned long long)go->m_address);
	if (go->bubble)
		fprintf(f, " bubble=%llu", (unsigned long long)go->bubble);
	fprintf(f, "%s%s%s", go->scan ? " scan" : "", go->leaked ? " leaked" : "",
		go->durable ? " durable" : "");
}

static void put_more(FILE *f, const struct stk_dump *dump, const struct stk_task *task)
{
	const struct stk_more *more = task->more;
	uint32_t i;

	for (i = 0; i < more->nlabels; i++)
		fprintf(f, "    label %s = %s\n", more->labels[i].key, more->labels[i].value);
	for (i = 0; i < more->nwaits; i++)
		fprintf(f, "    waits %s 0x%llx: %s\n", more->waits[i].kind,
			(unsigned long long)more->waits[i].address, more->waits[i].text);
	for (i = 0; i < more->nregs; i++)
		fprintf(f, "    %s 0x%llx\n", more->regs[i].name,
			(unsigned long long)more->regs[i].value);
	for (i = 0; i < more->nancestors; i++) {
		fprintf(f, "    ancestor %llu\n", (unsigned long long)more->ancestors[i].id);
		put_stack(f, dump, more->ancestors[i].stack, NULL);
		if (more->ancestors[i].creator != STK_NONE)
			put_frame(f, dump, more->ancestors[i].creator, "    created by "),
				fprintf(f, "\n");
	}
}

static void put_task(FILE *f, const struct stk_dump *dump, const struct stk_task *task)
{
	static const char *const kinds[] = { "thread", "goroutine", "trace" };
	static const char *const flags[] = { "crashed", "current", "system", "locked", "running" };
	unsigned i;

	fprintf(f, "  %s %llu", kinds[task->kind], (unsigned long long)task->id);
	if (task->name)
		fprintf(f, " \"%s\"", task->name);
	if (task->state)
		fprintf(f, " [%s]", task->state);
	if (task->wait_ns >= 0)
		fprintf(f, " %llds", (long long)task->wait_ns / 1000000000);
	if (task->tid)
		fprintf(f, " tid=%u", task->tid);
	if (task->signal)
		fprintf(f, " signal=%d", task->signal);
	for (i = 0; i < COUNT(flags); i++)
		if (task->flags & 1u << i)
			fprintf(f, " %s", flags[i]);
	if (task->more->go)
		put_go(f, task);
	if (task->more->header)
		fprintf(f, " <%s>", task->more->header);
	fprintf(f, "\n");
	put_stack(f, dump, task->stack, task->detail);
	if (task->creator != STK_NONE) {
		put_frame(f, dump, task->creator, "    created by ");
		fprintf(f, " in %llu\n", (unsigned long long)task->creator_id);
	}
	put_more(f, dump, task);
}

static void put_cause(FILE *f, const struct stk_cause *cause)
{
	const char *at;

	if (cause->signal)
		fprintf(f, "signal %s code %d\n", cause->signal_name, cause->code);
	if (cause->has_address)
		fprintf(f, "address 0x%llx\n", (unsigned long long)cause->address);
	if (cause->text[0])
		fprintf(f, "cause %s\n", cause->text);
	for (at = cause->message; at; at = strchr(at, '\n')) {
		/* their indentation is what gets lost */
		at += strspn(at, "\n\t ");
		fprintf(f, "message %.*s\n", (int)strcspn(at, "\n"), at);
	}
}

enum { LINES = 1, TITLES = 2, REST = 4 };

static void put_rarer(FILE *f, const struct stk_loc *loc)
{
	uint32_t i;

	if (loc->linkage)
		fprintf(f, "linkage %s\n", loc->linkage);
	for (i = 0; loc->source && i < loc->source->count; i++)
		fprintf(f, "source %u: %s\n", loc->source->first + i, loc->source->lines[i]);
}

/* What the dump of a text holds beside its stacks. */
static void put_rest(FILE *f, const struct stk_dump *dump)
{
	const struct stk_target *target = &dump->target;
	uint32_t i, j;

	fprintf(f, "target %llu %s %s %s\n", (unsigned long long)target->pid, target->command,
		target->command_line, target->executable);
	fprintf(f, "sender %u %u\n", dump->cause.sender_pid, dump->cause.sender_uid);
	for (i = 0; i < dump->nfacts; i++)
		fprintf(f, "fact %s %s: %s\n", dump->facts[i].section, dump->facts[i].key,
			dump->facts[i].value);
	for (i = 0; i < dump->cause.nstatements; i++)
		fprintf(f, "statement %s\n", dump->cause.statements[i].text);
	for (i = 0; i < dump->ntasks; i++) {
		const struct stk_stack *stack = &dump->stacks[dump->tasks[i].stack];

		for (j = 0; j < stack->count; j++)
			put_rarer(f, &dump->locs[dump->frames[stack->frames[j]].loc]);
	}
}

/* `what`: with line numbers, with titles, with all the rest. The caller frees it. */
__attribute__((unused)) static char *describe(const struct stk_dump *dump, unsigned what)
{
	uint32_t i, j;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	put_cause(f, &dump->cause);
	for (i = 0; i < dump->nreports; i++) {
		const struct stk_report *report = &dump->reports[i];

		fprintf(f, "report %s", report->format);
		if (what & LINES)
			fprintf(f, " line %u", report->line);
		fprintf(f, ": %s\n", what & TITLES ? report->title : "");
		for (j = report->first; j < report->first + report->count; j++)
			put_task(f, dump, &dump->tasks[j]);
	}
	for (i = 0; what & LINES && i < dump->nspans; i++)
		fprintf(f, "text before %u: %.*s%s", dump->spans[i].task, (int)dump->spans[i].size,
			dump->spans[i].bytes,
			dump->spans[i].bytes[dump->spans[i].size - 1] == '\n' ? "" : "\n");
	for (i = 0; what & LINES && i < dump->nnotes; i++)
		fprintf(f, "note %s %s: %s\n", dump->notes[i].code, dump->notes[i].subject,
			dump->notes[i].text);
	if (what & REST)
		put_rest(f, dump);
	fclose(f);
	return text;
}

static struct stk_dump *read_bytes(const char *bytes, size_t size, unsigned want)
{
	struct builder *b = builder_open();

	(void)trace_bytes(b, "sample", (struct slice){ bytes, size }, want);
	return builder_finish(b);
}

/* ---- samples ---- */

static char *read_sample(const char *path, size_t *size)
{
	char *bytes;

	assert_null(read_file(path, 1 << 24, &bytes, size));
	return bytes;
}

static const char *top(void)
{
	return getenv("TOP") ? getenv("TOP") : ".";
}

/* All of them, or those that SAMPLES names, as "strace/k". */
static void each_sample(void (*test)(const char *path, const char *bytes, size_t size))
{
	const char *some = getenv("SAMPLES");
	char *pattern = xasprintf("%s/testdata/text/%s.txt", top(), some && *some ? some : "*/*");
	glob_t found;
	size_t i, size;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		char *bytes = read_sample(found.gl_pathv[i], &size);

		test(found.gl_pathv[i], bytes, size);
		free(bytes);
	}
	globfree(&found);
	free(pattern);
}

#endif
