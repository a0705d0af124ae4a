/* SPDX-License-Identifier: Apache-2.0 */
/* -f debug1: Go's goroutine profile as text, to the tab. */
#include "test.h"

#include <unistd.h>

#include "dumps.h"

static const struct stk_style style = { .level = STK_LEVEL_ALL };

static uint32_t frame_of(struct builder *b, uint64_t pc, unsigned flags, struct stk_loc loc)
{
	return builder_frame(b, &(struct stk_frame){ .pc = pc,
						     .flags = (uint16_t)flags,
						     .how = STK_HOW_GOPCLNTAB,
						     .loc = dump_loc(b, loc) });
}

/* clang-format off */
#define LOC(name, path, number, offset) \
	{ .func = name, .file = path, .line = number, .module = STK_NONE, .func_offset = offset }
/* clang-format on */

/* Addresses, names and lines of a program whose profile Go 1.19 wrote as below. */
static struct stk_dump *go_dump(void)
{
	static const char proc[] = "/usr/lib/go-1.19/src/runtime/proc.go", gp[] = "/x/gp/main.go";
	static const char chan_[] = "/usr/lib/go-1.19/src/runtime/chan.go";
	struct builder *b = dump_begin();
	static const struct stk_label labels[] = { { "user", "b\"ob" }, { "req", "42" } };
	struct stk_loc inl2 = LOC("main.inl2", gp, 15, 0x2f), inl1 = LOC("main.inl1", gp, 16, 0x2f);
	struct stk_loc recv = LOC("main.recv", gp, 19, 0x2f);
	uint32_t frames[9], i, stack;
	struct stk_more *more;

	inl2.inlined = inl1.inlined = true;
	inl2.call_offset = 0x2e;
	inl1.call_offset = 0x1b;
	recv.call_offset = 0x14;
	frames[0] = frame_of(b, 0x437556, STK_FRAME_RUNTIME,
			     (struct stk_loc)LOC("runtime.gopark", proc, 363, 0xd6));
	frames[1] = frame_of(b, 0x40619b, STK_FRAME_RUNTIME,
			     (struct stk_loc)LOC("runtime.chanrecv", chan_, 583, 0x49b));
	frames[2] = frame_of(b, 0x4b4ecf, 0, inl2);
	frames[3] = frame_of(b, 0x4b4ecf, 0, inl1);
	frames[4] = frame_of(b, 0x4b4ecf, 0, recv);
	frames[5] = frame_of(b, 0x4b4f17, 0, (struct stk_loc)LOC("main.worker", gp, 21, 0x17));
	frames[6] = frame_of(b, 0x4b55c6, STK_FRAME_RUNTIME,
			     (struct stk_loc)LOC("main.main.func3", gp, 33, 0x26));
	frames[7] = frame_of(b, 0x461161, STK_FRAME_RUNTIME,
			     (struct stk_loc)LOC("runtime.goexit", "asm.s", 1594, 1));
	stack = dump_stack(b, frames, 8);
	builder_target(b)->goroutines = 7;
	for (i = 0; i < 5; i++)
		dump_task(b, STK_GOROUTINE, i + 1, "chan receive", stack);
	more = dump_more(b, dump_task(b, STK_GOROUTINE, 7, "chan receive", stack));
	more->labels = labels;
	more->nlabels = 2;
	/* A thread is no goroutine. */
	dump_task(b, STK_THREAD, 99, NULL, stack);
	/* Only the runtime's frames: all are shown. */
	frames[1] = frames[7];
	dump_task(b, STK_GOROUTINE, 8, "select (no cases)", dump_stack(b, frames, 2));
	return builder_finish(b);
}

#define WORKER_LINES \
	"#\t0x4b4ece\tmain.inl2+0x2e\t\t/x/gp/main.go:15\n" \
	"#\t0x4b4ebb\tmain.inl1+0x1b\t\t/x/gp/main.go:16\n" \
	"#\t0x4b4eb4\tmain.recv+0x14\t\t/x/gp/main.go:19\n" \
	"#\t0x4b4f16\tmain.worker+0x16\t/x/gp/main.go:21\n"

static void the_profile_is_the_one_that_go_writes(void **state)
{
	struct stk_dump *dump = go_dump();

	(void)state;
	assert_written(
		dump, "debug1", style,
		"goroutine profile: total 7\n"
		"5 @ 0x437556 0x40619b 0x4b4ecf 0x4b4ebc 0x4b4eb5 0x4b4f17 0x461161\n" WORKER_LINES
		"\n"
		"1 @ 0x437556 0x40619b 0x4b4ecf 0x4b4ebc 0x4b4eb5 0x4b4f17 0x461161\n"
		"# labels: {\"req\":\"42\", \"user\":\"b\\\"ob\"}\n" WORKER_LINES "\n"
		"1 @ 0x437556 0x461161\n"
		"#\t0x437555\truntime.gopark+0xd5\t/usr/lib/go-1.19/src/runtime/proc.go:363\n"
		"\n");
	stk_free(dump);
}

static void threads_of_other_programs_make_a_profile_too(void **state)
{
	struct builder *b = dump_begin();
	struct stk_loc inl = LOC("inner", "a.c", 3, 0x20);
	uint32_t frames[4];
	struct stk_dump *dump;

	(void)state;
	inl.inlined = true;
	frames[0] = frame_of(b, 0x1000, STK_FRAME_ACTIVATION,
			     (struct stk_loc)LOC("top", "a.c", 1, 0));
	frames[1] = frame_of(b, 0x2020, 0, inl);
	frames[2] = frame_of(b, 0x2020, 0, (struct stk_loc)LOC("outer_function", NULL, 0, 0x20));
	/* A frame without a name breaks the columns, as in text/tabwriter. */
	frames[3] = frame_of(b, 0x3000, 0,
			     (struct stk_loc){ .module = STK_NONE, .func_offset = UINT64_MAX });
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, frames, 4));
	dump_task(b, STK_THREAD, 2, NULL,
		  builder_stack(b, &(struct stk_stack){ .end = STK_END_NONE }));
	dump = builder_finish(b);
	assert_written(dump, "debug1", style,
		       "thread profile: total 2\n"
		       "1 @ 0x0\n"
		       "\n"
		       "1 @ 0x1001 0x2020 0x3000\n"
		       "#\t0x1000\ttop+0x0\t\t\ta.c:1\n"
		       "#\t0x201f\tinner+0x1f\t\ta.c:3\n"
		       "#\t0x201f\touter_function+0x1f\t?:0\n"
		       "#\t0x2fff\n"
		       "\n");
	stk_free(dump);
}

static void places_of_texts_without_addresses_stay_apart(void **state)
{
	struct builder *b = dump_begin();
	struct stk_loc f = LOC("f", "a.go", 1, 0x1d), g = LOC("g", "a.go", 2, UINT64_MAX);
	uint32_t frames[2], i;
	struct stk_dump *dump;

	(void)state;
	frames[0] =
		builder_frame(b, &(struct stk_frame){ .how = STK_HOW_TEXT, .loc = dump_loc(b, f) });
	frames[1] =
		builder_frame(b, &(struct stk_frame){ .how = STK_HOW_TEXT, .loc = dump_loc(b, g) });
	for (i = 0; i < 3; i++)
		dump_task(b, STK_GOROUTINE, i, NULL, dump_stack(b, frames, i == 1 ? 1 : 2));
	builder_target(b)->goroutines = 3;
	dump = builder_finish(b);
	assert_written(dump, "debug1", style,
		       "goroutine profile: total 3\n"
		       "2 @ 0x1 0x2\n"
		       "#\t0x0\tf+0x1c\ta.go:1\n"
		       "#\t0x1\tg+0x0\ta.go:2\n"
		       "\n"
		       "1 @ 0x1\n"
		       "#\t0x0\tf+0x1c\ta.go:1\n"
		       "\n");
	stk_free(dump);
}

static void go_tool_pprof_reads_it(void **state)
{
	struct stk_dump *dump = go_dump();
	char *text = dump_written(dump, "debug1", style), shown[4096];
	char path[] = "/tmp/stk-test-XXXXXX";
	FREE_AT_END char *command = NULL;
	int fd = mkstemp(path);
	FILE *pipe;
	size_t size;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(text);
	stk_free(dump);
	command = xasprintf("command -v go >/dev/null || exit 99; "
			    "HOME=/tmp go tool pprof -symbolize=none -raw %s 2>&1",
			    path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(shown, 1, sizeof(shown) - 1, pipe);
	shown[size] = 0;
	fd = pclose(pipe);
	unlink(path);
	if (fd == 99 << 8)
		SKIP_TEST("Go is not installed");
	assert_non_null(strstr(shown, "PeriodType: goroutine"));
	/* The addresses are those of the calls: one less. */
	assert_non_null(strstr(shown, "0x4b4ece"));
	assert_non_null(strstr(shown, "6: 1 2 3 4 5 6 7")); /* it adds them up */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_profile_is_the_one_that_go_writes),
		cmocka_unit_test(threads_of_other_programs_make_a_profile_too),
		cmocka_unit_test(places_of_texts_without_addresses_stay_apart),
		cmocka_unit_test(go_tool_pprof_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
