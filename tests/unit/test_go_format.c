/* SPDX-License-Identifier: Apache-2.0 */
/* -f go: what the runtime of each version prints, and its grammar for other programs. */
#include "test.h"

#include <unistd.h>

#include "dumps.h"

#define MINUTES(n) ((n)*INT64_C(60000000000))

static const struct stk_style all = { .level = STK_LEVEL_ALL };
static const struct stk_style everything = { .level = STK_LEVEL_SYSTEM };

static struct builder *go_begin(const char *version)
{
	struct builder *b = dump_begin();

	builder_target(b)->go_version = builder_str(b, version);
	builder_target(b)->goroutines = 1;
	return b;
}

static uint32_t go_frame(struct builder *b, uint64_t pc, const char *func, uint32_t line,
			 uint64_t offset)
{
	return builder_frame(b, &(struct stk_frame){
					.pc = pc,
					.how = STK_HOW_GOPCLNTAB,
					.loc = dump_loc(b, (struct stk_loc){
								   .func = func,
								   .file = "/src/w.go",
								   .line = line,
								   .module = STK_NONE,
								   .func_offset = offset }) });
}

static void assert_go(struct builder *b, const struct stk_style *style, const char *expected)
{
	struct stk_dump *dump = builder_finish(b);

	assert_written(dump, "go", *style, expected);
	stk_free(dump);
}

/* A goroutine that has everything that a header can say. */
static struct stk_task *rich_task(struct builder *b, uint32_t frame, bool shows_labels)
{
	static const struct stk_label labels[] = { { "job", "ingest" },
						   { "tenant", "acme 1\"\303\251" } };
	struct stk_go go = { .m_address = 0xc00007a008,
			     .m = 3,
			     .bubble = 4,
			     .scan = true,
			     .durable = true,
			     .labels = shows_labels,
			     .status = "waiting" };
	struct stk_task *task = dump_task(b, STK_GOROUTINE, 12, "chan receive",
					  dump_stack(b, &frame, 1));
	struct stk_more *more = dump_more(b, task);

	task->address = 0xc0000061c0;
	more->go = builder_array(b, &go, 1, sizeof(go));
	more->labels = labels;
	more->nlabels = 2;
	task->wait_ns = MINUTES(12) + 5;
	task->flags = STK_TASK_LOCKED;
	return task;
}

static void headers_follow_the_version(void **state)
{
	static const struct {
		const char *version;
		bool system, labels;
		const char *header;
	} cases[] = {
		{ "go1.19.8", false, false,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest bubble 4]:\n" },
		{ "go1.21.4", true, false,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest bubble 4]:\n" },
		{ "go1.22", true, false,
		  "goroutine 12 gp=0xc0000061c0 m=3 mp=0xc00007a008 [chan receive (scan) (durable), "
		  "12 minutes, locked to thread, synctest bubble 4]:\n" },
		{ "go1.24.1", false, false,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest group 4]:\n" },
		{ "go1.26.2", false, true,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest bubble 4 labels:{\"job\": \"ingest\", \"tenant\": \"acme 1\\\"\\u00e9\"}]:\n" },
		{ "go1.27.0", false, false,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest bubble 4]:\n" },
		{ "go1.27.0", false, true,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest bubble 4] {job: ingest, tenant: \"acme 1\\\"\\u00e9\"}:\n" },
		{ "devel go1.28-2e6276df34 Mon", false, true,
		  "goroutine 12 [chan receive (scan) (durable), 12 minutes, locked to thread, "
		  "synctest bubble 4] {job: ingest, tenant: \"acme 1\\\"\\u00e9\"}:\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = go_begin(cases[i].version);
		FREE_AT_END char *text = xasprintf("%smain.f(...)\n\t/src/w.go:1 +0x5\n",
						   cases[i].header);

		rich_task(b, go_frame(b, 0x10, "main.f", 1, 5), cases[i].labels);
		assert_go(b, cases[i].system ? &everything : &all, text);
	}
}

static void statuses_and_waits(void **state)
{
	static const struct {
		const char *state_text, *status;
		int64_t m, wait_ns;
		bool leaked, durable;
		const char *header;
	} cases[] = {
		{ NULL, "runnable", -1, -1, false, false, "goroutine 2 gp=0x10 m=nil [runnable]:" },
		{ NULL, "running", 0, MINUTES(9), false, false,
		  "goroutine 2 gp=0x10 m=0 mp=0x20 [running]:" },
		{ "select", "waiting", -1, MINUTES(1) - 1, false, false,
		  "goroutine 2 gp=0x10 m=nil [select]:" },
		{ "select", "waiting", -1, MINUTES(1), false, false,
		  "goroutine 2 gp=0x10 m=nil [select, 1 minutes]:" },
		{ NULL, "syscall", 1, MINUTES(2), false, false,
		  "goroutine 2 gp=0x10 m=1 mp=0x20 [syscall, 2 minutes]:" },
		{ "chan send", "leaked", -1, -1, true, false,
		  "goroutine 2 gp=0x10 m=nil [chan send (leaked)]:" },
		{ "select (durable)", "waiting", -1, -1, false, true,
		  "goroutine 2 gp=0x10 m=nil [select (durable)]:" },
		{ "odd]: state", "waiting", -1, -1, false, false,
		  "goroutine 2 gp=0x10 m=nil [odd\\x5d: state]:" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = go_begin("go1.26.5");
		struct stk_go go = { .m_address = 0x20,
				     .m = cases[i].m,
				     .status = cases[i].status,
				     .leaked = cases[i].leaked,
				     .durable = cases[i].durable };
		uint32_t frame = go_frame(b, 0x10, "main.f", 1, 0);
		struct stk_task *task = dump_task(b, STK_GOROUTINE, 2, cases[i].state_text,
						  dump_stack(b, &frame, 1));
		FREE_AT_END char *text = xasprintf("%s\nmain.f(...)\n\t/src/w.go:1\n",
						   cases[i].header);

		dump_more(b, task)->go = builder_array(b, &go, 1, sizeof(go));
		task->address = 0x10;
		task->wait_ns = cases[i].wait_ns;
		assert_go(b, &everything, text);
	}
}

static void frames_have_arguments_offsets_and_pointers(void **state)
{
	struct builder *b = go_begin("go1.19.8");
	struct stk_detail detail[3] = {
		{ .args = "0xc00001c0a8?, {0xc000012345, 0x3, ...}, _",
		  .sp = 0xc0000a1e18,
		  .cfa = 0xc0000a1f60 },
		{ .args = "0x1" },
		{ .args = "", .sp = 0x30, .cfa = 0x40 },
	};
	uint32_t frames[3];

	(void)state;
	frames[0] = go_frame(b, 0x4a0b15, "main.(*W[go.shape.int_0]).run", 41, 0x95);
	frames[1] = dump_frame_at(b, 0x4a0b20,
				  (struct stk_loc){ .func = "main.inlined",
						    .file = "/src/w.go",
						    .line = 50,
						    .inlined = true,
						    .module = STK_NONE,
						    .func_offset = 0x10 });
	frames[2] = go_frame(b, 0x4a0b20, "runtime.gopanic", 60, 0x10);
	dump_task(b, STK_GOROUTINE, 1, "running", dump_stack(b, frames, 3))->detail =
		builder_array(b, detail, 3, sizeof(*detail));
	assert_go(b, &everything,
		  "goroutine 1 [running]:\n"
		  "main.(*W[...]).run(0xc00001c0a8?, {0xc000012345, 0x3, ...}, _)\n"
		  "\t/src/w.go:41 +0x95 fp=0xc0000a1f60 sp=0xc0000a1e18 pc=0x4a0b15\n"
		  "main.inlined(...)\n"
		  "\t/src/w.go:50\n"
		  "panic()\n"
		  "\t/src/w.go:60 +0x10 fp=0x40 sp=0x30 pc=0x4a0b20\n");
}

static void creators_are_named_as_the_version_does(void **state)
{
	static const struct {
		const char *version;
		uint64_t id, creator;
		const char *text;
	} cases[] = {
		{ "go1.19.8", 7, 3, "created by main.g[go.shape.int_0]\n\t/src/w.go:9 +0x1f\n" },
		{ "go1.21.0", 7, 3,
		  "created by main.g[...] in goroutine 3\n\t/src/w.go:9 +0x1f\n" },
		{ "go1.21.0", 7, 0, "created by main.g[...]\n\t/src/w.go:9 +0x1f\n" },
		{ "go1.21.0", 1, 0, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = go_begin(cases[i].version);
		uint32_t frame = go_frame(b, 0x10, "main.f", 1, 0);
		struct stk_task *task = dump_task(b, STK_GOROUTINE, cases[i].id, "select",
						  dump_stack(b, &frame, 1));
		FREE_AT_END char *text =
			xasprintf("goroutine %d [select]:\nmain.f(...)\n\t/src/w.go:1\n%s",
				  (int)cases[i].id, cases[i].text);

		task->creator = go_frame(b, 0x20, "main.g[go.shape.int_0]", 9, 0x1f);
		task->creator_id = cases[i].creator;
		assert_go(b, &all, text);
	}
}

static void gaps_ancestors_and_missing_stacks(void **state)
{
	struct builder *b = go_begin("go1.21.0");
	uint32_t frames[2] = { go_frame(b, 0x10, "main.f", 1, 0),
			       go_frame(b, 0x20, "main.g", 2, 4) };
	struct stk_ancestor ancestor = { .id = 5,
					 .stack = dump_stack(b, frames, 2),
					 .creator = go_frame(b, 0x30, "main.h", 3, 6) };
	struct stk_task *task;
	struct stk_more *more;

	(void)state;
	task = dump_task(b, STK_GOROUTINE, 6, "select",
			 builder_stack(b, &(struct stk_stack){ .frames = frames,
							       .count = 2,
							       .elided = 120,
							       .elided_at = 1 }));
	task->creator = frames[1];
	task->creator_id = 5;
	more = dump_more(b, task);
	more->ancestors = builder_array(b, &ancestor, 1, sizeof(ancestor));
	more->nancestors = 1;
	dump_task(b, STK_GOROUTINE, 8, "select",
		  builder_stack(b, &(struct stk_stack){ .frames = frames,
							.count = 1,
							.elided = STK_NONE,
							.elided_at = 1 }));
	task = dump_task(b, STK_GOROUTINE, 7, "running",
			 builder_stack(b, &(struct stk_stack){ .end = STK_END_NONE }));
	task->creator = frames[1];
	assert_go(b, &all,
		  "goroutine 6 [select]:\n"
		  "main.f(...)\n\t/src/w.go:1\n"
		  "...120 frames elided...\n"
		  "main.g(...)\n\t/src/w.go:2 +0x4\n"
		  "created by main.g in goroutine 5\n\t/src/w.go:2 +0x4\n"
		  "[originating from goroutine 5]:\n"
		  "main.f(...)\n\t/src/w.go:1\n"
		  "main.g(...)\n\t/src/w.go:2 +0x4\n"
		  "created by main.h\n\t/src/w.go:3 +0x6\n"
		  "\n"
		  "goroutine 8 [select]:\n"
		  "main.f(...)\n\t/src/w.go:1\n"
		  "...additional frames elided...\n"
		  "\n"
		  "goroutine 7 [running]:\n"
		  "\tgoroutine running on other thread; stack unavailable\n"
		  "created by main.g\n\t/src/w.go:2 +0x4\n");
}

static void the_message_stands_before_and_the_registers_behind(void **state)
{
	struct builder *b = go_begin("go1.19.8");
	static const struct stk_reg regs[] = {
		{ "rip", 0x45c7f1 }, { "rax", 0 }, { "eflags", 0x246 }, { "orig_rax", 1 }
	};
	uint32_t frame = go_frame(b, 0x10, "main.f", 1, 0);
	struct stk_more *more =
		dump_more(b, dump_task(b, STK_GOROUTINE, 1, "running", dump_stack(b, &frame, 1)));

	(void)state;
	builder_cause(b)->message = builder_str(b, "panic: a [recovered]\n\tpanic: b");
	more->regs = regs;
	more->nregs = 4;
	assert_go(b, &(const struct stk_style){ .level = STK_LEVEL_CRASH },
		  "panic: a [recovered]\n\tpanic: b\n\n"
		  "goroutine 1 [running]:\n"
		  "main.f(...)\n\t/src/w.go:1\n"
		  "\n"
		  "rax    0x0\n"
		  "rip    0x45c7f1\n"
		  "rflags 0x246\n");
}

/* Threads of a program without Go: names, files and states of every kind. */
static struct stk_dump *native_dump(void)
{
	static const struct {
		const char *func, *file;
		uint32_t line;
		bool inlined;
	} frames_of[] = {
		{ "parse_header", "./src/http.c", 88, false },
		{ "std::vector<int, std::allocator<int> >::operator[](unsigned long) const",
		  "/usr/include/c++/12/bits/stl_vector.h", 1040, true },
		{ "operator%(int)", "/src/a b.cpp", 3, false },
		{ "operator/(int)", "b.cc", 4, false },
		{ "<core::iter::Map<I,F> as core::iter::Iterator>::next::{{closure}}", "/r/lib.rs",
		  7, false },
		{ "f(int)::{lambda(char*)#1}::operator()(char*) const", NULL, 0, false },
		{ "__clone3", "../sysdeps/unix/sysv/linux/x86_64/clone3.S", 81, false },
	};
	struct builder *b = dump_begin();
	uint32_t module =
		builder_module(b, &(struct stk_module){ .path = builder_str(b, "/lib/libc.so.6"),
							.build_id = "" });
	uint32_t frames[16], n = 0, i;

	builder_cause(b)->signal = 11;
	builder_cause(b)->text = builder_str(b, "SIGSEGV: address not mapped (0x10)");
	frames[n++] = builder_frame(
		b, &(struct stk_frame){ .pc = 1,
					.flags = STK_FRAME_SIGNAL,
					.loc = dump_loc(b, (struct stk_loc){ .module = module }) });
	frames[n++] = dump_frame_at(
		b, 2, (struct stk_loc){ .module = module, .offset = 0x20, .why = "no symbols" });
	for (i = 0; i < COUNT(frames_of); i++)
		frames[n++] = dump_frame_at(b, 16 + i,
					    (struct stk_loc){ .func = frames_of[i].func,
							      .file = frames_of[i].file,
							      .line = frames_of[i].line,
							      .inlined = frames_of[i].inlined,
							      .module = STK_NONE,
							      .func_offset = 4 });
	dump_task(b, STK_THREAD, 1234, NULL, dump_stack(b, frames, n))->name = "main";
	dump_task(b, STK_THREAD, 1235, "sleeping", dump_stack(b, frames + n - 1, 1));
	return builder_finish(b);
}

static void threads_of_other_programs_have_the_same_grammar(void **state)
{
	struct stk_dump *dump = native_dump();

	(void)state;
	assert_written(
		dump, "go", all,
		"SIGSEGV: address not mapped (0x10)\n"
		"\n"
		"goroutine 1234 [running]:\n"
		"<signal handler called>(...)\n\t??:0\n"
		"libc.so.6+0x20(...)\n\t??:0\n"
		"parse_header(...)\n\t./src/http.c:88 +0x4\n"
		"std::vector<int, std::allocator<int> >::operator[](unsigned long) const(...)\n"
		"\t/usr/include/c++/12/bits/stl_vector.h.c:1040\n"
		"operator\xef\xbc\x85(int)(...)\n\t/src/a b.cpp.c:3 +0x4\n"
		"operator\xe2\x88\x95(int)(...)\n\tb.cc.c:4 +0x4\n"
		"<core::iter::Map<I,F> as core::iter::Iterator>::next::{{closure}}(...)\n"
		"\t/r/lib.rs.c:7 +0x4\n"
		"f(int)::{lambda(char*)#1}::operator()(char*) const(...)\n\t??:0 +0x4\n"
		"__clone3(...)\n\t../sysdeps/unix/sysv/linux/x86_64/clone3.S.c:81 +0x4\n"
		"\n"
		"goroutine 1235 [sleeping]:\n"
		"__clone3(...)\n\t../sysdeps/unix/sysv/linux/x86_64/clone3.S.c:81 +0x4\n");
	stk_free(dump);
}

static void backtraces_of_other_tools_have_the_same_grammar(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frame = builder_frame(
		b, &(struct stk_frame){
			   .how = STK_HOW_TEXT,
			   .loc = dump_loc(b, (struct stk_loc){ .func = "operator/(int)",
								.file = "a.cc",
								.line = 3,
								.module = STK_NONE,
								.func_offset = UINT64_MAX }) });
	uint32_t stack = dump_stack(b, &frame, 1);

	(void)state;
	builder_target(b)->kind = STK_TARGET_TEXT;
	dump_task(b, STK_THREAD, 7, NULL, stack);
	dump_task(b, STK_GOROUTINE, 8, "select", stack);
	assert_go(b, &all,
		  "goroutine 7 [running]:\noperator\xe2\x88\x95(int)(...)\n\ta.cc.c:3\n"
		  "\ngoroutine 8 [select]:\noperator/(int)(...)\n\ta.cc:3\n");
}

static void panicparse_reads_threads_of_other_programs(void **state)
{
	struct stk_dump *dump = native_dump();
	char *text = dump_written(dump, "go", all), shown[8192];
	char path[] = "/tmp/stk-test-XXXXXX";
	FREE_AT_END char *command = NULL;
	int fd = mkstemp(path);
	size_t size;
	FILE *pipe;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(text);
	stk_free(dump);
	command = xasprintf(
		"command -v panicparse >/dev/null || exit 99; panicparse -no-color %s 2>&1", path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(shown, 1, sizeof(shown) - 1, pipe);
	shown[size] = 0;
	fd = pclose(pipe);
	unlink(path);
	if (fd == 99 << 8)
		SKIP_TEST("panicparse is not installed");
	assert_null(strstr(shown, "Failed"));
	/* Both threads, with all frames, and nothing left over behind them. */
	assert_non_null(strstr(shown, "1: running"));
	assert_non_null(strstr(shown, "1: sleeping"));
	assert_non_null(strstr(shown, "operator\xef\xbc\x85(int)"));
	assert_non_null(strstr(shown, "http.c:88"));
	assert_null(strstr(shown, "goroutine 1"));
	assert_null(strstr(shown, "\t"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_follow_the_version),
		cmocka_unit_test(statuses_and_waits),
		cmocka_unit_test(frames_have_arguments_offsets_and_pointers),
		cmocka_unit_test(creators_are_named_as_the_version_does),
		cmocka_unit_test(gaps_ancestors_and_missing_stacks),
		cmocka_unit_test(the_message_stands_before_and_the_registers_behind),
		cmocka_unit_test(threads_of_other_programs_have_the_same_grammar),
		cmocka_unit_test(backtraces_of_other_tools_have_the_same_grammar),
		cmocka_unit_test(panicparse_reads_threads_of_other_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
