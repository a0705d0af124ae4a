/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of Python in words, as repr() would write them, with bounds; and the variables of a frame. */
#include "python.h"

#include <stdlib.h>
#include <string.h>

#define MOST_DEPTH 3u
#define MOST_ELEMENTS 8u
#define MOST_TEXT 200u
#define MOST_BYTES 4096u /* of one value in words */
#define MOST_VARIABLES 200u
#define MOST_ENTRIES 100000u /* of a dict or set, looked through for those that are in use */

struct writer {
	struct python *py;
	struct out out;
	unsigned depth;
};

static void put_object(struct writer *w, uint64_t object);

static void put_address(struct writer *w, const char *type, uint64_t object)
{
	out_char(&w->out, '<');
	out_str(&w->out, type);
	out_fmt(&w->out, " object at 0x%llx>", (unsigned long long)object);
}

/* ---- what has no parts ---- */

static void put_quoted(struct writer *w, const char *text, size_t size)
{
	size_t i;

	out_char(&w->out, '\'');
	for (i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\'' || c == '\\')
			out_fmt(&w->out, "\\%c", c);
		else if (c == '\n')
			out_str(&w->out, "\\n");
		else if (c == '\t')
			out_str(&w->out, "\\t");
		else if (c < 32 || c == 127)
			out_fmt(&w->out, "\\x%02x", c);
		else
			out_char(&w->out, (char)c);
	}
	out_char(&w->out, '\'');
}

static bool put_text(struct writer *w, uint64_t object)
{
	bool cut = false;
	FREE_AT_END char *text = python_text(w->py, object, MOST_TEXT, &cut);

	if (!text)
		return false;
	put_quoted(w, text, strlen(text));
	if (cut)
		out_str(&w->out, "...");
	return true;
}

static bool put_bytes(struct writer *w, uint64_t object)
{
	char bytes[MOST_TEXT];
	uint64_t size, shown, i;

	if (!image_u64(w->py->image, object + 16, &size))
		return false;
	shown = size < MOST_TEXT ? size : MOST_TEXT;
	if (!image_get(w->py->image, object + w->py->offsets.bytes_data, bytes, (size_t)shown))
		return false;
	out_str(&w->out, "b'");
	for (i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < 32 || c > 126 || c == '\'' || c == '\\')
			out_fmt(&w->out, "\\x%02x", c);
		else
			out_char(&w->out, (char)c);
	}
	out_str(&w->out, size > shown ? "'..." : "'");
	return true;
}

/* Digits of 30 bits, lowest first. Their number and the sign are one signed number up to 3.11; since
 * then the sign has the two low bits (0 positive, 1 zero, 2 negative), and the number begins at the
 * fourth. */
static bool put_int(struct writer *w, uint64_t object)
{
	uint64_t tag, count;
	unsigned __int128 value = 0;
	uint32_t digits[4] = { 0 };
	bool negative;
	unsigned i;
	char text[48], *at = text + sizeof(text) - 1;

	if (!image_u64(w->py->image, object + 16, &tag))
		return false;
	negative = w->py->offsets.minor < 12 ? (int64_t)tag < 0 : (tag & 3) == 2;
	count = w->py->offsets.minor < 12 ? (negative ? -tag : tag) : tag >> 3;
	if (w->py->offsets.minor >= 12 && (tag & 3) == 1)
		count = 0;
	if (count > ARRAY_SIZE(digits)) {
		out_fmt(&w->out, "<int of about %llu bits>", (unsigned long long)count * 30);
		return true;
	}
	if (!image_get(w->py->image, object + 24, digits, (size_t)count * sizeof(*digits)))
		return false;
	for (i = 0; i < count; i++)
		value |= (unsigned __int128)(digits[i] & 0x3fffffff) << (30 * i);
	*at = '\0';
	do {
		*--at = (char)('0' + (unsigned)(value % 10));
		value /= 10;
	} while (value);
	if (negative)
		*--at = '-';
	out_str(&w->out, at);
	return true;
}

static bool put_bool(struct writer *w, uint64_t object)
{
	uint32_t digit;

	if (!image_u32(w->py->image, object + 24, &digit))
		return false;
	out_str(&w->out, digit ? "True" : "False");
	return true;
}

/* The shortest text that reads back as the same number. */
static bool put_float(struct writer *w, uint64_t object)
{
	char text[40];
	double value;
	int digits;

	if (!image_get(w->py->image, object + 16, &value, sizeof(value)))
		return false;
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	out_str(&w->out, text);
	if (!strpbrk(text, ".en"))
		out_str(&w->out, ".0");
	return true;
}

static bool put_none(struct writer *w, uint64_t object)
{
	(void)object;
	out_str(&w->out, "None");
	return true;
}

/* ---- what has ---- */

static void put_items(struct writer *w, uint64_t items, uint64_t size)
{
	uint64_t i, item;

	for (i = 0; i < size && i < MOST_ELEMENTS; i++) {
		if (i)
			out_str(&w->out, ", ");
		if (python_pointer(w->py, items + 8 * i, &item))
			put_object(w, item);
		else
			out_str(&w->out, "<unreadable>");
	}
	if (size > MOST_ELEMENTS)
		out_fmt(&w->out, ", ...%llu more", (unsigned long long)(size - MOST_ELEMENTS));
}

static bool put_list(struct writer *w, uint64_t object)
{
	uint64_t size, items;

	if (!image_u64(w->py->image, object + 16, &size) ||
	    !image_u64(w->py->image, object + 24, &items))
		return false;
	out_char(&w->out, '[');
	put_items(w, items, size);
	out_char(&w->out, ']');
	return true;
}

static bool put_tuple(struct writer *w, uint64_t object)
{
	uint64_t size;

	if (!image_u64(w->py->image, object + 16, &size))
		return false;
	out_char(&w->out, '(');
	put_items(w, object + w->py->offsets.tuple_items, size);
	out_str(&w->out, size == 1 ? ",)" : ")");
	return true;
}

static bool put_set(struct writer *w, uint64_t object)
{
	uint64_t used, mask, table, i, shown = 0, entry[2];

	if (!image_u64(w->py->image, object + 24, &used) ||
	    !image_u64(w->py->image, object + 32, &mask) ||
	    !image_u64(w->py->image, object + 40, &table))
		return false;
	out_str(&w->out, used ? "{" : "set(");
	for (i = 0; i <= mask && i < MOST_ENTRIES && shown < used && shown < MOST_ELEMENTS; i++) {
		if (!image_get(w->py->image, table + 16 * i, entry, sizeof(entry)))
			break;
		/* free, or the mark of one that was removed */
		if (!entry[0] || entry[1] == UINT64_MAX)
			continue;
		if (shown++)
			out_str(&w->out, ", ");
		put_object(w, entry[0]);
	}
	if (shown < used)
		out_fmt(&w->out, ", ...%llu more", (unsigned long long)(used - shown));
	out_char(&w->out, used ? '}' : ')');
	return true;
}

/* The entries of a dict: in order of insertion, behind a table of indices whose width follows from its
 * size. */
struct entries {
	uint64_t at, count;
	unsigned size, key, value; /* of an entry, and within it */
	uint64_t values;           /* an array beside the keys, which several dicts share; 0 none */
};

static bool find_old_entries(struct python *py, uint64_t keys, struct entries *e)
{
	uint64_t slots;

	if (!image_u64(py->image, keys + 8, &slots) || !image_u64(py->image, keys + 32, &e->count))
		return false;
	e->at = keys + 40 +
		slots * (slots <= 0xff         ? 1
			 : slots <= 0xffff     ? 2
			 : slots <= 0xffffffff ? 4
					       : 8);
	return true;
}

static bool find_entries(struct python *py, uint64_t object, struct entries *e)
{
	enum { GENERAL };
	uint64_t keys;
	uint8_t bits, kind;

	*e = (struct entries){ .size = 24, .key = 8, .value = 16 };
	if (py->offsets.free_threaded ||
	    !image_u64(py->image, object + py->offsets.dict_keys, &keys) ||
	    !image_u64(py->image, object + py->offsets.dict_keys + 8, &e->values))
		return false;
	if (e->values && py->offsets.minor >= 13)
		e->values += 8;
	if (py->offsets.minor < 11)
		return find_old_entries(py, keys, e);
	if (!image_u8(py->image, keys + 9, &bits) || !image_u8(py->image, keys + 10, &kind) ||
	    bits > 40 || !image_u64(py->image, keys + 24, &e->count))
		return false;
	if (kind != GENERAL) {
		e->size = 16;
		e->key = 0;
		e->value = 8;
	}
	e->at = keys + 32 + ((uint64_t)1 << bits);
	return true;
}

static bool put_dict(struct writer *w, uint64_t object)
{
	struct python *py = w->py;
	uint64_t used, i, key, value, shown = 0;
	struct entries e;

	if (!image_u64(py->image, object + 16, &used) || !find_entries(py, object, &e))
		return false;
	out_char(&w->out, '{');
	for (i = 0; i < e.count && i < MOST_ENTRIES && shown < used && shown < MOST_ELEMENTS; i++) {
		uint64_t at = e.at + e.size * i;

		if (!image_u64(py->image, at + e.key, &key) ||
		    !image_u64(py->image, e.values ? e.values + 8 * i : at + e.value, &value))
			break;
		if (!value)
			continue;
		if (shown++)
			out_str(&w->out, ", ");
		put_object(w, key);
		out_str(&w->out, ": ");
		put_object(w, value);
	}
	if (shown < used)
		out_fmt(&w->out, ", ...%llu more", (unsigned long long)(used - shown));
	out_char(&w->out, '}');
	return true;
}

static const struct kind {
	const char *type;
	bool (*put)(struct writer *w, uint64_t object);
	bool parts;
} kinds[] = {
	{ "NoneType", put_none, false }, { "bool", put_bool, false },
	{ "int", put_int, false },       { "float", put_float, false },
	{ "str", put_text, false },      { "bytes", put_bytes, false },
	{ "list", put_list, true },      { "tuple", put_tuple, true },
	{ "dict", put_dict, true },      { "set", put_set, true },
	{ "frozenset", put_set, true },
};

static const struct kind *kind_of(const char *type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].type, type))
			return &kinds[i];
	return NULL;
}

static void put_object(struct writer *w, uint64_t object)
{
	FREE_AT_END char *type = python_type_name(w->py, object);
	const struct kind *kind = type ? kind_of(type) : NULL;
	bool done = false;

	if (!type) {
		out_str(&w->out, "<unreadable>");
	} else if (w->out.used > MOST_BYTES || (kind && kind->parts && w->depth >= MOST_DEPTH)) {
		out_str(&w->out, "...");
	} else {
		w->depth++;
		if (kind)
			done = kind->put(w, object);
		w->depth--;
		if (!done)
			put_address(w, type, object);
	}
}

/* ---- the variables of a frame ---- */

/* _PyLocals_Kind */
enum { KIND_CELL = 0x40, KIND_FREE = 0x80 };

static uint64_t content_of_cell(struct python *py, uint64_t object)
{
	FREE_AT_END char *type = python_type_name(py, object);
	uint64_t content;

	if (!type || strcmp(type, "cell") != 0 || !image_u64(py->image, object + 16, &content))
		return object;
	return content;
}

static struct stk_value value_of(struct python *py, const char *name, uint64_t object,
				 bool argument)
{
	struct writer w = { .py = py };
	FREE_AT_END char *type = object ? python_type_name(py, object) : NULL;
	struct stk_value value = { .name = name, .type = "", .argument = argument };

	out_init(&w.out, -1);
	if (object)
		put_object(&w, object);
	else
		out_str(&w.out, "<not assigned>");
	value.type = builder_str(py->b, type ? type : "");
	value.text = builder_strn(py->b, w.out.buffer, w.out.used);
	out_deinit(&w.out);
	return value;
}

/* A tuple of names, and where its variables stand among those of the frame. */
struct names {
	uint64_t tuple, count;
	uint32_t first;
	bool cells; /* all of them are in cells */
};

static const char *name_of(struct python *py, const struct names *names, uint32_t i)
{
	FREE_AT_END char *text = NULL;
	uint64_t object;

	if (image_u64(py->image, names->tuple + py->offsets.tuple_items + 8 * (uint64_t)i, &object))
		text = python_text(py, object, MOST_TEXT, NULL);
	return builder_str(py->b, text ? text : "?");
}

/* Those of a frame that is at work. */
struct listing {
	struct python *py;
	const struct python_frame *frame;
	unsigned want;
	struct stk_value values[MOST_VARIABLES];
	uint32_t count;
};

static void list_variables(struct listing *l, const struct names *names)
{
	struct python *py = l->py;
	const struct python_code *code = &py->codes[l->frame->code];
	uint64_t at = l->frame->address + py->offsets.frame_locals + 8 * (uint64_t)names->first,
		 object;
	uint32_t i;

	for (i = 0; i < names->count && l->count < MOST_VARIABLES; i++) {
		bool argument = names->first + i < code->arguments;
		uint8_t kind = names->cells ? KIND_CELL : 0;

		if (!(l->want & (argument ? STK_WANT_ARGS : STK_WANT_LOCALS)) ||
		    !python_pointer(py, at + 8 * (uint64_t)i, &object))
			continue;
		if (code->kinds &&
		    !image_u8(py->image, code->kinds + py->offsets.bytes_data + i, &kind))
			kind = 0;
		if (object && kind & (KIND_CELL | KIND_FREE))
			object = content_of_cell(py, object);
		l->values[l->count++] = value_of(py, name_of(py, names, i), object, argument);
	}
}

uint32_t python_variables(struct python *py, const struct python_frame *frame, unsigned want,
			  const struct stk_value **ret)
{
	const struct python_code *code = &py->codes[frame->code];
	const uint64_t tuples[] = { code->names, code->cells, code->frees };
	struct listing l = { .py = py, .frame = frame, .want = want };
	uint32_t first = 0;
	size_t i;

	*ret = NULL;
	for (i = 0; i < ARRAY_SIZE(tuples) && code->valid && tuples[i]; i++) {
		struct names names = { .tuple = tuples[i], .first = first, .cells = i > 0 };

		if (!image_u64(py->image, tuples[i] + 16, &names.count) ||
		    names.count > MOST_VARIABLES)
			break;
		list_variables(&l, &names);
		first += (uint32_t)names.count;
	}
	*ret = builder_array(py->b, l.values, l.count, sizeof(*l.values));
	return l.count;
}
