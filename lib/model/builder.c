/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../origin/origin.h"

/* A growing array of one of the dump's kinds. One that has items and no room is another dump's. */
#define LIST(type) \
	struct { \
		type *items; \
		size_t count, cap; \
	}
/* clang-format off */
#define LIST_ADD(list) \
	((list)->items = make_room((list)->items, &(list)->cap, (list)->count, sizeof(*(list)->items)), \
	 &(list)->items[(list)->count++])
/* clang-format on */
#define LIST_OWN(list) ((list)->cap ? (list)->items : NULL)

/* For one item more. Another dump's are copied when the first is added to them. */
static void *make_room(void *items, size_t *cap, size_t count, size_t size)
{
	void *own;

	if (!count || *cap)
		return grow(items, cap, count + 1, size);
	own = grow(NULL, cap, count + 1, size);
	return memcpy(own, items, count * size);
}

/* The arrays of a dump, in no order: the type of the elements, the name, and what a derived builder
 * begins with: nothing (EMPTY), the other's array as it is (SHARED: what stands in it is never
 * written to, and one that is added makes it a copy), or a copy (COPIED). A new array is a line
 * here and one in struct stk_dump. */
#define DUMP_ARRAYS(X) \
	X(struct stk_task, tasks, EMPTY) \
	X(struct stk_stack, stacks, SHARED) \
	X(struct stk_frame, frames, SHARED) \
	X(struct stk_loc, locs, SHARED) \
	X(struct stk_module, modules, COPIED) \
	X(struct stk_note, notes, SHARED) \
	X(struct stk_fact, facts, SHARED) \
	X(struct stk_group, groups, EMPTY) \
	X(struct stk_report, reports, EMPTY) \
	X(struct stk_span, spans, EMPTY) \
	X(struct stk_compared, compared, EMPTY) \
	X(struct stk_verdict, verdicts, SHARED) \
	X(struct stk_object, objects, SHARED)

struct release {
	void (*release)(void *arg);
	void *arg;
};

struct builder {
	struct arena arena;
	struct intern strings, loc_set, frame_set, stack_set, notes_seen;
#define X(type, name, derived) LIST(type) name;
	DUMP_ARRAYS(X)
#undef X
	LIST(struct stk_statement) statements; /* of the cause */
	LIST(uint16_t) origins;                /* of locations: ORIGIN_FLAGS, and KNOWN */
	LIST(struct release) releases;
	struct stk_target target;
	struct stk_cause cause;
};

/* What stk_free() gets: the public part first, then what it owns. */
struct owned_dump {
	struct stk_dump dump;
	struct arena arena;
#define X(type, name, derived) type *name;
	DUMP_ARRAYS(X)
#undef X
	struct release *releases;
	size_t nreleases;
};

static const struct stk_more empty_more;

static void init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	intern_init(&b->strings, &b->arena);
	intern_init(&b->loc_set, &b->arena);
	intern_init(&b->frame_set, &b->arena);
	intern_init(&b->stack_set, &b->arena);
	intern_init(&b->notes_seen, &b->arena);
	b->target.name = b->target.executable = b->target.command = builder_str(b, "");
	b->target.command_line = b->target.arch = b->target.name;
	b->cause.signal_name = b->cause.code_text = b->cause.text = b->target.name;
}

struct builder *builder_open(void)
{
	struct builder *b = xmalloc(sizeof(*b));

	init(b);
	return b;
}

static void release_all(struct release *releases, size_t count)
{
	while (count--)
		releases[count].release(releases[count].arg);
	free(releases);
}

static void drop_tables(struct builder *b)
{
	intern_deinit(&b->strings);
	intern_deinit(&b->loc_set);
	intern_deinit(&b->frame_set);
	intern_deinit(&b->stack_set);
	intern_deinit(&b->notes_seen);
}

static void deinit(struct builder *b)
{
	drop_tables(b);
#define X(type, name, derived) free(LIST_OWN(&b->name));
	DUMP_ARRAYS(X)
#undef X
	free(LIST_OWN(&b->statements));
	free(b->origins.items);
	release_all(b->releases.items, b->releases.count);
	arena_deinit(&b->arena);
}

void builder_close(struct builder *b)
{
	if (!b)
		return;
	deinit(b);
	free(b);
}

void builder_reset(struct builder *b)
{
	deinit(b);
	init(b);
}

static bool is_complete(const struct builder *b)
{
	size_t i;

	for (i = 0; i < b->notes.count; i++)
		if (b->notes.items[i].severity == STK_LOSS)
			return false;
	return true;
}

struct stk_dump *builder_finish(struct builder *b)
{
	struct owned_dump *owned = xcalloc(1, sizeof(*owned));

	b->cause.statements = builder_array(b, b->statements.items, b->statements.count,
					    sizeof(*b->statements.items));
	b->cause.nstatements = (uint32_t)b->statements.count;
	free(LIST_OWN(&b->statements));
	owned->dump.target = b->target;
	owned->dump.cause = b->cause;
	owned->dump.complete = is_complete(b);
#define X(type, array, derived) \
	owned->dump.array = b->array.items; \
	owned->dump.n##array = (uint32_t)b->array.count; \
	owned->array = LIST_OWN(&b->array);
	DUMP_ARRAYS(X)
#undef X
	owned->releases = b->releases.items;
	owned->nreleases = b->releases.count;
	owned->arena = b->arena;
	free(b->origins.items);
	drop_tables(b);
	free(b);
	return &owned->dump;
}

STK_API void stk_free(struct stk_dump *dump)
{
	struct owned_dump *owned = (struct owned_dump *)dump;

	if (!dump)
		return;
	release_all(owned->releases, owned->nreleases);
#define X(type, name, derived) free(owned->name);
	DUMP_ARRAYS(X)
#undef X
	arena_deinit(&owned->arena);
	free(owned);
}

const void *builder_interned(struct builder *b, const void *bytes, size_t size)
{
	return intern_bytes(&b->strings, intern_put(&b->strings, bytes, size));
}

const char *builder_strn(struct builder *b, const char *s, size_t size)
{
	return builder_interned(b, s, size);
}

const char *builder_str(struct builder *b, const char *s)
{
	return s ? builder_strn(b, s, strlen(s)) : NULL;
}

const char *builder_fmt(struct builder *b, const char *format, ...)
{
	FREE_AT_END char *large = NULL;
	char text[256];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (size < (int)sizeof(text))
		return builder_strn(b, text, size < 0 ? 0 : (size_t)size);
	va_start(args, format);
	if (vasprintf(&large, format, args) < 0)
		large = NULL;
	va_end(args);
	return builder_str(b, large ? large : "");
}

void *builder_alloc(struct builder *b, size_t size)
{
	return arena_zalloc(&b->arena, size);
}

const void *builder_array(struct builder *b, const void *elements, size_t count, size_t element)
{
	return count ? arena_copy(&b->arena, elements, count * element) : NULL;
}

static uint32_t put_loc(struct builder *b, const struct stk_loc *loc)
{
	struct stk_loc key;

	/* Padding must not tell two equal ones apart. */
	memset(&key, 0, sizeof(key));
	key.func = loc->func;
	key.linkage = loc->linkage;
	key.file = loc->file;
	key.why = loc->why;
	key.line = loc->line;
	key.column = loc->column;
	key.module = loc->module;
	key.inlined = loc->inlined;
	key.offset = loc->offset;
	key.func_offset = loc->func_offset;
	key.call_offset = loc->call_offset;
	key.source = loc->source;
	key.disasm = loc->disasm;
	key.language = loc->language;
	return intern_put(&b->loc_set, &key, sizeof(key));
}

/* What a derived builder borrowed is interned only when something is added to it: equal ones
 * made from now on must get the ids that they have. Until then the list is longer than the set. */
#define INTERN_BORROWED(b, list, set, put) \
	do { \
		while ((b)->set.count < (b)->list.count) \
			(void)put(b, &(b)->list.items[(b)->set.count]); \
	} while (0)

uint32_t builder_loc(struct builder *b, const struct stk_loc *loc)
{
	uint32_t id;

	INTERN_BORROWED(b, locs, loc_set, put_loc);
	id = put_loc(b, loc);
	if (id == b->locs.count)
		*LIST_ADD(&b->locs) = *loc;
	return id;
}

static uint32_t put_frame(struct builder *b, const struct stk_frame *frame)
{
	return intern_put(&b->frame_set, frame, sizeof(*frame));
}

/* Whose code a location is in: worked out once for each. */
static uint16_t origin_of(struct builder *b, uint32_t id)
{
	enum { KNOWN = 1 }; /* none of ORIGIN_FLAGS */
	const struct stk_loc *loc = &b->locs.items[id];
	const char *module = loc->module < b->modules.count ? b->modules.items[loc->module].path
							    : NULL;

	while (b->origins.count <= id)
		*LIST_ADD(&b->origins) = 0;
	if (!b->origins.items[id])
		b->origins.items[id] = (uint16_t)(KNOWN |
						  origin_flags(loc->func, loc->file, module));
	return b->origins.items[id] & ORIGIN_FLAGS;
}

uint32_t builder_frame(struct builder *b, const struct stk_frame *frame)
{
	struct stk_frame marked = *frame;
	uint32_t id;

	INTERN_BORROWED(b, frames, frame_set, put_frame);
	marked.flags = (uint16_t)((frame->flags & ~ORIGIN_FLAGS) | origin_of(b, frame->loc));
	id = put_frame(b, &marked);
	if (id == b->frames.count)
		*LIST_ADD(&b->frames) = marked;
	return id;
}

/* The key of a stack: its end and cuts, then its frames. */
struct stack_key {
	uint64_t end_address;
	uint32_t elided, elided_at, end, count;
	uint32_t frames[];
};

static uint32_t put_stack(struct builder *b, const struct stk_stack *stack)
{
	size_t size = sizeof(struct stack_key) + (size_t)stack->count * sizeof(uint32_t);
	uint64_t small[32];
	struct stack_key *key = size <= sizeof(small) ? (void *)small : xmalloc(size);
	uint32_t id;

	*key = (struct stack_key){ stack->end_address, stack->elided, stack->elided_at, stack->end,
				   stack->count };
	if (stack->count)
		memcpy(key->frames, stack->frames, (size_t)stack->count * sizeof(uint32_t));
	id = intern_put(&b->stack_set, key, size);
	if ((void *)key != (void *)small)
		free(key);
	return id;
}

uint32_t builder_stack(struct builder *b, const struct stk_stack *stack)
{
	const struct stack_key *kept;
	uint32_t id;

	INTERN_BORROWED(b, stacks, stack_set, put_stack);
	id = put_stack(b, stack);
	if (id == b->stacks.count) {
		kept = intern_bytes(&b->stack_set, id);
		*LIST_ADD(&b->stacks) = *stack;
		b->stacks.items[id].frames = kept->frames;
	}
	return id;
}

struct stk_task *builder_task(struct builder *b)
{
	struct stk_task *task = LIST_ADD(&b->tasks);

	memset(task, 0, sizeof(*task));
	task->more = &empty_more;
	task->creator = STK_NONE;
	task->wait_ns = -1;
	return task;
}

uint32_t builder_module(struct builder *b, const struct stk_module *module)
{
	*LIST_ADD(&b->modules) = *module;
	return (uint32_t)b->modules.count - 1;
}

struct stk_module *builder_module_at(struct builder *b, uint32_t module)
{
	return &b->modules.items[module];
}

uint32_t builder_nmodules(const struct builder *b)
{
	return (uint32_t)b->modules.count;
}

uint32_t builder_ncompared(const struct builder *b)
{
	return (uint32_t)b->compared.count;
}

const struct stk_compared *builder_compared_at(const struct builder *b, uint32_t part)
{
	return &b->compared.items[part];
}

uint32_t builder_nreports(const struct builder *b)
{
	return (uint32_t)b->reports.count;
}

const struct stk_report *builder_report_at(const struct builder *b, uint32_t report)
{
	return &b->reports.items[report];
}

void builder_report(struct builder *b, const struct stk_report *report)
{
	*LIST_ADD(&b->reports) = *report;
}

void builder_span(struct builder *b, const struct stk_span *span)
{
	*LIST_ADD(&b->spans) = *span;
}

void builder_verdict(struct builder *b, const struct stk_verdict *verdict)
{
	*LIST_ADD(&b->verdicts) = *verdict;
}

void builder_object(struct builder *b, const struct stk_object *object)
{
	*LIST_ADD(&b->objects) = *object;
}

bool builder_has_graph(const struct builder *b)
{
	return b->verdicts.count || b->objects.count;
}

void builder_fact(struct builder *b, const char *section, const char *key, const char *value)
{
	*LIST_ADD(&b->facts) = (struct stk_fact){ builder_str(b, section), builder_str(b, key),
						  builder_str(b, value) };
}

void builder_statement(struct builder *b, const char *text, const char *basis)
{
	*LIST_ADD(&b->statements) = (struct stk_statement){ builder_str(b, text),
							    builder_str(b, basis) };
}

static const struct {
	const char *code;
	enum stk_severity severity;
} note_codes[] = {
#define X(name, code, severity) { code, severity },
	STK_NOTE_CODES(X)
#undef X
};

STK_API const char *stk_note_code_name(enum stk_note_code code)
{
	return (unsigned)code < STK_NOTE_COUNT ? note_codes[code].code : NULL;
}

__attribute__((format(printf, 5, 0))) static void
add_note(struct builder *b, enum stk_remedy remedy, enum stk_note_code code, const char *subject,
	 const char *format, va_list args)
{
	struct stk_note note = { .id = code,
				 .severity = note_codes[code].severity,
				 .remedy = remedy };
	FREE_AT_END char *text = NULL;
	const void *key[3];

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	note.code = builder_str(b, note_codes[code].code);
	note.subject = builder_str(b, subject ? subject : "");
	note.text = builder_str(b, text ? text : "");
	key[0] = note.code;
	key[1] = note.subject;
	key[2] = note.text;
	if (intern_put(&b->notes_seen, key, sizeof(key)) == b->notes.count)
		*LIST_ADD(&b->notes) = note;
}

void builder_note(struct builder *b, enum stk_note_code code, const char *subject,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(b, STK_REMEDY_NONE, code, subject, format, args);
	va_end(args);
}

void builder_note_remedy(struct builder *b, enum stk_remedy remedy, enum stk_note_code code,
			 const char *subject, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(b, remedy, code, subject, format, args);
	va_end(args);
}

struct stk_target *builder_target(struct builder *b)
{
	return &b->target;
}

struct stk_cause *builder_cause(struct builder *b)
{
	return &b->cause;
}

uint32_t builder_ntasks(const struct builder *b)
{
	return (uint32_t)b->tasks.count;
}

struct stk_task *builder_task_at(struct builder *b, uint32_t task)
{
	return &b->tasks.items[task];
}

const struct stk_frame *builder_frame_at(const struct builder *b, uint32_t frame)
{
	return &b->frames.items[frame];
}

const struct stk_loc *builder_loc_at(const struct builder *b, uint32_t loc)
{
	return &b->locs.items[loc];
}

const struct stk_stack *builder_stack_at(const struct builder *b, uint32_t stack)
{
	return &b->stacks.items[stack];
}

void builder_put_first(struct builder *b, uint32_t task)
{
	struct stk_task first = b->tasks.items[task];

	memmove(&b->tasks.items[1], &b->tasks.items[0], task * sizeof(first));
	b->tasks.items[0] = first;
}

void builder_keep(struct builder *b, void (*release)(void *arg), void *arg)
{
	*LIST_ADD(&b->releases) = (struct release){ release, arg };
}

/* How a derived builder begins an array: see DUMP_ARRAYS. */
#define DERIVE_EMPTY(list, from, n)
#define DERIVE_SHARED(list, from, n) \
	((list)->items = (void *)(uintptr_t)(from), (list)->count = (n))
#define DERIVE_COPIED(list, from, n) \
	do { \
		if (n) { \
			(list)->items = xmalloc((size_t)(n) * sizeof(*(list)->items)); \
			memcpy((list)->items, from, (size_t)(n) * sizeof(*(list)->items)); \
			(list)->count = (list)->cap = (n); \
		} \
	} while (0)

struct builder *builder_derive(const struct stk_dump *dump)
{
	struct builder *b = builder_open();
	uint32_t i;

#define X(type, name, derived) DERIVE_##derived(&b->name, dump->name, dump->n##name);
	DUMP_ARRAYS(X)
#undef X
	DERIVE_SHARED(&b->statements, dump->cause.statements, dump->cause.nstatements);
	for (i = 0; i < dump->nnotes; i++) {
		const void *key[3] = { dump->notes[i].code, dump->notes[i].subject,
				       dump->notes[i].text };

		(void)intern_put(&b->notes_seen, key, sizeof(key));
	}
	b->target = dump->target;
	b->cause = dump->cause;
	return b;
}

void builder_borrow_tasks(struct builder *b, const struct stk_dump *dump)
{
	DERIVE_SHARED(&b->tasks, dump->tasks, dump->ntasks);
}

/* Arrays that come whole are memory of the dump, not of the list. */
#define SET_LIST(b, list, elements, n) \
	((list)->items = (void *)(uintptr_t)builder_array(b, elements, n, sizeof(*(elements))), \
	 (list)->count = (n))

void builder_compared(struct builder *b, const struct stk_compared *compared, uint32_t count)
{
	SET_LIST(b, &b->compared, compared, count);
}

void builder_groups(struct builder *b, const struct stk_group *groups, uint32_t count)
{
	SET_LIST(b, &b->groups, groups, count);
}
