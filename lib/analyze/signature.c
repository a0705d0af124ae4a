/* SPDX-License-Identifier: Apache-2.0 */
/* Crash signatures: what two crashes of the same fault have in common, whatever the build, the
 * machine and the addresses. */
#include "analyze.h"

#include <stdlib.h>
#include <string.h>

#include "funcname.h"

/* Frames in a signature: fewer merge different faults, more tell callers of one apart. Addresses
 * need more: panicking is in the same file as what panics, and cannot be left out. */
#define MAX_NAMES 5u
#define MAX_ADDRESSES 20u

/* ---- the parts of a signature ---- */

struct parts {
	const char *texts[MAX_ADDRESSES]; /* interned */
	unsigned count;
};

/* Recursion counts once, however deep it went and of however many functions it was. */
static void add_part(struct parts *parts, const char *text)
{
	unsigned i;

	for (i = 0; i < parts->count; i++)
		if (parts->texts[i] == text)
			return;
	parts->texts[parts->count++] = text;
}

/* Without a name the file has to do: its offsets are not stable. */
static const char *name_of(struct builder *b, const struct stk_loc *loc)
{
	FREE_AT_END char *normal = NULL;

	if (!loc->func && loc->module != STK_NONE)
		return builder_str(b, path_base(builder_module_at(b, loc->module)->path));
	if (!loc->func)
		return builder_str(b, "unknown");
	normal = funcname_normal(loc->func);
	return builder_str(b, normal);
}

static const char *address_of(struct builder *b, const struct stk_loc *loc)
{
	const struct stk_module *module;

	if (loc->module == STK_NONE)
		return builder_str(b, "unknown");
	module = builder_module_at(b, loc->module);
	return builder_fmt(b, "%.12s+0x%llx",
			   *module->build_id ? module->build_id : path_base(module->path),
			   (unsigned long long)loc->offset);
}

static bool is_file_noise(struct builder *b, const struct stk_loc *loc)
{
	return loc->module != STK_NONE &&
	       origin_file_says_nothing(builder_module_at(b, loc->module)->path);
}

static bool is_noise(struct builder *b, const struct stk_frame *frame, const struct stk_loc *loc)
{
	return frame->flags & (STK_FRAME_RUNTIME | STK_FRAME_PLUMBING | STK_FRAME_SIGNAL) ||
	       is_file_noise(b, loc) || origin_source_says_nothing(loc->file) ||
	       (loc->func && origin_says_nothing(name_of(b, loc)));
}

/* The outermost function says nothing either, and where it jumps to what it calls last, it is not on
 * the stack. But a crash may be in itself. */
static bool is_main(const struct stk_loc *loc)
{
	return loc->func && !strcmp(loc->func, "main");
}

/* Which frames count: each is tried when the one before finds none. */
enum which { WITHOUT_MAIN, WITHOUT_NOISE, EVERYTHING };

static bool counts(struct builder *b, const struct stk_frame *frame, const struct stk_loc *loc,
		   enum which which)
{
	switch (which) {
	case WITHOUT_MAIN:
		return !is_noise(b, frame, loc) && !is_main(loc);
	case WITHOUT_NOISE:
		return !is_noise(b, frame, loc);
	case EVERYTHING:
		break;
	}
	return !(frame->flags & STK_FRAME_SIGNAL);
}

/* A frame says what it says once: recursion has hundreds of thousands. */
static bool is_new(struct map *seen, uint32_t frame)
{
	uint64_t before;

	if (map_get(seen, frame, &before))
		return false;
	map_put(seen, frame, 1);
	return true;
}

/* A stack that is noise to its end gives its newest frames: better than nothing. */
static struct parts name_parts(struct builder *b, const struct stk_stack *stack, enum which which)
{
	struct parts parts = { .count = 0 };
	struct map seen = { 0 };
	uint32_t i;

	for (i = 0; i < stack->count && parts.count < MAX_NAMES; i++) {
		const struct stk_frame *frame = builder_frame_at(b, stack->frames[i]);
		const struct stk_loc *loc = builder_loc_at(b, frame->loc);

		if (is_new(&seen, stack->frames[i]) && counts(b, frame, loc, which))
			add_part(&parts, name_of(b, loc));
	}
	map_deinit(&seen);
	return parts;
}

/* Inlined calls have the address of the frame that they are in. */
static struct parts address_parts(struct builder *b, const struct stk_stack *stack,
				  enum which which)
{
	struct parts parts = { .count = 0 };
	struct map seen = { 0 };
	uint32_t i;

	for (i = 0; i < stack->count && parts.count < MAX_ADDRESSES; i++) {
		const struct stk_frame *frame = builder_frame_at(b, stack->frames[i]);
		const struct stk_loc *loc = builder_loc_at(b, frame->loc);

		if (is_new(&seen, stack->frames[i]) && frame->pc && !loc->inlined &&
		    counts(b, frame, loc, which))
			add_part(&parts, address_of(b, loc));
	}
	map_deinit(&seen);
	return parts;
}

/* "SIGSEGV: parse_header | handle | worker" */
static const char *joined(struct builder *b, const struct parts *parts)
{
	const char *signal = builder_cause(b)->signal_name, *handled = builder_cause(b)->handled,
		   *text;
	struct out out;
	unsigned i;

	if (!parts->count)
		return NULL;
	out_init(&out, -1);
	if (handled)
		out_bytes(&out, handled, strcspn(handled, ":"));
	else
		out_str(&out, *signal ? signal : "crash");
	for (i = 0; i < parts->count; i++) {
		out_str(&out, i ? " | " : ": ");
		out_str(&out, parts->texts[i]);
	}
	text = builder_strn(b, out.buffer, out.used);
	out_deinit(&out);
	return text;
}

static const struct stk_task *crashed_task(struct builder *b)
{
	uint32_t i;

	for (i = 0; i < builder_ntasks(b); i++)
		if (builder_task_at(b, i)->flags & STK_TASK_CRASHED)
			return builder_task_at(b, i);
	return NULL;
}

/* A handler that raises the signal again, or aborts, is the same for every fault: what it
 * interrupted is what counts. */
static void skip_handler(struct builder *b, struct stk_stack *stack)
{
	uint32_t i;

	for (i = 0; i + 1 < stack->count; i++)
		if (builder_frame_at(b, stack->frames[i])->flags & STK_FRAME_SIGNAL) {
			stack->frames += i + 1;
			stack->count -= i + 1;
			return;
		}
}

void analyze_signature(struct builder *b)
{
	const struct stk_task *task = crashed_task(b);
	struct parts parts;
	struct stk_stack stack;
	unsigned which;

	if (!task)
		return;
	stack = *builder_stack_at(b, task->stack);
	if (builder_cause(b)->handled)
		skip_handler(b, &stack);
	for (which = WITHOUT_MAIN, parts.count = 0; which <= EVERYTHING && !parts.count; which++)
		parts = name_parts(b, &stack, which);
	builder_cause(b)->signature = joined(b, &parts);
	for (which = WITHOUT_NOISE, parts.count = 0; which <= EVERYTHING && !parts.count; which++)
		parts = address_parts(b, &stack, which);
	builder_cause(b)->address_signature = joined(b, &parts);
}
