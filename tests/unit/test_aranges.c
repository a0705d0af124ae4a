/* SPDX-License-Identifier: Apache-2.0 */
/* lib/sym/aranges: the rows of .debug_aranges, of both sizes and byte orders, and damaged. */
#include "test.h"

#include "sym/aranges.h"

struct rows {
	uint64_t row[8][3];
	size_t count, room;
};

static bool take(void *arg, uint64_t unit, uint64_t low, uint64_t high)
{
	struct rows *rows = arg;

	if (rows->count == rows->room)
		return false;
	memcpy(rows->row[rows->count++], (uint64_t[]){ unit, low, high }, sizeof(rows->row[0]));
	return true;
}

static bool read_table(const void *bytes, size_t size, bool big_endian, struct rows *rows)
{
	/* In a block of just that size, where a sanitizer sees the first byte behind it. */
	unsigned char *copy = malloc(size ? size : 1);
	struct cursor section = cursor_over(memcpy(copy, bytes, size), size);
	bool good;

	section.big_endian = big_endian;
	good = aranges_read(section, take, rows);
	free(copy);
	return good;
}

/* Two sets: of 8-byte addresses with zeros in the middle, of 4-byte addresses. */
static const unsigned char little[] = "\x4c\0\0\0"
				      "\2\0"
				      "\x34\x12\0\0"
				      "\10"
				      "\0"
				      "\0\0\0\0"
				      "\0\x10\0\0\0\0\0\0"
				      "\x20\0\0\0\0\0\0\0"
				      "\0\0\0\0\0\0\0\0"
				      "\0\0\0\0\0\0\0\0"
				      "\0\x20\0\0\0\0\0\0"
				      "\1\0\0\0\0\0\0\0"
				      "\0\0\0\0\0\0\0\0"
				      "\0\0\0\0\0\0\0\0"
				      "\x1c\0\0\0"
				      "\2\0"
				      "\x78\x56\0\0"
				      "\4"
				      "\0"
				      "\0\0\0\0"
				      "\0\x30\0\0"
				      "\x40\0\0\0"
				      "\0\0\0\0"
				      "\0\0\0\0";

/* One set of 64-bit DWARF: the header is 24 bytes, the rows start at 32. */
static const unsigned char big[] = "\xff\xff\xff\xff"
				   "\0\0\0\0\0\0\0\x34"
				   "\0\2"
				   "\0\0\0\1\0\0\0\2"
				   "\10"
				   "\0"
				   "\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\x10\0"
				   "\0\0\0\0\0\0\0\x10"
				   "\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0";

static void every_row_has_the_unit_of_its_set(void **state)
{
	struct rows rows = { .room = 8 };
	static const uint64_t expected[][3] = {
		{ 0x1234, 0x1000, 0x1020 },
		{ 0x1234, 0x2000, 0x2001 },
		{ 0x5678, 0x3000, 0x3040 },
	};

	(void)state;
	assert_true(read_table(little, sizeof(little) - 1, false, &rows));
	assert_int_equal(rows.count, 3);
	assert_memory_equal(rows.row, expected, sizeof(expected));
}

static void wide_offsets_and_big_endian_are_read(void **state)
{
	struct rows rows = { .room = 8 };
	static const uint64_t expected[3] = { 0x100000002, 0x1000, 0x1010 };

	(void)state;
	assert_true(read_table(big, sizeof(big) - 1, true, &rows));
	assert_int_equal(rows.count, 1);
	assert_memory_equal(rows.row[0], expected, sizeof(expected));
}

static void a_table_that_is_cut_is_refused(void **state)
{
	size_t size;

	(void)state;
	for (size = 1; size < sizeof(little) - 1; size++) {
		struct rows rows = { .room = 8 };

		/* At 0x50 the first set is whole. */
		assert_int_equal(read_table(little, size, false, &rows), size == 0x50);
	}
	for (size = 1; size < sizeof(big) - 1; size++) {
		struct rows rows = { .room = 8 };

		assert_false(read_table(big, size, true, &rows));
	}
}

static void what_is_no_such_table_is_refused(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
	} cases[] = {
		{ 0, 0xff }, /* longer than the section */
		{ 0, 3 },    /* shorter than its header */
		{ 4, 5 },    /* version */
		{ 10, 3 },   /* size of an address */
		{ 11, 1 },   /* size of a segment selector */
	};
	unsigned char bytes[sizeof(little) - 1];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rows rows = { .room = 8 };

		memcpy(bytes, little, sizeof(bytes));
		bytes[cases[i].at] = cases[i].byte;
		assert_false(read_table(bytes, sizeof(bytes), false, &rows));
	}
}

static void the_reader_can_end_it(void **state)
{
	struct rows rows = { .room = 1 };

	(void)state;
	assert_false(read_table(little, sizeof(little) - 1, false, &rows));
	assert_int_equal(rows.count, 1);
}

static void an_empty_table_has_no_rows(void **state)
{
	struct rows rows = { .room = 8 };

	(void)state;
	assert_true(read_table("", 0, false, &rows));
	assert_int_equal(rows.count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_the_unit_of_its_set),
		cmocka_unit_test(wide_offsets_and_big_endian_are_read),
		cmocka_unit_test(a_table_that_is_cut_is_refused),
		cmocka_unit_test(what_is_no_such_table_is_refused),
		cmocka_unit_test(the_reader_can_end_it),
		cmocka_unit_test(an_empty_table_has_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
