/* SPDX-License-Identifier: Apache-2.0 */
/* lib/sym/source: where source files are here, and the lines around a place. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sym/source.h"

static char dir[64];

static char *write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static int make_directory(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/stk-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* Each case is a map or a sysroot, and what becomes of a file. */
static void files_are_found_by_maps_sysroot_and_their_own_path(void **state)
{
	FREE_AT_END char *path = write_file("a.c", "x\n");
	FREE_AT_END char *map = xasprintf("/build/project=%s", dir);
	FREE_AT_END char *slashed = xasprintf("/build/project/=%s", dir);
	const struct { const char *map, *sysroot, *file; bool found; } cases[] = {
		{ NULL, NULL, path, true },
		{ NULL, NULL, "/build/project/a.c", false },
		{ map, NULL, "/build/project/a.c", true },
		{ slashed, NULL, "/build/project/a.c", true },
		{ map, NULL, "/build/project2/a.c", false },
		{ map, NULL, "/build/project/b.c", false },
		{ "no equals sign", NULL, path, true },
		{ NULL, dir, "/a.c", true },
		{ NULL, dir, "a.c", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct stk_files files = { .source_maps = &cases[i].map,
					   .nsource_maps = cases[i].map != NULL,
					   .sysroot = cases[i].sysroot };
		struct sources sources = { .files = &files, .lines = 5 };
		FREE_AT_END char *found = sources_path(&sources, cases[i].file);
		struct stat here, there;

		assert_int_equal(found != NULL, cases[i].found);
		if (found) {
			assert_int_equal(stat(found, &here), 0);
			assert_int_equal(stat(path, &there), 0);
			assert_int_equal(here.st_ino, there.st_ino);
		}
	}
}

static void the_lines_around_a_place_stay_within_the_file(void **state)
{
	FREE_AT_END char *path = write_file("seven.c", "1\n2\r\n3\n4\n5\n6\n7");
	static const struct { uint32_t line, lines, first; const char *text; } cases[] = {
		{ 4, 5, 2, "23456" }, { 1, 5, 1, "12345" }, { 2, 5, 1, "12345" },
		{ 7, 5, 5, "567" }, { 4, 1, 4, "4" }, { 4, 2, 4, "45" }, { 3, 100, 1, "1234567" },
	};
	struct builder *b = builder_open();
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct sources sources = { .b = b, .lines = cases[i].lines };
		const struct stk_source *source =
			sources_around(&sources, NULL, STK_NONE, builder_str(b, path), cases[i].line);

		assert_non_null(source);
		assert_int_equal(source->first, cases[i].first);
		assert_int_equal(source->count, strlen(cases[i].text));
		for (k = 0; k < source->count; k++)
			assert_string_equal(source->lines[k], ((char[]){ cases[i].text[k], '\0' }));
		sources_deinit(&sources);
	}
	builder_close(b);
}

static void a_line_that_is_not_there_has_no_source(void **state)
{
	FREE_AT_END char *path = write_file("two.c", "1\n2\n");
	struct builder *b = builder_open();
	struct sources sources = { .b = b, .lines = 5 };

	(void)state;
	assert_null(sources_around(&sources, NULL, STK_NONE, builder_str(b, path), 0));
	assert_null(sources_around(&sources, NULL, STK_NONE, builder_str(b, path), 3));
	assert_null(sources_around(&sources, NULL, STK_NONE, builder_str(b, path), UINT32_MAX));
	sources_deinit(&sources);
	builder_close(b);
}

static void a_missing_file_is_noted_once(void **state)
{
	struct builder *b = builder_open();
	struct sources sources = { .b = b, .lines = 5 };
	struct stk_dump *dump;

	(void)state;
	assert_null(sources_around(&sources, NULL, STK_NONE, builder_str(b, "/nowhere/x.c"), 3));
	assert_null(sources_around(&sources, NULL, STK_NONE, builder_str(b, "/nowhere/x.c"), 4));
	sources_deinit(&sources);
	dump = builder_finish(b);
	assert_int_equal(dump->nnotes, 1);
	assert_string_equal(dump->notes[0].code, "source-missing");
	assert_string_equal(dump->notes[0].subject, "/nowhere/x.c");
	assert_true(dump->complete);
	stk_free(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_found_by_maps_sysroot_and_their_own_path),
		cmocka_unit_test(the_lines_around_a_place_stay_within_the_file),
		cmocka_unit_test(a_line_that_is_not_there_has_no_source),
		cmocka_unit_test(a_missing_file_is_noted_once),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
