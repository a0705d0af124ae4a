/* SPDX-License-Identifier: Apache-2.0 */
/* When a core of a Go program was made, by what is known of its file and of its goroutines. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lang/go/clock.h"

#define SECOND UINT64_C(1000000000)

static uint64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* What a core says that is written now, whose latest wait began so many seconds ago. */
static uint64_t now_of_core(uint64_t latest, bool *ret_least)
{
	char path[] = "/tmp/stk-gotime-XXXXXX";
	int fd = mkstemp(path);
	struct goroutine gs[] = { { .waitsince = 0 },
				  { .waitsince = latest },
				  { .waitsince = latest / 2 } };
	struct goruntime rt = { .gs = gs, .count = COUNT(gs) };
	uint64_t now;

	assert_true(fd >= 0);
	now = goclock_now(&rt, &(struct stk_target){ .kind = STK_TARGET_CORE, .name = path },
			  ret_least);
	close(fd);
	unlink(path);
	return now;
}

static void a_core_is_as_old_as_its_file(void **state)
{
	uint64_t before = monotonic(), now;
	bool least;

	(void)state;
	now = now_of_core(before > 60 * SECOND ? before - 60 * SECOND : 1, &least);
	assert_false(least);
	assert_in_range(now, before - SECOND, monotonic() + SECOND);
}

static void a_file_much_younger_than_the_latest_wait_is_a_copy(void **state)
{
	uint64_t hour = 3600 * SECOND, latest = monotonic();
	bool least;

	(void)state;
	if (latest < hour)
		skip(); /* the machine has just started */
	latest -= hour;
	assert_int_equal(now_of_core(latest, &least), latest);
	assert_true(least);
}

static void a_file_older_than_the_latest_wait_is_of_another_machine(void **state)
{
	uint64_t latest = monotonic() + 3600 * SECOND;
	bool least;

	(void)state;
	assert_int_equal(now_of_core(latest, &least), latest);
	assert_true(least);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_core_is_as_old_as_its_file),
		cmocka_unit_test(a_file_much_younger_than_the_latest_wait_is_a_copy),
		cmocka_unit_test(a_file_older_than_the_latest_wait_is_of_another_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
