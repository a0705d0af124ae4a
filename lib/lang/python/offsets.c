/* SPDX-License-Identifier: Apache-2.0 */
#include "offsets.h"

#include <string.h>

#include "../../base/base.h"

/* From the headers of each release (offsetof), 64 bits. */
/* clang-format off */
static const struct python_offsets releases[] = {
	{ .minor = 8, .style = PYTHON_FRAME_OBJECTS, .interpreters = 32, .interp_threads = 8,
	  .interp_id = 16, .gil_holder = 1160, .gil_locked = 1168, .thread_frame = 24,
	  .thread_id = 176, .thread_exception = 88, .frame_previous = 24, .frame_code = 32,
	  .frame_instr = 104, .frame_locals = 360, .code_file = 104, .code_name = 112, .code_line = 40,
	  .code_table = 120, .code_argcount = 16, .code_kwonly = 24, .code_flags = 36, .code_names = 72,
	  .text_ascii = 48, .text_other = 72 },
	{ .minor = 9, .style = PYTHON_FRAME_OBJECTS, .interpreters = 32, .interp_threads = 8,
	  .interp_id = 24, .gil_holder = 360, .gil_locked = 368, .thread_frame = 24, .thread_id = 176,
	  .thread_exception = 88, .frame_previous = 24, .frame_code = 32, .frame_instr = 104,
	  .frame_locals = 360, .code_file = 104, .code_name = 112, .code_line = 40, .code_table = 120,
	  .code_argcount = 16, .code_kwonly = 24, .code_flags = 36, .code_names = 72,
	  .text_ascii = 48, .text_other = 72 },
	{ .minor = 10, .style = PYTHON_CFRAMES, .interpreters = 32, .interp_threads = 8,
	  .interp_id = 24, .gil_holder = 360, .gil_locked = 368, .thread_frame = 24, .thread_id = 176,
	  .thread_exception = 88, .thread_cframe = 48, .cframe_previous = 8, .frame_previous = 24,
	  .frame_code = 32, .frame_instr = 96, .frame_locals = 352, .code_file = 104, .code_name = 112,
	  .code_line = 40, .code_table = 120, .code_argcount = 16, .code_kwonly = 24, .code_flags = 36,
	  .code_names = 72, .text_ascii = 48, .text_other = 72 },
	{ .minor = 11, .style = PYTHON_ENTRIES, .interpreters = 40, .interp_threads = 16,
	  .interp_id = 48, .gil_holder = 368, .gil_locked = 376, .thread_cframe = 56, .thread_id = 152,
	  .thread_native = 160, .thread_exception = 96, .cframe_frame = 8, .cframe_previous = 16,
	  .frame_previous = 48, .frame_code = 32, .frame_instr = 56, .frame_locals = 72,
	  .frame_owner = 69, .frame_entry = 68, .code_file = 112, .code_name = 120,
	  .code_qualname = 128, .code_line = 72, .code_table = 136, .code_argcount = 56,
	  .code_kwonly = 64, .code_flags = 48, .code_names = 96, .code_kinds = 104, .code_first = 184,
	  .text_ascii = 48, .text_other = 72 },
	{ .minor = 12, .style = PYTHON_SHIMS, .interpreters = 40, .interp_threads = 72, .interp_id = 8,
	  .interp_gil = 384, .gil_holder = 8, .gil_locked = 16, .thread_cframe = 56, .thread_id = 136,
	  .thread_native = 144, .thread_exception = 96, .cframe_frame = 0, .cframe_previous = 8,
	  .frame_previous = 8, .frame_code = 0, .frame_instr = 56, .frame_locals = 72,
	  .frame_owner = 70, .code_file = 112, .code_name = 120, .code_qualname = 128, .code_line = 68,
	  .code_table = 136, .code_argcount = 52, .code_kwonly = 60, .code_flags = 48, .code_names = 96,
	  .code_kinds = 104, .code_first = 192, .text_ascii = 40, .text_other = 56 },
};
/* clang-format on */

/* What is the same in all of them. */
static void set_common(struct python_offsets *o)
{
	o->thread_next = 8;
	o->thread_interp = 16;
	o->thread_size = 512;
	o->finalizing = o->minor < 11 ? 16 : 24;
	o->object_type = 8;
	o->type_name = 24;
	o->type_flags = 168;
	o->text_state = 32;
	o->bytes_data = 32;
	o->tuple_items = 24;
	/* co_varnames, co_freevars, co_cellvars, before they became one list with kinds */
	if (!o->code_kinds) {
		o->code_frees = o->code_names + 8;
		o->code_cells = o->code_names + 16;
	}
	o->dict_keys = 32;
	/* enough to hold every member that is read, and what is mapped behind is not asked for */
	o->frame_size = o->style == PYTHON_FRAME_OBJECTS || o->style == PYTHON_CFRAMES ? 112 : 72;
	o->code_size = o->code_first ? 192 : 136;
}

bool python_offsets_of(unsigned minor, struct python_offsets *ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(releases); i++) {
		if (releases[i].minor != minor)
			continue;
		*ret = releases[i];
		set_common(ret);
		return true;
	}
	return false;
}

/* ---- the target's own table ---- */

/* The first word of each group is the size of what its other words point into. */
struct group {
	uint8_t at, words;
	uint32_t limit;
};

/* The numbers of the words that are read, by release. */
struct table {
	unsigned minor, words;
	struct group runtime, interp, thread, frame, code, object, type, tuple, dict, bytes, text;
	uint8_t finalizing, interpreters;
	uint8_t interp_id, interp_next, interp_threads, interp_gil;
	uint8_t thread_next, thread_interp, thread_frame, thread_id, thread_native,
		thread_exception;
	uint8_t frame_previous, frame_code, frame_instr, frame_locals, frame_owner, frame_bytecode;
	uint8_t code_file; /* and name, qualname, table, line, argcount, names, kinds, first, copies */
	bool copies;
	uint8_t object_type, type_name, bytes_data, text_state, text_ascii;
};

#define THREAD_LIMIT 4096u
#define FRAME_LIMIT 256u
#define CODE_LIMIT 1024u
#define STATE_LIMIT (1u << 20)
#define OBJECT_LIMIT 4096u

/* clang-format off */
static const struct table tables[] = {
	{ .minor = 13, .words = 73, .runtime = { 3, 3, STATE_LIMIT }, .interp = { 6, 13, STATE_LIMIT },
	  .thread = { 19, 9, THREAD_LIMIT }, .frame = { 28, 6, FRAME_LIMIT },
	  .code = { 34, 10, CODE_LIMIT }, .object = { 44, 2, OBJECT_LIMIT },
	  .type = { 46, 4, OBJECT_LIMIT }, .tuple = { 50, 3, OBJECT_LIMIT },
	  .dict = { 56, 3, OBJECT_LIMIT }, .bytes = { 64, 3, OBJECT_LIMIT },
	  .text = { 67, 4, OBJECT_LIMIT }, .finalizing = 4, .interpreters = 5, .interp_id = 7,
	  .interp_next = 8, .interp_threads = 9, .interp_gil = 14, .thread_next = 21,
	  .thread_interp = 22, .thread_frame = 23, .thread_id = 24, .thread_native = 25,
	  .frame_previous = 29, .frame_code = 30, .frame_instr = 31, .frame_locals = 32,
	  .frame_owner = 33, .code_file = 35, .object_type = 45, .type_name = 47, .bytes_data = 66,
	  .text_state = 68, .text_ascii = 70 },
	{ .minor = 14, .words = 95, .runtime = { 3, 3, STATE_LIMIT }, .interp = { 6, 16, STATE_LIMIT },
	  .thread = { 22, 9, THREAD_LIMIT }, .frame = { 31, 8, FRAME_LIMIT },
	  .code = { 39, 11, CODE_LIMIT }, .object = { 50, 2, OBJECT_LIMIT },
	  .type = { 52, 4, OBJECT_LIMIT }, .tuple = { 56, 3, OBJECT_LIMIT },
	  .dict = { 66, 3, OBJECT_LIMIT }, .bytes = { 74, 3, OBJECT_LIMIT },
	  .text = { 77, 4, OBJECT_LIMIT }, .finalizing = 4, .interpreters = 5, .interp_id = 7,
	  .interp_next = 8, .interp_threads = 9, .interp_gil = 15, .thread_next = 24,
	  .thread_interp = 25, .thread_frame = 26, .thread_id = 27, .thread_native = 28,
	  .frame_previous = 32, .frame_code = 33, .frame_instr = 34, .frame_locals = 35,
	  .frame_owner = 36, .frame_bytecode = 38, .code_file = 40, .copies = true, .object_type = 51,
	  .type_name = 53, .bytes_data = 76, .text_state = 78, .text_ascii = 80 },
	{ .minor = 15, .words = 111, .runtime = { 3, 3, STATE_LIMIT }, .interp = { 6, 16, STATE_LIMIT },
	  .thread = { 22, 15, THREAD_LIMIT }, .frame = { 39, 8, FRAME_LIMIT },
	  .code = { 47, 11, CODE_LIMIT }, .object = { 58, 2, OBJECT_LIMIT },
	  .type = { 60, 6, OBJECT_LIMIT }, .tuple = { 68, 3, OBJECT_LIMIT },
	  .dict = { 78, 3, OBJECT_LIMIT }, .bytes = { 86, 3, OBJECT_LIMIT },
	  .text = { 89, 5, OBJECT_LIMIT }, .finalizing = 4, .interpreters = 5, .interp_id = 7,
	  .interp_next = 8, .interp_threads = 9, .interp_gil = 15, .thread_next = 24,
	  .thread_interp = 25, .thread_frame = 26, .thread_id = 29, .thread_native = 30,
	  .thread_exception = 35, .frame_previous = 40, .frame_code = 41, .frame_instr = 42,
	  .frame_locals = 43, .frame_owner = 44, .frame_bytecode = 46, .code_file = 48,
	  .copies = true, .object_type = 59, .type_name = 61, .bytes_data = 88, .text_state = 90,
	  .text_ascii = 92 },
};
/* clang-format on */

/* The table as words, and whether all that was taken from it so far can be believed. */
struct reading {
	const unsigned char *bytes;
	size_t words;
	bool sane;
};

static uint64_t word_at(const struct reading *r, unsigned index)
{
	uint64_t value = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		value |= (uint64_t)r->bytes[index * 8 + i] << (8 * i);
	return value;
}

/* A member of the group's structure that takes `width` bytes. */
static uint32_t take(struct reading *r, const struct group *group, unsigned index, unsigned width)
{
	uint64_t size, value;

	if (!index)
		return 0;
	size = word_at(r, group->at);
	value = word_at(r, index);
	if (index <= group->at || index >= group->at + group->words || size > group->limit ||
	    value > size || size - value < width || value % width)
		r->sane = false;
	return (uint32_t)value;
}

static void take_code(struct reading *r, const struct table *t, struct python_offsets *o)
{
	unsigned at = t->code_file;

	o->code_file = take(r, &t->code, at, 8);
	o->code_name = take(r, &t->code, at + 1, 8);
	o->code_qualname = take(r, &t->code, at + 2, 8);
	o->code_table = take(r, &t->code, at + 3, 8);
	o->code_line = take(r, &t->code, at + 4, 4);
	o->code_argcount = take(r, &t->code, at + 5, 4);
	/* co_argcount, co_posonlyargcount, co_kwonlyargcount follow each other since 3.11 */
	o->code_kwonly = o->code_argcount + 8;
	/* behind _co_linearray and others, where it has been since 3.11: two words before argcount */
	o->code_flags = o->code_argcount >= 4 ? o->code_argcount - 4 : 0;
	o->code_names = take(r, &t->code, at + 6, 8);
	o->code_kinds = take(r, &t->code, at + 7, 8);
	/* the bytecode begins where the structure's fixed part ends */
	o->code_first = take(r, &t->code, at + 8, 1);
	if (t->copies)
		o->code_copies = take(r, &t->code, at + 9, 8);
	o->code_size = (uint32_t)word_at(r, t->code.at);
}

static void take_frame(struct reading *r, const struct table *t, struct python_offsets *o)
{
	o->frame_previous = take(r, &t->frame, t->frame_previous, 8);
	o->frame_code = take(r, &t->frame, t->frame_code, 8);
	o->frame_instr = take(r, &t->frame, t->frame_instr, 8);
	o->frame_locals = take(r, &t->frame, t->frame_locals, 8);
	o->frame_owner = take(r, &t->frame, t->frame_owner, 1);
	if (o->free_threaded && t->frame_bytecode)
		o->frame_bytecode = take(r, &t->frame, t->frame_bytecode, 4);
	o->frame_size = (uint32_t)word_at(r, t->frame.at);
}

static void take_thread(struct reading *r, const struct table *t, struct python_offsets *o)
{
	o->thread_next = take(r, &t->thread, t->thread_next, 8);
	o->thread_interp = take(r, &t->thread, t->thread_interp, 8);
	o->thread_frame = take(r, &t->thread, t->thread_frame, 8);
	o->thread_id = take(r, &t->thread, t->thread_id, 8);
	o->thread_native = take(r, &t->thread, t->thread_native, 8);
	o->thread_exception = take(r, &t->thread, t->thread_exception, 8);
	if (o->minor == 13)
		o->thread_exception = 112; /* not in its table */
	o->thread_size = (uint32_t)word_at(r, t->thread.at);
}

static void take_state(struct reading *r, const struct table *t, struct python_offsets *o)
{
	o->finalizing = take(r, &t->runtime, t->finalizing, 8);
	o->interpreters = take(r, &t->runtime, t->interpreters, 8);
	o->interp_id = take(r, &t->interp, t->interp_id, 8);
	o->interp_next = take(r, &t->interp, t->interp_next, 8);
	o->interp_threads = take(r, &t->interp, t->interp_threads, 8);
	o->interp_gil = take(r, &t->interp, t->interp_gil, 8);
	/* struct _gil_runtime_state: interval, last_holder, locked, as in 3.12 */
	o->gil_holder = 8;
	o->gil_locked = 16;
}

/* A str: {object, length, hash, state}, the text of ASCII behind it, of other text behind the cached
 * UTF-8 too. */
static void take_objects(struct reading *r, const struct table *t, struct python_offsets *o)
{
	o->object_type = take(r, &t->object, t->object_type, 8);
	o->type_name = take(r, &t->type, t->type_name, 8);
	o->type_flags = take(r, &t->type, t->type_name + 2u, 8);
	o->bytes_data = take(r, &t->bytes, t->bytes_data, 1);
	o->tuple_items = take(r, &t->tuple, t->tuple.at + 1u, 8);
	o->dict_keys = take(r, &t->dict, t->dict.at + 1u, 8);
	o->text_state = take(r, &t->text, t->text_state, 4);
	o->text_ascii = (uint32_t)word_at(r, t->text_ascii);
	o->text_other = o->text_ascii + 16;
	if (o->text_ascii > OBJECT_LIMIT || o->text_ascii < o->text_state)
		r->sane = false;
}

static const struct table *table_of(unsigned minor, bool *ret_guessed)
{
	const struct table *newest = &tables[ARRAY_SIZE(tables) - 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i].minor == minor)
			return &tables[i];
	*ret_guessed = minor > newest->minor && minor < 100;
	return *ret_guessed ? newest : NULL;
}

bool python_offsets_read(const unsigned char *bytes, size_t size, struct python_offsets *ret,
			 bool *ret_guessed)
{
	struct reading r = { bytes, size / 8, true };
	struct python_offsets o = { .style = PYTHON_SHIMS };
	const struct table *t;
	bool guessed = false;
	uint64_t version;

	if (r.words < 3 || memcmp(bytes, "xdebugpy", 8) != 0)
		return false;
	version = word_at(&r, 1);
	o.minor = version >> 16 & 0xff;
	t = version >> 24 == 3 ? table_of(o.minor, &guessed) : NULL;
	if (!t || r.words < t->words || word_at(&r, 2) > 1)
		return false;
	o.free_threaded = word_at(&r, 2) == 1;
	o.tagged = o.minor >= 14;
	take_state(&r, t, &o);
	take_thread(&r, t, &o);
	take_frame(&r, t, &o);
	take_code(&r, t, &o);
	take_objects(&r, t, &o);
	if (!r.sane)
		return false;
	*ret_guessed = guessed;
	*ret = o;
	return true;
}
