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
	FREE_AT_END char *relative = xasprintf(".=%s", dir);
	FREE_AT_END char *link = xasprintf("%s/link.c", dir);
	FREE_AT_END char *outwards = xasprintf("%s/../%s/./a.c", dir, path_base(dir));
	FREE_AT_END char *below = xasprintf("%s/below", dir), *up = xasprintf("%s/../a.c", below);
	FREE_AT_END char *key = write_file("key.c", "secret\n"),
			 *fifo = xasprintf("%s/fifo.c", dir);
	FREE_AT_END char *mapped_key = xasprintf("%s=%s", key, path);
	const struct {
		const char *map, *sysroot, *file, *dir;
		int code;
	} cases[] = {
		{ NULL, NULL, path, dir, 0 },
		{ NULL, NULL, path, "/tmp", 0 },
		{ NULL, NULL, outwards, dir, 0 },
		{ NULL, NULL, path, NULL, STK_USAGE },
		{ NULL, NULL, path, "/", STK_USAGE },
		{ NULL, NULL, path, "/tmp/x", STK_USAGE },
		{ NULL, NULL, up, below, STK_USAGE },
		{ NULL, NULL, key, dir, STK_USAGE },
		{ mapped_key, NULL, key, NULL, 0 },
		{ NULL, NULL, fifo, dir, STK_FAILED },
		{ NULL, NULL, "/dev/zero", "/dev", STK_FAILED },
		{ NULL, NULL, "a.c", dir, STK_NO_INPUT },
		{ relative, NULL, "a.c", NULL, 0 },
		{ NULL, NULL, "/build/project/a.c", "/build", STK_NO_INPUT },
		{ map, NULL, "/build/project/a.c", NULL, 0 },
		{ slashed, NULL, "/build/project/a.c", NULL, 0 },
		{ map, NULL, "/build/project2/a.c", NULL, STK_NO_INPUT },
		{ map, NULL, "/build/project/b.c", NULL, STK_NO_INPUT },
		{ "no equals sign", NULL, path, dir, 0 },
		{ NULL, dir, "/a.c", NULL, 0 },
		{ NULL, dir, "/../../a.c", NULL, 0 },
		{ NULL, dir, "/link.c", NULL, 0 },
		{ NULL, dir, path, dir, STK_NO_INPUT },
		{ NULL, dir, "a.c", NULL, STK_NO_INPUT },
	};
	size_t i;

	(void)state;
	/* of the sysroot's: "/" is there */
	assert_int_equal(symlink("/a.c", link), 0);
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(chmod(key, 0600), 0);
	assert_int_equal(mkfifo(fifo, 0666), 0);
	for (i = 0; i < COUNT(cases); i++) {
		struct stk_files files = { .source_maps = &cases[i].map,
					   .nsource_maps = cases[i].map != NULL,
					   .sysroot = cases[i].sysroot };
		struct sources sources = { .files = &files, .lines = 5, .user = (uid_t)-1 };
		struct source_place place = { .file = cases[i].file, .dirs = { cases[i].dir } };
		CLOSE_AT_END int fd = -1;
		struct stk_error *err = sources_open(&sources, &place, &fd);
		struct stat here, there;

		assert_int_equal(fd >= 0, cases[i].code == 0);
		assert_int_equal(err ? err->code : 0, cases[i].code);
		error_drop(err);
		if (fd >= 0) {
			assert_int_equal(fstat(fd, &here), 0);
			assert_int_equal(stat(path, &there), 0);
			assert_int_equal(here.st_ino, there.st_ino);
		}
	}
}

static const struct stk_source *around(struct sources *sources, const char *file, uint32_t line)
{
	struct source_place place = { .file = file, .module = STK_NONE, .dirs = { dir } };

	return sources_around(sources, NULL, &place, line);
}

static void the_lines_around_a_place_stay_within_the_file(void **state)
{
	FREE_AT_END char *path = write_file("seven.c", "1\n2\r\n3\n4\n5\n6\n7");
	static const struct {
		uint32_t line, lines, first;
		const char *text;
	} cases[] = {
		{ 4, 5, 2, "23456" },     { 1, 5, 1, "12345" }, { 2, 5, 1, "12345" },
		{ 7, 5, 5, "567" },       { 4, 1, 4, "4" },     { 4, 2, 4, "45" },
		{ 3, 100, 1, "1234567" },
	};
	struct builder *b = builder_open();
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct sources sources = { .b = b, .lines = cases[i].lines };
		const struct stk_source *source = around(&sources, builder_str(b, path),
							 cases[i].line);

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
	assert_null(around(&sources, builder_str(b, path), 0));
	assert_null(around(&sources, builder_str(b, path), 3));
	assert_null(around(&sources, builder_str(b, path), UINT32_MAX));
	sources_deinit(&sources);
	builder_close(b);
}

static void a_missing_file_is_noted_once(void **state)
{
	struct builder *b = builder_open();
	struct sources sources = { .b = b, .lines = 5 };
	struct stk_dump *dump;

	(void)state;
	assert_null(around(&sources, builder_str(b, "/nowhere/x.c"), 3));
	assert_null(around(&sources, builder_str(b, "/nowhere/x.c"), 4));
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
