/* SPDX-License-Identifier: Apache-2.0 */
/* Go's goroutine profile as text (debug=1), which `go tool pprof` reads. */
#include "../text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* text/tabwriter with cells of at least one tab stop, padded with tabs. */
#define TAB 8u

/* ---- a record: tasks with the same pcs and labels ---- */

struct record {
	uint32_t task; /* the first of them */
	uint32_t count;
	const char *key; /* "@ 0x1 0x2\n# labels: {...}": equal text, one record */
};

/* Text of a key, one after the other, and where each record's is. */
struct profile {
	const struct stk_dump *dump;
	struct out keys;
	struct intern set;
	struct arena arena;
	struct record *records;
	size_t count, cap;
	uint32_t *record_of_stack; /* for tasks without labels; STK_NONE unknown */
};

static int by_key(const void *left, const void *right)
{
	return strcmp((*(const struct stk_label *const *)left)->key,
		      (*(const struct stk_label *const *)right)->key);
}

static void put_labels(struct out *out, const struct stk_more *more)
{
	FREE_AT_END const struct stk_label **order = NULL;
	uint32_t i;

	if (!more->nlabels)
		return;
	order = xmalloc(more->nlabels * sizeof(*order));
	for (i = 0; i < more->nlabels; i++)
		order[i] = &more->labels[i];
	qsort(order, more->nlabels, sizeof(*order), by_key);
	out_str(out, "\n# labels: {");
	for (i = 0; i < more->nlabels; i++) {
		out_str(out, i ? ", " : "");
		text_quoted(out, order[i]->key);
		out_char(out, ':');
		text_quoted(out, order[i]->value);
	}
	out_char(out, '}');
}

/* A profile holds return addresses, of which readers look up the byte before. Go's runtime
 * gives every inlined call an address of its own; other inlined calls have that of the frame
 * they are in. */
static uint64_t return_address(const struct stk_frame *frame, const struct stk_loc *loc)
{
	/* A text has none: its places are numbered, so that different stacks stay apart. */
	if (!frame->pc && frame->how == STK_HOW_TEXT)
		return (uint64_t)frame->loc + 1;
	if (loc->call_offset && loc->func_offset != UINT64_MAX)
		return frame->pc - loc->func_offset + loc->call_offset + 1;
	return frame->flags & STK_FRAME_ACTIVATION && frame->pc ? frame->pc + 1 : frame->pc;
}

/* Wrappers that the compiler made are in no profile; of what else is hidden in a traceback,
 * runtime.* is there, and functions without a package, which are assembly's. */
static bool is_wrapper(const struct stk_frame *frame, const struct stk_loc *loc)
{
	return frame->flags & STK_FRAME_RUNTIME && loc->func && strchr(loc->func, '.') &&
	       !(frame->flags & STK_FRAME_LANGUAGE);
}

static void put_key(struct out *out, const struct stk_dump *dump, const struct stk_task *task)
{
	const struct stk_stack *stack = &dump->stacks[task->stack];
	uint32_t i;

	out_char(out, '@');
	for (i = 0; i < stack->count; i++) {
		const struct stk_frame *frame = &dump->frames[stack->frames[i]];
		const struct stk_loc *loc = &dump->locs[frame->loc];

		if (is_wrapper(frame, loc) ||
		    (loc->inlined && !loc->call_offset && i + 1 < stack->count))
			continue;
		out_char(out, ' ');
		out_hex(out, return_address(frame, loc), 1);
	}
	if (!stack->count)
		out_str(out, " 0x0");
	put_labels(out, task->more);
}

static uint32_t make_record(struct profile *p, uint32_t task)
{
	uint32_t id;

	p->keys.used = 0;
	put_key(&p->keys, p->dump, &p->dump->tasks[task]);
	id = intern_put(&p->set, p->keys.buffer, p->keys.used);
	if (id == p->count) {
		p->records = grow(p->records, &p->cap, p->count + 1, sizeof(*p->records));
		p->records[p->count++] = (struct record){ .task = task,
							  .key = intern_bytes(&p->set, id) };
	}
	return id;
}

static void count_task(struct profile *p, uint32_t index)
{
	const struct stk_task *task = &p->dump->tasks[index];
	uint32_t id = task->more->nlabels ? STK_NONE : p->record_of_stack[task->stack];

	if (id == STK_NONE)
		id = make_record(p, index);
	if (!task->more->nlabels)
		p->record_of_stack[task->stack] = id;
	p->records[id].count++;
}

static int by_count(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->key, b->key);
}

/* ---- its frames ---- */

/* One line "#\t0xPC\tNAME+0xOFF\tFILE:LINE"; a frame without a name has the first two only. */
struct cells {
	size_t pc, name, place, end; /* in the text of the record */
	bool named;
};

struct record_lines {
	struct out text;
	struct cells *cells;
	size_t count, cap;
};

static bool is_hidden(const struct stk_frame *frame, const struct stk_loc *loc, bool *show,
		      bool all)
{
	/* the runtime's own without a name: what such a profile, read back, had hidden */
	bool runtime = frame->flags & (loc->func ? STK_FRAME_LANGUAGE : STK_FRAME_RUNTIME);

	if (frame->flags & STK_FRAME_START || (!all && !*show && runtime))
		return true;
	*show = true;
	return false;
}

/* Of the address that is looked up, in the physical function. */
static uint64_t offset_of(const struct stk_frame *frame, const struct stk_loc *loc,
			  uint64_t looked_up)
{
	if (loc->func_offset == UINT64_MAX)
		return 0;
	if (!frame->pc)
		return loc->func_offset ? loc->func_offset - 1 : 0;
	/* what a signal came upon may be the first byte of a function, which nothing calls from there */
	return loc->func_offset ? looked_up - (frame->pc - loc->func_offset) : 0;
}

static void add_line(struct record_lines *s, const struct stk_frame *frame,
		     const struct stk_loc *loc)
{
	struct cells cells = { .pc = s->text.used, .named = loc->func != NULL };
	uint64_t pc = return_address(frame, loc), looked_up = pc ? pc - 1 : 0;

	out_hex(&s->text, looked_up, 1);
	cells.name = s->text.used;
	if (loc->func) {
		out_text(&s->text, loc->func);
		out_char(&s->text, '+');
		out_hex(&s->text, offset_of(frame, loc, looked_up), 1);
	}
	cells.place = s->text.used;
	if (loc->func) {
		out_text(&s->text, loc->file ? loc->file : "?");
		out_char(&s->text, ':');
		out_dec(&s->text, loc->line);
	}
	cells.end = s->text.used;
	s->cells = grow(s->cells, &s->cap, s->count + 1, sizeof(cells));
	s->cells[s->count++] = cells;
}

/* Leading frames of the runtime are hidden; when nothing else is there, nothing is. */
static void add_lines(struct record_lines *s, const struct stk_dump *dump,
		      const struct stk_stack *stack)
{
	bool show = false, all = false;
	uint32_t i;

	do {
		s->count = s->text.used = 0;
		for (i = 0; i < stack->count; i++) {
			const struct stk_frame *frame = &dump->frames[stack->frames[i]];
			const struct stk_loc *loc = &dump->locs[frame->loc];

			if (!is_wrapper(frame, loc) && !is_hidden(frame, loc, &show, all))
				add_line(s, frame, loc);
		}
		all = !all;
	} while (all && !show);
}

static void put_tabs(struct out *out, uint32_t text, uint32_t widest)
{
	uint32_t cell = (widest + 1 + TAB - 1) / TAB * TAB, missing = cell - text;

	for (missing = (missing + TAB - 1) / TAB; missing; missing--)
		out_char(out, '\t');
}

/* A column is as wide as its widest cell among neighbouring lines that have it. */
static size_t put_block(const struct record_lines *s, struct out *out, size_t from)
{
	const char *text = s->text.buffer;
	uint32_t pc = 0, name = 0;
	size_t to = from, i;

	for (; to < s->count && s->cells[to].named; to++) {
		const struct cells *c = &s->cells[to];
		uint32_t w = text_columns(text + c->pc, c->name - c->pc);

		pc = w > pc ? w : pc;
		w = text_columns(text + c->name, c->place - c->name);
		name = w > name ? w : name;
	}
	for (i = from; i < to; i++) {
		const struct cells *c = &s->cells[i];

		out_str(out, "#\t");
		out_bytes(out, text + c->pc, c->name - c->pc);
		put_tabs(out, text_columns(text + c->pc, c->name - c->pc), pc);
		out_bytes(out, text + c->name, c->place - c->name);
		put_tabs(out, text_columns(text + c->name, c->place - c->name), name);
		out_bytes(out, text + c->place, c->end - c->place);
		out_char(out, '\n');
	}
	return to;
}

static void put_lines(const struct record_lines *s, struct out *out)
{
	size_t i = 0;

	while (i < s->count) {
		if (s->cells[i].named) {
			i = put_block(s, out, i);
			continue;
		}
		out_str(out, "#\t");
		out_bytes(out, s->text.buffer + s->cells[i].pc, s->cells[i].end - s->cells[i].pc);
		out_char(out, '\n');
		i++;
	}
}

/* ---- the whole ---- */

/* A profile is of one kind: of a Go program it is its goroutines, as there. */
static bool is_counted(const struct stk_dump *dump, const struct stk_task *task)
{
	return !dump->target.goroutines || task->kind == STK_GOROUTINE;
}

static uint32_t count_tasks(struct profile *p)
{
	size_t size = ((size_t)p->dump->nstacks + 1) * sizeof(*p->record_of_stack);
	uint32_t total = 0, i;

	p->record_of_stack = xmalloc(size);
	memset(p->record_of_stack, 0xff, size);
	for (i = 0; i < p->dump->ntasks; i++) {
		if (!is_counted(p->dump, &p->dump->tasks[i]))
			continue;
		count_task(p, i);
		total++;
	}
	return total;
}

static void put_records(const struct profile *p, struct out *out)
{
	struct record_lines lines = { .count = 0 };
	size_t i;

	out_init(&lines.text, -1);
	for (i = 0; i < p->count; i++) {
		const struct record *record = &p->records[i];

		out_fmt(out, "%" PRIu32 " ", record->count);
		out_str(out, record->key);
		out_char(out, '\n');
		add_lines(&lines, p->dump, &p->dump->stacks[p->dump->tasks[record->task].stack]);
		put_lines(&lines, out);
		out_char(out, '\n');
	}
	out_deinit(&lines.text);
	free(lines.cells);
}

static void write_debug1(const struct stk_dump *dump, const struct stk_style *style,
			 struct out *out)
{
	struct profile p = { .dump = dump };
	uint32_t total;

	(void)style;
	out_init(&p.keys, -1);
	intern_init(&p.set, &p.arena);
	total = count_tasks(&p);
	if (p.count)
		qsort(p.records, p.count, sizeof(*p.records), by_count);
	out_fmt(out, "%s profile: total %" PRIu32 "\n",
		dump->target.goroutines ? "goroutine" : "thread", total);
	put_records(&p, out);
	free(p.records);
	free(p.record_of_stack);
	intern_deinit(&p.set);
	arena_deinit(&p.arena);
	out_deinit(&p.keys);
}

const struct output output_debug1 = {
	.format = {
		.name = "debug1",
		.summary = "Go's goroutine profile as text, for go tool pprof",
	},
	.listed = true,
	.write = write_debug1,
};
