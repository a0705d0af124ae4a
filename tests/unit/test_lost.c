/* SPDX-License-Identifier: Apache-2.0 */
/* lib/base/lost: a file that is cut while it is mapped reads as zeros, and every dump that is made then
 * says so; an address that is in no file stays the signal's. */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

static void on_bus_error(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	if (!stk_lost_page(info->si_addr))
		_exit(9);
}

static int make_file(char *path, size_t size)
{
	int fd = mkstemp(path);
	char *bytes = malloc(size);

	assert_true(fd >= 0);
	memset(bytes, 'x', size);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	free(bytes);
	return fd;
}

static void what_was_cut_reads_as_zeros(void **state)
{
	enum { SIZE = 64 << 12, LEFT = 3 << 12 };
	char path[] = "/tmp/stk-lost-XXXXXX";
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO }, old;
	struct mapping map;
	int fd = make_file(path, SIZE);
	unsigned before = lost_pages();
	size_t i, zeros = 0;

	(void)state;
	assert_null(mapping_open(fd, &map));
	assert_int_equal(ftruncate(fd, LEFT), 0);
	sigaction(SIGBUS, &action, &old);
	for (i = 0; i < SIZE; i++)
		zeros += map.bytes[i] == 0;
	assert_int_equal(zeros, SIZE - LEFT);
	sigaction(SIGBUS, &old, NULL);
	/* One signal for all of it. */
	assert_int_equal(lost_pages(), before + 1);
	assert_true(!strncmp(lost_path(before), path, strlen(path)));
	mapping_close(&map);
	close(fd);
	unlink(path);
}

static void a_dump_says_so(void **state)
{
	char path[] = "/tmp/stk-trace-XXXXXX";
	const char *paths[] = { path };
	const char text[] = "goroutine 1 [running]:\nmain.main()\n\t/x/main.go:3 +0x1\n";
	struct stk_dump *dump;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_null(stk_text(paths, 1, NULL, NULL, &dump));
	assert_false(dump->complete);
	assert_string_equal(dump->notes[0].code, "file-shrank");
	stk_free(dump);
	unlink(path);
}

static void an_address_in_no_file_is_refused(void **state)
{
	int local = 0;

	(void)state;
	assert_false(stk_lost_page(&local));
	assert_false(stk_lost_page(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_cut_reads_as_zeros),
		cmocka_unit_test(a_dump_says_so),
		cmocka_unit_test(an_address_in_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
