/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of one line per task: OS threads, goroutines. */
#include "table.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Columns that a frame gets in however narrow a line. */
#define MIN_FRAME 32u

/* The user frame of every stack, found when it is first asked for. */
struct user_frames {
	const struct stk_dump *dump;
	uint32_t *of_stack;
	bool *known;
};

static void user_frames_init(struct user_frames *users, const struct stk_dump *dump)
{
	users->dump = dump;
	users->of_stack = xcalloc((size_t)dump->nstacks + 1, sizeof(*users->of_stack));
	users->known = xcalloc((size_t)dump->nstacks + 1, sizeof(*users->known));
}

static void user_frames_deinit(struct user_frames *users)
{
	free(users->of_stack);
	free(users->known);
}

static uint32_t user_frame(struct user_frames *users, uint32_t stack)
{
	if (!users->known[stack]) {
		users->of_stack[stack] = text_user_frame(users->dump, &users->dump->stacks[stack]);
		users->known[stack] = true;
	}
	return users->of_stack[stack];
}

/* What the two tables differ in. */
struct list {
	bool (*has)(const struct stk_task *task);
	void (*cells)(struct table *table, const struct stk_task *task);
	unsigned ncells;
	bool creator; /* say who created it */
};

static void put_creator(struct out *out, const struct stk_dump *dump, const struct stk_task *task)
{
	const struct stk_loc *loc = text_creator(dump, task);

	if (!loc)
		return;
	out_str(out, ", created by ");
	text_function(out, dump, loc, 0);
	if (task->creator_id) {
		out_str(out, " in goroutine ");
		out_dec(out, task->creator_id);
	}
}

/* What put_creator() needs, with an id of usual length. */
static uint32_t creator_columns(const struct stk_dump *dump, const struct stk_task *task)
{
	const struct stk_loc *loc = text_creator(dump, task);

	if (!loc || !loc->func)
		return 0;
	return (uint32_t)(strlen(", created by ") + strlen(loc->func) +
			  (task->creator_id ? strlen(" in goroutine 12") : 0));
}

/* The rest of a line of the terminal, but enough to tell one frame from another. */
static uint32_t columns_left(uint32_t used, const struct stk_style *style)
{
	if (!style->width)
		return 0;
	return style->width > used + MIN_FRAME ? style->width - used : MIN_FRAME;
}

/* The thread that a crashed goroutine ran on has only the signal to tell. */
static bool is_first(const struct stk_dump *dump, const struct stk_task *task)
{
	return task->flags & (STK_TASK_CRASHED | STK_TASK_CURRENT) ||
	       (task->kind == STK_THREAD && task->signal &&
		task->signal == (unsigned)dump->cause.signal);
}

static void put_row(struct out *out, struct user_frames *users, const struct table *table,
		    size_t row, const struct stk_task *task, const struct list *list,
		    const struct stk_style *style)
{
	bool first = is_first(users->dump, task);
	uint32_t frame = user_frame(users, task->stack);
	uint32_t used = table_width(table) + 2;
	unsigned column;

	if (list->creator)
		used += creator_columns(users->dump, task);

	out_str(out, first ? "* " : "  ");
	out_paint(out, task->flags & STK_TASK_CRASHED ? OUT_BAD : OUT_HEAD);
	table_put(table, out, row, 0);
	out_paint(out, OUT_PLAIN);
	for (column = 1; column < list->ncells; column++)
		table_put(table, out, row, column);
	if (frame != STK_NONE)
		text_function_at(out, users->dump, text_frame_loc(users->dump, frame),
				 columns_left(used, style));
	else
		out_str(out, "(no stack)");
	if (list->creator)
		put_creator(out, users->dump, task);
	out_char(out, '\n');
	if (style->verbose)
		text_waits(out, task->more);
}

static void write_list(const struct stk_dump *dump, const struct list *list,
		       const struct stk_style *style, struct out *out)
{
	struct user_frames users;
	struct table table;
	size_t row = 0;
	uint32_t i;

	table_init(&table, list->ncells);
	user_frames_init(&users, dump);
	for (i = 0; i < dump->ntasks; i++)
		if (list->has(&dump->tasks[i]))
			list->cells(&table, &dump->tasks[i]);
	for (i = 0; i < dump->ntasks; i++)
		if (list->has(&dump->tasks[i]))
			put_row(out, &users, &table, row++, &dump->tasks[i], list, style);
	user_frames_deinit(&users);
	table_deinit(&table);
}

/* ---- threads ---- */

static bool is_on_thread(const struct stk_task *task)
{
	return task->kind == STK_THREAD || (task->kind == STK_GOROUTINE && task->tid);
}

static void put_thread_name(struct out *out, const struct stk_task *task)
{
	if (task->kind == STK_GOROUTINE) {
		out_str(out, "goroutine ");
		out_dec(out, task->id);
	} else if (task->name) {
		text_quoted(out, task->name);
	}
}

/* Live: the system call says more than the kernel's function, and that more than "sleeping". */
static void put_kernel(struct out *out, const struct stk_more *more)
{
	if (more->syscall)
		out_text(out, more->syscall);
	else if (more->wchan)
		out_text(out, more->wchan);
}

static void thread_cells(struct table *table, const struct stk_task *task)
{
	out_dec(&table->text, task->kind == STK_THREAD ? task->id : task->tid);
	table_end_cell(table);
	put_thread_name(&table->text, task);
	table_end_cell(table);
	text_state(&table->text, task);
	table_end_cell(table);
	put_kernel(&table->text, task->more);
	table_end_cell(table);
	text_signal(&table->text, task->signal);
	table_end_cell(table);
}

static const struct list threads = { is_on_thread, thread_cells, 5, false };

static void write_threads(const struct stk_dump *dump, const struct stk_style *style,
			  struct out *out)
{
	write_list(dump, &threads, style, out);
}

const struct output output_threads = {
	.format = {
		.name = "threads",
		.summary = "a line per OS thread",
		.want = STK_WANT_THREADS,
	},
	.write = write_threads,
};

/* ---- goroutines ---- */

static bool is_goroutine(const struct stk_task *task)
{
	return task->kind == STK_GOROUTINE;
}

static void goroutine_cells(struct table *table, const struct stk_task *task)
{
	out_dec(&table->text, task->id);
	table_end_cell(table);
	if (text_has_state(task)) {
		out_char(&table->text, '[');
		text_state(&table->text, task);
		out_char(&table->text, ']');
	}
	table_end_cell(table);
	if (task->tid) {
		out_str(&table->text, "thread ");
		out_dec(&table->text, task->tid);
	}
	table_end_cell(table);
	text_signal(&table->text, task->signal);
	table_end_cell(table);
}

static const struct list goroutines = { is_goroutine, goroutine_cells, 4, true };

static void write_goroutines(const struct stk_dump *dump, const struct stk_style *style,
			     struct out *out)
{
	write_list(dump, &goroutines, style, out);
}

const struct output output_goroutines = {
	.format = {
		.name = "goroutines",
		.summary = "a line per goroutine",
		.want = STK_WANT_WAITS,
	},
	.write = write_goroutines,
};
