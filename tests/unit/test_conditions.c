/* SPDX-License-Identifier: Apache-2.0 */
/* analyze/conditions: what a client asks of a dump, and the facts in it that answer. */
#include "test.h"

#include "analyze/analyze.h"
#include "dumps.h"

static struct stk_dump *plain(void)
{
	struct builder *b = dump_begin();
	uint32_t frame = dump_frame(b, 0x10, "f", "f.c", 1);

	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1));
	builder_cause(b)->signal = 0;
	return builder_finish(b);
}

static void assert_holds(const struct stk_dump *dump, const char *expected)
{
	static const char *const words[] = {
#define X(name, word, operand) word,
		STK_CONDITIONS(X)
#undef X
	};
	char held[64] = "";
	unsigned i;

	for (i = 0; i < COUNT(words); i++)
		if (stk_holds(dump, (enum stk_condition)i, 0))
			strcat(strcat(held, words[i]), " ");
	assert_string_equal(held, expected);
}

static void nothing_holds_of_a_dump_that_is_whole_and_well(void **state)
{
	struct stk_dump *dump = plain();

	(void)state;
	assert_holds(dump, "");
	assert_false(stk_holds(dump, STK_CONDITION_COUNT, 0));
	assert_false(stk_holds(dump, (enum stk_condition) - 1, 0));
	stk_free(dump);
}

static void each_fact_answers_for_itself(void **state)
{
	static const struct {
		unsigned task;
		int signal;
		bool note, deadlock;
		const char *held;
	} cases[] = {
		{ STK_TASK_CRASHED, 0, false, false, "crash " },
		{ 0, 11, false, false, "crash " },
		{ STK_TASK_CURRENT, 0, true, false, "partial " },
		{ 0, 0, false, true, "deadlock " },
		{ STK_TASK_CRASHED, 6, true, true, "crash partial deadlock " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = dump_begin();
		uint32_t frame = dump_frame(b, 0x10, "f", "f.c", 1);
		struct stk_dump *dump;

		dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1))->flags =
			(uint16_t)cases[i].task;
		builder_cause(b)->signal = cases[i].signal;
		builder_cause(b)->deadlock = cases[i].deadlock;
		/* words alone say nothing: the program may quote them */
		builder_cause(b)->message = builder_str(b, "all goroutines are asleep - deadlock!");
		if (cases[i].note)
			builder_note(b, STK_NOTE_CORE_TRUNCATED, "", "cut");
		dump = builder_finish(b);
		assert_holds(dump, cases[i].held);
		stk_free(dump);
	}
}

static void groups_have_grown_by_at_least_n(void **state)
{
	static const uint32_t counts[][3] = { { 5, 9, 5 }, { 2, 1, 4 }, { 7, 0, 1 } };
	struct stk_compared parts[3] = { { "a", 0, 0 }, { "b", 0, 0 }, { "c", 0, 0 } };
	struct stk_group groups[] = { { .counts = counts[0] },
				      { .counts = counts[1] },
				      { .counts = counts[2] } };
	struct stk_dump dump = { .groups = groups, .ngroups = 3, .compared = parts, .ncompared = 3 };

	(void)state;
	assert_true(stk_holds(&dump, STK_CONDITION_GROWN, 0));
	assert_true(stk_holds(&dump, STK_CONDITION_GROWN, 2));
	assert_false(stk_holds(&dump, STK_CONDITION_GROWN, 3));
	assert_false(stk_holds(&dump, STK_CONDITION_GROWN, UINT64_MAX));
	dump.ncompared = 0;
	assert_false(stk_holds(&dump, STK_CONDITION_GROWN, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_holds_of_a_dump_that_is_whole_and_well),
		cmocka_unit_test(each_fact_answers_for_itself),
		cmocka_unit_test(groups_have_grown_by_at_least_n),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
