/* SPDX-License-Identifier: Apache-2.0 */
/* flamegraph and speedscope. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../lib/output/profile/calltree.h"
#include "sample_dump.h"
#include "written.h"

static uint32_t named_frame(struct builder *b, const char *name)
{
	return sample_frame(b, name, NULL, 0, 0, STK_NONE, false);
}

/* A task for each word, whose letters are functions, the outermost first. */
static struct stk_dump *dump_of(const char *words)
{
	struct builder *b = builder_open();

	while (*words) {
		size_t size = strcspn(words, " "), i;
		uint32_t frames[64], stack;

		for (i = 0; i < size; i++) {
			char name[2] = { words[i], 0 };

			frames[size - 1 - i] = named_frame(b, name);
		}
		stack = sample_stack(b, frames, (uint32_t)size, STK_END_ROOT);
		builder_task(b)->stack = stack;
		words += size + strspn(words + size, " ");
	}
	return builder_finish(b);
}

/* "all5(a3(b1 c2) d2)" */
static void put_node(struct out *out, const struct calltree *tree, uint32_t node)
{
	uint32_t child;

	out_str(out, calltree_name(tree, node));
	out_dec(out, tree->nodes[node].count);
	if (!tree->nodes[node].child)
		return;
	out_char(out, '(');
	for (child = tree->nodes[node].child; child; child = tree->nodes[child].sibling) {
		put_node(out, tree, child);
		out_str(out, tree->nodes[child].sibling ? " " : "");
	}
	out_char(out, ')');
}

static void test_the_tree_counts_callers_and_sorts_what_they_call(void **state)
{
	static const struct {
		const char *words, *tree;
	} cases[] = {
		{ "", "all0" },
		{ "a", "all1(a1)" },
		{ "ac ab ac d", "all4(a3(b1 c2) d1)" },
		{ "d ac ac ab", "all4(a3(b1 c2) d1)" },
		{ "ab abc", "all2(a2(b2(c1)))" },
		{ "mfffffz", "all1(m1((5 times)1(f1(z1))))" },
		{ "mfgfgfgz", "all1(m1((3 times)1(f1(g1(z1)))))" },
		{ "ffff mf", "all2((4 times)1(f1) m1(f1))" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stk_dump *dump = dump_of(cases[i].words);
		struct calltree tree;
		struct out out;

		calltree_init(&tree, dump);
		out_init(&out, -1);
		put_node(&out, &tree, 0);
		out_char(&out, 0);
		assert_string_equal(out.buffer, cases[i].tree);
		out_deinit(&out);
		calltree_deinit(&tree);
		stk_free(dump);
	}
}

static void test_frames_left_out_are_a_box(void **state)
{
	struct builder *b = builder_open();
	uint32_t frames[] = { named_frame(b, "inner"), named_frame(b, "outer") };
	struct stk_stack stack = { .frames = frames, .count = 2, .elided = 7, .elided_at = 1 };
	struct stk_dump *dump;
	size_t size;
	char *svg;

	(void)state;
	builder_task(b)->stack = builder_stack(b, &stack);
	dump = builder_finish(b);
	svg = written("flamegraph", dump, &size);
	assert_non_null(strstr(svg, "<title>(7 frames left out)\n1 task, 100.00%</title>"));
	free(svg);
	stk_free(dump);
}

static void test_the_drawing_is_the_same_whatever_the_order_of_the_tasks(void **state)
{
	struct stk_dump *one = dump_of("ab ac d"), *other = dump_of("d ac ab");
	size_t size, other_size;
	char *svg = written("flamegraph", one, &size);
	char *other_svg = written("flamegraph", other, &other_size);
	const char *names[] = { "<title>b\n", "<title>c\n", "<title>d\n" };
	size_t i;

	(void)state;
	assert_int_equal(size, other_size);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *box = strstr(svg, names[i]), *other_box = strstr(other_svg, names[i]);

		assert_non_null(box);
		assert_memory_equal(box, other_box, (size_t)(strstr(box, "</g>") - box));
	}
	free(svg);
	free(other_svg);
	stk_free(one);
	stk_free(other);
}

static void test_hostile_names_are_no_markup(void **state)
{
	struct stk_dump *dump = hostile_dump();
	size_t size, i;
	char *svg = written("flamegraph", dump, &size);

	(void)state;
	assert_null(strstr(svg, "<img"));
	assert_non_null(strstr(svg,
			       "&lt;img src=x onerror=window.hacked=1&gt;&quot;&#39;&amp;]]&gt;"));
	assert_non_null(strstr(svg, "\\x01\\x1b[31m\\x7f\303\251\\x80\\xff"));
	/* one script only, ours */
	assert_non_null(strstr(svg, "<script>"));
	assert_null(strstr(strstr(svg, "<script>") + 1, "<script"));
	for (i = 0; i < size; i++)
		assert_true(svg[i] == '\n' || svg[i] == '\t' || (unsigned char)svg[i] >= 0x20);
	free(svg);
	stk_free(dump);
}

static void test_xml_parsers_accept_both(void **state)
{
	struct stk_dump *(*const dumps[])(void) = { sample_dump, hostile_dump };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(dumps); i++) {
		struct stk_dump *dump = dumps[i]();
		int status = written_status("flamegraph", dump,
					    "python3 -c 'import sys, xml.dom.minidom as x;"
					    " x.parse(sys.stdin)' <",
					    "");

		stk_free(dump);
		if (status == 127) {
			puts("SKIP: there is no python3");
			skip();
		}
		assert_int_equal(status, 0);
	}
}

/* ---- speedscope ---- */

static json_t *speedscope(struct stk_dump *dump)
{
	size_t size;
	char *bytes = written("speedscope", dump, &size);
	json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(root);
	free(bytes);
	stk_free(dump);
	return root;
}

/* The rules of file-format-schema.json for sampled profiles. */
static void assert_sampled(json_t *profile, size_t nframes)
{
	json_t *samples = json_object_get(profile, "samples"), *sample, *frame;
	json_t *weights = json_object_get(profile, "weights");
	json_int_t sum = 0;
	size_t i, j;

	assert_string_equal(json_string_value(json_object_get(profile, "type")), "sampled");
	assert_string_equal(json_string_value(json_object_get(profile, "unit")), "none");
	assert_true(json_is_string(json_object_get(profile, "name")));
	assert_int_equal(json_integer_value(json_object_get(profile, "startValue")), 0);
	assert_int_equal(json_array_size(samples), json_array_size(weights));
	json_array_foreach(samples, i, sample)
	{
		sum += json_integer_value(json_array_get(weights, i));
		json_array_foreach(sample, j, frame)
			assert_in_range(json_integer_value(frame), 0, nframes - 1);
	}
	assert_int_equal(json_integer_value(json_object_get(profile, "endValue")), sum);
}

static void test_speedscope_has_all_first_and_then_each_state(void **state)
{
	static const struct {
		const char *name;
		json_int_t tasks;
	} expected[] = {
		{ "all", 4 },
		{ "thread: running", 1 },
		{ "goroutine: chan receive", 2 },
		{ "goroutine: IO wait", 1 },
	};
	json_t *root = speedscope(sample_dump()), *profiles = json_object_get(root, "profiles");
	json_t *frames = json_object_get(json_object_get(root, "shared"), "frames"), *profile;
	size_t i;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(root, "$schema")),
			    "https://www.speedscope.app/file-format-schema.json");
	assert_int_equal(json_array_size(profiles), ARRAY_SIZE(expected));
	json_array_foreach(profiles, i, profile)
	{
		assert_sampled(profile, json_array_size(frames));
		assert_string_equal(json_string_value(json_object_get(profile, "name")),
				    expected[i].name);
		assert_int_equal(json_integer_value(json_object_get(profile, "endValue")),
				 expected[i].tasks);
	}
	json_decref(root);
}

static void test_speedscope_has_the_outermost_frame_first(void **state)
{
	json_t *root = speedscope(dump_of("abc abc ab"));
	json_t *profile = json_array_get(json_object_get(root, "profiles"), 0);
	json_t *frames = json_object_get(json_object_get(root, "shared"), "frames");
	json_t *sample = json_array_get(json_object_get(profile, "samples"), 0);
	json_t *outermost = json_array_get(frames,
					   (size_t)json_integer_value(json_array_get(sample, 0)));

	(void)state;
	assert_int_equal(json_integer_value(json_array_get(json_object_get(profile, "weights"), 0)),
			 2);
	assert_string_equal(json_string_value(json_object_get(outermost, "name")), "a");
	json_decref(root);
}

static void test_speedscope_has_a_frame_for_those_left_out(void **state)
{
	static const struct {
		uint32_t at;
		const char *sample;
	} cases[] = {
		{ 0, "[1,0,2]" },
		{ 1, "[1,2,0]" },
		{ 2, "[2,1,0]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct builder *b = builder_open();
		uint32_t frames[] = { named_frame(b, "inner"), named_frame(b, "outer") };
		struct stk_stack stack = {
			.frames = frames,
			.count = 2,
			.elided = 7,
			.elided_at = cases[i].at,
		};
		json_t *root, *samples;
		char *text;

		builder_task(b)->stack = builder_stack(b, &stack);
		root = speedscope(builder_finish(b));
		samples = json_object_get(json_array_get(json_object_get(root, "profiles"), 0),
					  "samples");
		text = json_dumps(json_array_get(samples, 0), JSON_COMPACT);
		assert_string_equal(text, cases[i].sample);
		free(text);
		json_decref(root);
	}
}

static void test_speedscope_takes_hostile_and_empty_dumps(void **state)
{
	json_t *hostile = speedscope(hostile_dump()),
	       *empty = speedscope(builder_finish(builder_open()));

	(void)state;
	assert_int_equal(json_array_size(json_object_get(hostile, "profiles")), 2);
	assert_int_equal(json_array_size(json_object_get(empty, "profiles")), 1);
	assert_sampled(json_array_get(json_object_get(empty, "profiles"), 0), 0);
	json_decref(hostile);
	json_decref(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_tree_counts_callers_and_sorts_what_they_call),
		cmocka_unit_test(test_frames_left_out_are_a_box),
		cmocka_unit_test(test_the_drawing_is_the_same_whatever_the_order_of_the_tasks),
		cmocka_unit_test(test_hostile_names_are_no_markup),
		cmocka_unit_test(test_xml_parsers_accept_both),
		cmocka_unit_test(test_speedscope_has_all_first_and_then_each_state),
		cmocka_unit_test(test_speedscope_has_the_outermost_frame_first),
		cmocka_unit_test(test_speedscope_has_a_frame_for_those_left_out),
		cmocka_unit_test(test_speedscope_takes_hostile_and_empty_dumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
