/* SPDX-License-Identifier: Apache-2.0 */
/* What is at an address: mapped or not, whose stack, which file, whether it can be an address at
 * all. */
#include "finding.h"

#include <stdio.h>
#include <string.h>

/* Accesses this far below a stack are taken for its overflow: a frame with a large array. */
#define BELOW_STACK ((uint64_t)1 << 20)
#define NULL_PAGE 65536u

bool cause_is_canonical(const struct cause *k, uint64_t address)
{
	uint64_t top = address >> 47;

	/* 5-level paging (57 bits) is only given to programs that ask for it. */
	return k->arch->word != 8 || strcmp(k->arch->name, "x86_64") != 0 || top == 0 ||
	       top == 0x1ffff;
}

const struct image_thread *cause_stack_owner(const struct cause *k, uint64_t address)
{
	const struct image_range *range = image_range_at(k->image, address);
	uint32_t count, i;
	const struct image_thread *threads = image_threads(k->image, &count);

	for (i = 0; range && i < count; i++) {
		uint64_t sp = threads[i].regs.r[k->arch->sp];

		if (threads[i].has_regs && sp >= range->start && sp < range->end)
			return &threads[i];
	}
	return NULL;
}

/* A thread whose stack begins a little above the address. */
static const struct image_thread *stack_above(const struct cause *k, uint64_t address,
					      uint64_t *ret_start)
{
	uint32_t count, i;
	const struct image_thread *threads = image_threads(k->image, &count), *found = NULL;

	for (i = 0; i < count; i++) {
		uint64_t sp = threads[i].regs.r[k->arch->sp];
		/* An overflowed thread's sp is itself in the guard page. */
		const struct image_range *range = image_range_at(k->image, sp);

		if (!threads[i].has_regs || !range || !range->writable || range->start <= address ||
		    range->start - address > BELOW_STACK)
			continue;
		found = &threads[i];
		*ret_start = range->start;
		if (found == k->thread)
			break;
	}
	return found;
}

static const char *protection(const struct image_range *range)
{
	if (!range->readable && !range->writable && !range->executable)
		return "without any access (a guard page)";
	if (range->writable)
		return range->executable ? "readable, writable and executable"
					 : "readable and writable";
	return range->executable ? "read-only and executable" : "read-only";
}

static void describe_range(const struct cause *k, const struct image_range *range, uint64_t address,
			   char *ret, size_t size)
{
	const struct image_thread *owner = cause_stack_owner(k, address);
	uint64_t start = 0;

	if (owner && range->writable)
		snprintf(ret, size, "on the stack of thread %u", owner->tid);
	else if (!range->readable && !range->writable && stack_above(k, address, &start) &&
		 start == range->end)
		snprintf(ret, size, "in the guard page below the stack of thread %u",
			 stack_above(k, address, &start)->tid);
	else if (range->path)
		snprintf(ret, size, "mapped %s from %s", protection(range), range->path);
	else
		snprintf(ret, size, "mapped %s", protection(range));
}

/* gdb's gcore leaves whole pieces of files out: the module still covers them. */
static bool describe_module(const struct cause *k, uint64_t address, char *ret, size_t size)
{
	uint32_t module = image_module(k->image, address);

	if (module == STK_NONE)
		return false;
	snprintf(ret, size, "in %s", image_module_info(k->image, module)->path);
	return true;
}

void cause_describe(const struct cause *k, uint64_t address, char *ret, size_t size)
{
	const struct image_range *range = image_range_at(k->image, address);
	const struct image_thread *thread;
	uint64_t start = 0;

	if (!cause_is_canonical(k, address))
		snprintf(ret, size, "not a canonical address: nothing can be mapped there");
	else if (range)
		describe_range(k, range, address, ret, size);
	else if (describe_module(k, address, ret, size))
		return;
	else if (address < NULL_PAGE)
		snprintf(ret, size, address ? "not mapped: NULL + %llu" : "not mapped: NULL",
			 (unsigned long long)address);
	else if ((thread = stack_above(k, address, &start)) != NULL)
		snprintf(ret, size, "not mapped, %llu bytes below the stack of thread %u",
			 (unsigned long long)(start - address), thread->tid);
	else
		snprintf(ret, size, "not mapped");
}
