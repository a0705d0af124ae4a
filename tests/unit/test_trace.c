/* Text traces: every sample of testdata/text gives the dump beside it; cut at any byte it does no
 * harm; wrapped as loggers wrap lines it gives the same dump. */
#include "test.h"

#include <dirent.h>
#include <glob.h>
#include <unistd.h>

#include "input/trace.h"

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

static void put_go(FILE *f, const struct stk_go *go)
{
	fprintf(f, " gp=0x%llx m=%lld mp=0x%llx", (unsigned long long)go->g, (long long)go->m,
		(unsigned long long)go->m_address);
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
	for (i = 0; i < more->nregs; i++)
		fprintf(f, "    %s 0x%llx\n", more->regs[i].name,
			(unsigned long long)more->regs[i].value);
	for (i = 0; i < more->nancestors; i++) {
		fprintf(f, "    ancestor %llu\n", (unsigned long long)more->ancestors[i].id);
		put_stack(f, dump, more->ancestors[i].stack, NULL);
		if (more->ancestors[i].creator != STK_NONE)
			put_frame(f, dump, more->ancestors[i].creator, "    created by "), fprintf(f, "\n");
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
		put_go(f, task->more->go);
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

enum { LINES = 1, TITLES = 2 };

/* `what`: with line numbers, with titles. The caller frees it. */
static char *describe(const struct stk_dump *dump, unsigned what)
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

static void each_sample(void (*test)(const char *path, const char *bytes, size_t size))
{
	char *pattern = xasprintf("%s/testdata/text/*/*.txt", top());
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

static bool different;

static void compare(const char *path, const char *got, const char *want)
{
	if (!strcmp(got, want))
		return;
	printf("# %s: got\n%s# wanted\n%s", path, got, want);
	different = true;
}

static void check_sample(const char *path, const char *bytes, size_t size)
{
	char *beside = xasprintf("%.*s.want", (int)strlen(path) - 4, path), *want;
	struct stk_dump *dump = read_bytes(bytes, size, STK_WANT_DETAIL | STK_WANT_TEXT | STK_WANT_SOURCE);
	char *got = describe(dump, LINES | TITLES);
	size_t want_size;
	FILE *f;

	if (getenv("UPDATE") && *getenv("UPDATE")) {
		f = fopen(beside, "w");
		assert_non_null(f);
		fputs(got, f);
		fclose(f);
	}
	want = read_sample(beside, &want_size);
	compare(path, got, want);
	free(want);
	free(got);
	stk_free(dump);
	free(beside);
}

static void every_sample_gives_the_dump_beside_it(void **state)
{
	(void)state;
	different = false;
	each_sample(check_sample);
	assert_false(different);
}

static void check_prefixes(const char *path, const char *bytes, size_t size)
{
	size_t cut;

	(void)path;
	for (cut = 0; cut < size; cut++) {
		/* in a block of its own, where a sanitizer sees what is behind */
		char *copy = xmalloc(cut);

		memcpy(copy, bytes, cut);
		stk_free(read_bytes(copy, cut, STK_WANT_DETAIL | STK_WANT_TEXT | STK_WANT_SOURCE));
		free(copy);
	}
}

static void every_prefix_of_a_sample_does_no_harm(void **state)
{
	(void)state;
	each_sample(check_prefixes);
}

/* ---- what loggers do to lines ---- */

/* Puts line `n` of a sample into a log. */
typedef void (*mangler)(FILE *f, const char *line, size_t size, unsigned n);

static void crlf(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "%.*s\r\n", (int)size, line);
}

static void compose(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "svc-1  | %.*s\n", (int)size, line);
}

static void compose_of_two(FILE *f, const char *line, size_t size, unsigned n)
{
	if (n % 3 == 1)
		fprintf(f, "svc-2  | GET /healthz 200\n");
	compose(f, line, size, n);
}

static void indent(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "    %.*s\n", (int)size, line);
}

static void trimmed_prefix(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, size ? "app: %.*s\n" : "app:%.*s\n", (int)size, line);
}

/* RFC3339Nano: the fraction loses its zeros at the end. */
static void cri(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-01-02T03:%02u:%02u%s%sZ stderr F %.*s\n", n / 60 % 60, n % 60, n % 4 ? "." : "",
		n % 4 == 1 ? "123456789" : n % 4 == 2 ? "12" : n % 4 == 3 ? "5" : "", (int)size, line);
}

static void cri_in_parts(FILE *f, const char *line, size_t size, unsigned n)
{
	for (; size > 40; line += 40, size -= 40)
		fprintf(f, "2024-01-02T03:04:05.6Z stderr P %.40s\n", line);
	fprintf(f, "2024-01-02T03:04:05.%uZ stderr F %.*s\n", n, (int)size, line);
}

static void syslog_lines(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "Jan %2u 03:04:%02u host kubelet[12]: %.*s\n", 5 + n / 4, n % 60, (int)size, line);
}

static void klog(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "E0102 03:04:%02u.%06u   %5u x.go:12] %.*s\n", n % 60, n, 90 + n / 10 * 4, (int)size,
		line);
}

static void github(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-08-09T01:45:%02u.%07uZ %.*s\n", n % 60, n * 7919 % 10000000, (int)size, line);
}

static void numbered(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "%6u 2024-08-09 %.*s\n", 9997 + n, (int)size, line);
}

static void put_escaped(FILE *f, const char *line, size_t size)
{
	for (; size--; line++) {
		if (*line == '\t')
			fputs("\\t", f);
		else if (*line == '"' || *line == '\\')
			fprintf(f, "\\%c", *line);
		else if ((unsigned char)*line < 0x20)
			fprintf(f, "\\u%04x", (unsigned char)*line);
		else
			fputc(*line, f);
	}
}

static void docker_json(FILE *f, const char *line, size_t size, unsigned n)
{
	fputs("{\"log\":\"", f);
	put_escaped(f, line, size);
	fprintf(f, "\\n\",\"stream\":\"stderr\",\"time\":\"2024-01-02T03:04:05.%uZ\"}\n", n);
}

static void json_lines(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "{\"ts\":\"2024-01-02T03:04:05.%uZ\",\"msg\":\"", n);
	put_escaped(f, line, size);
	fputs("\"}\n", f);
}

static void one_json(FILE *f, const char *line, size_t size, unsigned n)
{
	if (!n)
		fputs("{\"level\":\"error\",\"msg\":\"it \\\"died\\\"\",\"stack\":\"", f);
	put_escaped(f, line, size);
	fputs("\\n", f);
}

static void one_logrus(FILE *f, const char *line, size_t size, unsigned n)
{
	if (!n)
		fputs("time=\"2024-01-02T03:04:05Z\" level=info msg=\"=== BEGIN dump ===\\n", f);
	put_escaped(f, line, size);
	fputs("\\n", f);
}

static void one_rsyslog(FILE *f, const char *line, size_t size, unsigned n)
{
	if (!n)
		fputs("Jan  2 03:04:05 host app: ", f);
	for (; size--; line++)
		*line == '\t' ? fputs("#011", f) : fputc(*line, f);
	fputs("#012", f);
}

static void suffixed(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "%.*s function=f source=\"x y\"\n", (int)size, line);
}

static void tabs_lost(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	while (size && *line == '\t')
		line++, size--;
	fprintf(f, "Jun 22 11:01:19 worker1 kubelet: %.*s\n", (int)size, line);
}

static void tabs_are_blanks(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	while (size && *line == '\t') {
		fputs("        ", f);
		line++, size--;
	}
	fprintf(f, "%.*s\n", (int)size, line);
}

static void no_empty_lines(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	if (size)
		fprintf(f, "%.*s\n", (int)size, line);
}

static const struct {
	const char *name;
	mangler mangle;
	enum { ANY, GO_ONLY, HEAD } needs; /* what others rest on is taken away; a line to begin with */
} manglers[] = {
	{ "CRLF", crlf, ANY },
	{ "docker-compose", compose, ANY },
	{ "docker-compose with another service", compose_of_two, ANY },
	{ "indentation", indent, ANY },
	{ "a prefix trimmed on empty lines", trimmed_prefix, ANY },
	{ "kubernetes CRI", cri, ANY },
	{ "kubernetes CRI with partial lines", cri_in_parts, ANY },
	{ "syslog", syslog_lines, ANY },
	{ "klog", klog, ANY },
	{ "GitHub", github, ANY },
	{ "line numbers", numbered, ANY },
	{ "docker json-file", docker_json, ANY },
	{ "JSON a line", json_lines, ANY },
	{ "one line of JSON", one_json, ANY },
	{ "one line of logrus", one_logrus, ANY },
	{ "one line of rsyslog", one_rsyslog, HEAD },
	{ "a suffix", suffixed, ANY },
	{ "lost tabs", tabs_lost, GO_ONLY },
	{ "tabs as blanks", tabs_are_blanks, GO_ONLY },
	{ "lost empty lines", no_empty_lines, GO_ONLY },
};

static char *mangled(mangler mangle, const char *bytes, size_t size, size_t *ret)
{
	const char *end = bytes + size, *stop;
	unsigned n = 0;
	char *text;
	FILE *f = open_memstream(&text, ret);

	for (; bytes < end; bytes = stop + 1) {
		stop = memchr(bytes, '\n', (size_t)(end - bytes));
		stop = stop ? stop : end;
		mangle(f, bytes, (size_t)(stop - bytes), n++);
	}
	fputs("\n", f);
	fclose(f);
	return text;
}

static void check_mangled(const char *path, const char *bytes, size_t size)
{
	struct stk_dump *plain = read_bytes(bytes, size, STK_WANT_DETAIL);
	/* a stack without a head takes its title from the line above, whatever that is */
	unsigned what = strstr(path, "/go-error/") ? 0 : TITLES, i;
	char *want = describe(plain, what);

	stk_free(plain);
	/* a file of folded stacks is one only as a whole */
	for (i = 0; i < COUNT(manglers) && !strstr(path, "/mixed/") && !strstr(path, "/folded/"); i++) {
		size_t length;
		char *text, *got, *name;
		struct stk_dump *dump;

		if ((manglers[i].needs == GO_ONLY && !strstr(path, "/go/")) ||
		    (manglers[i].needs == HEAD && strstr(path, "/go-error/")))
			continue;
		text = mangled(manglers[i].mangle, bytes, size, &length);
		dump = read_bytes(text, length, STK_WANT_DETAIL);
		got = describe(dump, what);
		name = xasprintf("%s with %s", path, manglers[i].name);
		compare(name, got, want);
		free(name);
		free(got);
		stk_free(dump);
		free(text);
	}
	free(want);
}

static void a_mangled_sample_gives_the_same_dump(void **state)
{
	(void)state;
	different = false;
	each_sample(check_mangled);
	assert_false(different);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_gives_the_dump_beside_it),
		cmocka_unit_test(every_prefix_of_a_sample_does_no_harm),
		cmocka_unit_test(a_mangled_sample_gives_the_same_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
