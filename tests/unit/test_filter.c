/* SPDX-License-Identifier: Apache-2.0 */
/* analyze/filter: which tasks and which frames are left, and that the rest of the dump fits. */
#include "test.h"

#include "analyze/analyze.h"
#include "dumps.h"

/* Tasks 1 (crashed thread), 2 (goroutine, 3 minutes), 3 (goroutine of the runtime), 4 (thread). */
static struct stk_dump *four_tasks(void)
{
	struct builder *b = dump_begin();
	uint32_t crash = dump_frame(b, 0x10, "parse_header", "./src/http.c", 88);
	uint32_t call = dump_frame(b, 0x20, "worker", "./src/server.c", 120);
	uint32_t park = builder_frame(
		b,
		&(struct stk_frame){ .pc = 0x30,
				     .flags = STK_FRAME_RUNTIME,
				     .loc = dump_loc(b, (struct stk_loc){ .func = "runtime.gopark",
									  .module = STK_NONE }) });
	uint32_t inl = dump_frame_at(b, 0x40,
				     (struct stk_loc){ .func = "main.inl",
						       .inlined = true,
						       .module = STK_NONE });
	uint32_t recv = dump_frame(b, 0x40, "main.recv", "/x/main.go", 7);
	struct stk_task *task;

	task = dump_task(b, STK_THREAD, 1, "running",
			 dump_stack(b, (uint32_t[]){ crash, call }, 2));
	task->flags = STK_TASK_CRASHED;
	task->name = builder_str(b, "server");
	task = dump_task(b, STK_GOROUTINE, 2, "chan receive",
			 dump_stack(b, (uint32_t[]){ park, park, inl, recv }, 4));
	task->wait_ns = INT64_C(180000000000);
	task->creator = call;
	task = dump_task(b, STK_GOROUTINE, 3, "GC worker (idle)",
			 dump_stack(b, (uint32_t[]){ park }, 1));
	task->flags = STK_TASK_SYSTEM;
	dump_task(b, STK_THREAD, 4, NULL, dump_stack(b, (uint32_t[]){ call }, 1));
	return builder_finish(b);
}

static struct stk_dump *filtered(const struct stk_dump *dump, struct stk_filter filter)
{
	struct builder *b = builder_derive(dump);
	struct stk_error *err = analyze_filter(dump, &filter, b);

	if (err)
		fail_msg("%s", err->message);
	return builder_finish(b);
}

static void assert_ids(struct stk_filter filter, const char *expected)
{
	struct stk_dump *all = four_tasks(), *dump = filtered(all, filter);
	struct out out;
	uint32_t i;

	out_init(&out, -1);
	for (i = 0; i < dump->ntasks; i++)
		out_fmt(&out, "%s%d", i ? " " : "", (int)dump->tasks[i].id);
	out_char(&out, '\0');
	assert_string_equal(out.buffer, expected);
	out_deinit(&out);
	stk_free(dump);
	stk_free(all);
}

#define ALL .level = STK_LEVEL_SYSTEM, .kind = -1
#define MATCH(text) .match = (const char *const[]){ text }, .nmatch = 1
#define EXCLUDE(text) .exclude = (const char *const[]){ text }, .nexclude = 1

static void levels_choose_tasks(void **state)
{
	(void)state;
	assert_ids((struct stk_filter){ .level = STK_LEVEL_NONE, .kind = -1 }, "");
	assert_ids((struct stk_filter){ .level = STK_LEVEL_SINGLE, .kind = -1 }, "1");
	assert_ids((struct stk_filter){ .level = STK_LEVEL_ALL, .kind = -1 }, "1 2 4");
	assert_ids((struct stk_filter){ .level = STK_LEVEL_SYSTEM, .kind = -1 }, "1 2 3 4");
	assert_ids((struct stk_filter){ .level = STK_LEVEL_CRASH, .kind = -1 }, "1 2 3 4");
}

static void idle_threads_of_go_are_the_runtimes_own(void **state)
{
	static const struct {
		struct stk_filter filter;
		uint32_t left;
	} cases[] = {
		{ { .level = STK_LEVEL_ALL, .kind = -1 }, 1 },
		{ { .level = STK_LEVEL_ALL, .kind = STK_THREAD }, 2 },
		{ { .level = STK_LEVEL_SYSTEM, .kind = -1 }, 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = builder_open();
		uint32_t park = dump_frame(b, 0x10, "runtime.futex", NULL, 0);
		uint32_t start = dump_frame(b, 0x20, "runtime.mstart", NULL, 0);
		uint32_t c = dump_frame(b, 0x30, "start_thread", NULL, 0);
		struct stk_dump *all, *dump;

		builder_target(b)->go_version = builder_str(b, "go1.19");
		builder_target(b)->goroutines = 1;
		dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, (uint32_t[]){ park, start }, 2));
		dump_task(b, STK_THREAD, 2, NULL, dump_stack(b, (uint32_t[]){ park, c }, 2));
		all = builder_finish(b);
		dump = filtered(all, cases[i].filter);
		assert_int_equal(dump->ntasks, cases[i].left);
		assert_int_equal(dump->tasks[dump->ntasks - 1].id, 2);
		stk_free(dump);
		stk_free(all);
	}
}

static void ids_and_kinds_choose_tasks(void **state)
{
	const uint64_t ids[] = { 4, 3, 99 };

	(void)state;
	assert_ids((struct stk_filter){ ALL, .ids = ids, .nids = 3 }, "3 4");
	/* One of the runtime's own is shown when it is asked for. */
	assert_ids((struct stk_filter){ .level = STK_LEVEL_ALL, .kind = -1, .ids = ids, .nids = 3 },
		   "3 4");
	assert_ids((struct stk_filter){ .level = STK_LEVEL_SYSTEM, .kind = STK_GOROUTINE }, "2 3");
	assert_ids((struct stk_filter){ .level = STK_LEVEL_SYSTEM, .kind = STK_THREAD }, "1 4");
}

static void long_waits_are_chosen(void **state)
{
	(void)state;
	assert_ids((struct stk_filter){ ALL, .min_wait_ns = INT64_C(180000000000) }, "2");
	assert_ids((struct stk_filter){ ALL, .min_wait_ns = INT64_C(180000000001) }, "");
}

static void patterns_match_functions_files_states_names_and_creators(void **state)
{
	static const struct {
		const char *pattern, *match, *exclude;
	} cases[] = {
		{ "^parse_", "1", "2 3 4" },
		{ "^worker$", "1 2 4", "3" }, /* 2 was created by it */
		{ "http\\.c:88$", "1", "2 3 4" },
		{ "chan (send|receive)", "2", "1 3 4" },
		{ "^server$", "1", "2 3 4" },
		{ "gopark", "2 3", "1 4" },
		{ "nothing like it", "", "1 2 3 4" },
		{ "", "1 2 3 4", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_ids((struct stk_filter){ ALL, MATCH(cases[i].pattern) }, cases[i].match);
		assert_ids((struct stk_filter){ ALL, EXCLUDE(cases[i].pattern) }, cases[i].exclude);
	}
	assert_ids((struct stk_filter){ ALL, MATCH("worker"), EXCLUDE("http") }, "2 3 4");
	assert_ids((struct stk_filter){ ALL, .match = (const char *const[]){ "worker", "server" },
					.nmatch = 2 },
		   "1 2 4");
	assert_ids((struct stk_filter){ ALL, .match = (const char *const[]){ "worker", "recv" },
					.nmatch = 2 },
		   "2");
}

static void a_bad_pattern_is_a_usage_error(void **state)
{
	struct stk_dump *all = four_tasks();
	struct stk_filter filters[] = { { ALL, MATCH("(") }, { ALL, MATCH("x"), EXCLUDE("[") } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(filters); i++) {
		struct builder *b = builder_derive(all);
		struct stk_error *err = analyze_filter(all, &filters[i], b);

		assert_non_null(err);
		assert_int_equal(err->code, STK_USAGE);
		assert_true(!strncmp(err->message, "bad pattern '", 13));
		stk_error_free(err);
		builder_close(b);
	}
	stk_free(all);
}

/* The functions of the stack of the task with this id: "f g ... h", "..." where some are elided. */
static void assert_functions(const struct stk_dump *dump, uint64_t id, const char *expected)
{
	struct out out;
	uint32_t i, j;

	out_init(&out, -1);
	for (i = 0; i < dump->ntasks; i++) {
		const struct stk_stack *stack = &dump->stacks[dump->tasks[i].stack];

		if (dump->tasks[i].id != id)
			continue;
		for (j = 0; j <= stack->count; j++) {
			if (stack->elided && j == stack->elided_at)
				out_fmt(&out, "...%d ", (int)stack->elided);
			if (j < stack->count)
				out_fmt(&out, "%s ",
					dump->locs[dump->frames[stack->frames[j]].loc].func);
		}
	}
	out_char(&out, '\0');
	assert_string_equal(out.buffer, expected);
	out_deinit(&out);
}

static void assert_filtered_functions(struct stk_filter filter, uint64_t id, const char *expected)
{
	struct stk_dump *all = four_tasks(), *dump = filtered(all, filter);

	assert_functions(dump, id, expected);
	stk_free(dump);
	stk_free(all);
}

static void frames_are_hidden_but_never_all(void **state)
{
	(void)state;
	assert_filtered_functions((struct stk_filter){ ALL }, 2,
				  "runtime.gopark runtime.gopark main.inl main.recv ");
	assert_filtered_functions((struct stk_filter){ ALL, .hide_runtime = true }, 2,
				  "main.inl main.recv ");
	assert_filtered_functions((struct stk_filter){ ALL, .hide_runtime = true }, 3,
				  "runtime.gopark ");
	assert_filtered_functions((struct stk_filter){ ALL, .no_inlines = true }, 2,
				  "runtime.gopark runtime.gopark main.recv ");
	assert_filtered_functions((struct stk_filter){ ALL, .hide_runtime = true,
						       .no_inlines = true },
				  2, "main.recv ");
}

/* A stack of the functions "0" ... "9", with `elided` frames left out before number `at`; each
 * frame's arguments are its number. */
static struct stk_dump *ten_frames(uint32_t elided, uint32_t at)
{
	struct builder *b = dump_begin();
	struct stk_detail detail[10] = { { .args = NULL } };
	uint32_t frames[10], i;
	struct stk_task *task;

	for (i = 0; i < 10; i++) {
		char name[2] = { (char)('0' + i), 0 };

		frames[i] = dump_frame(b, i + 1, name, NULL, 0);
		detail[i].args = builder_str(b, name);
	}
	task = dump_task(b, STK_THREAD, 1, NULL,
			 builder_stack(b, &(struct stk_stack){ .frames = frames,
							       .count = 10,
							       .elided = elided,
							       .elided_at = at }));
	task->detail = builder_array(b, detail, 10, sizeof(*detail));
	return builder_finish(b);
}

static void the_newest_and_the_outermost_frames_are_kept(void **state)
{
	static const struct {
		uint32_t elided, at, max;
		const char *left;
	} cases[] = {
		{ 0, 0, 0, "0 1 2 3 4 5 6 7 8 9 " },
		{ 0, 0, 10, "0 1 2 3 4 5 6 7 8 9 " },
		{ 0, 0, 9, "0 1 2 3 4 5 6 ...1 8 9 " },
		{ 0, 0, 3, "0 1 2 ...7 " },
		{ 0, 0, 2, "0 1 ...8 " },
		{ 0, 0, 1, "0 ...9 " },
		{ 5, 4, 4, "0 1 2 ...11 9 " }, /* one gap, that was there, grows */
		{ 5, 1, 4, "0 ...13 9 " },
		{ 5, 9, 4, "0 1 2 ...11 9 " },
		{ 5, 10, 4, "0 1 2 ...12 " },
		{ 5, 0, 4, "...14 9 " },
		{ STK_NONE, 4, 4, "0 1 2 ...-1 9 " }, /* unknown stays unknown */
		{ 5, 4, 20, "0 1 2 3 ...5 4 5 6 7 8 9 " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct stk_dump *all = ten_frames(cases[i].elided, cases[i].at);
		struct stk_dump *dump =
			filtered(all, (struct stk_filter){ ALL, .max_frames = cases[i].max });
		const struct stk_task *task = &dump->tasks[0];
		const struct stk_stack *stack = &dump->stacks[task->stack];
		uint32_t j;

		assert_functions(dump, 1, cases[i].left);
		/* Details still belong to their frames. */
		for (j = 0; j < stack->count; j++)
			assert_string_equal(task->detail[j].args,
					    dump->locs[dump->frames[stack->frames[j]].loc].func);
		stk_free(dump);
		stk_free(all);
	}
}

static void reports_and_spans_follow_their_tasks(void **state)
{
	struct builder *b = dump_begin();
	struct stk_dump *all, *dump;
	uint32_t f = dump_frame(b, 1, "f", NULL, 0), i;
	const uint64_t ids[] = { 2, 5 };

	(void)state;
	for (i = 0; i < 6; i++)
		dump_task(b, STK_GOROUTINE, i, NULL, dump_stack(b, &f, 1));
	builder_report(b, &(struct stk_report){ .first = 0, .count = 2 });
	builder_report(b, &(struct stk_report){ .first = 2, .count = 4 });
	builder_span(b, &(struct stk_span){ .bytes = "x", .size = 1, .task = 3 });
	builder_span(b, &(struct stk_span){ .bytes = "y", .size = 1, .task = 6 });
	all = builder_finish(b);
	dump = filtered(all, (struct stk_filter){ ALL, .ids = ids, .nids = 2 });
	assert_int_equal(dump->nreports, 1);
	assert_int_equal(dump->reports[0].first, 0);
	assert_int_equal(dump->reports[0].count, 2);
	assert_int_equal(dump->nspans, 2);
	assert_int_equal(dump->spans[0].task, 1);
	assert_int_equal(dump->spans[1].task, 2);
	stk_free(dump);
	stk_free(all);
}

static void the_current_one_is_single_where_nothing_crashed(void **state)
{
	struct builder *b = dump_begin();
	struct stk_dump *all, *dump;
	uint32_t f = dump_frame(b, 1, "f", NULL, 0), i;

	(void)state;
	for (i = 0; i < 3; i++)
		dump_task(b, STK_THREAD, i, NULL, dump_stack(b, &f, 1));
	builder_task_at(b, 1)->flags = STK_TASK_CURRENT;
	all = builder_finish(b);
	dump = filtered(all, (struct stk_filter){ .level = STK_LEVEL_SINGLE, .kind = -1 });
	assert_int_equal(dump->ntasks, 1);
	assert_int_equal(dump->tasks[0].id, 1);
	stk_free(dump);
	stk_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_choose_tasks),
		cmocka_unit_test(idle_threads_of_go_are_the_runtimes_own),
		cmocka_unit_test(ids_and_kinds_choose_tasks),
		cmocka_unit_test(long_waits_are_chosen),
		cmocka_unit_test(patterns_match_functions_files_states_names_and_creators),
		cmocka_unit_test(a_bad_pattern_is_a_usage_error),
		cmocka_unit_test(frames_are_hidden_but_never_all),
		cmocka_unit_test(the_newest_and_the_outermost_frames_are_kept),
		cmocka_unit_test(reports_and_spans_follow_their_tasks),
		cmocka_unit_test(the_current_one_is_single_where_nothing_crashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
