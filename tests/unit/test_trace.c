/* SPDX-License-Identifier: Apache-2.0 */
/* Text traces: every sample of testdata/text gives the dump beside it; cut at any byte it does no
 * harm; wrapped as loggers wrap lines it gives the same dump. */
#include "trace_words.h"

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
	struct stk_dump *dump = read_bytes(bytes, size,
					   STK_WANT_DETAIL | STK_WANT_TEXT | STK_WANT_SOURCE);
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
	static const char *const documents[] = { "stk/document", "stk/sorted",
						 "minidump/document" };
	size_t i, size;

	(void)state;
	each_sample(check_prefixes);
	/* of no use within a log */
	for (i = 0; i < COUNT(documents); i++) {
		char *path = xasprintf("%s/testdata/text/%s.json", top(), documents[i]);
		char *bytes = read_sample(path, &size);

		check_prefixes(path, bytes, size);
		free(bytes);
		free(path);
	}
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
	fprintf(f, "2024-01-02T03:%02u:%02u%s%sZ stderr F %.*s\n", n / 60 % 60, n % 60,
		n % 4 ? "." : "",
		n % 4 == 1   ? "123456789"
		: n % 4 == 2 ? "12"
		: n % 4 == 3 ? "5"
			     : "",
		(int)size, line);
}

static void cri_in_parts(FILE *f, const char *line, size_t size, unsigned n)
{
	for (; size > 40; line += 40, size -= 40)
		fprintf(f, "2024-01-02T03:04:05.6Z stderr P %.40s\n", line);
	fprintf(f, "2024-01-02T03:04:05.%uZ stderr F %.*s\n", n, (int)size, line);
}

static void syslog_lines(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "Jan %2u 03:04:%02u host kubelet[12]: %.*s\n", 5 + n / 4, n % 60, (int)size,
		line);
}

static void klog(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "E0102 03:04:%02u.%06u   %5u x.go:12] %.*s\n", n % 60, n, 90 + n / 10 * 4,
		(int)size, line);
}

static void github(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-08-09T01:45:%02u.%07uZ %.*s\n", n % 60, n * 7919 % 10000000, (int)size,
		line);
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

static void coloured(FILE *f, const char *line, size_t size, unsigned n)
{
	size_t half = size / 2;

	/* not between the bytes of a character */
	while (half && (line[half] & 0xc0) == 0x80)
		half--;
	fprintf(f, "\033[1;3%um%.*s\033[0m\033[K%.*s\033]8;;http://x\033\\\033[m\n", n % 8,
		(int)half, line, (int)(size - half), line + half);
}

static void coloured_json(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "{\"ts\":%u,\"msg\":\"\\u001b[31m", n);
	put_escaped(f, line, size);
	fputs("\\u001b[0m\"}\n", f);
}

static void crcrlf(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "%.*s\r\r\n", (int)size, line);
}

static void twice_ended(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "%.*s\n\n", (int)size, line);
}

static void kubectl(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, "[pod/web-7d4b9c-x2x/main] %.*s\n", (int)size, line);
}

static void rfc5424(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "<27>1 2024-01-02T03:%02u:%02u.003Z host app 1234 - - %.*s\n", n / 60, n % 60,
		(int)size, line);
}

static void journal_iso(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-01-02T03:%02u:%02u+0100 host app[1234]: %.*s\n", n / 60, n % 60, (int)size,
		line);
}

static void journal_export(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "__CURSOR=s=f0;i=%x\n__REALTIME_TIMESTAMP=17041%08u\n_BOOT_ID=c0ffee\n", n, n);
	fprintf(f, "PRIORITY=6\nMESSAGE=%.*s\n_PID=%u\n_COMM=app\n\n", (int)size, line, 1234);
}

static void journal_json(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "{\"_PID\":\"12\",\"__CURSOR\":\"s=f0;i=%x\",\"MESSAGE\":\"", n);
	put_escaped(f, line, size);
	fprintf(f, "\",\"PRIORITY\":\"6\",\"__MONOTONIC_TIMESTAMP\":\"%u\"}\n", n * 991);
}

static void github_error(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-08-09T01:45:%02u.%07uZ ##[error]%.*s\n", n % 60, n * 7919 % 10000000,
		(int)size, line);
}

static void teamcity(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "[03:%02u:%02u] :\t [Step 1/2] %.*s\n", n / 60, n % 60, (int)size, line);
}

static void gitlab(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-08-09T01:45:%02u.%06uZ 01O %.*s\n", n % 60, n * 7919 % 1000000, (int)size,
		line);
}

static void buildkite(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "\033_bk;t=17146%08u\a%.*s\r\n", n * 37, (int)size, line);
}

static void cloudwatch(FILE *f, const char *line, size_t size, unsigned n)
{
	fprintf(f, "2024-01-02T03:04:%02u.%06u+00:00 app/web/0a1b2c %.*s\n", n % 60, n, (int)size,
		line);
}

static void quoted(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	fprintf(f, size ? "> %.*s\n" : ">%.*s\n", (int)size, line);
}

static void html(FILE *f, const char *line, size_t size, unsigned n)
{
	(void)n;
	for (; size--; line++) {
		const char *entity = *line == '<'    ? "&lt;"
				     : *line == '>'  ? "&gt;"
				     : *line == '&'  ? "&amp;"
				     : *line == '"'  ? "&quot;"
				     : *line == '\'' ? "&#39;"
						     : NULL;

		entity ? fputs(entity, f) : fputc(*line, f);
	}
	fputs("\n", f);
}

static void one_stackdriver(FILE *f, const char *line, size_t size, unsigned n)
{
	if (!n)
		fputs("{\"insertId\":\"x\",\"jsonPayload\":{\"level\":\"error\",\"message\":\"", f);
	put_escaped(f, line, size);
	fputs("\\n", f);
}

static void one_teamcity(FILE *f, const char *line, size_t size, unsigned n)
{
	if (!n)
		fputs("##teamcity[testStdErr name='pkg.Test' out='", f);
	for (; size--; line++) {
		if (strchr("|'[]", *line))
			fputc('|', f);
		if ((unsigned char)*line >= 0x20 || *line == '\t' || *line == 033)
			fputc(*line, f);
	}
	fputs("|n", f);
}

static void utf16(FILE *f, const char *text, size_t size, bool big)
{
	uint32_t c = 0;
	size_t length, i;

	for (; size; text += length, size -= length) {
		length = utf8_char(text, size, &c);
		assert_true(length && c < 0x10000);
		for (i = 0; i < 2; i++)
			fputc((int)(c >> ((i == 0) == big ? 8 : 0) & 0xff), f);
	}
}

static void utf16_le(FILE *f, const char *line, size_t size, unsigned n)
{
	utf16(f, "\uFEFF", n ? 0 : 3, false);
	utf16(f, line, size, false);
	utf16(f, "\r\n", 2, false);
}

static void utf16_be(FILE *f, const char *line, size_t size, unsigned n)
{
	utf16(f, "\uFEFF", n ? 0 : 3, true);
	utf16(f, line, size, true);
	utf16(f, "\n", 1, true);
}

static const struct {
	const char *name;
	mangler mangle;
	/* clang-format off */
	enum { ANY, GO_ONLY, HEAD, WHOLE } needs; /* what others rest on is taken away; a line to begin with; the whole input */
	/* clang-format on */
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
	{ "colours", coloured, ANY },
	{ "colours in JSON", coloured_json, ANY },
	{ "one line of logrus", one_logrus, ANY },
	{ "one line of rsyslog", one_rsyslog, HEAD },
	{ "a suffix", suffixed, ANY },
	{ "doubled CRs", crcrlf, ANY },
	{ "doubled line ends", twice_ended, WHOLE },
	{ "kubectl logs --prefix", kubectl, ANY },
	{ "syslog of RFC 5424", rfc5424, ANY },
	{ "journalctl -o short-iso", journal_iso, ANY },
	{ "journalctl -o export", journal_export, ANY },
	{ "journalctl -o json", journal_json, ANY },
	{ "GitHub's errors", github_error, ANY },
	{ "TeamCity", teamcity, ANY },
	{ "GitLab", gitlab, ANY },
	{ "Buildkite", buildkite, ANY },
	{ "aws logs tail", cloudwatch, ANY },
	{ "a quote", quoted, ANY },
	{ "HTML", html, ANY },
	{ "one line of Stackdriver", one_stackdriver, ANY },
	{ "one line of TeamCity", one_teamcity, ANY },
	{ "UTF-16, little endian", utf16_le, WHOLE },
	{ "UTF-16, big endian", utf16_be, WHOLE },
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

/* Formats that are found by their frames: the prefix of a line above the first is not known. */
static bool begins_anywhere(const char *path)
{
	static const char *const formats[] = { "go-error", "java",   "javascript", "dotnet",
					       "php",      "lua",    "perl",       "jstack",
					       "erlang",   "elixir", "dart",       "swift",
					       "kotlin",   "firefox" };
	size_t i;

	for (i = 0; i < COUNT(formats); i++) {
		const char *at = strstr(path, formats[i]);

		if (at && at[-1] == '/' && at[strlen(formats[i])] == '/')
			return true;
	}
	return false;
}

static void check_mangled(const char *path, const char *bytes, size_t size)
{
	struct stk_dump *plain = read_bytes(bytes, size, STK_WANT_DETAIL);
	/* a stack without a head takes its title from the line above, as far as that is known */
	unsigned what = strstr(path, "/go-error/") || strstr(path, "/ruby/logged") ? 0 : TITLES, i;
	char *want = describe(plain, what);

	stk_free(plain);
	/* a file of folded stacks is one only as a whole */
	for (i = 0; i < COUNT(manglers) && !strstr(path, "/mixed/") && !strstr(path, "/folded/");
	     i++) {
		size_t length;
		char *text, *got, *name;
		struct stk_dump *dump;

		/* JSON is found by its quotes */
		if ((strstr(path, "/stk/") && manglers[i].mangle == html) ||
		    (manglers[i].needs == GO_ONLY && !strstr(path, "/go/")) ||
		    (manglers[i].needs == HEAD && begins_anywhere(path)))
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

/* ---- all of them in one log ---- */

static FILE *whole, *parts;
static bool wrapped;
static unsigned nsamples;

/* As it is, or as one of the loggers writes it. */
static void put_sample(const char *path, const char *bytes, size_t size)
{
	/* never two that look like one writer behind each other */
	unsigned i = nsamples++ * 5 % COUNT(manglers);
	size_t length;
	char *text;

	if (!wrapped || manglers[i].needs != ANY || strstr(path, "/mixed/")) {
		fwrite(bytes, 1, size, whole);
		return;
	}
	text = mangled(manglers[i].mangle, bytes, size, &length);
	fwrite(text, 1, length, whole);
	free(text);
}

/* What stands before the first report is of the dump, of which there is one. */
static void put_reports(const struct stk_dump *dump, FILE *f)
{
	char *words = describe(dump, TITLES), *at = strstr(words, "report ");

	fputs(at ? at : "", f);
	free(words);
}

static void add_sample(const char *path, const char *bytes, size_t size)
{
	struct stk_dump *dump;

	if (strstr(path, "/folded/"))
		return;
	dump = read_bytes(bytes, size, STK_WANT_DETAIL);
	put_reports(dump, parts);
	stk_free(dump);
	put_sample(path, bytes, size);
	/* the empty line is for stacks that take their title from the line above */
	fputs("\n2024-01-02 03:04:05 app[12]: served\n\n", whole);
}

static void check_whole(void)
{
	size_t whole_size, parts_size, size;
	char *text, *want, *got;
	struct stk_dump *dump;
	FILE *f = open_memstream(&got, &size);

	nsamples = 0;
	whole = open_memstream(&text, &whole_size);
	parts = open_memstream(&want, &parts_size);
	each_sample(add_sample);
	fclose(whole);
	fclose(parts);
	dump = read_bytes(text, whole_size, STK_WANT_DETAIL);
	put_reports(dump, f);
	fclose(f);
	different = false;
	compare("all in one", got, want);
	assert_false(different);
	stk_free(dump);
	free(got);
	free(want);
	free(text);
}

static void all_samples_in_one_log_give_the_same_reports(void **state)
{
	(void)state;
	wrapped = false;
	check_whole();
}

static void all_samples_in_a_log_of_many_writers_give_the_same_reports(void **state)
{
	(void)state;
	wrapped = true;
	check_whole();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_samples_in_one_log_give_the_same_reports),
		cmocka_unit_test(all_samples_in_a_log_of_many_writers_give_the_same_reports),
		cmocka_unit_test(every_sample_gives_the_dump_beside_it),
		cmocka_unit_test(every_prefix_of_a_sample_does_no_harm),
		cmocka_unit_test(a_mangled_sample_gives_the_same_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
