/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles of goroutines or threads as protobuf (profile.proto): what runtime/pprof, stk and
 * others write; decompressed already. A sample is so many tasks with one stack. */
#include "gotext.h"

#include <profile.pb-c.h>
#include <stdlib.h>

struct profile_reading {
	struct trace *t;
	const Pprof__Profile *p;
	struct map locations, functions, mappings; /* index by id */
	/* of the sample at hand */
	const char *state;
	int64_t minutes;
	bool crashed;
	uint32_t creator;
	const char *name;
	struct stk_label *labels;
	size_t nlabels, cap;
};

static struct slice text_at(const struct profile_reading *r, int64_t index)
{
	const char *text;

	if (index <= 0 || (uint64_t)index >= r->p->n_string_table)
		return NO_SLICE;
	text = r->p->string_table[index];
	return slice_string(text);
}

static bool text_is(const struct profile_reading *r, int64_t index, const char *text)
{
	struct slice s = text_at(r, index);

	return s.at && slice_is(s, text);
}

/* ---- stacks ---- */

static const void *by_id(const struct map *map, uint64_t id, void *const *items)
{
	uint64_t index;

	return map_get(map, id, &index) ? items[index] : NULL;
}

/* stk writes "(REASON)" where there is no name. */
static const char *unnamed(struct builder *b, struct slice name)
{
	if (!name.at || !slice_skip(&name, "(") || !slice_drop(&name, ")"))
		return NULL;
	return builder_strn(b, name.at, name.size);
}

static void set_function(const struct profile_reading *r, const Pprof__Line *line,
			 struct trace_frame *frame)
{
	const Pprof__Function *function = by_id(&r->functions, line->function_id,
						(void *const *)r->p->function);

	if (!function)
		return;
	frame->func = text_at(r, function->name);
	frame->why = unnamed(trace_builder(r->t), frame->func);
	if (frame->why) {
		frame->func = NO_SLICE;
		return;
	}
	frame->file = text_at(r, function->filename);
	frame->line = line->line > 0 && line->line < INT32_MAX ? (uint32_t)line->line : 0;
	frame->column = line->column > 0 && line->column < INT32_MAX ? (uint32_t)line->column : 0;
	if (frame->func.at)
		frame->flags = go_frame_flags(frame->func);
}

/* The lines of a location, innermost inlined call first; the last is the physical function. `exact`:
 * it is where a thread was, and has called nothing. */
static void push_location(const struct profile_reading *r, const Pprof__Location *location,
			  bool exact)
{
	const Pprof__Mapping *mapping = by_id(&r->mappings, location->mapping_id,
					      (void *const *)r->p->mapping);
	size_t count = location->n_line ? location->n_line : 1, i;

	for (i = 0; i < count; i++) {
		struct trace_frame frame = TRACE_FRAME_INIT;

		if (i < location->n_line)
			set_function(r, location->line[i], &frame);
		/* their addresses are of the calls, ours of what they return to */
		frame.pc = location->address ? location->address + !exact : 0;
		frame.inlined = i + 1 < count;
		if (!frame.func.at && !frame.why)
			frame.why = "the profile has no name for it";
		if (mapping && mapping->filename > 0) {
			frame.module = text_at(r, mapping->filename);
			frame.build_id = text_at(r, mapping->build_id);
			if (location->address && mapping->memory_start < TRACE_LINKED_BELOW)
				frame.offset = frame.pc;
			else if (location->address >= mapping->memory_start)
				frame.offset = frame.pc - mapping->memory_start +
					       mapping->file_offset;
		}
		trace_push_frame(r->t, &frame);
	}
}

/* "(12 frames left out)": what stk writes for them. */
static bool push_elided(const struct profile_reading *r, const Pprof__Location *location)
{
	const Pprof__Function *function;
	struct slice name;
	uint64_t count;

	if (location->n_line != 1 || location->address)
		return false;
	function = by_id(&r->functions, location->line[0]->function_id,
			 (void *const *)r->p->function);
	name = function ? text_at(r, function->name) : NO_SLICE;
	if (!name.at || !slice_skip(&name, "("))
		return false;
	if (slice_skip(&name, "more"))
		count = STK_NONE;
	else if (!slice_dec(&name, &count) || count > STK_NONE)
		return false;
	if (!slice_is(name, " frames left out)"))
		return false;
	trace_elided(r->t, (uint32_t)count);
	return true;
}

static void push_stack(const struct profile_reading *r, const Pprof__Sample *sample, bool thread)
{
	size_t i;

	for (i = 0; i < sample->n_location_id; i++) {
		const Pprof__Location *location = by_id(&r->locations, sample->location_id[i],
							(void *const *)r->p->location);

		if (location && !push_elided(r, location))
			push_location(r, location, thread && !i);
	}
}

/* ---- labels ---- */

/* Those that stk writes of a task's own are put back to where they were. */
static bool own_label(struct profile_reading *r, const Pprof__Label *label)
{
	const char *text = trace_str(r->t, text_at(r, label->str));

	if (text_is(r, label->key, "state") && text)
		r->state = text;
	else if (text_is(r, label->key, "thread") && text)
		r->name = text;
	else if (text_is(r, label->key, "crashed") && text)
		r->crashed = true;
	else if (text_is(r, label->key, "created_by") && text)
		r->creator = trace_frame(r->t,
					 &(struct trace_frame){
						 .func = text_at(r, label->str),
						 .func_offset = UINT64_MAX,
						 .flags = go_frame_flags(text_at(r, label->str)) });
	else if (text_is(r, label->key, "wait") && text_is(r, label->num_unit, "minutes"))
		r->minutes = label->num;
	else
		return false;
	return true;
}

static void add_label(struct profile_reading *r, const Pprof__Label *label)
{
	struct builder *b = trace_builder(r->t);
	struct slice key = text_at(r, label->key);
	const char *value;

	if (!key.at)
		return;
	slice_skip(&key, "label.");
	value = label->str > 0 ? trace_str(r->t, text_at(r, label->str))
			       : builder_fmt(b, "%lld", (long long)label->num);
	r->labels = grow(r->labels, &r->cap, r->nlabels + 1, sizeof(*r->labels));
	r->labels[r->nlabels++] = (struct stk_label){ trace_str(r->t, key),
						      value ? value : builder_str(b, "") };
}

static void read_labels(struct profile_reading *r, const Pprof__Sample *sample)
{
	size_t i;

	r->nlabels = 0;
	r->minutes = -1;
	r->state = r->name = NULL;
	r->crashed = false;
	r->creator = STK_NONE;
	for (i = 0; i < sample->n_label; i++)
		if (!own_label(r, sample->label[i]))
			add_label(r, sample->label[i]);
}

/* ---- samples ---- */

/* What one of this sample type is: a kind of task, or -1. */
static int kind_of(const struct profile_reading *r, const Pprof__ValueType *type)
{
	struct slice name = text_at(r, type->type);

	if (!name.at || !text_is(r, type->unit, "count"))
		return -1;
	if (slice_starts(name, "goroutine"))
		return STK_GOROUTINE;
	if (slice_starts(name, "thread"))
		return STK_THREAD;
	return slice_starts(name, "trace") ? STK_TRACE : -1;
}

static const struct stk_more *make_more(struct profile_reading *r)
{
	struct stk_more *more;

	if (!r->nlabels)
		return NULL;
	more = builder_alloc(trace_builder(r->t), sizeof(*more));
	more->labels = builder_array(trace_builder(r->t), r->labels, r->nlabels,
				     sizeof(*r->labels));
	more->nlabels = (uint32_t)r->nlabels;
	return more;
}

static void read_sample(struct profile_reading *r, const Pprof__Sample *sample)
{
	const struct stk_more *more;
	struct stk_task *task;
	uint32_t first, i;
	size_t v;
	int kind;

	read_labels(r, sample);
	more = make_more(r);
	for (v = 0; v < sample->n_value && v < r->p->n_sample_type; v++) {
		kind = kind_of(r, r->p->sample_type[v]);
		if (kind < 0 || sample->value[v] <= 0)
			continue;
		first = builder_ntasks(trace_builder(r->t));
		push_stack(r, sample, kind == STK_THREAD);
		trace_tasks(r->t, (enum stk_task_kind)kind, (uint64_t)sample->value[v], more);
		for (i = first; i < builder_ntasks(trace_builder(r->t)); i++) {
			task = builder_task_at(trace_builder(r->t), i);
			task->state = r->state;
			task->name = r->name;
			task->creator = r->creator;
			if (r->minutes >= 0 && r->minutes < INT64_MAX / NS_PER_MINUTE)
				task->wait_ns = r->minutes * NS_PER_MINUTE;
			task->flags |= r->crashed ? STK_TASK_CRASHED : 0;
		}
	}
}

static bool has_tasks(const struct profile_reading *r)
{
	size_t i;

	for (i = 0; i < r->p->n_sample_type; i++)
		if (kind_of(r, r->p->sample_type[i]) >= 0)
			return true;
	return false;
}

static void index_ids(struct profile_reading *r)
{
	size_t i;

	for (i = 0; i < r->p->n_location; i++)
		map_put(&r->locations, r->p->location[i]->id, i);
	for (i = 0; i < r->p->n_function; i++)
		map_put(&r->functions, r->p->function[i]->id, i);
	for (i = 0; i < r->p->n_mapping; i++)
		map_put(&r->mappings, r->p->mapping[i]->id, i);
}

/* No text begins like this: a field of profile.proto, whose writers have them in any order, and
 * control bytes soon after it. */
static bool probe(struct slice bytes)
{
	enum { LAST_FIELD = 15, VARINT = 0, LENGTH = 2 };
	unsigned field, type;
	size_t i;

	if (bytes.size < 4)
		return false;
	field = (unsigned char)bytes.at[0] >> 3;
	type = bytes.at[0] & 7;
	if (!field || field > LAST_FIELD || (type != VARINT && type != LENGTH))
		return false;
	for (i = 1; i < bytes.size && i < 64; i++)
		if ((unsigned char)bytes.at[i] < 8)
			return true;
	return false;
}

static bool read_profile(struct trace *t, struct slice bytes)
{
	struct profile_reading r = { .t = t };
	Pprof__Profile *p = pprof__profile__unpack(NULL, bytes.size, (const uint8_t *)bytes.at);
	bool is_one;
	size_t i;

	if (!p)
		return false;
	r.p = p;
	is_one = has_tasks(&r);
	if (is_one) {
		index_ids(&r);
		for (i = 0; i < p->n_sample; i++)
			read_sample(&r, p->sample[i]);
	}
	free(r.labels);
	map_deinit(&r.locations);
	map_deinit(&r.functions);
	map_deinit(&r.mappings);
	pprof__profile__free_unpacked(p, NULL);
	return is_one;
}

const struct trace_binary trace_pprof = { "pprof", probe, read_profile };
