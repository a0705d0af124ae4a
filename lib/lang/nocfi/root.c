/* SPDX-License-Identifier: Apache-2.0 */
/* The outermost frame of a thread is one that the kernel has begun: a program's entry, or the new
 * thread's side of clone(). Where there is call frame information it says so ("the return address
 * is undefined"). Where there is none, a frame pointer of 0 says nothing: the compiler uses the
 * register for numbers too. So a root is what is known to be one. */
#include "root.h"

#include <elf.h>
#include <string.h>

#include "callsite.h"

/* A program's first instructions: _start is shorter on all machines. */
#define ENTRY_SIZE 64u

struct function function_at(struct image *image, uint64_t addr)
{
	uint32_t module = image_module(image, addr);
	Dwfl_Module *dwfl = image_dwfl_module(image, module);
	struct function ret = { NULL, 0, false };
	const char *name;
	GElf_Off offset;
	GElf_Sym sym;

	if (!dwfl || !image_has_symbols(image, module))
		return ret;
	name = dwfl_module_addrinfo(dwfl, addr, &offset, &sym, NULL, NULL, NULL);
	if (name)
		ret = (struct function){ name, addr - offset, offset < sym.st_size };
	return ret;
}

static bool is_named(const struct function *function, const char *const *names)
{
	for (; function->name && *names; names++)
		if (!strcmp(function->name, *names))
			return true;
	return false;
}

bool root_is_named(const struct function *function)
{
	static const char *const names[] = { "clone",          "__clone",
					     "clone3",         "__clone3",
					     "start_thread",   "thread_start",
					     "__thread_start", NULL };

	return is_named(function, names);
}

/* The system call that ends the thread alone: what clone() makes when the thread's function
 * returns, there being nobody else to return to. Numbers: asm/unistd.h. */
static bool exits_x86(const uint8_t *code, size_t size, bool wide)
{
	static const uint8_t call64[] = { 0x0f, 0x05 }, call32[] = { 0xcd, 0x80 };
	const uint8_t *call = wide ? call64 : call32, number = wide ? 60 : 1;
	bool set = false;
	size_t i;

	for (i = 0; i + 2 <= size; i++) {
		if (set && !memcmp(code + i, call, 2))
			return true;
		set |= i + 5 <= size && code[i] == 0xb8 && code[i + 1] == number && !code[i + 2] &&
		       !code[i + 3] && !code[i + 4];             /* mov $60, %eax */
		set |= code[i] == 0xb0 && code[i + 1] == number; /* mov $60, %al */
		set |= !wide && code[i] == 0x40;                 /* inc %eax, after xor */
	}
	return false;
}

static bool exits_arm64(const uint8_t *code, size_t size)
{
	static const uint8_t number[] = { 0xa8, 0x0b, 0x80, 0xd2 }, call[] = { 1, 0, 0, 0xd4 };
	bool set = false;
	size_t i;

	for (i = 0; i + 4 <= size; i += 4) {
		if (set && !memcmp(code + i, call, 4))
			return true;
		set |= !memcmp(code + i, number, 4); /* mov x8, #93 */
	}
	return false;
}

/* By what stands behind the call of a thread's function: an instruction that may not be executed,
 * or the end of the thread. Other functions call something and end the thread, too, but by name. */
static bool has_shape(struct image *image, const struct function *function, uint64_t pc)
{
	enum { HLT = 0xf4 };
	const struct arch *arch = image_arch(image);
	uint8_t code[20];
	size_t size = image_read(image, pc, code, sizeof(code));
	uint64_t target;

	if (!size || (function->sure && !root_is_named(function)) ||
	    callsite_before(image, pc, &target) != CALLSITE_POINTER)
		return false;
	if (arch->machine == EM_AARCH64)
		return exits_arm64(code, size);
	return code[0] == HLT || exits_x86(code, size, arch->word == 8);
}

static bool is_entry(const struct image *image, uint64_t pc)
{
	uint64_t entry;

	return image_auxv(image, AT_ENTRY, &entry) && pc >= entry && pc - entry < ENTRY_SIZE;
}

bool root_is(struct image *image, const struct function *function, uint64_t pc)
{
	static const char *const names[] = { "_start",   "__start",    "_dl_start_user",
					     "_dlstart", "_rt0_entry", NULL };

	return is_named(function, names) || (!function->sure && is_entry(image, pc)) ||
	       has_shape(image, function, pc);
}
