/* SPDX-License-Identifier: Apache-2.0 */
/* Go's function table, in its three formats. */
#include "test.h"

#include "gotable.h"

static const enum gopclntab_format formats[] = { GOPCLNTAB_116, GOPCLNTAB_118, GOPCLNTAB_120 };

static struct gopclntab opened(const struct made_table *made)
{
	struct gopclntab table;

	assert_true(gopclntab_init(&table, made->bytes, made->size));
	table.text = TABLE_TEXT;
	return table;
}

static void functions_are_found_by_pc(void **state)
{
	/* clang-format off */
	static const struct { uint64_t pc; const char *name; } cases[] = {
		{ TABLE_TEXT - 1, NULL }, { TABLE_TEXT, "main.f" }, { TABLE_TEXT + 63, "main.f" },
		{ TABLE_TEXT + 64, "main.g[go.shape.int]" }, { TABLE_TEXT + 127, "main.g[go.shape.int]" },
		{ TABLE_TEXT + 128, NULL }, { 0, NULL }, { UINT64_MAX, NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct made_table made = make_table(formats[f]);
		struct gopclntab table = opened(&made);

		for (size_t i = 0; i < COUNT(cases); i++) {
			struct gopclntab_func func;
			bool found = gopclntab_find(&table, cases[i].pc, &func);

			assert_int_equal(found, cases[i].name != NULL);
			if (found)
				assert_string_equal(gopclntab_name(&table, func.name),
						    cases[i].name);
		}
	}
}

static void frame_sizes_lines_and_files_are_those_of_the_pc(void **state)
{
	static const struct {
		unsigned offset;
		int frame;
		uint32_t line;
		const char *file;
		int inlined;
	} cases[] = {
		{ 0, 0, 10, "a.go", -1 },   { 3, 0, 10, "a.go", -1 },   { 4, 24, 10, "a.go", -1 },
		{ 16, 24, 12, "a.go", -1 }, { 32, 24, 12, "b.go", 0 },  { 47, 24, 12, "b.go", 0 },
		{ 48, 24, 12, "b.go", -1 }, { 63, 24, 12, "b.go", -1 },
	};

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct made_table made = make_table(formats[f]);
		struct gopclntab table = opened(&made);
		struct gopclntab_func func;

		assert_true(gopclntab_find(&table, TABLE_TEXT, &func));
		for (size_t i = 0; i < COUNT(cases); i++) {
			uint64_t pc = TABLE_TEXT + cases[i].offset;
			uint32_t line;
			int32_t frame;

			assert_true(gopclntab_value(&table, &func, func.pcsp, pc, &frame));
			assert_int_equal(frame, cases[i].frame);
			assert_string_equal(gopclntab_line(&table, &func, pc, &line),
					    cases[i].file);
			assert_int_equal(line, cases[i].line);
			assert_int_equal(gopclntab_pcdata(&table, &func, GOPCDATA_INLINE, pc),
					 cases[i].inlined);
		}
	}
}

static void function_data_is_an_address(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct made_table made = make_table(formats[f]);
		struct gopclntab table = opened(&made);
		struct gopclntab_func func;

		assert_true(gopclntab_nth(&table, 1, &func));
		assert_int_equal(func.flag, GOFUNC_TOPFRAME);
		assert_int_equal(func.id, 9);
		assert_int_equal(gopclntab_funcdata(&table, &func, GOFUNCDATA_INLINE, TABLE_GOFUNC),
				 TABLE_GOFUNC + 0x30);
		assert_int_equal(gopclntab_funcdata(&table, &func, 0, TABLE_GOFUNC), 0);
		assert_int_equal(gopclntab_funcdata(&table, &func, 200, TABLE_GOFUNC), 0);
		assert_false(gopclntab_nth(&table, 2, &func));
	}
}

static void inlined_calls_have_two_shapes(void **state)
{
	static const unsigned char old[] = { 0, 0, 21, 0, 1, 0, 0, 0, 5, 0,
					     0, 0, 7,  0, 0, 0, 9, 0, 0, 0 };
	static const unsigned char recent[] = { 22, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0 };
	struct gopclntab_inlined call;
	struct gopclntab table = { .format = GOPCLNTAB_118 };

	(void)state;
	assert_int_equal(gopclntab_inlined_size(&table), sizeof(old));
	gopclntab_inlined(&table, old, &call);
	assert_int_equal(call.id, 21);
	assert_int_equal(call.name, 7);
	assert_int_equal(call.parent_pc, 9);
	table.format = GOPCLNTAB_120;
	assert_int_equal(gopclntab_inlined_size(&table), sizeof(recent));
	gopclntab_inlined(&table, recent, &call);
	assert_int_equal(call.id, 22);
	assert_int_equal(call.name, 7);
	assert_int_equal(call.parent_pc, 9);
}

/* Asks for everything: nothing may be read behind the end. */
static void ask(const unsigned char *bytes, size_t size)
{
	struct gopclntab_func func;
	struct gopclntab table;
	uint32_t line;
	int32_t value;

	if (!gopclntab_init(&table, bytes, size))
		return;
	table.text = TABLE_TEXT;
	for (uint64_t pc = TABLE_TEXT; pc < TABLE_TEXT + 130; pc += 7) {
		if (!gopclntab_find(&table, pc, &func))
			continue;
		(void)gopclntab_name(&table, func.name);
		(void)gopclntab_value(&table, &func, func.pcsp, pc, &value);
		(void)gopclntab_line(&table, &func, pc, &line);
		(void)gopclntab_pcdata(&table, &func, GOPCDATA_ARGLIVE, pc);
		(void)gopclntab_funcdata(&table, &func, GOFUNCDATA_ARGINFO, TABLE_GOFUNC);
	}
}

static void every_prefix_is_survived(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct made_table made = make_table(formats[f]);

		for (size_t size = 0; size <= made.size; size++) {
			unsigned char *copy = malloc(size ? size : 1);

			memcpy(copy, made.bytes, size);
			ask(copy, size);
			free(copy);
		}
	}
}

static void every_damaged_byte_is_survived(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct made_table made = make_table(formats[f]);

		for (size_t at = 0; at < made.size; at++) {
			unsigned char before = made.bytes[at];

			made.bytes[at] = 0xff;
			ask(made.bytes, made.size);
			made.bytes[at] = before ^ 0x41;
			ask(made.bytes, made.size);
			made.bytes[at] = before;
		}
	}
}

static void other_magics_are_no_tables(void **state)
{
	struct made_table made = make_table(GOPCLNTAB_120);
	struct gopclntab table;

	(void)state;
	made.bytes[0] = 0xfb; /* Go 1.2 to 1.15 */
	assert_false(gopclntab_init(&table, made.bytes, made.size));
	assert_false(gopclntab_magic(made.bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_by_pc),
		cmocka_unit_test(frame_sizes_lines_and_files_are_those_of_the_pc),
		cmocka_unit_test(function_data_is_an_address),
		cmocka_unit_test(inlined_calls_have_two_shapes),
		cmocka_unit_test(every_prefix_is_survived),
		cmocka_unit_test(every_damaged_byte_is_survived),
		cmocka_unit_test(other_magics_are_no_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
