/* SPDX-License-Identifier: Apache-2.0 */
/* html: the page's markup, and what a real browser makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "sample_dump.h"
#include "written.h"

/* The page of a dump that is grouped first, as stk(1) does; frees the dump. */
static char *page_of(struct stk_dump *dump, size_t *ret_size)
{
	struct stk_dump *grouped = NULL;
	char *page;

	assert_null(stk_group(dump, STK_GROUP_LINE, &grouped));
	page = written("html", grouped, ret_size);
	stk_free(grouped);
	stk_free(dump);
	return page;
}

static size_t occurrences(const char *text, const char *of)
{
	size_t count = 0;

	for (; (text = strstr(text, of)); text += strlen(of))
		count++;
	return count;
}

static json_t *data_of(const char *page)
{
	static const char start[] = "<script id=\"data\" type=\"application/json\">";
	const char *data = strstr(page, start) + strlen(start);
	json_t *root = json_loadb(data, (size_t)(strstr(data, "</script>") - data),
				  JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	return root;
}

static void test_what_happened_is_markup_before_any_data(void **state)
{
	size_t size;
	char *page = page_of(sample_dump(), &size), *data = strstr(page, "id=\"data\"");
	const char *wanted[] = {
		"<title>server: SIGSEGV: address not mapped (0x10)</title>",
		"<h1>SIGSEGV: address not mapped (0x10)</h1>",
		"the pointer &#39;p&#39; was NULL: a member at offset 0x10 was read<small>",
		"<li><b>3</b> goroutines</li>",
		"incomplete: <b>1</b> thing is missing",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *found = strstr(page, wanted[i]);

		if (!found || found > data)
			fail_msg("no '%s' before the data", wanted[i]);
	}
	free(page);
}

static void test_a_program_that_lives_is_headed_by_how_many_there_are(void **state)
{
	static const struct {
		uint32_t threads, goroutines;
		const char *headline;
	} cases[] = {
		{ 0, 0, "<h1>0 stacks</h1>" },
		{ 1, 0, "<h1>1 thread</h1>" },
		{ 4, 12, "<h1>4 threads, 12 goroutines</h1>" },
		{ 0, 1, "<h1>1 goroutine</h1>" },
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct builder *b = builder_open();
		char *page;

		builder_target(b)->threads = cases[i].threads;
		builder_target(b)->goroutines = cases[i].goroutines;
		page = page_of(builder_finish(b), &size);
		assert_non_null(strstr(page, cases[i].headline));
		assert_non_null(strstr(page, "<ul class=\"figures\"></ul>"));
		free(page);
	}
}

static void test_the_page_asks_for_nothing_from_anywhere(void **state)
{
	static const char *const forbidden[] = {
		" src=",          "<link",     "@import", "url(",           "fetch(",
		"XMLHttpRequest", "innerHTML", "eval(",   "document.write",
	};
	size_t size, i;
	char *page = page_of(sample_dump(), &size);

	(void)state;
	for (i = 0; i < ARRAY_SIZE(forbidden); i++)
		if (strstr(page, forbidden[i]))
			fail_msg("'%s' in the page", forbidden[i]);
	assert_non_null(strstr(page,
			       "content=\"default-src 'none'; base-uri 'none'; form-action 'none'; "
			       "script-src 'sha256-"));
	assert_null(strstr(page, "unsafe-"));
	free(page);
}

static void test_hostile_text_is_neither_markup_nor_script(void **state)
{
	size_t size, i;
	char *page = page_of(hostile_dump(), &size);
	json_t *data = data_of(page);

	(void)state;
	assert_int_equal(occurrences(page, "<script"), 4);
	assert_int_equal(occurrences(page, "</script"), 4);
	assert_int_equal(occurrences(page, "<img"), 0);
	assert_int_equal(occurrences(page, "<!--"), 0);
	for (i = 0; i < size; i++)
		assert_true(page[i] == '\n' || page[i] == '\t' ||
			    ((unsigned char)page[i] >= 0x20 && page[i] != 0x7f));
	json_decref(data);
	free(page);
}

static void test_each_task_is_in_one_group_of_the_data(void **state)
{
	size_t size;
	char *page = page_of(many_dump(1000, 37), &size);
	json_t *data = data_of(page), *groups = json_object_get(data, "groups");
	size_t i, count = 0;
	json_t *group;

	(void)state;
	json_array_foreach(groups, i, group) count += json_array_size(group);
	assert_int_equal(json_array_size(groups), 37);
	assert_int_equal(count, 1000);
	assert_int_equal(json_array_size(json_object_get(data, "tasks")), 1000);
	json_decref(data);
	free(page);
}

/* A Go program that panicked: the runtime's frames are newer than its own. */
static struct stk_dump *runtime_dump(void)
{
	static const char *const functions[] = {
		"runtime.raise",   "runtime.crash", "runtime.fatalpanic",
		"runtime.gopanic", "main.f",        "main.main",
	};
	struct builder *b = builder_open();
	uint32_t frames[ARRAY_SIZE(functions)], i;
	struct stk_task *task;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		struct stk_loc loc = { .func = builder_str(b, functions[i]), .module = STK_NONE };
		struct stk_frame frame = { .flags = i < 4 ? STK_FRAME_RUNTIME : 0 };

		frame.loc = builder_loc(b, &loc);
		frames[i] = builder_frame(b, &frame);
	}
	builder_cause(b)->text = builder_str(b, "SIGABRT: raised by the program itself");
	builder_cause(b)->message = builder_str(b, "panic: boom\n\tgoroutine 1 was here");
	task = builder_task(b);
	task->kind = STK_GOROUTINE;
	task->flags = STK_TASK_CRASHED;
	task->stack = sample_stack(b, frames, ARRAY_SIZE(frames), STK_END_ROOT);
	return builder_finish(b);
}

/* Two functions that called each other until the stack was full. */
static struct stk_dump *recursion_dump(void)
{
	enum { TIMES = 50000 };
	struct builder *b = builder_open();
	uint32_t *frames = xcalloc(2 * TIMES + 2, sizeof(*frames)), i;
	uint32_t even = sample_frame(b, "even", NULL, 0, 0, STK_NONE, false);
	uint32_t odd = sample_frame(b, "odd", NULL, 0, 0, STK_NONE, false);
	struct stk_task *task;

	frames[0] = sample_frame(b, "leaf", NULL, 0, 0, STK_NONE, false);
	for (i = 0; i < TIMES; i++) {
		frames[1 + 2 * i] = even;
		frames[2 + 2 * i] = odd;
	}
	frames[1 + 2 * TIMES] = sample_frame(b, "main", NULL, 0, 0, STK_NONE, false);
	task = builder_task(b);
	task->flags = STK_TASK_CRASHED;
	task->stack = sample_stack(b, frames, 2 * TIMES + 2, STK_END_ROOT);
	free(frames);
	return builder_finish(b);
}

static void write_file(const char *dir, const char *name, const char *bytes, size_t size)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	free(path);
}

static void write_pages(const char *dir)
{
	static const struct {
		const char *name, *format;
		struct stk_dump *(*make)(void);
	} pages[] = {
		{ "sample.html", "html", sample_dump },
		{ "hostile.html", "html", hostile_dump },
		{ "runtime.html", "html", runtime_dump },
		{ "recursion.html", "html", recursion_dump },
		{ "flame.svg", "flamegraph", sample_dump },
		{ "hostile.svg", "flamegraph", hostile_dump },
	};
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		struct stk_dump *dump = pages[i].make();
		bool html = !strcmp(pages[i].format, "html");
		char *page = html ? page_of(dump, &size) : written(pages[i].format, dump, &size);

		write_file(dir, pages[i].name, page, size);
		free(page);
		if (!html)
			stk_free(dump);
	}
	char *page = page_of(many_dump(100000, 3000), &size);
	write_file(dir, "many.html", page, size);
	free(page);
}

/* AddressSanitizer would look at nothing but Chromium's waiting. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static void test_a_real_browser_shows_it(void **state)
{
	char dir[] = "/tmp/stk-pages-XXXXXX";
	char *command;
	int status;

	(void)state;
	if (SANITIZED) {
		puts("SKIP: the pages were looked at by the tests without a sanitizer");
		skip();
	}
	if (system("python3 -c ''")) {
		puts("SKIP: there is no python3");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	write_pages(dir);
	command = xasprintf("python3 tests/tools/browser.py %s", dir);
	fflush(stdout);
	status = system(command);
	free(command);
	command = xasprintf("rm -r %s", dir);
	assert_int_equal(system(command), 0);
	free(command);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_happened_is_markup_before_any_data),
		cmocka_unit_test(test_a_program_that_lives_is_headed_by_how_many_there_are),
		cmocka_unit_test(test_the_page_asks_for_nothing_from_anywhere),
		cmocka_unit_test(test_hostile_text_is_neither_markup_nor_script),
		cmocka_unit_test(test_each_task_is_in_one_group_of_the_data),
		cmocka_unit_test(test_a_real_browser_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
