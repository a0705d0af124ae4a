/* SPDX-License-Identifier: Apache-2.0 */
/* lib/sym/value/printed: what Go's runtime printed for arguments, with the types of a program built here. */
#include "test.h"

#include <unistd.h>

#include "sym/sym.h"

static const char source[] =
	"package main\n"
	"type pair struct { small int8; large int64 }\n"
	"//go:noinline\nfunc example(slice []string, str string, i int) { println(slice, str, i) }\n"
	"//go:noinline\nfunc packed(a, b, c bool, d uint8) { println(a, b, c, d) }\n"
	"//go:noinline\nfunc (p *pair) method(q pair, z complex64) (r int64) { println(p, z); return q.large }\n"
	"func main() {\n"
	"\texample(nil, \"hello\", 10)\n\tpacked(true, false, true, 25)\n"
	"\tprintln(new(pair).method(pair{}, 1))\n}\n";

struct program {
	struct builder *b;
	struct image *image;
	struct symbols *symbols;
	struct stk_files files;
	char dir[64];
};

static int build(void **state)
{
	static struct program p;
	static char path[80], command[512];
	struct stk_error *err;
	FILE *f;

	*state = &p;
	strcpy(p.dir, "/tmp/stk-test-XXXXXX");
	if (!mkdtemp(p.dir))
		return -1;
	snprintf(path, sizeof(path), "%s/a.go", p.dir);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(source, f);
	fclose(f);
	snprintf(command, sizeof(command),
		 "cd %s && GOFLAGS= GO111MODULE=off GOARCH=amd64 GOOS=linux CGO_ENABLED=0 "
		 "go build -gcflags='all=-N -l' -o a a.go > /dev/null 2>&1",
		 p.dir);
	if (system(command) != 0)
		return 0;
	snprintf(path, sizeof(path), "%s/a", p.dir);
	p.b = builder_open();
	err = image_open_file(path, &p.files, p.b, &p.image);
	if (err)
		return -1;
	p.symbols = symbols_open(p.image, p.b, &p.files, NULL);
	return 0;
}

static int clean(void **state)
{
	struct program *p = *state;
	char command[100];

	if (p->symbols) {
		symbols_close(p->symbols);
		image_close(p->image);
		builder_close(p->b);
	}
	snprintf(command, sizeof(command), "rm -r %s", p->dir);
	return system(command);
}

/* "1 2 ? { } _ ..." */
static size_t parse(const char *text, struct printed_word *ret)
{
	size_t count = 0;
	char *end;

	for (; *text; text += *text == ' ') {
		struct printed_word w = { .kind = PRINTED_NUMBER };

		if (*text == '{' || *text == '}' || *text == '_') {
			w.kind = *text == '{'   ? PRINTED_OPEN
				 : *text == '}' ? PRINTED_CLOSE
						: PRINTED_UNKNOWN;
			text++;
		} else if (*text == '.') {
			w.kind = PRINTED_MORE;
			text += 3;
		} else {
			w.value = strtoull(text, &end, 0);
			w.stale = *end == '?';
			text = end + w.stale;
		}
		ret[count++] = w;
	}
	return count;
}

static void words_are_told_by_the_declaration_that_they_fit(void **state)
{
	static const struct {
		const char *func, *words, *expected;
	} cases[] = {
		/* braces: Go 1.17 and later */
		{ "main.example", "{ 0xc000042748 2 4 } { 0xc000000000 5 } 10",
		  "slice={array = 0xc000042748, len = 2, cap = 4};"
		  "str={str = 0xc000000000, len = 5};i=10;" },
		{ "main.example", "{ 0xc000042748 2 4 } { _ 5? } ...",
		  "slice={array = 0xc000042748, len = 2, cap = 4};"
		  "str={str = <not printed>, len = 5} <may be stale>;i=<not printed>;" },
		{ "main.packed", "1 0 1 25", "a=true;b=false;c=true;d=25;" },
		{ "main.(*pair).method", "0xc000010000 { 0xfe 3 } { 0x3f800000 0x40000000 }",
		  "p=0xc000010000;q={small = -2, large = 3};z=1 + 2i;" },
		{ "main.(*pair).method", "0xc000010000 { 0xfe ... } ...",
		  "p=0xc000010000;q={small = -2, large = <not printed>};z=<not printed>;" },
		/* as they lay there: before 1.17 */
		{ "main.example", "0xc000042748 2 4 0x106abae 5 10",
		  "slice={array = 0xc000042748, len = 2, cap = 4};str={str = 0x106abae, len = 5};"
		  "i=10;" },
		{ "main.packed", "0x19010001", "a=true;b=false;c=true;d=25;" },
		{ "main.packed", "0xc019010001", "a=true;b=false;c=true;d=25;" },
		{ "main.(*pair).method", "0xc000010000 0x7ffe 3 0x400000003f800000 0",
		  "p=0xc000010000;q={small = -2, large = 3};z=1 + 2i;" },
		/* another build's */
		{ "main.packed", "1 0 0x100 25", "" },
		{ "main.packed", "1 0 1", "" },
		{ "main.packed", "...", "" },
		{ "main.packed", "", "" },
		{ "main.example", "{ 1 2 } { 3 4 } 5", "" },
		{ "main.example", "{ 1 2 3 } { 3 4 } 5 6", "" },
		{ "main.example", "{ 1 2 3", "" },
		{ "main.example", "1 2 3 4 5 6 7", "" },
		{ "main.nobody", "1", "" },
	};
	struct program *p = *state;
	const struct stk_value *values = NULL;
	struct printed_word words[64];
	char text[512];
	size_t i, j, n;

	if (!p->symbols)
		SKIP_TEST("there is no go that builds for linux/amd64");
	for (i = 0; i < COUNT(cases); i++) {
		n = symbols_words(p->symbols, cases[i].func, words, parse(cases[i].words, words),
				  &values);
		text[0] = '\0';
		for (j = 0; j < n; j++) {
			size_t used = strlen(text);

			assert_true(values[j].argument);
			snprintf(text + used, sizeof(text) - used, "%s=%s;", values[j].name,
				 values[j].text);
		}
		assert_string_equal(text, cases[i].expected);
	}
}

static void no_list_of_words_is_too_strange(void **state)
{
	static const struct printed_word kinds[] = {
		{ .kind = PRINTED_NUMBER, .value = UINT64_MAX },
		{ .kind = PRINTED_NUMBER },
		{ .kind = PRINTED_OPEN },
		{ .kind = PRINTED_CLOSE },
		{ .kind = PRINTED_MORE },
		{ .kind = PRINTED_UNKNOWN },
	};
	static const char *const funcs[] = { "main.example", "main.packed", "main.(*pair).method" };
	struct program *p = *state;
	const struct stk_value *values;
	struct printed_word words[6];
	size_t i, j, n, code, total = 0;

	if (!p->symbols)
		SKIP_TEST("there is no go that builds for linux/amd64");
	for (n = 0; n <= 4; n++) {
		size_t lists = 1;

		for (j = 0; j < n; j++)
			lists *= COUNT(kinds);
		for (i = 0; i < lists; i++) {
			for (j = 0, code = i; j < n; j++, code /= COUNT(kinds))
				words[j] = kinds[code % COUNT(kinds)];
			for (j = 0; j < COUNT(funcs); j++)
				total += symbols_words(p->symbols, funcs[j], words, n, &values) > 0;
		}
	}
	/* "0 0 0 0", "0 _ ...", one raw word ... */
	assert_true(total > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_told_by_the_declaration_that_they_fit),
		cmocka_unit_test(no_list_of_words_is_too_strange),
	};

	return cmocka_run_group_tests(tests, build, clean);
}
