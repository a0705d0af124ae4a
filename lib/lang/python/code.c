/* SPDX-License-Identifier: Apache-2.0 */
/* Code objects: the name and file of a function, and which line an instruction is of.
 *
 * The tables have had three shapes:
 *  3.8, 3.9   co_lnotab: pairs of bytes, how many bytes of code and how many lines (signed) to go on.
 *  3.10       co_linetable: the same pairs, but each is a range, and -128 lines is "no line".
 *  3.11 on    co_linetable: entries of several bytes, each for one to eight instructions, with
 *             columns (Objects/locations.md). Numbers come six bits a byte, lowest first.
 */
#include "python.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT 4096u
#define TABLE_LIMIT ((size_t)1 << 20)
#define CODE_BYTES 1024u
/* co_flags: *args and **kwargs, which stand behind the arguments that have names */
enum { VAR_ARGS = 4, VAR_KEYWORDS = 8 };

static uint64_t word_of(const unsigned char *bytes, uint32_t at)
{
	uint64_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

static uint32_t int_of(const unsigned char *bytes, uint32_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

static const char *intern_text(struct python *py, uint64_t address)
{
	FREE_AT_END char *text = python_text(py, address, TEXT_LIMIT, NULL);

	return builder_str(py->b, text);
}

static void read_table(struct python *py, uint64_t object, struct python_code *code)
{
	uint64_t size;

	if (!object || !image_u64(py->image, object + 16, &size) || size > TABLE_LIMIT)
		return;
	code->table = xmalloc((size_t)size + 1);
	code->table_size = (size_t)size;
	if (image_get(py->image, object + py->offsets.bytes_data, code->table, code->table_size))
		return;
	free(code->table);
	code->table = NULL;
	code->table_size = 0;
}

/* Can it be a code object? By its type, where that is known; else by what else is read of it. */
static bool is_code(struct python *py, const unsigned char *bytes)
{
	uint64_t type = word_of(bytes, py->offsets.object_type);
	FREE_AT_END char *name = NULL;

	if (py->code_type)
		return type == py->code_type;
	if (!image_u64(py->image, type + py->offsets.type_name, &type))
		return false;
	name = image_string(py->image, type, 16);
	/* The name is in the file, which may not be here. */
	return !name || !strcmp(name, "code");
}

static void read_code(struct python *py, uint64_t address, struct python_code *code)
{
	const struct python_offsets *o = &py->offsets;
	unsigned char bytes[CODE_BYTES];
	size_t size = o->code_size < sizeof(bytes) ? o->code_size : sizeof(bytes);

	memset(code, 0, sizeof(*code));
	if (!image_get(py->image, address, bytes, size) || !is_code(py, bytes))
		return;
	code->func =
		intern_text(py, word_of(bytes, o->code_qualname ? o->code_qualname : o->code_name));
	code->file = intern_text(py, word_of(bytes, o->code_file));
	if (!code->func || !code->file)
		return;
	code->first_line = int_of(bytes, o->code_line);
	code->arguments = int_of(bytes, o->code_argcount) + int_of(bytes, o->code_kwonly) +
			  !!(int_of(bytes, o->code_flags) & VAR_ARGS) +
			  !!(int_of(bytes, o->code_flags) & VAR_KEYWORDS);
	code->instructions = o->code_first ? address + o->code_first : 0;
	code->names = word_of(bytes, o->code_names);
	code->kinds = o->code_kinds ? word_of(bytes, o->code_kinds) : 0;
	code->cells = o->code_cells ? word_of(bytes, o->code_cells) : 0;
	code->frees = o->code_frees ? word_of(bytes, o->code_frees) : 0;
	code->shim = !strcmp(code->file, "<shim>");
	code->valid = true;
	py->code_type = word_of(bytes, o->object_type);
	read_table(py, word_of(bytes, o->code_table), code);
}

uint32_t python_code_at(struct python *py, uint64_t address)
{
	uint64_t known;

	if (map_get(&py->code_index, address, &known))
		return (uint32_t)known;
	py->codes = grow(py->codes, &py->cap_codes, py->ncodes + 1, sizeof(*py->codes));
	read_code(py, address, &py->codes[py->ncodes]);
	map_put(&py->code_index, address, py->ncodes);
	return (uint32_t)py->ncodes++;
}

/* ---- lines ---- */

static uint32_t line_of_pairs(const struct python_code *code, uint64_t offset)
{
	uint64_t at = 0, line = code->first_line;
	size_t i;

	for (i = 0; i + 1 < code->table_size; i += 2) {
		at += code->table[i];
		if (at > offset)
			break;
		line += (uint64_t)(int64_t)(signed char)code->table[i + 1];
	}
	return (uint32_t)line;
}

static uint32_t line_of_ranges(const struct python_code *code, uint64_t offset)
{
	uint64_t end = 0, line = code->first_line;
	size_t i;

	for (i = 0; i + 1 < code->table_size; i += 2) {
		signed char lines = (signed char)code->table[i + 1];

		end += code->table[i];
		if (lines != -128)
			line += (uint64_t)(int64_t)lines;
		if (offset < end)
			return lines == -128 ? 0 : (uint32_t)line;
	}
	return (uint32_t)line;
}

static uint64_t take_number(struct cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = cursor_u8(c);
		if (shift < 60)
			value |= (uint64_t)(byte & 63) << shift;
		shift += 6;
	} while (byte & 64 && !c->failed);
	return value;
}

static int64_t take_signed(struct cursor *c)
{
	uint64_t value = take_number(c);

	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* The kinds of entries: PY_CODE_LOCATION_INFO_*. 0 to 9 are short ones: a line as before, columns in
 * the kind and one byte. */
enum { ONE_LINE = 10, ONE_LINE_MOST = 12, NO_COLUMNS = 13, LONG = 14, NO_PLACE = 15 };

struct entry {
	int64_t line;
	uint32_t column, end_column;
	bool placed;
};

static void take_entry(struct cursor *c, unsigned kind, struct entry *e)
{
	uint8_t byte;

	e->column = e->end_column = 0;
	e->placed = kind != NO_PLACE;
	if (kind < ONE_LINE) {
		byte = cursor_u8(c);
		e->column = kind * 8 + (byte >> 4 & 7) + 1;
		e->end_column = e->column + (byte & 15);
	} else if (kind <= ONE_LINE_MOST) {
		e->line += kind - ONE_LINE;
		e->column = cursor_u8(c) + 1u;
		e->end_column = cursor_u8(c) + 1u;
	} else if (kind == NO_COLUMNS) {
		e->line += take_signed(c);
	} else if (kind == LONG) {
		e->line += take_signed(c);
		(void)take_number(c); /* the last line */
		e->column = (uint32_t)take_number(c);
		e->end_column = (uint32_t)take_number(c);
	}
}

static void place_of_entries(const struct python_code *code, uint64_t index,
			     struct python_frame *ret)
{
	struct cursor c = cursor_over(code->table, code->table_size);
	struct entry e = { .line = code->first_line };
	uint64_t at = 0;

	while (c.left && !c.failed) {
		uint8_t head = cursor_u8(&c);

		take_entry(&c, head >> 3 & 15, &e);
		at += (head & 7) + 1u;
		if (index >= at)
			continue;
		if (!e.placed || c.failed)
			return;
		ret->line = (uint32_t)e.line;
		ret->column = e.column;
		ret->end_column = e.end_column;
		return;
	}
}

void python_code_place(const struct python *py, const struct python_code *code,
		       uint64_t instruction, struct python_frame *ret)
{
	ret->line = ret->column = ret->end_column = 0;
	if (!code->instructions) {
		/* f_lasti is -1 before the first instruction; in 3.10 it counts pairs of bytes */
		if ((int32_t)instruction < 0)
			ret->line = code->first_line;
		else if (py->offsets.minor >= 10)
			ret->line = line_of_ranges(code, (instruction & UINT32_MAX) * 2);
		else
			ret->line = line_of_pairs(code, instruction & UINT32_MAX);
		return;
	}
	if (instruction < code->instructions)
		ret->line = code->first_line;
	else
		place_of_entries(code, (instruction - code->instructions) / 2, ret);
}
