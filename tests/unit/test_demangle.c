/* SPDX-License-Identifier: Apache-2.0 */
/* lib/sym/demangle: mangled names, as people write them; hostile ones, in bounded time and size. */
#include "test.h"

#include "sym/sym.h"

static void names_are_those_of_the_source(void **state)
{
	static const struct {
		const char *mangled, *name;
	} cases[] = {
		/* No parameters, no return type; template arguments stay. */
		{ "_ZN2ns5Class1fEi", "ns::Class::f" },
		{ "_ZNK2ns5Class1gEv", "ns::Class::g" },
		{ "_Z3addIiET_S0_S0_", "add<int>" },
		{ "_ZSt4sortIPiEvT_S1_", "std::sort<int*>" },
		{ "_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()" },
		{ "_ZN12_GLOBAL__N_16hiddenEv", "(anonymous namespace)::hidden" },
		{ "_ZN5ClassD2Ev", "Class::~Class" },
		{ "_ZNKSt8functionIFiiEEclEi", "std::function<int (int)>::operator()" },
		{ "_Z1fv.constprop.0", "f" },
		{ "_Z1fv.cold", "f" },
		/* Rust's first scheme loses its hash, its second the hashes of crates. */
		{ "_ZN4core3fmt9Formatter3pad17h1234567890abcdefE", "core::fmt::Formatter::pad" },
		{ "_ZN3std6Thread4join17hddd6ee66166e6e1dE", "std::Thread::join" },
		{ "_ZN3std6Thread4join17h0000000000000000E", "std::Thread::join" },
		{ "_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt"
		  "17h1234567890abcdefE",
		  "<alloc::string::String as core::fmt::Display>::fmt" },
		{ "_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar" },
		{ "_RINvCs1234_7mycrate3foolE", "mycrate::foo::<i32>" },
		{ "_RNCNvCs1234_7mycrate4main0B3_", "mycrate::main::{closure#0}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char *name = demangle(cases[i].mangled);

		assert_non_null(name);
		assert_string_equal(name, cases[i].name);
		free(name);
	}
}

static void plain_and_damaged_names_are_not_demangled(void **state)
{
	/* clang-format off */
	static const char *const names[] = {
		"", "_", "main", "_D4test3fooFiZv", "__libc_start_main", "_Z", "_ZN", "_R", "_D", "_ZN2ns", "runtime.main",
		"_Zebra", "_DYNAMIC", "_ReadFile", "_ZN3foo17h12", "_Z999999999999999999999f",
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		assert_null(demangle(names[i]));
}

/* f<A<int, int>, B<A, A>, C<B, B> ...>: each argument is twice as long as the one before. */
static void a_name_that_stands_for_terabytes_is_cut(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char mangled[4096] = "_Z1fI1AIiiE", piece[32], *name;
	unsigned i;

	(void)state;
	for (i = 1; i < 40; i++) {
		char reference[4] = { digits[(2 * i - 1) % 36] };

		/* S0_ ... SZ_, S10_ ... */
		if (2 * i - 1 >= 36) {
			reference[0] = digits[(2 * i - 1) / 36];
			reference[1] = digits[(2 * i - 1) % 36];
		}
		snprintf(piece, sizeof(piece), "1%cIS%s_S%s_E", 'A' + (int)i % 26, reference,
			 reference);
		strcat(mangled, piece);
	}
	strcat(mangled, "EvT_");
	name = demangle(mangled);
	assert_non_null(name);
	assert_int_equal(strlen(name), DEMANGLE_LIMIT + 3);
	assert_memory_equal(name, "f<A<int, int>, B<A<int, int>, A<int, int> >, C<B<", 48);
	assert_string_equal(name + DEMANGLE_LIMIT, "...");
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_source),
		cmocka_unit_test(plain_and_damaged_names_are_not_demangled),
		cmocka_unit_test(a_name_that_stands_for_terabytes_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
