/* SPDX-License-Identifier: Apache-2.0 */
/* base/utf8: bytes that are no UTF-8 become text and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/base/base.h"

static void test_well_formed_characters_have_their_length(void **state)
{
	/* clang-format off */
	static const struct { const char *bytes; size_t length; uint32_t code; } cases[] = {
		{ "a", 1, 'a' }, { "\303\251", 2, 0xe9 }, { "\342\202\254", 3, 0x20ac },
		{ "\360\237\230\200", 4, 0x1f600 }, { "\364\217\277\277", 4, 0x10ffff },
		{ "\200", 0, 0 }, { "\300\200", 0, 0 }, { "\340\200\200", 0, 0 },
		{ "\355\240\200", 0, 0 }, { "\364\220\200\200", 0, 0 }, { "\377", 0, 0 },
		{ "\303", 0, 0 }, { "\342\202", 0, 0 }, { "\303a", 0, 0 },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_char(cases[i].bytes, strlen(cases[i].bytes), &code),
				 cases[i].length);
		assert_int_equal(code, cases[i].code);
	}
}

/* Maps, looks whether it is UTF-8 now, and maps back. */
static void round_trip(const char *bytes, size_t size, const char *expected)
{
	size_t mapped_size = utf8_mapped_size(bytes, size), at = 0;
	char *mapped = xmalloc(mapped_size + 1);
	uint32_t code;

	utf8_map(bytes, size, mapped);
	if (expected) {
		assert_int_equal(mapped_size, strlen(expected));
		assert_memory_equal(mapped, expected, mapped_size);
	}
	while (at < mapped_size) {
		size_t length = utf8_char(mapped + at, mapped_size - at, &code);

		assert_true(length);
		at += length;
	}
	assert_int_equal(utf8_unmap(mapped, mapped_size), size);
	assert_memory_equal(mapped, bytes, size);
	free(mapped);
}

static void test_only_what_is_no_utf8_is_mapped(void **state)
{
	static const struct {
		const char *bytes, *mapped;
	} cases[] = {
		{ "plain \303\251 \n\001", "plain \303\251 \n\001" },
		{ "\377", "\356\277\277" },
		{ "a\200b", "a\356\276\200b" },
		/* the private-use characters themselves, byte by byte */
		{ "\356\276\200", "\356\277\256\356\276\276\356\276\200" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		round_trip(cases[i].bytes, strlen(cases[i].bytes), cases[i].mapped);
}

static void test_all_orders_of_four_bytes_come_back(void **state)
{
	/* Every class of lead and continuation bytes, in every order. */
	static const unsigned char some[] = {
		0,    'a',  0x7f, 0x80, 0xa0, 0xbe, 0xbf, 0xc0, 0xc2,
		0xdf, 0xe0, 0xed, 0xee, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
	};
	const size_t n = sizeof(some);
	size_t i;

	(void)state;
	for (i = 0; i < n * n * n * n; i++) {
		char bytes[4] = {
			(char)some[i % n],
			(char)some[i / n % n],
			(char)some[i / n / n % n],
			(char)some[i / n / n / n],
		};

		round_trip(bytes, sizeof(bytes), NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed_characters_have_their_length),
		cmocka_unit_test(test_only_what_is_no_utf8_is_mapped),
		cmocka_unit_test(test_all_orders_of_four_bytes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
