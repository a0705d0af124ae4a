/* SPDX-License-Identifier: Apache-2.0 */
/* Crash signatures and the normal form of function names. */
#include "test.h"

#include "analyze/analyze.h"
#include "analyze/funcname.h"
#include "dumps.h"

static void names_lose_what_differs_between_builds(void **state)
{
	/* clang-format off */
	static const struct { const char *name, *normal; } cases[] = {
		{ "parse_header", "parse_header" },
		{ "", "" },
		/* C++ */
		{ "f(int, char const*)", "f" },
		{ "ns::A<int, std::vector<int> >::f(int) const", "ns::A::f" },
		{ "void ns::f<int>(int)", "ns::f" },
		{ "std::vector<int, std::allocator<int> >::operator[](unsigned long)",
		  "std::vector::operator[]" },
		{ "std::ostream& operator<< <char>(std::ostream&, char)", "operator<<" },
		{ "A::operator->() const", "A::operator->" },
		{ "A::operator unsigned int() const", "A::operator unsigned int" },
		{ "operator new(unsigned long)", "operator new" },
		{ "(anonymous namespace)::f(int)", "(anonymous namespace)::f" },
		{ "f(int)::{lambda(char*)#1}::operator()(char*) const", "f::{lambda}::operator()" },
		{ "A::f(int) const::{lambda()#2}::operator()() const", "A::f::{lambda}::operator()" },
		{ "main::$_12::operator()() const", "main::$::operator()" },
		{ "cooperator::f(int)", "cooperator::f" },
		/* compilers' copies */
		{ "f.cold", "f" }, { "f.part.0", "f" }, { "f.isra.0.cold", "f" },
		{ "f.constprop.1", "f" }, { "f.lto_priv.0", "f" }, { "f.llvm.1234", "f" },
		{ "f(int) [clone .cold]", "f" }, { "memcpy@plt", "memcpy" },
		{ "memcpy@@GLIBC_2.14", "memcpy" }, { "memcpy@GLIBC_2.14", "memcpy" },
		/* the C library */
		{ "__memcpy_avx_unaligned_erms", "memcpy" }, { "__strlen_evex", "strlen" },
		{ "__memset_sse2_unaligned", "memset" }, { "__memcpy_chk", "memcpy" },
		{ "__GI_raise", "raise" }, { "__GI___libc_free", "__libc_free" },
		{ "my_avx_kernel", "my_avx_kernel" },
		/* Rust */
		{ "app::run::h0123456789abcdef", "app::run" },
		{ "app::run::hash", "app::run::hash" },
		{ "core[c1f1a4ba060b9bfa]::fmt::write", "core::fmt::write" },
		{ "app::f::<u8>", "app::f" },
		{ "<app::T<u8> as core::fmt::Debug>::fmt", "<app::T as core::fmt::Debug>::fmt" },
		{ "<fn(i32) as app::Trait<u8>>::call", "<fn(i32) as app::Trait>::call" },
		{ "<fn() -> i32 as app::Trait>::call(u8)", "<fn() -> i32 as app::Trait>::call" },
		{ "app::main::{{closure}}", "app::main::{closure}" },
		{ "app::main::{closure#0}", "app::main::{closure}" },
		/* Go */
		{ "main.(*T[...]).wait", "main.(*T[...]).wait" },
		{ "main.partition", "main.partition" },
		{ "main.f.func1.2", "main.f.func1.2" },
		{ "gopkg.in/yaml%2ev2.X", "gopkg.in/yaml%2ev2.X" },
		/* broken ones */
		{ "f<int", "f" }, { "f(", "f" }, { "<", "<" }, { "{", "{}" }, { "(", "" }, { "a{b", "a{b}" },
		{ "[0123456789abcdef", "[0123456789abcdef" },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char *normal = funcname_normal(cases[i].name);

		if (strcmp(normal, cases[i].normal))
			fail_msg("%s: '%s', not '%s'", cases[i].name, normal, cases[i].normal);
		free(normal);
	}
}

static void beginnings_of_names_have_a_normal_form(void **state)
{
	static const char name[] =
		"std::A<int, (anonymous namespace)::B<c> >::operator<< <d>(int (*)(e))"
		"::{lambda(int)#1}::$_0::operator()(char*) const [clone .cold]";
	char begun[sizeof(name)];
	size_t length;

	(void)state;
	for (length = 0; length < sizeof(name); length++) {
		char *copy, *normal;

		memcpy(begun, name, length);
		begun[length] = 0;
		/* In a block of just that size, where a sanitizer sees the first byte behind it. */
		copy = strdup(begun);
		normal = funcname_normal(copy);
		assert_true(strlen(normal) <= length + 2);
		free(normal);
		free(copy);
	}
}

/* Any text at all: nothing is read or written outside (sanitizers would say). */
static void any_text_has_a_normal_form(void **state)
{
	static const char pieces[][12] = { "(", ")",     "<",        ">", "{",   "}",          "[",
					   "]", "::",    "operator", " ", "a",   "$_1",        "->",
					   "#", "const", ".cold",    "@", "::h", "0123456789a" };
	uint32_t seed = 1, round, i;

	(void)state;
	for (round = 0; round < 50000; round++) {
		char name[200] = "";
		char *normal;

		for (i = 0; i < round % 14; i++) {
			seed = seed * 1664525 + 1013904223;
			strcat(name, pieces[(seed >> 16) % COUNT(pieces)]);
		}
		normal = funcname_normal(name);
		assert_true(strlen(normal) <= 2 * strlen(name) + 2);
		free(normal);
	}
}

/* The signature of a stack of functions of the program, "libc:" before those of the library,
 * "?" for one without a name; newest first. */
static struct stk_dump *crashed(const char *const *functions, uint64_t slide)
{
	struct builder *b = dump_begin();
	uint32_t program = builder_module(
		b, &(struct stk_module){ .path = builder_str(b, "/opt/server"),
					 .build_id = builder_str(b, "0123456789abcdef0123") });
	uint32_t libc = builder_module(b, &(struct stk_module){
						  .path = builder_str(b, "/lib/libc.so.6"),
						  .build_id = builder_str(b, "fedcba9876543210") });
	uint32_t frames[32], n;

	for (n = 0; functions[n]; n++) {
		const char *name = functions[n];
		bool in_libc = !strncmp(name, "libc:", 5);
		struct stk_loc loc = { .func = in_libc ? name + 5 : name,
				       .module = in_libc ? libc : program,
				       .offset = 0x1000 + strlen(name) };

		if (!strcmp(name, "?"))
			loc.func = NULL;
		frames[n] = dump_frame_at(b, slide + loc.offset, loc);
	}
	builder_cause(b)->signal_name = builder_str(b, "SIGSEGV");
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, frames, n))->flags = STK_TASK_CRASHED;
	analyze_signature(b);
	return builder_finish(b);
}

static void signatures_are_the_newest_functions_that_say_something(void **state)
{
	static const struct {
		const char *functions[20], *signature;
	} cases[] = {
		{ { "parse_header", "handle(int)", "worker", "libc:start_thread", "libc:clone3" },
		  "SIGSEGV: parse_header | handle | worker" },
		{ { "libc:__pthread_kill_implementation", "libc:raise", "libc:abort", "give_up",
		    "main", "libc:__libc_start_call_main", "libc:__libc_start_main_impl",
		    "_start" },
		  "SIGSEGV: give_up" },
		{ { "libc:__memcpy_avx_unaligned_erms", "copy_name", "main" },
		  "SIGSEGV: copy_name" },
		/* recursion, however deep */
		{ { "even", "odd", "even", "odd", "even", "main" }, "SIGSEGV: even | odd" },
		{ { "even", "odd", "even", "main" }, "SIGSEGV: even | odd" },
		{ { "a1", "a2", "a3", "a4", "a5", "a6" }, "SIGSEGV: a1 | a2 | a3 | a4 | a5" },
		{ { "?", "main" }, "SIGSEGV: server" },
		{ { "libc:raise", "libc:abort" }, "SIGSEGV: raise | abort" }, /* all there is */
		{ { "freeUser", "raise_alarm", "main" }, "SIGSEGV: freeUser | raise_alarm" },
		{ { "runtime.sigpanic", "main.f", "main.main", "runtime.main", "runtime.goexit" },
		  "SIGSEGV: main.f | main.main" },
		{ { "core::panicking::panic_fmt", "rust_panic::run::h0123456789abcdef",
		    "<&dyn Fn<(), Output = i32> as core::ops::function::FnOnce<()>>::call_once",
		    "std::rt::lang_start" },
		  "SIGSEGV: rust_panic::run" },
		{ { "libc:any_function_of_the_library", "std::mine", "main" }, "SIGSEGV: main" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct stk_dump *dump = crashed(cases[i].functions, 0x555555550000);

		assert_string_equal(dump->cause.signature, cases[i].signature);
		stk_free(dump);
	}
}

static void addresses_are_of_files_and_do_not_move_with_them(void **state)
{
	static const char *const functions[] = { "libc:raise", "?",          "main",
						 "main",       "libc:start", NULL };
	struct stk_dump *here = crashed(functions, 0x555555550000);
	struct stk_dump *there = crashed(functions, 0x7f0000000000);

	(void)state;
	assert_string_equal(here->cause.address_signature,
			    "SIGSEGV: 0123456789ab+0x1001 | 0123456789ab+0x1004");
	assert_string_equal(there->cause.address_signature, here->cause.address_signature);
	assert_string_equal(there->cause.signature, here->cause.signature);
	stk_free(here);
	stk_free(there);
}

static void nothing_crashed_and_there_is_no_signature(void **state)
{
	struct builder *b = dump_begin();
	uint32_t frame = dump_frame(b, 1, "f", NULL, 0);
	struct stk_dump *dump;

	(void)state;
	dump_task(b, STK_THREAD, 1, NULL, dump_stack(b, &frame, 1));
	analyze_signature(b);
	dump = builder_finish(b);
	assert_null(dump->cause.signature);
	assert_null(dump->cause.address_signature);
	stk_free(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lose_what_differs_between_builds),
		cmocka_unit_test(beginnings_of_names_have_a_normal_form),
		cmocka_unit_test(any_text_has_a_normal_form),
		cmocka_unit_test(signatures_are_the_newest_functions_that_say_something),
		cmocka_unit_test(addresses_are_of_files_and_do_not_move_with_them),
		cmocka_unit_test(nothing_crashed_and_there_is_no_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
