/* SPDX-License-Identifier: Apache-2.0 */
/* The default format, feature by feature. */
#include "test.h"

#include "dumps.h"

#define MINUTES(n) ((n)*INT64_C(60000000000))
#define PLAIN ((struct stk_style){ .level = STK_LEVEL_ALL })

/* What is written below the summary and the header of the only task. */
static char *stack_written(struct builder *b, struct stk_style style)
{
	struct stk_dump *dump = builder_finish(b);
	char *text = dump_written(dump, "delve", style), *stack;

	stack = strstr(text, "\n\n");
	assert_non_null(stack);
	stack = strchr(stack + 2, '\n');
	assert_non_null(stack);
	stack = xstrdup(stack + 1);
	free(text);
	stk_free(dump);
	return stack;
}

#define assert_stack_written(b, style, expected) \
	do { \
		char *stack_ = stack_written(b, style); \
		if (strcmp(stack_, expected)) \
			fail_msg("got\n%s\ninstead of\n%s", stack_, expected); \
		free(stack_); \
	} while (0)

static void the_example_of_the_manual_is_what_is_printed(void **state)
{
	struct builder *b = dump_begin();
	struct stk_dump *dump;
	struct stk_task *task;
	uint32_t frames[3];

	(void)state;
	builder_target(b)->threads = 12;
	builder_target(b)->goroutines = 3;
	builder_cause(b)->signal = 11;
	builder_cause(b)->text = builder_str(b, "SIGSEGV: address not mapped (0x10)");
	frames[0] = dump_frame(b, 0x5555555551a9, "parse_header", "./src/http.c", 88);
	frames[1] = dump_frame_at(b, 0x5555555552f0,
				  (struct stk_loc){ .func = "handle",
						    .file = "./src/server.c",
						    .line = 41,
						    .inlined = true,
						    .column = 9,
						    .module = STK_NONE });
	frames[2] = dump_frame(b, 0x5555555552f0, "worker", "./src/server.c", 120);
	task = dump_task(b, STK_THREAD, 1234, NULL, dump_stack(b, frames, 3));
	task->name = builder_str(b, "server");
	task->flags = STK_TASK_CRASHED | STK_TASK_CURRENT;
	task->signal = 11;
	frames[0] = dump_frame(b, 0x434cd6, "runtime.gopark", "/usr/lib/go/src/runtime/proc.go",
			       363);
	task = dump_task(b, STK_GOROUTINE, 18, "chan receive", dump_stack(b, frames, 1));
	task->wait_ns = MINUTES(3) + 59;
	task->creator = dump_frame(b, 0x5000, "main.start", "./main.go", 20);
	task->creator_id = 1;
	dump = builder_finish(b);
	assert_written(dump, "delve", PLAIN,
		       "core.1234: server (pid 1234) killed by SIGSEGV: address not mapped (0x10), "
		       "12 threads, 3 goroutines\n"
		       "\n"
		       "* Thread 1234 \"server\" SIGSEGV\n"
		       "0  0x00005555555551a9 in parse_header\n"
		       "   at ./src/http.c:88\n"
		       "1  0x00005555555552f0 in handle (inlined)\n"
		       "   at ./src/server.c:41\n"
		       "2  0x00005555555552f0 in worker\n"
		       "   at ./src/server.c:120\n"
		       "\n"
		       "  Goroutine 18 [chan receive, 3 minutes]\n"
		       "0  0x0000000000434cd6 in runtime.gopark\n"
		       "   at /usr/lib/go/src/runtime/proc.go:363\n"
		       "   created by main.start in goroutine 1\n"
		       "   at ./main.go:20\n");
	stk_free(dump);
}

static void the_first_line_says_what_it_is(void **state)
{
	static const struct {
		enum stk_target_kind kind;
		const char *name, *command, *cause;
		uint64_t pid, pause_ns;
		uint32_t threads, goroutines, reports;
		int signal;
		const char *line;
	} cases[] = {
		{ STK_TARGET_CORE, "core", "srv", "SIGABRT: sent by tkill", 7, 0, 1, 0, 0, 6,
		  "core: srv (pid 7) killed by SIGABRT: sent by tkill, 1 thread\n" },
		{ STK_TARGET_CORE, "core", "srv", "", 7, 0, 2, 0, 0, 0,
		  "core: srv (pid 7), 2 threads\n" },
		{ STK_TARGET_CORE, "core", "", "", 0, 0, 2, 0, 0, 0, "core: 2 threads\n" },
		{ STK_TARGET_PROCESS, "pid 7", "srv", "", 7, 4200000, 2, 1, 0, 0,
		  "pid 7: srv, paused 4.2 ms, 2 threads, 1 goroutine\n" },
		{ STK_TARGET_PROCESS, "pid 7", "srv", "", 7, 0, 2, 0, 0, 0,
		  "pid 7: srv, 2 threads\n" },
		{ STK_TARGET_TEXT, "a.log", "", "", 0, 0, 0, 3, 2, 0,
		  "a.log: 3 goroutines, 2 reports\n" },
	};
	size_t i;
	uint32_t j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = dump_begin();
		struct stk_target *target = builder_target(b);
		struct stk_dump *dump;

		target->kind = cases[i].kind;
		target->name = builder_str(b, cases[i].name);
		target->command = builder_str(b, cases[i].command);
		target->pid = cases[i].pid;
		target->pause_ns = cases[i].pause_ns;
		target->threads = cases[i].threads;
		target->goroutines = cases[i].goroutines;
		builder_cause(b)->signal = cases[i].signal;
		builder_cause(b)->text = builder_str(b, cases[i].cause);
		for (j = 0; j < cases[i].reports; j++)
			builder_report(b, &(struct stk_report){ "go", "", "", 1, 0, 0 });
		dump = builder_finish(b);
		assert_written(dump, "delve", PLAIN, cases[i].line);
		stk_free(dump);
	}
}

static void what_the_program_said_stands_below_the_first_line(void **state)
{
	struct builder *b = dump_begin();
	struct stk_dump *dump;

	(void)state;
	builder_target(b)->threads = 1;
	builder_cause(b)->message = builder_str(b, "panic: a [recovered]\n\tpanic: b");
	builder_statement(b, "the pointer was NULL", "rax is 0");
	dump = builder_finish(b);
	assert_written(dump, "delve", PLAIN,
		       "core.1234: server (pid 1234), 1 thread\n"
		       "  panic: a [recovered]\n"
		       "  \\tpanic: b\n"
		       "  the pointer was NULL (rax is 0)\n");
	stk_free(dump);
}

static void frames_that_are_special_say_so(void **state)
{
	struct builder *b = dump_begin();
	uint32_t libc =
		builder_module(b, &(struct stk_module){ .path = builder_str(b, "/lib/libc.so.6"),
							.build_id = "" });
	uint32_t frames[8];

	(void)state;
	frames[0] = builder_frame(b, &(struct stk_frame){
					     .pc = 0,
					     .how = STK_HOW_REGS,
					     .loc = dump_loc(b, (struct stk_loc){
									.why = "not in any module",
									.module = STK_NONE }) });
	frames[1] = builder_frame(
		b, &(struct stk_frame){ .pc = 0x7f00,
					.how = STK_HOW_CFI,
					.flags = STK_FRAME_SIGNAL,
					.loc = dump_loc(b, (struct stk_loc){ .func = "__restore_rt",
									     .module = libc }) });
	frames[2] = dump_frame_at(b, 0x7f10,
				  (struct stk_loc){
					  .module = libc, .offset = 0x10, .why = "no symbols" });
	frames[3] = dump_frame_at(b, 0x7f20, (struct stk_loc){ .module = libc, .offset = 0x20 });
	frames[4] = dump_frame_at(b, 0x7f30, (struct stk_loc){ .func = "poll", .module = libc });
	frames[5] = builder_frame(
		b,
		&(struct stk_frame){
			.pc = 0x7f40,
			.how = STK_HOW_GUESS,
			.loc = dump_loc(b, (struct stk_loc){ .func = "f", .module = STK_NONE }) });
	frames[6] = builder_frame(
		b,
		&(struct stk_frame){ .pc = 0x7f50,
				     .how = STK_HOW_CFI,
				     .flags = STK_FRAME_FORCED,
				     .loc = dump_loc(b, (struct stk_loc){ .func = "g",
									  .file = "g.c",
									  .line = 3,
									  .module = STK_NONE }) });
	frames[7] = builder_frame(
		b,
		&(struct stk_frame){
			.pc = 0x7f60,
			.how = STK_HOW_LINK,
			.loc = dump_loc(b, (struct stk_loc){ .func = "h", .module = STK_NONE }) });
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, frames, 8));
	assert_stack_written(b, PLAIN,
			     "0  0x0000000000000000 in (not in any module)\n"
			     "1  0x0000000000007f00 in <signal handler called>\n"
			     "2  0x0000000000007f10 in libc.so.6+0x10 [no symbols]\n"
			     "3  0x0000000000007f20 in libc.so.6+0x20\n"
			     "4  0x0000000000007f30 in poll\n"
			     "   from /lib/libc.so.6\n"
			     "5  0x0000000000007f40 in f (guessed)\n"
			     "6  0x0000000000007f50 in g (file of another build)\n"
			     "   at g.c:3\n"
			     "7  0x0000000000007f60 in h (recovered from the return address)\n");
}

static void the_end_of_a_stack_is_said_unless_it_is_the_root(void **state)
{
	static const struct {
		enum stk_end end;
		enum stk_target_kind kind;
		const char *line;
	} cases[] = {
		{ STK_END_ROOT, STK_TARGET_CORE, "" },
		{ STK_END_TEXT, STK_TARGET_TEXT, "" },
		{ STK_END_NO_UNWIND, STK_TARGET_CORE,
		  "   (stack ends here: no unwind information for 0x7f01)\n" },
		{ STK_END_UNREADABLE, STK_TARGET_CORE,
		  "   (stack ends here: memory at 0x7f01 is not in the core)\n" },
		{ STK_END_UNREADABLE, STK_TARGET_PROCESS,
		  "   (stack ends here: memory at 0x7f01 is not readable)\n" },
		{ STK_END_LOOP, STK_TARGET_CORE,
		  "   (stack ends here: the next frame would be this one again)\n" },
		{ STK_END_LIMIT, STK_TARGET_CORE,
		  "   (stack cut here: more frames than stk's limit)\n" },
		{ STK_END_NONE, STK_TARGET_CORE, "   (no stack)\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = dump_begin();

		builder_target(b)->kind = cases[i].kind;
		dump_task(b, STK_THREAD, 1, NULL,
			  builder_stack(b, &(struct stk_stack){ .end = cases[i].end,
								.end_address = 0x7f01 }));
		assert_stack_written(b, PLAIN, cases[i].line);
	}
}

/* "f" of a letter each; letters that are the same are the same frame. */
static uint32_t letters_stack(struct builder *b, const char *letters, uint32_t elided, uint32_t at)
{
	uint32_t frames[64], count;

	for (count = 0; letters[count]; count++) {
		char name[2] = { letters[count], 0 };

		frames[count] = dump_frame(b, (uint64_t)letters[count], name, NULL, 0);
	}
	return builder_stack(b, &(struct stk_stack){ .frames = frames,
						     .count = count,
						     .elided = elided,
						     .elided_at = at });
}

#define LETTER(number, pc, name) number "  0x00000000000000" pc " in " name "\n"

static void recursion_is_printed_once_with_its_count(void **state)
{
	/* clang-format off */
	static const struct { const char *letters; uint32_t elided, at; const char *text; } cases[] = {
		{ "abbbbc", 0, 0, LETTER("0", "61", "a") LETTER("1", "62", "b")
		  "   ... frames 2-4: the frame above, 3 more times\n" LETTER("5", "63", "c") },
		{ "abcbcbcd", 0, 0, LETTER("0", "61", "a") LETTER("1", "62", "b") LETTER("2", "63", "c")
		  "   ... frames 3-6: the 2 frames above, 2 more times\n" LETTER("7", "64", "d") },
		{ "aaaaaaaaaaaa", 0, 0, LETTER(" 0", "61", "a")
		  "    ... frames 1-11: the frame above, 11 more times\n" },
		{ "aab", 0, 0, LETTER("0", "61", "a") LETTER("1", "61", "a") LETTER("2", "62", "b") },
		/* What is left out keeps its numbers, and a run does not reach across it. */
		{ "ab", 7, 1, LETTER("0", "61", "a") "   ... 7 frames left out\n" LETTER("8", "62", "b") },
		{ "ab", 1, 2, LETTER("0", "61", "a") LETTER("1", "62", "b")
		  "   ... 1 frame left out\n" },
		{ "aaaaaa", 94, 3, LETTER(" 0", "61", "a")
		  "    ... frames 1-2: the frame above, 2 more times\n"
		  "    ... 94 frames left out\n" LETTER("97", "61", "a")
		  "    ... frames 98-99: the frame above, 2 more times\n" },
		{ "ab", STK_NONE, 1, LETTER("0", "61", "a") "   ... more frames left out\n"
		  LETTER("1", "62", "b") },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = dump_begin();

		dump_task(b, STK_THREAD, 1, NULL,
			  letters_stack(b, cases[i].letters, cases[i].elided, cases[i].at));
		assert_stack_written(b, PLAIN, cases[i].text);
	}
}

static void addresses_have_the_digits_of_the_target(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frame = dump_frame(b, 0x8048123, "f", NULL, 0);

	(void)state;
	builder_target(b)->word = 4;
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1));
	assert_stack_written(b, PLAIN, "0  0x08048123 in f\n");
}

static void frames_of_texts_may_have_no_address(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frame = builder_frame(
		b,
		&(struct stk_frame){ .how = STK_HOW_TEXT,
				     .loc = dump_loc(b, (struct stk_loc){ .func = "f",
									  .file = "f.c",
									  .line = 1,
									  .module = STK_NONE }) });

	(void)state;
	dump_task(b, STK_TRACE, 1, NULL, dump_stack(b, &frame, 1));
	assert_stack_written(b, PLAIN, "0  f\n   at f.c:1\n");
}

static void arguments_values_source_registers_and_instructions(void **state)
{
	struct builder *b = dump_begin();
	static const char *const lines[] = { "int f(int n)", "{", "\treturn n;", "" };
	static const struct stk_source source = { .first = 98, .count = 4, .lines = lines };
	static const struct stk_insn insns[] = { { 0x401000, "push rbp", false },
						 { 0x401001, "mov rbp,\trsp", true } };
	static const struct stk_disasm disasm = { .count = 2, .insns = insns };
	static const struct stk_value values[] = { { "i", "int", "<optimized out>", false },
						   { "n", "int", "3", true } };
	static const struct stk_reg regs[] = {
		{ "rax", 1 }, { "rbx", 2 }, { "rip", 0x401001 }, { "orig_rax", UINT64_MAX }
	};
	struct stk_detail detail = { .args = "n=3", .values = values, .nvalues = 2 };
	uint32_t frame = dump_frame_at(b, 0x401001,
				       (struct stk_loc){ .func = "f",
							 .file = "f.c",
							 .line = 100,
							 .module = STK_NONE,
							 .source = &source,
							 .disasm = &disasm });
	struct stk_task *task = dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1));
	struct stk_more *more = dump_more(b, task);

	(void)state;
	task->detail = builder_array(b, &detail, 1, sizeof(detail));
	more->regs = regs;
	more->nregs = 4;
	assert_stack_written(b, PLAIN,
			     "0  0x0000000000401001 in f(n=3)\n"
			     "   at f.c:100\n"
			     "       n = 3\n"
			     "       i = <optimized out>\n"
			     "       98: int f(int n)\n"
			     "       99: {\n"
			     "   => 100:         return n;\n"
			     "      101:\n"
			     "      0x0000000000401000  push rbp\n"
			     "   => 0x0000000000401001  mov rbp,        rsp\n"
			     "   rax    0x1\n"
			     "   rbx    0x2\n"
			     "   rip    0x401001\n"
			     "   orig_rax 0xffffffffffffffff\n");
}

static void headers_say_state_name_thread_and_signal(void **state)
{
	struct builder *b = dump_begin();
	static const struct stk_go leaked = { .leaked = true };
	uint32_t none = builder_stack(b, &(struct stk_stack){ .end = STK_END_TEXT });
	struct stk_task *task;
	struct stk_dump *dump;
	static const char *const state_of[] = { "chan receive" };

	(void)state;
	task = dump_task(b, STK_GOROUTINE, 1, state_of[0], none);
	task->flags = STK_TASK_LOCKED | STK_TASK_CURRENT;
	task->tid = 26314;
	task->wait_ns = MINUTES(1);
	dump_more(b, task)->go = &leaked;
	task = dump_task(b, STK_THREAD, 2, "sleeping", none);
	task->flags = STK_TASK_UNVERIFIED;
	task->name = builder_str(b, "a \"b\"");
	task = dump_task(b, STK_THREAD, 3, NULL, none);
	task->flags = STK_TASK_MISSED;
	task->signal = 40;
	task = dump_task(b, STK_TRACE, 4, "finished", none);
	dump_more(b, task)->header = builder_str(b, "freed by thread T0 here:");
	dump_task(b, STK_TRACE, 5, NULL, none)->creator_id = 4;
	dump = builder_finish(b);
	assert_written(
		dump, "delve", PLAIN,
		"core.1234: server (pid 1234), 5 stacks\n"
		"\n* Goroutine 1 [chan receive, 1 minute, locked to thread, leaked] (thread 26314)\n"
		"\n  Thread 2 \"a \\\"b\\\"\" [sleeping, read while running]\n"
		"\n  Thread 3 [never stopped] signal 40\n"
		"\n  freed by thread T0 here:\n"
		"\n  Stack 5\n"
		"   created by thread 4\n");
	stk_free(dump);
}

static void waits_calls_and_labels_stand_below_the_header(void **state)
{
	struct builder *b = dump_begin();
	static const struct stk_wait waits[] = {
		{ .kind = "chan receive", .address = 0xc000, .text = "chan int 0xc000 (len 0)" },
		{ .kind = "mutex", .address = 0xc010 },
		{ .kind = "timer", .text = "" },
	};
	static const struct stk_label labels[] = { { "req", "42" }, { "user", "bob" } };
	struct stk_task *task =
		dump_task(b, STK_GOROUTINE, 1, NULL,
			  builder_stack(b, &(struct stk_stack){ .end = STK_END_TEXT }));
	struct stk_more *more = dump_more(b, task);

	(void)state;
	more->waits = waits;
	more->nwaits = 3;
	more->labels = labels;
	more->nlabels = 2;
	more->syscall = "futex(0x7f, 0x80)";
	more->wchan = "futex_wait_queue";
	assert_stack_written(b, PLAIN,
			     "   waits for chan int 0xc000 (len 0)\n"
			     "   waits for mutex 0xc010\n"
			     "   waits for timer\n"
			     "   in system call futex(0x7f, 0x80)\n"
			     "   in kernel function futex_wait_queue\n"
			     "   labels: \"req\":\"42\", \"user\":\"bob\"\n");
}

static void ancestors_are_shown(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frame = dump_frame(b, 0x10, "main.spawn", "m.go", 4);
	struct stk_ancestor ancestor = { .id = 7,
					 .stack = dump_stack(b, &frame, 1),
					 .creator = dump_frame(b, 0x20, "main.main", "m.go", 9) };
	struct stk_task *task =
		dump_task(b, STK_GOROUTINE, 8, NULL,
			  builder_stack(b, &(struct stk_stack){ .end = STK_END_TEXT }));
	struct stk_more *more = dump_more(b, task);

	(void)state;
	more->ancestors = builder_array(b, &ancestor, 1, sizeof(ancestor));
	more->nancestors = 1;
	task->creator = frame;
	task->creator_id = 7;
	assert_stack_written(b, PLAIN,
			     "   created by main.spawn in goroutine 7\n"
			     "   at m.go:4\n"
			     "   when it did so, goroutine 7 was here:\n"
			     "0  0x0000000000000010 in main.spawn\n"
			     "   at m.go:4\n"
			     "   created by main.main\n"
			     "   at m.go:9\n");
}

static void reports_of_a_text_are_told_apart(void **state)
{
	struct builder *b = dump_begin();
	uint32_t none = builder_stack(b, &(struct stk_stack){ .end = STK_END_TEXT });
	struct stk_dump *dump;

	(void)state;
	*builder_target(b) = (struct stk_target){
		.kind = STK_TARGET_TEXT, .name = "a.log", .command = "", .goroutines = 2
	};
	dump_task(b, STK_GOROUTINE, 1, NULL, none);
	dump_task(b, STK_GOROUTINE, 1, NULL, none);
	builder_report(b, &(struct stk_report){ "go", "panic: boom", "a.log", 3, 0, 1 });
	builder_report(b, &(struct stk_report){ "go", "", "a.log", 90, 1, 1 });
	dump = builder_finish(b);
	assert_written(dump, "delve", PLAIN,
		       "a.log: 2 goroutines, 2 reports\n"
		       "\na.log:3: panic: boom\n"
		       "\n  Goroutine 1\n"
		       "\na.log:90: go\n"
		       "\n  Goroutine 1\n");
	stk_free(dump);
}

static void tasks_that_share_a_stack_print_the_same(void **state)
{
	struct builder *b = dump_begin();
	uint32_t stack = letters_stack(b, "ab", 0, 0);
	struct stk_dump *dump;

	(void)state;
	dump_task(b, STK_THREAD, 1, NULL, stack);
	dump_task(b, STK_THREAD, 2, NULL, letters_stack(b, "c", 0, 0));
	dump_task(b, STK_THREAD, 3, NULL, stack);
	dump = builder_finish(b);
	assert_written(dump, "delve", PLAIN,
		       "core.1234: server (pid 1234), 3 stacks\n"
		       "\n  Thread 1\n" LETTER("0", "61", "a")
			       LETTER("1", "62", "b") "\n  Thread 2\n" LETTER(
				       "0", "63", "c") "\n  Thread 3\n" LETTER("0", "61", "a")
				       LETTER("1", "62", "b"));
	stk_free(dump);
}

/* Every string of a dump is the target's choice. */
static struct stk_dump *hostile_dump(void)
{
	struct builder *b = dump_begin();
	const char *h = builder_str(b, DUMP_HOSTILE);
	const struct stk_label label = { h, h };
	const struct stk_wait wait = { .kind = h, .address = 1, .text = h, .object = h, .basis = h };
	const struct stk_reg reg = { h, 1 };
	const struct stk_value value = { h, h, h, true };
	const struct stk_detail detail = { .args = h,
					   .values = builder_array(b, &value, 1, sizeof(value)),
					   .nvalues = 1 };
	const struct stk_source source = { .first = 1,
					   .count = 1,
					   .lines = builder_array(b, &h, 1, sizeof(h)) };
	uint32_t module = builder_module(b,
					 &(struct stk_module){
						 .path = h, .file = h, .debug = h, .build_id = h });
	uint32_t frames[2];
	struct stk_task *task;
	struct stk_more *more;
	unsigned kind;

	frames[0] = dump_frame_at(b, 1,
				  (struct stk_loc){
					  .func = h,
					  .file = h,
					  .line = 1,
					  .module = module,
					  .source = builder_array(b, &source, 1, sizeof(source)) });
	frames[1] = dump_frame_at(b, 2, (struct stk_loc){ .why = h, .module = module });
	*builder_target(b) = (struct stk_target){ .name = h,
						  .executable = h,
						  .command = h,
						  .command_line = h,
						  .arch = h,
						  .go_version = h,
						  .goroutines = 1 };
	*builder_cause(b) = (struct stk_cause){ .signal = 1,
						.signal_name = h,
						.code_text = h,
						.text = h,
						.message = h,
						.signature = h };
	builder_statement(b, h, h);
	builder_fact(b, h, h, h);
	builder_note(b, STK_NOTE_UNVERIFIED, h, "%s", h);
	builder_report(b, &(struct stk_report){ h, h, h, 1, 0, 1 });
	for (kind = STK_THREAD; kind <= STK_TRACE; kind++) {
		task = dump_task(b, kind, 1, h, dump_stack(b, frames, 2));
		task->name = h;
		task->tid = 1;
		task->creator = frames[1];
		task->creator_id = 1;
		task->detail = builder_array(b, (const struct stk_detail[]){ detail, detail }, 2,
					     sizeof(detail));
		more = dump_more(b, task);
		more->labels = builder_array(b, &label, 1, sizeof(label));
		more->waits = builder_array(b, &wait, 1, sizeof(wait));
		more->regs = builder_array(b, &reg, 1, sizeof(reg));
		more->nlabels = more->nwaits = more->nregs = 1;
		more->wchan = more->syscall = more->header = h;
	}
	return builder_finish(b);
}

/* Control bytes that the formats themselves use are newlines and, some of them, tabs. */
static void no_output_lets_control_bytes_of_the_target_through(void **state)
{
	static const char *const formats[] = { "delve",   "go",         "group", "debug1", "folded",
					       "threads", "goroutines", "info",  "addr" };
	struct stk_dump *all = hostile_dump(), *dump;
	size_t i;

	(void)state;
	if (stk_group(all, STK_GROUP_EXACT, &dump))
		fail();
	for (i = 0; i < COUNT(formats); i++) {
		struct stk_style style = { .verbose = true, .level = STK_LEVEL_CRASH };
		char *text = dump_written(dump, formats[i], style), *at;

		assert_non_null(strstr(text, "\\x1b[31m"));
		/* No line starts where the target wanted one to; but Go's runtime does not
		 * escape a panic's message either, and what it prints is what is printed. */
		if (strcmp(formats[i], "go"))
			assert_null(strstr(text, "\nb\\xc2"));
		for (at = text; *at; at++) {
			size_t length = out_printable(at, strlen(at));

			if (!length && *at != '\n' && *at != '\t')
				fail_msg("%s: byte 0x%02x in %.40s", formats[i], (unsigned char)*at,
					 at);
			at += length ? length - 1 : 0;
		}
		free(text);
	}
	stk_free(dump);
	stk_free(all);
}

static void colour_is_by_meaning_and_only_on_demand(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frame = dump_frame(b, 0x10, "f", "f.c", 1);
	struct stk_dump *dump;
	struct stk_task *task;

	(void)state;
	task = dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1));
	task->flags = STK_TASK_CRASHED;
	task->signal = 11;
	dump = builder_finish(b);
	assert_written(dump, "delve", ((struct stk_style){ .colour = true }),
		       "\033[1mcore.1234\033[0m: server (pid 1234), 1 stack\n"
		       "\n* \033[1;31mThread 1\033[0m \033[1;31mSIGSEGV\033[0m\n"
		       "0  \033[2m0x0000000000000010\033[0m in \033[33mf\033[0m\n"
		       "   at \033[32mf.c:1\033[0m\n");
	stk_free(dump);
}

static void names_are_shortened_only_to_a_width(void **state)
{
	struct builder *b;
	uint32_t width, frame;

	(void)state;
	for (width = 0; width <= 60; width += 60) {
		b = dump_begin();
		frame = dump_frame(
			b, 0x10, "namespace::a_very_long_function_name_that_goes_on(int, \303\251)",
			NULL, 0);
		dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1));
		assert_stack_written(
			b, ((struct stk_style){ .width = width }),
			width ? "0  0x0000000000000010 in namespace:...e_that_goes_on(int, \303\251)\n"
			      : "0  0x0000000000000010 in namespace::a_very_long_function_name_that_"
				"goes_on(int, \303\251)\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_manual_is_what_is_printed),
		cmocka_unit_test(the_first_line_says_what_it_is),
		cmocka_unit_test(what_the_program_said_stands_below_the_first_line),
		cmocka_unit_test(frames_that_are_special_say_so),
		cmocka_unit_test(the_end_of_a_stack_is_said_unless_it_is_the_root),
		cmocka_unit_test(recursion_is_printed_once_with_its_count),
		cmocka_unit_test(addresses_have_the_digits_of_the_target),
		cmocka_unit_test(frames_of_texts_may_have_no_address),
		cmocka_unit_test(arguments_values_source_registers_and_instructions),
		cmocka_unit_test(headers_say_state_name_thread_and_signal),
		cmocka_unit_test(waits_calls_and_labels_stand_below_the_header),
		cmocka_unit_test(ancestors_are_shown),
		cmocka_unit_test(reports_of_a_text_are_told_apart),
		cmocka_unit_test(tasks_that_share_a_stack_print_the_same),
		cmocka_unit_test(no_output_lets_control_bytes_of_the_target_through),
		cmocka_unit_test(colour_is_by_meaning_and_only_on_demand),
		cmocka_unit_test(names_are_shortened_only_to_a_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
