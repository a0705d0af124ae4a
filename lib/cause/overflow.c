/* SPDX-License-Identifier: Apache-2.0 */
/* Stack overflow: the address is at the stack pointer, and just below the stack's mapping. */
#include "finding.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_SP ((uint64_t)1 << 20)

/* The mapping of the stack that ran out: the writable one right above the address. */
static const struct image_range *stack_mapping(const struct cause *k)
{
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(k->image, &count);

	for (i = 0; i < count; i++) {
		const struct image_range *r = &ranges[i];

		if (r->end <= k->out->address || !r->writable)
			continue;
		/* The address may be the lowest page of the mapping itself when the limit forbade
		 * to grow it. */
		return r->start > k->out->address && r->start - k->out->address <= NEAR_SP ? r
											   : NULL;
	}
	return NULL;
}

/* "f" or "f, g": who calls itself on the crashed stack. */
static const char *recursion(struct cause *k, uint32_t *ret_times)
{
	const struct stk_task *task = builder_task_at(k->b, 0);
	const struct stk_stack *stack = builder_stack_at(k->b, task->stack);
	struct map counts = { 0 };
	const char *most = NULL;
	uint32_t i;
	uint64_t n;

	*ret_times = 0;
	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = builder_frame_at(k->b, stack->frames[i]);
		const char *func = builder_loc_at(k->b, frame->loc)->func;

		if (!func)
			continue;
		n = 0;
		(void)map_get(&counts, (uintptr_t)func, &n);
		map_put(&counts, (uintptr_t)func, ++n);
		if (n > *ret_times) {
			*ret_times = (uint32_t)n;
			most = func;
		}
	}
	map_deinit(&counts);
	return most;
}

void cause_of_overflow(struct cause *k)
{
	const struct image_range *mapping;
	const char *func;
	uint32_t times;
	uint64_t distance;

	if (k->out->signal != SIGSEGV || !k->out->has_address)
		return;
	distance = k->out->address > k->sp ? k->out->address - k->sp : k->sp - k->out->address;
	mapping = distance <= NEAR_SP ? stack_mapping(k) : NULL;
	if (!mapping)
		return;
	func = recursion(k, &times);
	if (func && times > 10)
		cause_say(k, "the access is at the stack pointer, just below the stack's mapping",
			  "stack overflow of thread %u: its %llu KiB are used up, with %u calls of "
			  "%s",
			  k->thread->tid,
			  (unsigned long long)(mapping->end - mapping->start) / 1024, times, func);
	else
		cause_say(k, "the access is at the stack pointer, just below the stack's mapping",
			  "stack overflow of thread %u: its %llu KiB are used up", k->thread->tid,
			  (unsigned long long)(mapping->end - mapping->start) / 1024);
}
