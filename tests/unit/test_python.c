/* SPDX-License-Identifier: Apache-2.0 */
/* lib/lang/python: the table of offsets that an interpreter tells of itself, whole, cut, and with every
 * word that it may not hold; and the tables that lead from instructions to lines. */
#include "test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lang/python/python.h"

#define WORDS 111

static void put(unsigned char *table, unsigned word, uint64_t value)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		table[word * 8 + i] = (unsigned char)(value >> (8 * i));
}

/* As 3.13.0 has it, where it is read; sizes of the structures that are not are 64. */
static void make_313(unsigned char *table)
{
	static const struct {
		unsigned at;
		uint64_t value;
	} words[] = {
		{ 1, 0x030d00f0 }, { 3, 200000 }, { 4, 608 },  { 5, 632 },  { 6, 300000 },
		{ 7, 7336 },       { 8, 7328 },   { 9, 7344 }, { 14, 640 }, { 19, 376 },
		{ 21, 8 },         { 22, 16 },    { 23, 72 },  { 24, 152 }, { 25, 160 },
		{ 28, 88 },        { 29, 8 },     { 30, 0 },   { 31, 56 },  { 32, 72 },
		{ 33, 70 },        { 34, 208 },   { 35, 112 }, { 36, 120 }, { 37, 128 },
		{ 38, 136 },       { 39, 68 },    { 40, 52 },  { 41, 96 },  { 42, 104 },
		{ 43, 200 },       { 44, 16 },    { 45, 8 },   { 46, 416 }, { 47, 24 },
		{ 48, 88 },        { 49, 168 },   { 50, 32 },  { 51, 24 },  { 52, 16 },
		{ 56, 48 },        { 57, 32 },    { 58, 40 },  { 64, 40 },  { 65, 16 },
		{ 66, 32 },        { 67, 64 },    { 68, 32 },  { 69, 16 },  { 70, 40 },
	};
	size_t i;

	memset(table, 0, WORDS * 8);
	memcpy(table, "xdebugpy", 8);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		put(table, words[i].at, words[i].value);
}

static void a_table_tells_the_offsets(void **state)
{
	unsigned char table[WORDS * 8];
	struct python_offsets o;
	bool guessed = true;

	(void)state;
	make_313(table);
	assert_true(python_offsets_read(table, sizeof(table), &o, &guessed));
	assert_false(guessed);
	assert_int_equal(o.minor, 13);
	assert_int_equal(o.interpreters, 632);
	assert_int_equal(o.thread_frame, 72);
	assert_int_equal(o.frame_owner, 70);
	assert_int_equal(o.code_first, 200);
	assert_int_equal(o.text_ascii, 40);
	assert_int_equal(o.text_other, 56);
	assert_false(o.tagged);
}

static void a_newer_release_is_tried_and_said(void **state)
{
	unsigned char table[WORDS * 8];
	struct python_offsets o;
	bool guessed = false;

	(void)state;
	make_313(table);
	put(table, 1, 0x03100000);
	/* not laid out as the newest that is known: its sizes contradict its offsets */
	assert_false(python_offsets_read(table, sizeof(table), &o, &guessed));
	put(table, 1, 0x040d00f0);
	assert_false(python_offsets_read(table, sizeof(table), &o, &guessed));
	put(table, 1, 0x030c00f0);
	assert_false(python_offsets_read(table, sizeof(table), &o, &guessed));
}

static void a_table_that_is_cut_tells_nothing(void **state)
{
	unsigned char table[WORDS * 8];
	struct python_offsets o;
	bool guessed;
	size_t size;

	(void)state;
	make_313(table);
	for (size = 0; size < 73 * 8; size++)
		assert_false(python_offsets_read(table, size, &o, &guessed));
	assert_true(python_offsets_read(table, 73 * 8, &o, &guessed));
}

/* Whatever a word says: it is refused, or stays within what its structure may hold. */
static void hostile_words_stay_within_limits(void **state)
{
	/* clang-format off */
	static const uint64_t values[] = { 0, 1, 7, 4095, 4096, 1 << 20, UINT32_MAX, UINT64_MAX,
					   (uint64_t)1 << 32, (uint64_t)1 << 63 };
	/* clang-format on */
	unsigned char table[WORDS * 8];
	struct python_offsets o;
	bool guessed;
	unsigned word, taken = 0;
	size_t i;

	(void)state;
	for (word = 1; word < 73; word++) {
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			make_313(table);
			put(table, word, values[i]);
			if (!python_offsets_read(table, sizeof(table), &o, &guessed))
				continue;
			taken++;
			assert_true(o.frame_size <= 256 && o.frame_owner < 256 &&
				    o.frame_instr <= 248);
			assert_true(o.code_size <= 1024 && o.code_table <= 1016 &&
				    o.code_line <= 1020);
			assert_true(o.thread_size <= 4096 && o.thread_frame <= 4088);
			assert_true(o.interp_threads <= (1 << 20) && o.interpreters <= (1 << 20));
			assert_true(o.text_ascii <= 4096 && o.bytes_data <= 4096);
		}
	}
	assert_true(taken > 0);
}

static void older_releases_are_known(void **state)
{
	struct python_offsets o;
	unsigned minor;

	(void)state;
	for (minor = 8; minor <= 12; minor++) {
		assert_true(python_offsets_of(minor, &o));
		assert_int_equal(o.minor, minor);
	}
	assert_false(python_offsets_of(7, &o));
	assert_false(python_offsets_of(13, &o));
}

static uint32_t line(unsigned minor, const void *table, size_t size, uint64_t first,
		     uint64_t instruction)
{
	struct python py = { .offsets = { .minor = minor } };
	struct python_code code = { .first_line = 10,
				    .instructions = first,
				    .table = (unsigned char *)(uintptr_t)table,
				    .table_size = size };
	struct python_frame frame;

	python_code_place(&py, &code, instruction, &frame);
	return frame.line;
}

static void lines_of_each_shape_of_table(void **state)
{
	static const signed char pairs[] = { 0, 1, 8, 2, 6, -1 };
	static const signed char ranges[] = { 4, 1, 6, -128, 8, 3 };
	/* one line further, columns 4 to 9; a short one; long: +5 lines; no place */
	static const unsigned char entries[] = {
		0x80 | 11 << 3 | 1, 4, 9, 0x80 | 0 << 3 | 0, 0x12, 0x80 | 14 << 3 | 0, 10, 0, 3, 7,
		0x80 | 15 << 3 | 0
	};
	struct python py = { .offsets = { .minor = 11 } };
	struct python_code code = { .first_line = 10,
				    .instructions = 1000,
				    .table = (unsigned char *)(uintptr_t)entries,
				    .table_size = sizeof(entries) };
	struct python_frame frame;
	size_t size;

	(void)state;
	assert_int_equal(line(8, pairs, sizeof(pairs), 0, 0), 11);
	assert_int_equal(line(8, pairs, sizeof(pairs), 0, 8), 13);
	assert_int_equal(line(9, pairs, sizeof(pairs), 0, 100), 12);
	assert_int_equal(line(8, pairs, sizeof(pairs), 0, UINT32_MAX), 10);
	assert_int_equal(line(10, ranges, sizeof(ranges), 0, 1), 11);
	assert_int_equal(line(10, ranges, sizeof(ranges), 0, 3), 0);
	assert_int_equal(line(10, ranges, sizeof(ranges), 0, 5), 14);
	python_code_place(&py, &code, 1000 + 2, &frame);
	assert_int_equal(frame.line, 11);
	assert_int_equal(frame.column, 5);
	assert_int_equal(frame.end_column, 10);
	python_code_place(&py, &code, 1000 + 4, &frame);
	assert_int_equal(frame.line, 11);
	assert_int_equal(frame.column, 2);
	python_code_place(&py, &code, 1000 + 6, &frame);
	assert_int_equal(frame.line, 16);
	python_code_place(&py, &code, 1000 + 8, &frame);
	assert_int_equal(frame.line, 0);
	/* before the first instruction, and of a table that is cut anywhere */
	python_code_place(&py, &code, 998, &frame);
	assert_int_equal(frame.line, 10);
	for (size = 0; size < sizeof(entries); size++) {
		code.table_size = size;
		python_code_place(&py, &code, 1000 + 6, &frame);
		assert_true(frame.line == 0 || frame.line == 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_tells_the_offsets),
		cmocka_unit_test(a_newer_release_is_tried_and_said),
		cmocka_unit_test(a_table_that_is_cut_tells_nothing),
		cmocka_unit_test(hostile_words_stay_within_limits),
		cmocka_unit_test(older_releases_are_known),
		cmocka_unit_test(lines_of_each_shape_of_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
