/* SPDX-License-Identifier: Apache-2.0 */
/* lib/image/unpack/packed: a compressed section, in pieces, in one go, cut, bent, and of another size than
 * it says. */
#include "test.h"

#include <elf.h>
#include <zlib.h>

#include "image/unpack/packed.h"

#define SIZE 600000u
#define GUARD 4096u /* behind the room of a section: stays as it is */

static unsigned char plain[SIZE], packed_bytes[SIZE];
static size_t packed_size;

static int make(void **state)
{
	uLongf size = sizeof(packed_bytes);
	unsigned seed = 1;
	size_t i;

	(void)state;
	/* As debug information: much is repeated, and some is not. */
	for (i = 0; i < SIZE; i++) {
		seed = seed * 1103515245u + 12345u;
		plain[i] = i >= 300 && seed >> 28 ? plain[i - 100 - (seed >> 20 & 1) * 200]
						  : (unsigned char)(seed >> 16);
	}
	if (compress(packed_bytes, &size, plain, SIZE) != Z_OK)
		return 1;
	packed_size = size;
	return 0;
}

struct section {
	struct packed packed;
	unsigned char *
		in; /* a block of just that size, where a sanitizer sees the first byte behind it */
};

static struct section section_of(const void *bytes, size_t in_size, size_t out_size)
{
	struct section s = { .in = malloc(in_size ? in_size : 1) };

	memcpy(s.in, bytes, in_size);
	s.packed = (struct packed){ .type = ELFCOMPRESS_ZLIB,
				    .in = s.in,
				    .in_size = in_size,
				    .out = calloc(1, out_size + GUARD),
				    .out_size = out_size };
	memset(s.packed.out + out_size, 0xa5, GUARD);
	return s;
}

/* Holds what must be true of every section, whatever was in it. */
static void drop(struct section *s)
{
	const struct packed *packed = &s->packed;
	size_t i;

	assert_true(packed->filled <= packed->out_size);
	for (i = 0; i < GUARD; i++)
		assert_int_equal(packed->out[packed->out_size + i], 0xa5);
	packed_deinit(&s->packed);
	free(packed->out);
	free(s->in);
}

static void a_section_is_unpacked_as_far_as_it_is_asked_for(void **state)
{
	static const size_t ends[] = {
		1, 12, 5000, 70000, 70001, 140000, 400000, 399999, SIZE, SIZE
	};
	struct section s = section_of(packed_bytes, packed_size, SIZE);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ends); i++) {
		assert_true(packed_fill(&s.packed, ends[i]));
		assert_true(s.packed.filled >= ends[i]);
		assert_memory_equal(s.packed.out, plain, s.packed.filled);
		if (ends[i] < 70000)
			assert_true(s.packed.filled < SIZE / 2);
	}
	drop(&s);
}

static void all_of_it_is_had_at_once(void **state)
{
	struct section s = section_of(packed_bytes, packed_size, SIZE);

	(void)state;
	assert_true(packed_fill(&s.packed, UINT64_MAX));
	assert_memory_equal(s.packed.out, plain, SIZE);
	assert_null(s.packed.stream);
	drop(&s);
}

static void a_stream_that_is_cut_gives_what_it_has(void **state)
{
	size_t cut;

	(void)state;
	for (cut = 0; cut < packed_size; cut += cut < 300 || cut + 300 > packed_size ? 1 : 997) {
		struct section s = section_of(packed_bytes, cut, SIZE);

		assert_false(packed_fill(&s.packed, UINT64_MAX));
		assert_false(packed_fill(&s.packed, UINT64_MAX));
		assert_true(packed_fill(&s.packed, s.packed.filled < SIZE ? s.packed.filled : 1));
		assert_memory_equal(s.packed.out, plain, s.packed.filled);
		drop(&s);
	}
}

static void a_byte_that_is_wrong_is_found(void **state)
{
	unsigned char *bent = malloc(packed_size);
	size_t at;

	(void)state;
	for (at = 0; at < packed_size; at += at + 10 < packed_size ? 1237 : 1) {
		struct section s;

		memcpy(bent, packed_bytes, packed_size);
		bent[at] ^= 0x55;
		s = section_of(bent, packed_size, SIZE);
		assert_false(packed_fill(&s.packed, UINT64_MAX));
		drop(&s);
	}
	free(bent);
}

static void a_size_that_is_wrong_is_found(void **state)
{
	static const size_t sizes[] = { 1, 100, SIZE - 1, SIZE + 1, SIZE + 100000, 10 * SIZE };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		struct section s = section_of(packed_bytes, packed_size, sizes[i]);
		size_t real = sizes[i] < SIZE ? sizes[i] : SIZE;

		assert_false(packed_fill(&s.packed, UINT64_MAX));
		assert_memory_equal(s.packed.out, plain,
				    s.packed.filled < real ? s.packed.filled : real);
		drop(&s);
	}
}

static void the_beginning_of_a_damaged_stream_is_there(void **state)
{
	unsigned char *bent = malloc(packed_size);
	struct section s;

	(void)state;
	memcpy(bent, packed_bytes, packed_size);
	memset(bent + packed_size / 2, 0xff, packed_size / 2);
	s = section_of(bent, packed_size, SIZE);
	assert_true(packed_fill(&s.packed, 100000));
	assert_memory_equal(s.packed.out, plain, 100000);
	assert_false(packed_fill(&s.packed, UINT64_MAX));
	assert_true(packed_fill(&s.packed, 100000));
	drop(&s);
	free(bent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_is_unpacked_as_far_as_it_is_asked_for),
		cmocka_unit_test(all_of_it_is_had_at_once),
		cmocka_unit_test(a_stream_that_is_cut_gives_what_it_has),
		cmocka_unit_test(a_byte_that_is_wrong_is_found),
		cmocka_unit_test(a_size_that_is_wrong_is_found),
		cmocka_unit_test(the_beginning_of_a_damaged_stream_is_there),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
