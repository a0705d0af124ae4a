/* SPDX-License-Identifier: Apache-2.0 */
/* The system call that a thread sleeps in, told by its registers. */
#include "test.h"

#include <elf.h>
#include <string.h>

#include "image/private.h"

static const struct image_ops no_ops;

/* A thread of an image with no memory. */
struct thread {
	struct image image;
	struct image_thread thread;
	unsigned char raw[400];
};

static struct thread *thread_of(unsigned machine, unsigned word)
{
	struct thread *t = calloc(1, sizeof(*t));

	t->image.arch = arch_find(machine, word, false);
	t->image.ops = &no_ops;
	t->thread.raw = t->raw;
	assert_non_null(t->image.arch);
	return t;
}

static void put(struct thread *t, const char *name, int64_t value)
{
	const struct arch_reg *reg;

	for (reg = t->image.arch->regs; strcmp(reg->name, name) != 0; reg++)
		assert_non_null(reg[1].name);
	image_bytes(&t->image, (uint64_t)value, t->raw + reg->offset, t->image.arch->word);
}

static void drop(struct thread *t)
{
	memory_deinit(&t->image.memory);
	free(t);
}

static void expect(struct thread *t, int64_t number, const uint64_t args[6])
{
	uint64_t got[6];
	int64_t nr;

	assert_true(image_syscall(&t->image, &t->thread, &nr, got));
	assert_int_equal(nr, number);
	assert_memory_equal(got, args, sizeof(got));
}

static void expect_none(struct thread *t)
{
	uint64_t args[6] = { 7, 7, 7, 7, 7, 7 };
	int64_t nr = 7;

	assert_false(image_syscall(&t->image, &t->thread, &nr, args));
	assert_int_equal(nr, 7);
	assert_int_equal(args[0], 7);
}

static void x86_64_keeps_number_and_arguments_beside_the_result(void **state)
{
	static const int64_t interrupted[] = { -512, -513, -514, -516, -4 };
	static const uint64_t args[] = { 0x7f0000000010, 0x189, 0, 0x7ffe0000, 5, UINT32_MAX };
	static const char *const names[] = { "rdi", "rsi", "rdx", "r10", "r8", "r9" };
	struct thread *t = thread_of(EM_X86_64, 8);
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		put(t, names[i], (int64_t)args[i]);
	put(t, "orig_rax", 202);
	for (i = 0; i < ARRAY_SIZE(interrupted); i++) {
		put(t, "rax", interrupted[i]);
		expect(t, 202, args);
	}
	/* it has come back from one, or was in none */
	put(t, "rax", 0);
	expect_none(t);
	put(t, "rax", -512);
	put(t, "orig_rax", -1);
	expect_none(t);
	t->thread.raw = NULL;
	expect_none(t);
	drop(t);
}

static void i386_has_words_of_four_bytes(void **state)
{
	static const uint64_t args[] = { 0xffd00010, 0x80, 2, 0, 0, 0xbadc0de };
	static const char *const names[] = { "ebx", "ecx", "edx", "esi", "edi", "ebp" };
	struct thread *t = thread_of(EM_386, 4);
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		put(t, names[i], (int64_t)args[i]);
	put(t, "orig_eax", 240);
	put(t, "eax", -516);
	expect(t, 240, args);
	put(t, "orig_eax", -1);
	expect_none(t);
	drop(t);
}

static void aarch64_stands_before_the_call_again(void **state)
{
	static const unsigned char code[] = { 0x01, 0x00, 0x00, 0xd4, 0x1f, 0x20, 0x03, 0xd5 };
	static const uint64_t args[] = { 0xffff00000010, 0x80, 2, 0, 0, 0 };
	static const char *const names[] = { "x0", "x1", "x2", "x3", "x4", "x5" };
	struct thread *t = thread_of(EM_AARCH64, 8);
	size_t i;

	(void)state;
	memory_add(&t->image.memory, 0x1000, sizeof(code), code);
	memory_sort(&t->image.memory);
	for (i = 0; i < 6; i++)
		put(t, names[i], (int64_t)args[i]);
	put(t, "x8", 98);
	put(t, "pc", 0x1000);
	expect(t, 98, args);
	put(t, "pc", 0x1004);
	expect_none(t);
	put(t, "pc", 0x2000);
	expect_none(t);
	drop(t);
}

static void other_architectures_do_not_tell(void **state)
{
	struct thread *t = thread_of(EM_RISCV, 8);

	(void)state;
	put(t, "a7", 98);
	expect_none(t);
	drop(t);
}

static void registers_have_names(void **state)
{
	struct thread *t = thread_of(EM_X86_64, 8), changed = { 0 };
	struct image_regs regs = { .pc = 0x4000 };
	uint64_t value = 1;
	void *raw;

	(void)state;
	put(t, "orig_rax", 60);
	put(t, "rbx", 9);
	assert_true(image_register(&t->image, &t->thread, "orig_rax", &value));
	assert_int_equal(value, 60);
	assert_false(image_register(&t->image, &t->thread, "x0", &value));
	assert_int_equal(value, 60);
	regs_set(&regs, 3, 10); /* rbx */
	raw = image_thread_with(&t->image, &t->thread, &regs, &changed.thread);
	assert_true(image_register(&t->image, &changed.thread, "rbx", &value));
	assert_int_equal(value, 10);
	assert_true(image_register(&t->image, &changed.thread, "rip", &value));
	assert_int_equal(value, 0x4000);
	assert_true(image_register(&t->image, &changed.thread, "orig_rax", &value));
	assert_int_equal(value, 60);
	free(raw);
	t->thread.raw = NULL;
	assert_false(image_register(&t->image, &t->thread, "rbx", &value));
	assert_null(image_thread_with(&t->image, &t->thread, &regs, &changed.thread));
	drop(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_64_keeps_number_and_arguments_beside_the_result),
		cmocka_unit_test(i386_has_words_of_four_bytes),
		cmocka_unit_test(aarch64_stands_before_the_call_again),
		cmocka_unit_test(other_architectures_do_not_tell),
		cmocka_unit_test(registers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
