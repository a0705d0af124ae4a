/* SPDX-License-Identifier: Apache-2.0 */
/* lang/anchors: an interpreter's runs of frames go to the physical frames that execute them. */
#include "test.h"

#include "lang/rows.h"

/* The frames of one thread: natives at pc 1, 2, 3 ..., newest first. */
struct physical {
	uint64_t sp, cfa;
};

enum { TOY = 0, FRAMES = 8 }; /* any row's index but native's */

struct expected {
	const char *frames;
	bool guessed;
};

/* "1 r10 r11 2+ 3": r: a run's frame by its number, '?' guessed, '+' the runtime's own, '|' a gap before. */
static char *shown(const struct capture *c, const struct raw_task *task, char *text)
{
	uint32_t i;

	*text = '\0';
	for (i = 0; i < task->stack.count; i++) {
		const struct raw_frame *frame = &c->frames[task->stack.first + i];
		bool run = frame->lang == TOY;

		sprintf(text + strlen(text), "%s%s%u%s%s", i ? " " : "",
			task->stack.elided && task->stack.elided_at == i ? "|" : "",
			run ? frame->own : (unsigned)frame->pc,
			frame->how == STK_HOW_GUESS ? "?" : "",
			frame->flags & STK_FRAME_INTERPRETER ? "+" : "");
	}
	return text;
}

static void assert_merged(const struct physical *physical, uint32_t elided_at,
			  const struct lang_run *runs, size_t nruns, const char *expected)
{
	struct capture c = { .b = builder_open() };
	struct raw_task *task = capture_task(&c, &lang_native);
	uint8_t native = (uint8_t)lang_native_index();
	char text[512];
	uint32_t n, i;

	for (n = 0; n < FRAMES && physical[n].sp; n++)
		;
	c.frames = calloc(n + 1, sizeof(*c.frames));
	c.cap_frames = n + 1;
	/* another task's frame stays what it is */
	c.frames[0].pc = 99;
	for (i = 0; i < n; i++)
		c.frames[1 + i] = (struct raw_frame){
			.pc = i + 1, .sp = physical[i].sp, .cfa = physical[i].cfa, .lang = native
		};
	c.nframes = n + 1;
	task->stack.first = 1;
	task->stack.count = n;
	if (elided_at) {
		task->stack.elided = 5;
		task->stack.elided_at = elided_at;
	}
	anchors_merge(&c, task, TOY, runs, nruns);
	assert_string_equal(shown(&c, task, text), expected);
	assert_int_equal(c.frames[0].pc, 99);
	assert_int_equal(c.nframes, 1 + task->stack.count);
	builder_close(c.b);
	free(c.frames);
	free(c.tasks);
}

static const struct physical stack[FRAMES] = {
	{ 0x100, 0x120 }, { 0x120, 0x200 }, { 0x200, 0x220 }, { 0x220, 0x300 }, { 0x300, 0 },
};

static void runs_go_to_the_frames_that_hold_their_anchors(void **state)
{
	static const struct lang_run runs[] = {
		{ 0x140, 10, 2, LANG_RUN_HIDES },
		{ 0x2f8, 12, 1, LANG_RUN_HIDES },
	};

	(void)state;
	assert_merged(stack, 0, runs, 2, "1 10 11 2+ 3 12 4+ 5");
	assert_merged(stack, 0, runs + 1, 1, "1 2 3 12 4+ 5");
	assert_merged(stack, 0, runs, 0, "1 2 3 4 5");
}

static void the_edges_of_a_frame_are_its_own_sp_and_its_caller_s(void **state)
{
	(void)state;
	assert_merged(stack, 0, &(struct lang_run){ 0x120, 10, 1, LANG_RUN_BEFORE }, 1,
		      "1 10 2 3 4 5");
	assert_merged(stack, 0, &(struct lang_run){ 0x1ff, 10, 1, LANG_RUN_BEFORE }, 1,
		      "1 10 2 3 4 5");
	assert_merged(stack, 0, &(struct lang_run){ 0x200, 10, 1, LANG_RUN_BEFORE }, 1,
		      "1 2 10 3 4 5");
}

static void a_run_can_stand_for_its_frame(void **state)
{
	static const struct lang_run runs[] = {
		{ 0x100, 10, 1, LANG_RUN_REPLACES },
		{ 0x140, 11, 1, LANG_RUN_REPLACES },
	};

	(void)state;
	assert_merged(stack, 0, runs, 2, "10 11 3 4 5");
	assert_merged(stack, 1, runs, 2, "10 |11 3 4 5");
	assert_merged(stack, 3, runs, 2, "10 11 3 |4 5");
}

/* Frames were lost, or an anchor is damaged: nothing is dropped, and it is said. */
static void a_run_that_no_frame_holds_goes_by_its_address_and_is_a_guess(void **state)
{
	static const struct physical gap[FRAMES] = { { 0x100, 0x120 },
						     { 0x400, 0x420 },
						     { 0x420, 0 } };
	static const struct lang_run runs[] = {
		{ 0x110, 10, 1, LANG_RUN_HIDES },
		{ 0x200, 11, 1, LANG_RUN_HIDES },
		{ 0x9000, 12, 1, LANG_RUN_HIDES },
	};

	(void)state;
	assert_merged(gap, 0, runs, 3, "10 1+ 11? 2 3 12?");
	assert_merged(gap, 0, &(struct lang_run){ 0x10, 10, 1, LANG_RUN_HIDES }, 1, "10? 1 2 3");
	assert_merged(gap, 0, &(struct lang_run){ 0, 10, 2, LANG_RUN_HIDES }, 1, "10? 11? 1 2 3");
	assert_merged((const struct physical[FRAMES]){ { 0, 0 } }, 0, runs, 3, "10? 11? 12?");
}

/* Order is what the runtime says: an anchor that leads back is none. */
static void the_order_of_runs_is_kept(void **state)
{
	static const struct lang_run runs[] = {
		{ 0x240, 10, 1, LANG_RUN_HIDES },
		{ 0x140, 11, 1, LANG_RUN_HIDES },
		{ 0x240, 12, 1, LANG_RUN_HIDES },
	};

	(void)state;
	assert_merged(stack, 0, runs, 3, "1 2 3 10 4+ 11? 12? 5");
}

/* Below a signal's handler that has a stack of its own addresses are higher than outside of it. */
static void stacks_need_not_be_in_order(void **state)
{
	static const struct physical switched[FRAMES] = {
		{ 0x9000, 0x9100 },
		{ 0x9100, 0x9200 },
		{ 0x100, 0x200 },
		{ 0x200, 0x300 },
	};
	static const struct lang_run runs[] = {
		{ 0x9180, 10, 1, LANG_RUN_HIDES },
		{ 0x210, 11, 1, LANG_RUN_HIDES },
	};

	(void)state;
	assert_merged(switched, 0, runs, 2, "1 10 2+ 3 11 4+");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_go_to_the_frames_that_hold_their_anchors),
		cmocka_unit_test(the_edges_of_a_frame_are_its_own_sp_and_its_caller_s),
		cmocka_unit_test(a_run_can_stand_for_its_frame),
		cmocka_unit_test(a_run_that_no_frame_holds_goes_by_its_address_and_is_a_guess),
		cmocka_unit_test(the_order_of_runs_is_kept),
		cmocka_unit_test(stacks_need_not_be_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
