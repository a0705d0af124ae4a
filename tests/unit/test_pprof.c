/* SPDX-License-Identifier: Apache-2.0 */
/* pprof: the message, and what Go's own tool makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "profile.pb-c.h"
#include "sample_dump.h"
#include "written.h"

/* Frees the dump. */
static Pprof__Profile *profile_of(struct stk_dump *dump)
{
	size_t size;
	char *bytes = written("pprof", dump, &size);
	uint8_t *plain = xmalloc(1 << 20);
	z_stream zlib = {
		.next_in = (uint8_t *)bytes,
		.avail_in = (uInt)size,
		.next_out = plain,
		.avail_out = 1 << 20,
	};
	Pprof__Profile *profile;

	assert_int_equal(inflateInit2(&zlib, 15 + 16), Z_OK);
	assert_int_equal(inflate(&zlib, Z_FINISH), Z_STREAM_END);
	assert_int_equal(zlib.avail_in, 0);
	profile = pprof__profile__unpack(NULL, zlib.total_out, plain);
	assert_non_null(profile);
	inflateEnd(&zlib);
	free(plain);
	free(bytes);
	stk_free(dump);
	return profile;
}

static const char *text(const Pprof__Profile *profile, int64_t id)
{
	assert_in_range(id, 0, profile->n_string_table - 1);
	return profile->string_table[id];
}

static const Pprof__Function *function(const Pprof__Profile *profile, uint64_t location,
				       size_t line)
{
	const Pprof__Location *at = profile->location[location - 1];

	assert_true(line < at->n_line);
	return profile->function[at->line[line]->function_id - 1];
}

static const Pprof__Label *label(const Pprof__Profile *profile, const Pprof__Sample *sample,
				 const char *key)
{
	size_t i;

	for (i = 0; i < sample->n_label; i++)
		if (!strcmp(text(profile, sample->label[i]->key), key))
			return sample->label[i];
	return NULL;
}

static void assert_text(const Pprof__Profile *profile, const Pprof__Sample *sample, const char *key,
			const char *value)
{
	const Pprof__Label *found = label(profile, sample, key);

	assert_non_null(found);
	assert_string_equal(text(profile, found->str), value);
}

/* What Go's CheckValid asks for. */
static void assert_valid(const Pprof__Profile *profile)
{
	size_t i, j;

	assert_string_equal(profile->string_table[0], "");
	for (i = 0; i < profile->n_sample; i++) {
		assert_int_equal(profile->sample[i]->n_value, profile->n_sample_type);
		for (j = 0; j < profile->sample[i]->n_location_id; j++)
			assert_in_range(profile->sample[i]->location_id[j], 1, profile->n_location);
	}
	for (i = 0; i < profile->n_mapping; i++)
		assert_int_equal(profile->mapping[i]->id, i + 1);
	for (i = 0; i < profile->n_location; i++) {
		const Pprof__Location *location = profile->location[i];

		assert_int_equal(location->id, i + 1);
		assert_true(location->mapping_id <= profile->n_mapping);
		for (j = 0; j < location->n_line; j++)
			assert_in_range(location->line[j]->function_id, 1, profile->n_function);
	}
	for (i = 0; i < profile->n_function; i++)
		assert_int_equal(profile->function[i]->id, i + 1);
}

static void test_each_kind_has_its_count_and_all_have_a_wait(void **state)
{
	static const char *const types[] = { "goroutine", "thread", "wait" };
	Pprof__Profile *profile = profile_of(sample_dump());
	size_t i;

	(void)state;
	assert_valid(profile);
	assert_int_equal(profile->n_sample_type, ARRAY_SIZE(types));
	for (i = 0; i < ARRAY_SIZE(types); i++)
		assert_string_equal(text(profile, profile->sample_type[i]->type), types[i]);
	assert_string_equal(text(profile, profile->sample_type[2]->unit), "minutes");
	assert_string_equal(text(profile, profile->default_sample_type), "goroutine");
	assert_string_equal(text(profile, profile->period_type->type), "goroutine");
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_inlined_calls_are_lines_of_one_location_innermost_first(void **state)
{
	Pprof__Profile *profile = profile_of(sample_dump());
	const Pprof__Sample *crashed = profile->sample[0];

	(void)state;
	assert_int_equal(crashed->n_location_id, 3);
	assert_string_equal(text(profile, function(profile, crashed->location_id[0], 0)->name),
			    "parse_header");
	assert_string_equal(text(profile, function(profile, crashed->location_id[1], 0)->name),
			    "handle(std::vector<int>&)");
	assert_string_equal(text(profile, function(profile, crashed->location_id[1], 1)->name),
			    "worker");
	assert_int_equal(profile->location[crashed->location_id[1] - 1]->line[1]->line, 120);
	/* the call, not what it returns to */
	assert_int_equal(profile->location[crashed->location_id[1] - 1]->address, 0x5555555552ef);
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_a_place_without_a_name_is_left_to_pprof(void **state)
{
	Pprof__Profile *profile = profile_of(sample_dump());
	const Pprof__Location *unknown = profile->location[profile->sample[0]->location_id[2] - 1];

	(void)state;
	assert_int_equal(unknown->n_line, 0);
	assert_int_equal(unknown->address, 0x7ffff7d12344);
	assert_int_equal(unknown->mapping_id, 2);
	assert_true(profile->mapping[0]->has_functions);
	assert_true(profile->mapping[0]->has_inline_frames);
	assert_false(profile->mapping[1]->has_functions);
	assert_string_equal(text(profile, profile->mapping[0]->build_id),
			    "7a1b9f3c5d7e90123456789abcdef0123456789a");
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_labels_say_state_wait_creator_name_and_the_programs_own(void **state)
{
	Pprof__Profile *profile = profile_of(sample_dump());
	const Pprof__Sample *waiting = profile->sample[1];

	(void)state;
	assert_text(profile, profile->sample[0], "thread", "server");
	assert_text(profile, profile->sample[0], "crashed", "true");
	assert_text(profile, profile->sample[0], "tenant", "acme");
	assert_text(profile, waiting, "state", "chan receive");
	assert_text(profile, waiting, "created_by", "main.start");
	assert_text(profile, waiting, "shard", "3");
	assert_int_equal(label(profile, waiting, "wait")->num, 2);
	assert_string_equal(text(profile, label(profile, waiting, "wait")->num_unit), "minutes");
	assert_int_equal(waiting->value[2], 2);
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_tasks_with_equal_stack_and_labels_are_one_sample(void **state)
{
	/* 40 waits and 4 stacks: 40 combinations, 25 tasks each */
	Pprof__Profile *profile = profile_of(many_dump(1000, 4));
	size_t i;

	(void)state;
	assert_valid(profile);
	assert_int_equal(profile->n_sample, 40);
	for (i = 0; i < 40; i++) {
		assert_int_equal(profile->sample[i]->value[0], 25);
		assert_int_equal(profile->sample[i]->value[1], 25 * i);
	}
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_half_minutes_add_up(void **state)
{
	struct builder *b = builder_open();
	Pprof__Profile *profile;
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		struct stk_task *task = builder_task(b);

		task->wait_ns = 30000000000;
		task->stack = STK_NONE;
	}
	profile = profile_of(builder_finish(b));
	assert_int_equal(profile->n_sample, 1);
	assert_int_equal(profile->sample[0]->value[1], 5);
	assert_null(label(profile, profile->sample[0], "wait"));
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_frames_left_out_are_a_place(void **state)
{
	struct builder *b = builder_open();
	uint32_t frames[] = {
		sample_frame(b, "inner", NULL, 0, 0, STK_NONE, false),
		sample_frame(b, "outer", NULL, 0, 0, STK_NONE, false),
	};
	struct stk_stack stack = { .frames = frames, .count = 2, .elided = 7, .elided_at = 1 };
	Pprof__Profile *profile;

	(void)state;
	builder_task(b)->stack = builder_stack(b, &stack);
	profile = profile_of(builder_finish(b));
	assert_int_equal(profile->sample[0]->n_location_id, 3);
	assert_string_equal(text(profile,
				 function(profile, profile->sample[0]->location_id[1], 0)->name),
			    "(7 frames left out)");
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_a_label_with_our_name_does_not_pass_for_ours(void **state)
{
	static const char *const keys[] = { "state", "wait", "pprof::x", "free" };
	static const char *const expected[] = {
		"label.state",
		"label.wait",
		"label.pprof::x",
		"free",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		struct builder *b = builder_open();
		Pprof__Profile *profile;

		builder_task(b)->more = sample_more(b, keys[i], "v");
		profile = profile_of(builder_finish(b));
		assert_text(profile, profile->sample[0], expected[i], "v");
		pprof__profile__free_unpacked(profile, NULL);
	}
}

static void test_hostile_text_is_printable(void **state)
{
	Pprof__Profile *profile = profile_of(hostile_dump());
	size_t i;

	(void)state;
	assert_valid(profile);
	for (i = 0; i < profile->n_string_table; i++) {
		const char *at = profile->string_table[i];

		while (*at) {
			size_t length = out_printable(at, strlen(at));

			assert_true(length);
			at += length;
		}
	}
	pprof__profile__free_unpacked(profile, NULL);
}

static void test_the_same_dump_gives_the_same_bytes(void **state)
{
	struct stk_dump *one = many_dump(100, 7), *other = many_dump(100, 7);
	size_t size, other_size;
	char *bytes = written("pprof", one, &size),
	     *other_bytes = written("pprof", other, &other_size);

	(void)state;
	assert_int_equal(size, other_size);
	assert_memory_equal(bytes, other_bytes, size);
	free(bytes);
	free(other_bytes);
	stk_free(one);
	stk_free(other);
}

static void test_go_tool_pprof_opens_it(void **state)
{
	static const struct {
		struct stk_dump *(*make)(void);
		const char *type;
	} cases[] = {
		{ sample_dump, "goroutine" },
		{ hostile_dump, "goroutine" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stk_dump *dump = cases[i].make();
		int status = written_status("pprof", dump, "tests/tools/pprof.sh", cases[i].type);

		stk_free(dump);
		if (status == 77)
			skip();
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_has_its_count_and_all_have_a_wait),
		cmocka_unit_test(test_inlined_calls_are_lines_of_one_location_innermost_first),
		cmocka_unit_test(test_a_place_without_a_name_is_left_to_pprof),
		cmocka_unit_test(test_labels_say_state_wait_creator_name_and_the_programs_own),
		cmocka_unit_test(test_tasks_with_equal_stack_and_labels_are_one_sample),
		cmocka_unit_test(test_half_minutes_add_up),
		cmocka_unit_test(test_frames_left_out_are_a_place),
		cmocka_unit_test(test_a_label_with_our_name_does_not_pass_for_ours),
		cmocka_unit_test(test_hostile_text_is_printable),
		cmocka_unit_test(test_the_same_dump_gives_the_same_bytes),
		cmocka_unit_test(test_go_tool_pprof_opens_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
