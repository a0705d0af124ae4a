/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "../text.h"

/* A growing array of pointers, as protobuf-c has them. */
struct list {
	void **items;
	size_t count, cap;
};

struct profile {
	const struct stk_dump *dump;
	Pprof__Profile message;
	struct arena arena;
	struct out scratch; /* for text that is made printable */
	struct intern strings, functions, locations, samples;
	struct list string_list, function_list, location_list, sample_list, mapping_list;
	uint64_t **stack_ids; /* of stack i: count, then ids of locations; NULL: not made */
	int64_t *waits_ns;    /* of sample i */
	size_t waits_cap;
	uint64_t *mapping_ids; /* of module i */
	/* of each kind that is there: where its count is in a sample's values */
	int value_of[3];
	size_t nvalues;
	int64_t key_wait, unit_minutes;
};

#define PROFILE_NEW(p, type, init) \
	((type *)memcpy(arena_alloc(&(p)->arena, sizeof(type)), &(type)init, sizeof(type)))

static void list_add(struct list *list, void *item)
{
	list->items = grow(list->items, &list->cap, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = item;
}

/* ---- strings ---- */

static int64_t string_id(struct profile *p, const char *text, size_t size)
{
	uint32_t id = intern_put(&p->strings, text, size);

	if (id == p->string_list.count)
		list_add(&p->string_list, arena_strn(&p->arena, text, size));
	return id;
}

static int64_t own_text(struct profile *p, const char *text)
{
	return string_id(p, text, strlen(text));
}

/* What was written to scratch, which is then empty. */
static int64_t scratch_text(struct profile *p)
{
	int64_t id = string_id(p, p->scratch.used ? p->scratch.buffer : "", p->scratch.used);

	p->scratch.used = 0;
	return id;
}

/* Protobuf's strings are UTF-8, and pprof prints them to a terminal as they are. */
static int64_t target_text(struct profile *p, const char *text)
{
	out_text(&p->scratch, text);
	return scratch_text(p);
}

/* ---- mappings ---- */

static void add_mapping(struct profile *p, uint32_t module)
{
	const struct stk_module *from = &p->dump->modules[module];
	Pprof__Mapping *mapping = PROFILE_NEW(p, Pprof__Mapping, PPROF__MAPPING__INIT);

	list_add(&p->mapping_list, mapping);
	mapping->id = p->mapping_ids[module] = p->mapping_list.count;
	mapping->memory_start = from->start;
	mapping->memory_limit = from->end;
	mapping->filename = target_text(p, from->path);
	mapping->build_id = target_text(p, from->build_id);
}

static bool is_main(const struct stk_dump *dump, uint32_t module)
{
	return !strcmp(dump->modules[module].path, dump->target.executable);
}

/* pprof takes the first mapping for the program. */
static void add_mappings(struct profile *p)
{
	uint32_t i;

	p->mapping_ids = arena_zalloc(&p->arena, (p->dump->nmodules + 1) * sizeof(*p->mapping_ids));
	for (i = 0; i < p->dump->nmodules; i++)
		if (is_main(p->dump, i))
			add_mapping(p, i);
	for (i = 0; i < p->dump->nmodules; i++)
		if (!is_main(p->dump, i))
			add_mapping(p, i);
}

/* A mapping that says it has functions is not symbolized again by pprof. */
static void note_symbols(struct profile *p, const struct stk_loc *loc, uint64_t mapping_id)
{
	Pprof__Mapping *mapping = mapping_id ? p->mapping_list.items[mapping_id - 1] : NULL;

	if (!mapping || !loc->func)
		return;
	mapping->has_functions = true;
	mapping->has_filenames |= loc->file != NULL;
	mapping->has_line_numbers |= loc->line != 0;
	mapping->has_inline_frames |= loc->inlined;
}

/* ---- functions, locations ---- */

static uint64_t function_id(struct profile *p, int64_t name, int64_t system_name, int64_t file)
{
	int64_t key[] = { name, system_name, file };
	uint32_t id = intern_put(&p->functions, key, sizeof(key));

	if (id == p->function_list.count) {
		Pprof__Function *function = PROFILE_NEW(p, Pprof__Function, PPROF__FUNCTION__INIT);

		function->id = id + 1;
		function->name = name;
		function->system_name = system_name;
		function->filename = file;
		list_add(&p->function_list, function);
	}
	return id + 1;
}

static Pprof__Line *make_line(struct profile *p, uint32_t frame)
{
	const struct stk_loc *loc = &p->dump->locs[p->dump->frames[frame].loc];
	Pprof__Line *line = PROFILE_NEW(p, Pprof__Line, PPROF__LINE__INIT);
	int64_t name;

	text_frame_function(&p->scratch, p->dump, frame);
	name = scratch_text(p);
	line->function_id = function_id(p, name, loc->linkage ? target_text(p, loc->linkage) : name,
					target_text(p, loc->file));
	line->line = loc->line;
	line->column = loc->column;
	return line;
}

/* The new location of a key, or NULL when it is there already. */
static Pprof__Location *location_new(struct profile *p, const void *key, size_t size,
				     uint64_t *ret_id)
{
	uint32_t id = intern_put(&p->locations, key, size);
	Pprof__Location *location;

	*ret_id = id + 1;
	if (id < p->location_list.count)
		return NULL;
	location = PROFILE_NEW(p, Pprof__Location, PPROF__LOCATION__INIT);
	location->id = id + 1;
	list_add(&p->location_list, location);
	return location;
}

/* A pc without a name is left to pprof, which may know more; without a pc the words must do. */
static bool has_line(const struct stk_loc *loc, uint64_t mapping_id, uint64_t address)
{
	return loc->func || loc->file || !address || !mapping_id;
}

/* Inlined calls and the physical function around them, newest first: one location. */
static uint64_t location_id(struct profile *p, const uint32_t *frames, uint32_t count)
{
	const struct stk_frame *frame = &p->dump->frames[frames[count - 1]];
	const struct stk_loc *physical = &p->dump->locs[frame->loc];
	Pprof__Location *location;
	uint64_t id;
	uint32_t i;

	location = location_new(p, frames, count * sizeof(*frames), &id);
	if (!location)
		return id;
	if (physical->module < p->dump->nmodules)
		location->mapping_id = p->mapping_ids[physical->module];
	/* pprof's addresses are of the calls, ours of what they return to. */
	location->address = frame->pc - (frame->pc && !(frame->flags & STK_FRAME_ACTIVATION));
	location->line = arena_alloc(&p->arena, count * sizeof(*location->line));
	for (i = 0; i < count; i++) {
		const struct stk_loc *loc = &p->dump->locs[p->dump->frames[frames[i]].loc];

		if (has_line(loc, location->mapping_id, location->address))
			location->line[location->n_line++] = make_line(p, frames[i]);
		note_symbols(p, loc, location->mapping_id);
	}
	return id;
}

/* Frames that were left out: a place of its own, so that what is around them is not taken for
 * caller and callee. */
static uint64_t elided_id(struct profile *p, uint32_t count)
{
	/* No frame has this id. */
	uint32_t key[] = { STK_NONE, count };
	Pprof__Location *location;
	Pprof__Line *line;
	uint64_t id;

	location = location_new(p, key, sizeof(key), &id);
	if (!location)
		return id;
	line = PROFILE_NEW(p, Pprof__Line, PPROF__LINE__INIT);
	if (count == STK_NONE) /* Go up to 1.20 does not say how many */
		out_str(&p->scratch, "(more frames left out)");
	else
		out_fmt(&p->scratch, "(%u frames left out)", count);
	line->function_id = function_id(p, scratch_text(p), 0, 0);
	location->line = arena_alloc(&p->arena, sizeof(*location->line));
	location->line[location->n_line++] = line;
	return id;
}

/* count, then the ids of its locations. */
static uint64_t *make_stack(struct profile *p, const struct stk_stack *stack)
{
	uint64_t *ids = arena_alloc(&p->arena, (stack->count + 2) * sizeof(*ids));
	uint32_t elided = stack->elided, first = 0, i;

	ids[0] = 0;
	for (i = 0; i < stack->count; i++) {
		uint32_t frame = stack->frames[i];

		/* Not between an inlined call and what it is inlined into. */
		if (elided && i >= stack->elided_at && i == first) {
			ids[++ids[0]] = elided_id(p, elided);
			elided = 0;
		}
		if (p->dump->locs[p->dump->frames[frame].loc].inlined && i + 1 < stack->count)
			continue;
		ids[++ids[0]] = location_id(p, stack->frames + first, i + 1 - first);
		first = i + 1;
	}
	if (elided)
		ids[++ids[0]] = elided_id(p, elided);
	return ids;
}

static const uint64_t *stack_ids(struct profile *p, uint32_t stack)
{
	static const uint64_t nothing[1];

	if (stack >= p->dump->nstacks)
		return nothing;
	if (!p->stack_ids[stack])
		p->stack_ids[stack] = make_stack(p, &p->dump->stacks[stack]);
	return p->stack_ids[stack];
}

/* ---- labels ---- */

/* The labels of one task, as they are compared. */
struct label {
	int64_t key, str, num, unit;
};

struct labels {
	struct label *items;
	size_t count, cap;
};

static void labels_add(struct labels *labels, struct label label)
{
	labels->items = grow(labels->items, &labels->cap, labels->count + 1,
			     sizeof(*labels->items));
	labels->items[labels->count++] = label;
}

/* A program's label must not be taken for one of ours, nor for one of pprof's own. */
static int64_t user_key(struct profile *p, const char *key)
{
	static const char *const ours[] = { "state", "wait", "created_by", "thread", "crashed" };
	bool taken = !strncmp(key, "pprof::", strlen("pprof::"));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ours); i++)
		taken |= !strcmp(key, ours[i]);
	out_str(&p->scratch, taken ? "label." : "");
	out_text(&p->scratch, key);
	return scratch_text(p);
}

static void label_text(struct profile *p, struct labels *labels, const char *key, const char *text)
{
	if (text)
		labels_add(labels,
			   (struct label){ .key = own_text(p, key), .str = target_text(p, text) });
}

static void task_labels(struct profile *p, const struct stk_task *task, struct labels *labels)
{
	const struct stk_loc *creator = text_creator(p->dump, task);
	int64_t minutes = task->wait_ns / NS_PER_MINUTE;
	uint32_t i;

	labels->count = 0;
	label_text(p, labels, "state", task->state);
	if (minutes > 0)
		labels_add(labels, (struct label){ p->key_wait, 0, minutes, p->unit_minutes });
	label_text(p, labels, "created_by", creator ? creator->func : NULL);
	label_text(p, labels, "thread", task->name);
	label_text(p, labels, "crashed", task->flags & STK_TASK_CRASHED ? "true" : NULL);
	for (i = 0; i < task->more->nlabels; i++)
		labels_add(labels, (struct label){
					   .key = user_key(p, task->more->labels[i].key),
					   .str = target_text(p, task->more->labels[i].value),
				   });
}

/* ---- samples ---- */

static Pprof__Sample *make_sample(struct profile *p, const uint64_t *ids,
				  const struct labels *labels)
{
	Pprof__Sample *sample = PROFILE_NEW(p, Pprof__Sample, PPROF__SAMPLE__INIT);
	size_t i;

	sample->n_location_id = ids[0];
	sample->location_id = arena_copy(&p->arena, ids + 1, ids[0] * sizeof(*ids));
	sample->n_value = p->nvalues;
	sample->value = arena_zalloc(&p->arena, p->nvalues * sizeof(*sample->value));
	sample->label = arena_alloc(&p->arena, (labels->count + 1) * sizeof(*sample->label));
	for (i = 0; i < labels->count; i++) {
		Pprof__Label *label = PROFILE_NEW(p, Pprof__Label, PPROF__LABEL__INIT);

		label->key = labels->items[i].key;
		label->str = labels->items[i].str;
		label->num = labels->items[i].num;
		label->num_unit = labels->items[i].unit;
		sample->label[sample->n_label++] = label;
	}
	return sample;
}

/* The kind, the number of locations, these, and the labels. */
static uint32_t sample_id(struct profile *p, const struct stk_task *task, const uint64_t *ids,
			  const struct labels *labels)
{
	struct out *key = &p->scratch;
	uint32_t id;

	out_bytes(key, &task->kind, sizeof(task->kind));
	out_bytes(key, ids, (ids[0] + 1) * sizeof(*ids));
	out_bytes(key, labels->items, labels->count * sizeof(*labels->items));
	id = intern_put(&p->samples, key->buffer, key->used);
	key->used = 0;
	return id;
}

static void add_task(struct profile *p, const struct stk_task *task, struct labels *labels)
{
	const uint64_t *ids = stack_ids(p, task->stack);
	uint32_t id;
	Pprof__Sample *sample;

	task_labels(p, task, labels);
	id = sample_id(p, task, ids, labels);
	if (id == p->sample_list.count) {
		list_add(&p->sample_list, make_sample(p, ids, labels));
		p->waits_ns = grow(p->waits_ns, &p->waits_cap, id + 1, sizeof(*p->waits_ns));
		p->waits_ns[id] = 0;
	}
	sample = p->sample_list.items[id];
	sample->value[p->value_of[task->kind]]++;
	/* Summed before it is rounded: a thousand that waited half a minute are not nothing. */
	if (task->wait_ns > 0 &&
	    !__builtin_add_overflow(p->waits_ns[id], task->wait_ns, &p->waits_ns[id]))
		sample->value[p->nvalues - 1] = p->waits_ns[id] / NS_PER_MINUTE;
}

/* ---- the whole ---- */

static Pprof__ValueType *value_type(struct profile *p, const char *type, const char *unit)
{
	Pprof__ValueType *value = PROFILE_NEW(p, Pprof__ValueType, PPROF__VALUE_TYPE__INIT);

	value->type = own_text(p, type);
	value->unit = own_text(p, unit);
	return value;
}

/* A count for each kind of task that is there, then the wait. */
static void add_types(struct profile *p)
{
	static const enum stk_task_kind kinds[] = { STK_GOROUTINE, STK_THREAD, STK_TRACE };
	Pprof__ValueType **types = arena_alloc(&p->arena, (ARRAY_SIZE(kinds) + 1) * sizeof(*types));
	bool there[ARRAY_SIZE(kinds)] = { false };
	size_t i;

	for (i = 0; i < p->dump->ntasks; i++)
		there[p->dump->tasks[i].kind] = true;
	there[STK_THREAD] |= !p->dump->ntasks;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!there[kinds[i]])
			continue;
		p->value_of[kinds[i]] = (int)p->nvalues;
		types[p->nvalues++] = value_type(p, words_row(&words_task_kind, kinds[i])->word,
						 "count");
	}
	types[p->nvalues++] = value_type(p, "wait", "minutes");
	p->message.sample_type = types;
	p->message.n_sample_type = p->nvalues;
	p->message.period_type = types[0];
	p->message.period = 1;
	p->message.default_sample_type = types[0]->type;
}

static void add_comment(struct profile *p, const char *first, const char *second)
{
	out_text(&p->scratch, first);
	out_str(&p->scratch, *first && *second ? ": " : "");
	out_text(&p->scratch, second);
	p->message.comment[p->message.n_comment++] = scratch_text(p);
}

/* What happened and what is missing: `go tool pprof -comments`. */
static void add_comments(struct profile *p)
{
	const struct stk_dump *dump = p->dump;
	uint32_t count = 1 + dump->cause.nstatements + dump->nnotes, i;

	p->message.comment = arena_alloc(&p->arena, count * sizeof(*p->message.comment));
	add_comment(p, dump->target.name, dump->cause.text);
	for (i = 0; i < dump->cause.nstatements; i++)
		add_comment(p, "", dump->cause.statements[i].text);
	for (i = 0; i < dump->nnotes; i++) {
		FREE_AT_END char *subject = xasprintf("%s: %s", dump->notes[i].code,
						      dump->notes[i].subject);

		add_comment(p, subject, dump->notes[i].text);
	}
}

static void add_tasks(struct profile *p)
{
	struct labels labels = { 0 };
	uint32_t i;

	p->stack_ids = xcalloc(p->dump->nstacks + 1, sizeof(*p->stack_ids));
	for (i = 0; i < p->dump->ntasks; i++)
		add_task(p, &p->dump->tasks[i], &labels);
	free(labels.items);
}

static void connect(struct profile *p)
{
	p->message.n_sample = p->sample_list.count;
	p->message.sample = (Pprof__Sample **)p->sample_list.items;
	p->message.n_mapping = p->mapping_list.count;
	p->message.mapping = (Pprof__Mapping **)p->mapping_list.items;
	p->message.n_location = p->location_list.count;
	p->message.location = (Pprof__Location **)p->location_list.items;
	p->message.n_function = p->function_list.count;
	p->message.function = (Pprof__Function **)p->function_list.items;
	p->message.n_string_table = p->string_list.count;
	p->message.string_table = (char **)p->string_list.items;
}

struct profile *profile_open(const struct stk_dump *dump)
{
	struct profile *p = xcalloc(1, sizeof(*p));
	struct intern *const sets[] = { &p->strings, &p->functions, &p->locations, &p->samples };
	size_t i;

	p->dump = dump;
	pprof__profile__init(&p->message);
	out_init(&p->scratch, -1);
	for (i = 0; i < ARRAY_SIZE(sets); i++)
		intern_init(sets[i], &p->arena);
	own_text(p, "");
	p->key_wait = own_text(p, "wait");
	p->unit_minutes = own_text(p, "minutes");
	add_types(p);
	add_comments(p);
	add_mappings(p);
	add_tasks(p);
	connect(p);
	return p;
}

const Pprof__Profile *profile_message(const struct profile *profile)
{
	return &profile->message;
}

void profile_close(struct profile *p)
{
	struct intern *const sets[] = { &p->strings, &p->functions, &p->locations, &p->samples };
	struct list *const lists[] = {
		&p->string_list, &p->function_list, &p->location_list,
		&p->sample_list, &p->mapping_list,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++)
		intern_deinit(sets[i]);
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		free(lists[i]->items);
	free(p->stack_ids);
	free(p->waits_ns);
	out_deinit(&p->scratch);
	arena_deinit(&p->arena);
	free(p);
}
