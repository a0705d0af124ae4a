/* SPDX-License-Identifier: Apache-2.0 */
/* lib/sym/ranges: which intervals cover an address, closest start first. */
#include "test.h"

#include "sym/ranges.h"

/* Simple, slow and right: all that cover addr, sorted as promised. */
static size_t slowly(const struct ranges *ranges, uint64_t addr, uint32_t *ids)
{
	const struct range *chosen[64];
	size_t count = 0, i, k;

	for (i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->items[i];

		if (addr < range->low || addr >= range->high)
			continue;
		for (k = count++; k > 0; k--) {
			const struct range *other = chosen[k - 1];

			if (other->low > range->low ||
			    (other->low == range->low && other->high < range->high) ||
			    (other->low == range->low && other->high == range->high &&
			     other->id < range->id))
				break;
			chosen[k] = other;
		}
		chosen[k] = range;
	}
	for (i = 0; i < count; i++)
		ids[i] = chosen[i]->id;
	return count;
}

static void assert_same(const struct ranges *ranges, uint64_t addr)
{
	uint32_t expected[64];
	size_t count = slowly(ranges, addr, expected), at = SIZE_MAX, i;
	const struct range *range;

	for (i = 0; (range = ranges_next(ranges, addr, &at)); i++) {
		assert_true(i < count);
		assert_int_equal(range->id, expected[i]);
	}
	assert_int_equal(i, count);
	assert_null(ranges_next(ranges, addr, &at));
}

static void nothing_covers_anything_in_an_empty_table(void **state)
{
	struct ranges ranges = { 0 };
	size_t at = SIZE_MAX;

	(void)state;
	ranges_sort(&ranges);
	assert_null(ranges_next(&ranges, 0, &at));
	ranges_deinit(&ranges);
}

static void empty_and_inverted_ranges_are_dropped(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	ranges_add(&ranges, 5, 5, 0);
	ranges_add(&ranges, 9, 3, 1);
	assert_int_equal(ranges.count, 0);
	ranges_deinit(&ranges);
}

static void the_end_is_not_covered(void **state)
{
	struct ranges ranges = { 0 };
	size_t at = SIZE_MAX;

	(void)state;
	ranges_add(&ranges, UINT64_MAX - 9, UINT64_MAX, 7);
	ranges_sort(&ranges);
	assert_int_equal(ranges_next(&ranges, UINT64_MAX - 1, &at)->id, 7);
	at = SIZE_MAX;
	assert_null(ranges_next(&ranges, UINT64_MAX, &at));
	ranges_deinit(&ranges);
}

/* Few addresses, so that much overlaps and starts are equal. */
static void random_tables_answer_like_a_slow_search(void **state)
{
	static const size_t sizes[] = { 1, 2, 10, 40, 63 };
	size_t round, i;

	(void)state;
	srand(1);
	for (round = 0; round < 200; round++) {
		struct ranges ranges = { 0 };

		for (i = 0; i < sizes[round % COUNT(sizes)]; i++) {
			uint64_t low = (uint64_t)(rand() % 50);

			ranges_add(&ranges, low, low + (uint64_t)(rand() % 20), (uint32_t)i);
		}
		ranges_sort(&ranges);
		for (i = 0; i < 75; i++)
			assert_same(&ranges, i);
		ranges_deinit(&ranges);
	}
}

/* Large enough for the radix sort, with equal starts and starts above 32 bits. */
static void large_tables_are_sorted(void **state)
{
	enum { MANY = 20000 };
	struct ranges ranges = { 0 };
	size_t i;

	(void)state;
	srand(2);
	for (i = 0; i < MANY; i++) {
		uint64_t low = (uint64_t)rand() % MANY << (rand() % 3 * 16);

		ranges_add(&ranges, low, low + 1 + (uint64_t)rand() % 3, (uint32_t)i);
	}
	ranges_sort(&ranges);
	assert_int_equal(ranges.count, MANY);
	for (i = 1; i < MANY; i++) {
		const struct range *a = &ranges.items[i - 1], *b = &ranges.items[i];

		assert_true(a->low < b->low || (a->low == b->low && a->high > b->high) ||
			    (a->low == b->low && a->high == b->high && a->id > b->id));
		assert_true(b->max_end >= a->max_end && b->max_end >= b->high);
	}
	ranges_deinit(&ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_covers_anything_in_an_empty_table),
		cmocka_unit_test(empty_and_inverted_ranges_are_dropped),
		cmocka_unit_test(the_end_is_not_covered),
		cmocka_unit_test(random_tables_answer_like_a_slow_search),
		cmocka_unit_test(large_tables_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
