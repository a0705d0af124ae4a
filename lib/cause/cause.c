/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* In the order in which they are told. To add one: a function in a file of its own, and a row. */
static void (*const findings[])(struct cause *k) = {
	cause_of_overflow,    cause_of_access,      cause_of_arithmetic, cause_of_system_call,
	cause_of_instruction, cause_of_handler,     cause_of_abort,      cause_of_exception,
	cause_of_rust_panic,  cause_of_known_frame, cause_of_sender,
};

void cause_say(struct cause *k, const char *basis, const char *format, ...)
{
	FREE_AT_END char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		builder_statement(k->b, text, basis);
}

const struct raw_frame *cause_frame(const struct cause *k, uint32_t i)
{
	return i < k->stack->count ? &k->c->frames[k->stack->first + i] : NULL;
}

const char *cause_function(const struct cause *k, uint32_t i)
{
	const struct raw_frame *raw = cause_frame(k, i);
	const uint32_t *ids;
	size_t n;

	if (!raw || !lang_is_physical(raw))
		return NULL;
	n = symbols_frames(k->symbols, raw->pc, raw->flags, raw->how, &ids);
	return builder_loc_at(k->b, builder_frame_at(k->b, ids[n - 1])->loc)->func;
}

const char *cause_native_function(const struct cause *k, uint32_t i)
{
	const struct raw_frame *raw = cause_frame(k, i);

	return raw && lang_is_native(raw) ? cause_function(k, i) : NULL;
}

int cause_find_function(const struct cause *k, const char *name, uint32_t limit)
{
	uint32_t i;

	for (i = 0; i < limit && i < k->stack->count; i++) {
		const char *func = cause_native_function(k, i);

		if (func && !strcmp(func, name))
			return (int)i;
	}
	return -1;
}

bool cause_register(const struct cause *k, const char *name, uint64_t *ret)
{
	return image_register(k->image, k->thread, name, ret);
}

static const struct raw_task *crashed_task(const struct capture *c)
{
	size_t i;

	for (i = 0; i < c->ntasks; i++)
		if (c->tasks[i].thread && c->tasks[i].thread->crashed)
			return &c->tasks[i];
	return NULL;
}

/* The task that a language runtime holds to have died, where that is another than the kernel's: Go
 * relays a signal through all its threads, and ends in any of them. */
static const struct raw_task *blamed_task(const struct capture *c)
{
	const struct stk_task *first = builder_ntasks(c->b) ? builder_task_at(c->b, 0) : NULL;
	size_t i;

	for (i = 0; first && first->flags & STK_TASK_CRASHED && i < c->ntasks; i++) {
		const struct image_thread *thread = c->tasks[i].thread;

		if (thread && thread->tid == first->tid && !thread->crashed && thread->has_regs)
			return &c->tasks[i];
	}
	return NULL;
}

static void look_at(struct cause *k, const struct raw_task *task)
{
	k->thread = task->thread;
	k->stack = &task->stack;
	k->sp = k->thread->regs.r[k->arch->sp];
}

void cause_explain(struct capture *c, struct symbols *symbols)
{
	const struct raw_task *task = crashed_task(c);
	struct cause k = { .c = c,
			   .image = c->image,
			   .b = c->b,
			   .symbols = symbols,
			   .arch = image_arch(c->image),
			   .out = builder_cause(c->b) };
	size_t i;

	k.runtime_spoke = k.out->message;
	if (!task || !task->thread->has_regs || !k.out->signal)
		return;
	look_at(&k, task);
	for (i = 0; i < ARRAY_SIZE(findings); i++)
		findings[i](&k);
	task = blamed_task(c);
	if (task) {
		look_at(&k, task);
		cause_of_handler(&k);
	}
}
