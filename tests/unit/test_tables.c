/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: threads, goroutines, info, addr; and folded stacks. */
#include "test.h"

#include "dumps.h"
#include "output/text.h"

#define MINUTES(n) ((n)*INT64_C(60000000000))
#define PLAIN ((struct stk_style){ .level = STK_LEVEL_ALL })
#define VERBOSE ((struct stk_style){ .level = STK_LEVEL_ALL, .verbose = true })

static struct stk_dump *tasks_dump(void)
{
	static const struct stk_wait waits[] = {
		{ .kind = "chan receive", .address = 0xc000, .text = "chan int 0xc000 (len 0)" },
	};
	struct builder *b = dump_begin();
	uint32_t libc = builder_module(b, &(struct stk_module){
						  .path = builder_str(b, "/usr/lib/libc.so.6"),
						  .build_id = "" });
	uint32_t poll = dump_frame_at(b, 0x7f10,
				      (struct stk_loc){ .func = "poll", .module = libc });
	uint32_t loop = dump_frame(b, 0x5010, "event_loop", "./src/loop.c", 12);
	uint32_t park = dump_frame(b, 0x6010, "runtime.gopark", "proc.go", 363);
	uint32_t recv = dump_frame(b, 0x6020, "main.recv", "/x/main.go", 7);
	struct stk_more *more;
	struct stk_task *task;

	task = dump_task(b, STK_THREAD, 12, "running", dump_stack(b, &loop, 1));
	task->flags = STK_TASK_CRASHED;
	task->name = builder_str(b, "server");
	task->signal = 11;
	task = dump_task(b, STK_THREAD, 1300, "sleeping",
			 dump_stack(b, (uint32_t[]){ poll, loop }, 2));
	task->name = builder_str(b, "p\303\251");
	dump_more(b, task)->wchan = "do_poll";
	/* Ran a goroutine that died: has the signal that killed the program. */
	dump_task(b, STK_THREAD, 14, NULL, dump_stack(b, &poll, 1))->signal = 6;
	builder_cause(b)->signal = 6;
	dump_task(b, STK_THREAD, 15, NULL,
		  builder_stack(b, &(struct stk_stack){ .end = STK_END_NONE }));
	task = dump_task(b, STK_GOROUTINE, 1, "running", dump_stack(b, &recv, 1));
	task->tid = 1400;
	task->flags = STK_TASK_CURRENT;
	task = dump_task(b, STK_GOROUTINE, 18, "chan receive",
			 dump_stack(b, (uint32_t[]){ park, recv }, 2));
	task->wait_ns = MINUTES(3);
	task->creator = recv;
	task->creator_id = 1;
	more = dump_more(b, task);
	more->waits = waits;
	more->nwaits = 1;
	return builder_finish(b);
}

static void threads_are_a_line_each(void **state)
{
	struct stk_dump *dump = tasks_dump();

	(void)state;
	assert_written(
		dump, "threads", PLAIN,
		"* 12    \"server\"     running            SIGSEGV  event_loop at ./src/loop.c:12\n"
		"  1300  \"p\303\251\"         sleeping  do_poll           event_loop at ./src/loop.c:12\n"
		"* 14                                    SIGABRT  poll\n"
		"  15                                             (no stack)\n"
		"* 1400  goroutine 1  running                     main.recv at /x/main.go:7\n");
	stk_free(dump);
}

static void goroutines_are_a_line_each(void **state)
{
	struct stk_dump *dump = tasks_dump();
	static const char lines[] =
		"* 1   [running]                  thread 1400  main.recv at /x/main.go:7\n"
		"  18  [chan receive, 3 minutes]               main.recv at /x/main.go:7, "
		"created by main.recv in goroutine 1\n";
	FREE_AT_END char *verbose = xasprintf("%s   waits for chan int 0xc000 (len 0)\n", lines);

	(void)state;
	assert_written(dump, "goroutines", PLAIN, lines);
	assert_written(dump, "goroutines", VERBOSE, verbose);
	stk_free(dump);
}

static void lines_fit_a_terminal_where_they_can(void **state)
{
	static const struct {
		uint32_t width;
		const char *line;
	} cases[] = {
		{ 0, "  1  time.Sleep at /usr/lib/go-1.19/src/runtime/time.go:195, "
		     "created by main.main in goroutine 1\n" },
		{ 80,
		  "  1  time.Sleep at /usr...me/time.go:195, created by main.main in goroutine 1\n" },
		{ 100, "  1  time.Sleep at /usr/lib/go-1.19/src/runtime/time.go:195, "
		       "created by main.main in goroutine 1\n" },
		/* too narrow: it wraps, but what matters is there */
		{ 20,
		  "  1  time.Sleep at /us...ime.go:195, created by main.main in goroutine 1\n" },
	};
	struct builder *b = dump_begin();
	uint32_t frame = dump_frame(b, 1, "time.Sleep", "/usr/lib/go-1.19/src/runtime/time.go",
				    195);
	struct stk_task *task = dump_task(b, STK_GOROUTINE, 1, NULL, dump_stack(b, &frame, 1));
	struct stk_dump *dump;
	size_t i;

	(void)state;
	task->creator = dump_frame(b, 2, "main.main", "m.go", 1);
	task->creator_id = 1;
	dump = builder_finish(b);
	for (i = 0; i < COUNT(cases); i++)
		assert_written(dump, "goroutines", ((struct stk_style){ .width = cases[i].width }),
			       cases[i].line);
	stk_free(dump);
}

static void
the_user_s_frame_is_the_first_that_is_neither_the_runtime_s_nor_the_library_s(void **state)
{
	static const struct {
		const char *module, *func;
		bool users;
	} cases[] = {
		{ NULL, "main", true },
		{ NULL, "main.recv", true },
		{ NULL, "runtime.gopark", false },
		{ NULL, "runtime.Gosched", true }, /* exported: called by users */
		{ NULL, "runtime.", false },
		{ NULL, "internal/poll.(*FD).Read", false },
		{ NULL, "iter.Pull", false },
		{ NULL, "std::thread::park", false },
		{ NULL, "stdio_of_mine", true },
		{ NULL, "core::panicking::panic", false },
		{ "/lib/libc.so.6", "poll", false },
		{ "/lib/x86_64-linux-gnu/libc-2.31.so", "poll", false },
		{ "/lib/ld-linux-x86-64.so.2", NULL, false },
		{ "/usr/lib/libcurl.so.4", "curl_easy_perform", true },
		{ "/opt/libc/bin/server", "f", true }, /* a directory's name says nothing */
		{ "[vdso]", "clock_gettime", false },
		{ "/opt/server", NULL, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct builder *b = dump_begin();
		uint32_t module =
			cases[i].module
				? builder_module(b,
						 &(struct stk_module){
							 .path = builder_str(b, cases[i].module),
							 .build_id = "" })
				: STK_NONE;
		uint32_t frames[2] = { dump_frame_at(b, 1,
						     (struct stk_loc){ .func = cases[i].func,
								       .module = module }),
				       dump_frame(b, 2, "user", NULL, 0) };
		uint32_t stack = dump_stack(b, frames, 2);
		struct stk_dump *dump = builder_finish(b);
		uint32_t found = text_user_frame(dump, &dump->stacks[stack]);

		if (found != frames[cases[i].users ? 0 : 1])
			fail_msg("%s %s", cases[i].module ? cases[i].module : "-",
				 cases[i].func ? cases[i].func : "-");
		stk_free(dump);
	}
}

static void info_tells_what_happened_and_what_was_loaded(void **state)
{
	struct builder *b = dump_begin();
	struct stk_target *target = builder_target(b);
	struct stk_cause *cause = builder_cause(b);
	struct stk_dump *dump;

	(void)state;
	target->executable = "/opt/server";
	target->command_line = "./server --port 80 ";
	target->arch = "x86_64";
	target->threads = 2;
	cause->signal = 11;
	cause->text = "SIGSEGV: address not mapped (0x10)";
	cause->signature = "SIGSEGV|parse_header";
	cause->message = "assertion failed";
	builder_fact(b, "go", "version", "go1.19.8");
	builder_fact(b, "build", "path", "example.org/x");
	builder_fact(b, "go", "GOOS", "linux");
	builder_module(b, &(struct stk_module){ .path = "/opt/server",
						.file = "/opt/server",
						.build_id = "0123456789abcdef",
						.start = 0x400000,
						.end = 0x401000 });
	builder_module(b, &(struct stk_module){ .path = "/lib/libx.so",
						.file = "/root/lib/libx.so",
						.debug = "/usr/lib/debug/x.debug",
						.build_id = "0123",
						.start = 0x7f0000000000,
						.end = 0x7f0000001000,
						.status = STK_MODULE_FORCED });
	builder_module(b, &(struct stk_module){ .path = "/tmp/gone",
						.build_id = "",
						.start = 0x7f1000000000,
						.end = 0x7f1000001000,
						.status = STK_MODULE_MISSING,
						.deleted = true });
	builder_note(b, STK_NOTE_CORE_TRUNCATED, "", "%s", "12 bytes are missing");
	builder_note(b, STK_NOTE_MODULE_MISSING, "/tmp/gone", "%s", "no such file");
	dump = builder_finish(b);
	assert_written(
		dump, "info", PLAIN,
		"core.1234: server (pid 1234) killed by SIGSEGV: address not mapped (0x10), 2 threads\n"
		"  assertion failed\n"
		"\n"
		"crash\n"
		"  signal:            SIGSEGV: address not mapped (0x10)\n"
		"  signature:         SIGSEGV|parse_header\n"
		"\n"
		"core\n"
		"  executable:        /opt/server\n"
		"  command line:      ./server --port 80\n"
		"  architecture:      x86_64\n"
		"  pid:               1234\n"
		"  threads:           2\n"
		"\n"
		"go\n"
		"  version: go1.19.8\n"
		"  GOOS:    linux\n"
		"\n"
		"build\n"
		"  path: example.org/x\n"
		"\n"
		"modules\n"
		"  0x0000000000400000-0x0000000000401000  found       0123456789abcdef  /opt/server\n"
		"  0x00007f0000000000-0x00007f0000001000  forced      0123              /lib/libx.so, "
		"read from /root/lib/libx.so, debug file /usr/lib/debug/x.debug\n"
		"  0x00007f1000000000-0x00007f1000001000  missing     -                 /tmp/gone (deleted)\n"
		"\n"
		"notes\n"
		"  core-truncated: 12 bytes are missing\n"
		"  module-missing: /tmp/gone: no such file\n");
	stk_free(dump);
}

static void addresses_expand_to_the_calls_that_were_inlined(void **state)
{
	struct builder *b = dump_begin();
	static const char *const lines[] = { "a", "\tb" };
	static const struct stk_source source = { .first = 40, .count = 2, .lines = lines };
	uint32_t module =
		builder_module(b, &(struct stk_module){ .path = "/x/server", .build_id = "" });
	uint32_t frames[2];
	struct stk_dump *dump;

	(void)state;
	frames[0] = dump_frame_at(b, 0x1149,
				  (struct stk_loc){ .func = "handle",
						    .file = "./src/server.c",
						    .line = 41,
						    .column = 5,
						    .inlined = true,
						    .module = module,
						    .source = &source });
	frames[1] = dump_frame_at(b, 0x1149,
				  (struct stk_loc){ .func = "worker",
						    .file = "./src/server.c",
						    .line = 120,
						    .module = module });
	dump_task(b, STK_TRACE, 0, NULL, dump_stack(b, frames, 2));
	frames[0] = dump_frame_at(b, 0x2000,
				  (struct stk_loc){ .module = module,
						    .offset = 0x2000,
						    .why = "no symbols" });
	dump_task(b, STK_TRACE, 1, NULL, dump_stack(b, frames, 1));
	frames[0] = dump_frame_at(b, 0x9000,
				  (struct stk_loc){ .module = STK_NONE, .why = "not in the file" });
	dump_task(b, STK_TRACE, 2, NULL, dump_stack(b, frames, 1));
	dump = builder_finish(b);
	assert_written(dump, "addr", PLAIN,
		       "0x0000000000001149: handle at ./src/server.c:41\n"
		       "         40: a\n"
		       "  =>     41:         b\n"
		       " (inlined by) worker at ./src/server.c:120\n"
		       "0x0000000000002000: server+0x2000 [no symbols]\n"
		       "0x0000000000009000: (not in the file)\n");
	stk_free(dump);
}

static void folded_stacks_are_sorted_and_added_up(void **state)
{
	struct builder *b = dump_begin();
	uint32_t module = builder_module(b,
					 &(struct stk_module){ .path = "/x/a;b", .build_id = "" });
	uint32_t leaf = dump_frame(b, 1, "leaf", NULL, 0),
		 leaf2 = dump_frame(b, 2, "leaf", NULL, 0);
	uint32_t root = dump_frame(b, 3, "operator;x", NULL, 0);
	uint32_t inl = dump_frame_at(b, 4,
				     (struct stk_loc){
					     .func = "inl", .inlined = true, .module = STK_NONE });
	uint32_t unknown = dump_frame_at(b, 5,
					 (struct stk_loc){ .module = module, .offset = 0x10 });
	uint32_t handler = builder_frame(
		b,
		&(struct stk_frame){ .pc = 6,
				     .flags = STK_FRAME_SIGNAL,
				     .loc = dump_loc(b, (struct stk_loc){ .module = STK_NONE }) });
	struct stk_dump *dump;
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		dump_task(b, STK_THREAD, i, NULL, dump_stack(b, (uint32_t[]){ leaf, root }, 2));
	/* Another pc, the same names. */
	dump_task(b, STK_THREAD, 3, NULL, dump_stack(b, (uint32_t[]){ leaf2, root }, 2));
	dump_task(b, STK_THREAD, 4, NULL, dump_stack(b, (uint32_t[]){ handler, inl, unknown }, 3));
	dump_task(b, STK_THREAD, 5, NULL,
		  builder_stack(b, &(struct stk_stack){ .frames = (uint32_t[]){ leaf, root },
							.count = 2,
							.elided = 7,
							.elided_at = 1 }));
	dump_task(b, STK_THREAD, 6, NULL,
		  builder_stack(b, &(struct stk_stack){ .frames = &leaf,
							.count = 1,
							.elided = 7,
							.elided_at = 1 }));
	dump_task(b, STK_THREAD, 7, NULL,
		  builder_stack(b, &(struct stk_stack){ .end = STK_END_NONE }));
	dump = builder_finish(b);
	assert_written(dump, "folded", PLAIN,
		       "(left out);leaf 1\n"
		       "(no stack) 1\n"
		       "a:b+0x10;inl_[i];<signal handler called> 1\n"
		       "operator:x;(left out);leaf 1\n"
		       "operator:x;leaf 4\n");
	stk_free(dump);
}

static void every_listed_format_has_a_name_and_a_summary(void **state)
{
	const struct stk_format *format, *other;

	(void)state;
	assert_string_equal(stk_formats()[0].name, "delve");
	for (format = stk_formats(); format->name; format++) {
		assert_true(*format->summary != 0);
		assert_ptr_not_equal(output_find(format->name), NULL);
		for (other = stk_formats(); other != format; other++)
			assert_string_not_equal(other->name, format->name);
	}
	assert_null(output_find("no such format"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_a_line_each),
		cmocka_unit_test(goroutines_are_a_line_each),
		cmocka_unit_test(lines_fit_a_terminal_where_they_can),
		cmocka_unit_test(
			the_user_s_frame_is_the_first_that_is_neither_the_runtime_s_nor_the_library_s),
		cmocka_unit_test(info_tells_what_happened_and_what_was_loaded),
		cmocka_unit_test(addresses_expand_to_the_calls_that_were_inlined),
		cmocka_unit_test(folded_stacks_are_sorted_and_added_up),
		cmocka_unit_test(every_listed_format_has_a_name_and_a_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
