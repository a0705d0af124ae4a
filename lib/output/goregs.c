/* SPDX-License-Identifier: Apache-2.0 */
#include "goregs.h"

#include <stdio.h>
#include <string.h>

static const struct stk_reg *find_register(const struct stk_reg *regs, uint32_t count,
					   const char *name)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(regs[i].name, name))
			return &regs[i];
	return NULL;
}

static void put_register(struct out *out, const char *name, size_t width, uint64_t value)
{
	size_t length = strlen(name);

	out_text(out, name);
	out_pad(out, length < width ? width - length : 1);
	out_hex(out, value, 1);
	out_char(out, '\n');
}

/* In the runtime's order and words: dumpregs() of src/runtime/signal_*.go. */
static void put_amd64(struct out *out, const struct stk_reg *regs, uint32_t count)
{
	static const struct {
		const char *ours, *theirs;
	} names[] = {
		{ "rax", "rax" }, { "rbx", "rbx" },       { "rcx", "rcx" },       { "rdx", "rdx" },
		{ "rdi", "rdi" }, { "rsi", "rsi" },       { "rbp", "rbp" },       { "rsp", "rsp" },
		{ "r8", "r8" },   { "r9", "r9" },         { "r10", "r10" },       { "r11", "r11" },
		{ "r12", "r12" }, { "r13", "r13" },       { "r14", "r14" },       { "r15", "r15" },
		{ "rip", "rip" }, { "eflags", "rflags" }, { "rflags", "rflags" }, { "cs", "cs" },
		{ "fs", "fs" },   { "gs", "gs" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct stk_reg *reg = find_register(regs, count, names[i].ours);

		if (reg)
			put_register(out, names[i].theirs, 7, reg->value);
	}
}

static void put_arm64(struct out *out, const struct stk_reg *regs, uint32_t count)
{
	char name[8];
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(regs[i].name, "pstate"))
			continue;
		snprintf(name, sizeof(name), "%s", regs[i].name);
		if (name[0] == 'x')
			name[0] = 'r';
		put_register(out, strcmp(name, "r30") ? name : "lr", 8, regs[i].value);
	}
}

/* Those of other machines as they come. */
static void put_registers(struct out *out, const struct stk_reg *regs, uint32_t count)
{
	uint32_t i;

	out_char(out, '\n');
	if (find_register(regs, count, "rip"))
		put_amd64(out, regs, count);
	else if (find_register(regs, count, "x28"))
		put_arm64(out, regs, count);
	else
		for (i = 0; i < count; i++)
			put_register(out, regs[i].name, 7, regs[i].value);
}

void goregs_write(struct out *out, const struct stk_dump *dump)
{
	if (dump->cause.nregs)
		put_registers(out, dump->cause.regs, dump->cause.nregs);
	else if (dump->ntasks && dump->tasks[0].more->nregs)
		put_registers(out, dump->tasks[0].more->regs, dump->tasks[0].more->nregs);
}
