/* SPDX-License-Identifier: Apache-2.0 */
/* origin/: whose code a function is, and that the builder marks every frame with it. */
#include "test.h"

#include "dumps.h"
#include "origin/origin.h"

enum {
	LIB = STK_FRAME_LIBRARY,
	PLUMB = STK_FRAME_PLUMBING,
	LANG = STK_FRAME_LANGUAGE,
	PANIC = STK_FRAME_PANIC,
	START = STK_FRAME_START,
};

static const struct {
	const char *func, *file, *module;
	unsigned flags;
} cases[] = {
	{ "main.main", "/src/main.go", "/bin/server", 0 },
	{ "main", "main.c", NULL, 0 },
	{ NULL, NULL, NULL, 0 },
	{ NULL, NULL, "/bin/server", 0 },
	{ "net/http.(*conn).serve", "/go/src/net/http/server.go", NULL, LIB },
	{ "net/http.(*conn).serve", NULL, NULL, 0 },
	{ "network.Dial", "/src/network.go", NULL, 0 },
	{ "runtime.gopark", "/go/src/runtime/proc.go", NULL, LIB | LANG | PLUMB },
	{ "runtime.Gosched", "/go/src/runtime/proc.go", NULL, LIB | LANG },
	{ "runtime.gopanic", "/go/src/runtime/panic.go", NULL, LIB | LANG | PLUMB | PANIC },
	{ "runtime.goexit", "/go/src/runtime/asm_amd64.s", NULL, LIB | LANG | PLUMB | START },
	{ "runtime.goexit", NULL, NULL, LANG | PLUMB | START },
	{ "runtimes.park", "/src/x.go", NULL, 0 },
	{ "internal/poll.(*FD).Read", "/go/src/internal/poll/fd.go", NULL, LIB | PLUMB },
	{ "std::thread::park", "lib.rs", NULL, PLUMB },
	{ "stdio_of_mine", "x.c", NULL, 0 },
	{ "poll", NULL, "/lib/x86_64-linux-gnu/libc.so.6", PLUMB },
	{ NULL, NULL, "/lib64/ld-linux-x86-64.so.2", PLUMB },
	{ "f", NULL, "/opt/libc.so/server", 0 },
};

static void names_say_whose_code_it_is(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (origin_flags(cases[i].func, cases[i].file, cases[i].module) != cases[i].flags)
			fail_msg("%s: %#x", cases[i].func,
				 origin_flags(cases[i].func, cases[i].file, cases[i].module));
}

/* Whoever makes it: a frame of before, or one that claims to be another's. */
static void the_builder_marks_every_frame(void **state)
{
	struct builder *b = dump_begin();
	uint32_t ids[COUNT(cases)];
	struct stk_dump *dump, *derived;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		uint32_t module =
			cases[i].module
				? builder_module(b,
						 &(struct stk_module){
							 .path = builder_str(b, cases[i].module),
							 .build_id = "" })
				: STK_NONE;
		struct stk_frame frame = { .pc = i + 1,
					   .flags = STK_FRAME_SIGNAL | (i % 2 ? LIB : 0) };

		frame.loc = dump_loc(b, (struct stk_loc){ .func = cases[i].func,
							  .file = cases[i].file,
							  .module = module });
		ids[i] = builder_frame(b, &frame);
	}
	dump = builder_finish(b);
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(dump->frames[ids[i]].flags, cases[i].flags | STK_FRAME_SIGNAL);
	b = builder_derive(dump);
	for (i = 0; i < COUNT(cases); i++) {
		struct stk_frame frame = dump->frames[ids[i]];

		assert_int_equal(builder_frame(b, &frame), ids[i]);
		frame.flags |= STK_FRAME_RUNTIME;
		assert_int_equal(builder_frame_at(b, builder_frame(b, &frame))->flags,
				 cases[i].flags | STK_FRAME_SIGNAL | STK_FRAME_RUNTIME);
	}
	derived = builder_finish(b);
	stk_free(derived);
	stk_free(dump);
}

static void states_have_the_names_that_all_releases_know(void **state)
{
	(void)state;
	assert_string_equal(origin_former_state("sync.RWMutex.Lock"), "semacquire");
	assert_ptr_equal(origin_former_state("sync.Mutex.Lock"), origin_former_state("semacquire"));
	assert_string_equal(origin_former_state("sync.Cond.Wait"), "sync.Cond.Wait");
	assert_string_equal(origin_former_state("sleeping"), "sleeping");
	assert_true(origin_is_vague_state("semacquire"));
	assert_true(origin_is_vague_state("sync.Cond.Wait"));
	assert_false(origin_is_vague_state("select"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_whose_code_it_is),
		cmocka_unit_test(the_builder_marks_every_frame),
		cmocka_unit_test(states_have_the_names_that_all_releases_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
