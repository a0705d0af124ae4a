/* SPDX-License-Identifier: Apache-2.0 */
/* What callers fill in: structs of any version of the header, or NULL. */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "include/stk.h"

static const char trace[] = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1d\n\n"
			    "goroutine 7 [chan receive]:\nmain.worker()\n\t/src/main.go:9 +0x25\n";

static char path[] = "/tmp/stk-test-XXXXXX";
static const char *paths[] = { path };

static int write_trace(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || write(fd, trace, sizeof(trace) - 1) < 0 || close(fd) < 0;
}

static int remove_trace(void **state)
{
	(void)state;
	return unlink(path);
}

static struct stk_dump *read_trace(void)
{
	struct stk_dump *dump = NULL;

	assert_null(stk_text(paths, 1, NULL, NULL, &dump));
	return dump;
}

static void refused(struct stk_error *err, enum stk_code code, const char *words)
{
	assert_non_null(err);
	assert_int_equal(err->code, code);
	assert_non_null(strstr(err->message, words));
	stk_error_free(err);
}

static void null_asks_for_nothing_special(void **state)
{
	struct stk_dump *dump = read_trace(), *again = NULL, *shown = NULL;
	const uint64_t address = 0x1000;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct stk_format *format;

	(void)state;
	assert_int_equal(dump->ntasks, 2);
	/* goroutines, too: a zeroed filter shows threads alone */
	assert_null(stk_filter(dump, NULL, &shown));
	assert_int_equal(shown->ntasks, 2);
	for (format = stk_formats(); format->name; format++)
		assert_null(stk_write(shown, format->name, NULL, null));
	refused(stk_core("/nonexistent", NULL, NULL, &again), STK_NO_INPUT, "'/nonexistent'");
	refused(stk_core(path, NULL, NULL, &again), STK_FAILED, "is not a core");
	refused(stk_pid(0, NULL, NULL, NULL, &again), STK_NO_INPUT, "process 0");
	assert_null(stk_addresses("/proc/self/exe", &address, 1, NULL, NULL, &again));
	assert_int_equal(again->ntasks, 1);
	stk_free(again);
	stk_free(shown);
	stk_free(dump);
	close(null);
}

static void what_was_not_made_is_refused(void **state)
{
	struct stk_dump *dump = read_trace(), *again = NULL;
	struct stk_files files = { 0 };
	struct stk_want want = { 0 };
	struct stk_pause pause = { 0 };
	struct stk_filter filter = { 0 };
	struct stk_style style = { 0 };

	(void)state;
	refused(stk_text(paths, 1, &files, NULL, &again), STK_USAGE, "stk_files_init()");
	refused(stk_core(path, NULL, &want, &again), STK_USAGE, "stk_want_init()");
	refused(stk_pid(0, &pause, NULL, NULL, &again), STK_USAGE, "stk_pause_init()");
	refused(stk_filter(dump, &filter, &again), STK_USAGE, "stk_filter_init()");
	refused(stk_write(dump, "delve", &style, -1), STK_USAGE, "stk_style_init()");
	assert_null(again);
	stk_free(dump);
}

/* A program that was compiled when the struct ended before max_frames. */
static void a_shorter_struct_has_defaults_behind_its_end(void **state)
{
	struct stk_dump *dump = read_trace(), *shown = NULL;
	struct stk_filter filter;

	(void)state;
	stk_filter_init(&filter);
	filter.size = offsetof(struct stk_filter, max_frames);
	filter.kind = STK_THREAD; /* whatever lies there */
	filter.max_frames = 1;
	assert_null(stk_filter(dump, &filter, &shown));
	assert_int_equal(shown->ntasks, 2);
	stk_free(shown);
	stk_free(dump);
}

/* One that was compiled with a header to come. */
static void a_longer_struct_is_taken_when_nothing_unknown_is_set(void **state)
{
	struct {
		struct stk_want known;
		unsigned unknown[4];
	} later = { .unknown = { 0 } };
	struct stk_dump *dump = NULL;

	(void)state;
	stk_want_init(&later.known);
	later.known.size = sizeof(later);
	assert_null(stk_text(paths, 1, NULL, &later.known, &dump));
	stk_free(dump);
	dump = NULL;
	later.unknown[3] = 1;
	refused(stk_text(paths, 1, NULL, &later.known, &dump), STK_USAGE, "does not know");
	assert_null(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_asks_for_nothing_special),
		cmocka_unit_test(what_was_not_made_is_refused),
		cmocka_unit_test(a_shorter_struct_has_defaults_behind_its_end),
		cmocka_unit_test(a_longer_struct_is_taken_when_nothing_unknown_is_set),
	};

	return cmocka_run_group_tests(tests, write_trace, remove_trace);
}
