/* SPDX-License-Identifier: Apache-2.0 */
/* Dumps made by hand, a task at a time, for the tests of analyses and of text outputs. */
#ifndef TESTS_DUMPS_H
#define TESTS_DUMPS_H

#include "model/model.h"
#include "output/output.h"

#define UNUSED_HERE __attribute__((unused))

/* What a target can put into a name to deceive a terminal or a reader. */
#define DUMP_HOSTILE "a\033[31m\nb\302\205\342\200\256c\377"
#define DUMP_HOSTILE_SHOWN "a\\x1b[31m\\nb\\xc2\\x85\\xe2\\x80\\xaec\\xff"

static uint32_t dump_loc(struct builder *b, struct stk_loc loc)
{
	loc.func = builder_str(b, loc.func);
	loc.file = builder_str(b, loc.file);
	loc.why = builder_str(b, loc.why);
	return builder_loc(b, &loc);
}

UNUSED_HERE static uint32_t dump_frame_at(struct builder *b, uint64_t pc, struct stk_loc loc)
{
	return builder_frame(b, &(struct stk_frame){
					.pc = pc, .how = STK_HOW_CFI, .loc = dump_loc(b, loc) });
}

UNUSED_HERE static uint32_t dump_frame(struct builder *b, uint64_t pc, const char *func,
				       const char *file, uint32_t line)
{
	return dump_frame_at(b, pc,
			     (struct stk_loc){ .func = func,
					       .file = file,
					       .line = line,
					       .module = STK_NONE,
					       .func_offset = UINT64_MAX });
}

UNUSED_HERE static uint32_t dump_stack(struct builder *b, const uint32_t *frames, uint32_t count)
{
	return builder_stack(b, &(struct stk_stack){ .frames = frames, .count = count });
}

UNUSED_HERE static struct stk_task *dump_task(struct builder *b, enum stk_task_kind kind,
					      uint64_t id, const char *state, uint32_t stack)
{
	struct stk_task *task = builder_task(b);

	task->kind = (uint8_t)kind;
	task->id = id;
	task->state = builder_str(b, state);
	task->stack = stack;
	return task;
}

/* A task's own `more`, to be filled. */
UNUSED_HERE static struct stk_more *dump_more(struct builder *b, struct stk_task *task)
{
	struct stk_more *more = builder_alloc(b, sizeof(*more));

	task->more = more;
	return more;
}

/* The head of CLI.md's example: a core of a 64-bit program named server. */
UNUSED_HERE static struct builder *dump_begin(void)
{
	struct builder *b = builder_open();
	struct stk_target *target = builder_target(b);

	target->name = builder_str(b, "core.1234");
	target->command = builder_str(b, "server");
	target->pid = 1234;
	target->word = 8;
	return b;
}

/* What a format writes; to free(). */
UNUSED_HERE static char *dump_written(const struct stk_dump *dump, const char *format,
				      struct stk_style style)
{
	struct out out;

	out_init(&out, -1);
	out.colour = style.colour;
	output_find(format)->write(dump, &style, &out);
	out_char(&out, '\0');
	return out.buffer;
}

/* Compares what a format writes, and shows both as they are when they differ. */
#define assert_written(dump, format, style, expected) \
	do { \
		char *text_ = dump_written(dump, format, style); \
		if (strcmp(text_, expected)) \
			fail_msg("%s wrote\n%s\ninstead of\n%s", format, text_, expected); \
		free(text_); \
	} while (0)

#endif
