/* SPDX-License-Identifier: Apache-2.0 */
/* analyze/group: what is the same, in which order, and the format that shows it. */
#include "test.h"

#include "analyze/analyze.h"
#include "dumps.h"

#define MINUTES(n) ((n)*INT64_C(60000000000))

static struct stk_dump *grouped(const struct stk_dump *dump, enum stk_group_key key)
{
	struct builder *b = builder_derive(dump);

	analyze_group(dump, key, b);
	return builder_finish(b);
}

/* Groups as text: the ids of each in brackets. */
static void assert_groups(const struct stk_dump *all, enum stk_group_key key, const char *expected)
{
	struct stk_dump *dump = grouped(all, key);
	struct out out;
	uint32_t i, j;

	out_init(&out, -1);
	for (i = 0; i < dump->ngroups; i++) {
		out_char(&out, '[');
		for (j = 0; j < dump->groups[i].count; j++)
			out_fmt(&out, "%s%d", j ? " " : "",
				(int)dump->tasks[dump->groups[i].tasks[j]].id);
		out_char(&out, ']');
	}
	out_char(&out, '\0');
	assert_string_equal(out.buffer, expected);
	out_deinit(&out);
	stk_free(dump);
}

static void put_args(struct builder *b, struct stk_task *task, const char *args)
{
	struct stk_detail detail = { .args = builder_str(b, args) };

	task->detail = builder_array(b, &detail, 1, sizeof(detail));
}

/* From 1 on, each differs from its neighbour in one thing more. */
static struct stk_dump *varied(void)
{
	struct builder *b = dump_begin();
	uint32_t here = dump_frame(b, 0x10, "f", "a.c", 1),
		 there = dump_frame(b, 0x20, "f", "a.c", 1);
	uint32_t line = dump_frame(b, 0x30, "f", "a.c", 2),
		 other = dump_frame(b, 0x40, "g", "a.c", 1);

	put_args(b, dump_task(b, STK_THREAD, 1, "s", dump_stack(b, &here, 1)), "1");
	put_args(b, dump_task(b, STK_THREAD, 2, "s", dump_stack(b, &here, 1)), "1");
	put_args(b, dump_task(b, STK_THREAD, 3, "s", dump_stack(b, &here, 1)), "2");
	put_args(b, dump_task(b, STK_THREAD, 4, "s", dump_stack(b, &there, 1)), "1");
	dump_task(b, STK_THREAD, 5, "s", dump_stack(b, &line, 1));
	dump_task(b, STK_THREAD, 6, "s", dump_stack(b, &other, 1));
	dump_task(b, STK_THREAD, 7, "t", dump_stack(b, &other, 1));
	dump_task(b, STK_GOROUTINE, 8, "t", dump_stack(b, &other, 1));
	return builder_finish(b);
}

static void keys_rise_from_exact_to_func(void **state)
{
	struct stk_dump *all = varied();

	(void)state;
	assert_groups(all, STK_GROUP_EXACT, "[1 2][3][4][5][6][7][8]");
	assert_groups(all, STK_GROUP_ARGS, "[1 2 4][3][5][6][7][8]");
	assert_groups(all, STK_GROUP_LINE, "[1 2 3 4][5][6][7][8]");
	assert_groups(all, STK_GROUP_FUNC, "[1 2 3 4 5][6][7][8]");
	stk_free(all);
}

static void functions_without_a_name_are_told_apart_by_their_address(void **state)
{
	struct builder *b = dump_begin();
	struct stk_loc loc = { .module = 0, .offset = 0x100 };
	uint32_t one = dump_frame_at(b, 1, loc), two;
	struct stk_dump *all;

	(void)state;
	loc.offset = 0x200;
	two = dump_frame_at(b, 2, loc);
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &one, 1));
	dump_task(b, STK_THREAD, 2, NULL, dump_stack(b, &two, 1));
	dump_task(b, STK_THREAD, 3, NULL, dump_stack(b, &two, 1));
	all = builder_finish(b);
	assert_groups(all, STK_GROUP_FUNC, "[2 3][1]");
	stk_free(all);
}

static void a_cut_stack_is_not_a_whole_one(void **state)
{
	struct builder *b = dump_begin();
	uint32_t f = dump_frame(b, 1, "f", NULL, 0);
	struct stk_dump *all;

	(void)state;
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &f, 1));
	dump_task(b, STK_THREAD, 2, NULL,
		  builder_stack(b, &(struct stk_stack){ .frames = &f, .count = 1, .elided = 3 }));
	dump_task(b, STK_THREAD, 3, NULL,
		  builder_stack(b, &(struct stk_stack){ .frames = &f,
							.count = 1,
							.end = STK_END_UNREADABLE,
							.end_address = 0x10 }));
	/* Where memory is missing differs from thread to thread. */
	dump_task(b, STK_THREAD, 4, NULL,
		  builder_stack(b, &(struct stk_stack){ .frames = &f,
							.count = 1,
							.end = STK_END_UNREADABLE,
							.end_address = 0x20 }));
	all = builder_finish(b);
	assert_groups(all, STK_GROUP_FUNC, "[3 4][1][2]");
	stk_free(all);
}

static void the_largest_is_first_and_then_the_first_seen(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frames[3], i;
	static const char order[] = "abcbcacca";
	struct stk_dump *all;

	(void)state;
	for (i = 0; i < 3; i++)
		frames[i] = dump_frame(b, i + 1, (const char *[]){ "a", "b", "c" }[i], NULL, 0);
	for (i = 0; order[i]; i++)
		dump_task(b, STK_GOROUTINE, i, NULL, dump_stack(b, &frames[order[i] - 'a'], 1));
	all = builder_finish(b);
	assert_groups(all, STK_GROUP_LINE, "[2 4 6 7][0 5 8][1 3]");
	stk_free(all);
}

/* Reference: grouping by comparing every task with every group. */
static void every_task_is_in_the_one_group_of_its_likes(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frames[6], stack[3], seed = 7, i, j, k, seen = 0;
	struct stk_dump *all, *dump;

	(void)state;
	for (i = 0; i < 6; i++)
		frames[i] = dump_frame(b, i + 1, (const char *[]){ "f", "g", "h" }[i / 2], "x",
				       i % 2);
	for (i = 0; i < 2000; i++) {
		for (j = 0; j < 3; j++) {
			seed = seed * 1664525 + 1013904223;
			stack[j] = frames[seed >> 16 & 3];
		}
		dump_task(b, STK_GOROUTINE, i, seed >> 31 ? "x" : NULL,
			  dump_stack(b, stack, seed >> 20 & 3));
	}
	all = builder_finish(b);
	dump = grouped(all, STK_GROUP_LINE);
	for (i = 0; i < dump->ngroups; i++) {
		const struct stk_group *g = &dump->groups[i];
		const struct stk_task *first = &dump->tasks[g->tasks[0]];

		seen += g->count;
		assert_true(!i || g->count <= dump->groups[i - 1].count);
		for (j = 0; j < g->count; j++) {
			const struct stk_task *task = &dump->tasks[g->tasks[j]];

			assert_true(!j || g->tasks[j] > g->tasks[j - 1]);
			assert_int_equal(task->stack, first->stack);
			assert_ptr_equal(task->state, first->state);
		}
		for (k = 0; k < i; k++) {
			const struct stk_task *other = &dump->tasks[dump->groups[k].tasks[0]];

			assert_true(other->stack != first->stack || other->state != first->state);
		}
	}
	assert_int_equal(seen, dump->ntasks);
	stk_free(dump);
	stk_free(all);
}

static void waits_are_spanned(void **state)
{
	struct builder *b = dump_begin();
	uint32_t f = dump_frame(b, 1, "f", NULL, 0);
	struct stk_dump *all, *dump;

	(void)state;
	dump_task(b, STK_GOROUTINE, 1, "select", dump_stack(b, &f, 1))->wait_ns = MINUTES(31);
	dump_task(b, STK_GOROUTINE, 2, "select", dump_stack(b, &f, 1));
	dump_task(b, STK_GOROUTINE, 3, "select", dump_stack(b, &f, 1))->wait_ns = MINUTES(2);
	dump_task(b, STK_GOROUTINE, 4, "sleep", dump_stack(b, &f, 1));
	all = builder_finish(b);
	dump = grouped(all, STK_GROUP_LINE);
	assert_true(dump->groups[0].min_wait_ns == MINUTES(2));
	assert_true(dump->groups[0].max_wait_ns == MINUTES(31));
	assert_true(dump->groups[1].min_wait_ns == -1 && dump->groups[1].max_wait_ns == -1);
	stk_free(dump);
	stk_free(all);
}

/* ---- the format ---- */

static struct stk_dump *many_waiters(void)
{
	struct builder *b = dump_begin();
	uint32_t recv = dump_frame(b, 0x401000, "main.recv", "/x/main.go", 7);
	uint32_t start = dump_frame(b, 0x402000, "main.start", "/x/main.go", 20);
	uint32_t other = dump_frame(b, 0x403000, "main.other", "/x/main.go", 30);
	uint32_t stack = dump_stack(b, &recv, 1), i;
	struct stk_wait wait = { .kind = "chan receive",
				 .address = 0xc000,
				 .text = builder_str(b, "chan int 0xc000 (len 0, cap 1)") };
	struct stk_label label = { builder_str(b, "job"), builder_str(b, "in\"gest") };

	for (i = 0; i < 12; i++) {
		struct stk_task *task = dump_task(b, STK_GOROUTINE, 17 + i, "chan receive", stack);
		struct stk_more *more;

		task->wait_ns = MINUTES(2 + i);
		task->creator = i < 10 ? start : other;
		more = dump_more(b, task);
		more->waits = builder_array(b, &wait, 1, sizeof(wait));
		more->nwaits = 1;
		if (i != 3)
			continue;
		more->labels = builder_array(b, &label, 1, sizeof(label));
		more->nlabels = 1;
	}
	return builder_finish(b);
}

static void a_group_is_printed_once_with_what_its_tasks_have(void **state)
{
	struct stk_dump *all = many_waiters(), *dump = grouped(all, STK_GROUP_LINE);
	static const char stack[] =
		"0  0x0000000000401000 in main.recv\n"
		"   at /x/main.go:7\n"
		"   created by main.start at /x/main.go:20 (10), main.other at /x/main.go:30 (2)\n"
		"   waiting for chan int 0xc000 (len 0, cap 1)\n"
		"   labels \"job\":\"in\\\"gest\" (1)\n";
	FREE_AT_END char *brief = xasprintf(
		"core.1234: server (pid 1234), 12 stacks\n\n"
		"  12 goroutines [chan receive, 2-13 minutes]: 17 18 19 20 21 22 23 24 25 26 ..."
		" (-v lists all)\n%s",
		stack);
	FREE_AT_END char *whole = xasprintf(
		"core.1234: server (pid 1234), 12 stacks\n\n"
		"  12 goroutines [chan receive, 2-13 minutes]: 17 18 19 20 21 22 23 24 25 26 27 28\n%s",
		stack);

	(void)state;
	assert_written(dump, "group", ((struct stk_style){ .verbose_option = "-v" }), brief);
	assert_written(dump, "group", ((struct stk_style){ .verbose = true }), whole);
	stk_free(dump);
	stk_free(all);
}

static void arguments_that_differ_in_a_group_are_not_shown(void **state)
{
	struct stk_dump *all = varied(), *dump = grouped(all, STK_GROUP_FUNC);
	char *text = dump_written(dump, "group", (struct stk_style){ .verbose = false });

	(void)state;
	assert_non_null(strstr(text,
			       "5 threads [s]: 1 2 3 4 5\n0  0x0000000000000010 in f(...)\n"));
	free(text);
	stk_free(dump);
	dump = grouped(all, STK_GROUP_ARGS);
	text = dump_written(dump, "group", (struct stk_style){ .verbose = false });
	assert_non_null(strstr(text, "3 threads [s]: 1 2 4\n0  0x0000000000000010 in f(1)\n"));
	free(text);
	stk_free(dump);
	stk_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_rise_from_exact_to_func),
		cmocka_unit_test(functions_without_a_name_are_told_apart_by_their_address),
		cmocka_unit_test(a_cut_stack_is_not_a_whole_one),
		cmocka_unit_test(the_largest_is_first_and_then_the_first_seen),
		cmocka_unit_test(every_task_is_in_the_one_group_of_its_likes),
		cmocka_unit_test(waits_are_spanned),
		cmocka_unit_test(a_group_is_printed_once_with_what_its_tasks_have),
		cmocka_unit_test(arguments_that_differ_in_a_group_are_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
