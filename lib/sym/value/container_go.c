/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, slices, interfaces, functions, maps and channels of Go. */
#include "container.h"

#include <dwarf.h>
#include <string.h>

static bool go_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;
	uint8_t first;

	if (!member_number(c, type, "str", &text, NULL) ||
	    !member_number(c, type, "len", &length, NULL) ||
	    (f->printed && length && !image_u8(f->image, text, &first)))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool go_slice(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t address, length, capacity;

	if (f->printed || !member_number(c, type, "array", &address, &pointer) ||
	    !member_number(c, type, "len", &length, NULL) ||
	    !member_number(c, type, "cap", &capacity, NULL) || !member_pointee(&pointer, &element))
		return false;
	out_fmt(&f->out, "len %llu, cap %llu ", (unsigned long long)length,
		(unsigned long long)capacity);
	format_elements(f, address, length, &element);
	return true;
}

bool format_go_pointee(struct format *f, uint64_t address, Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);
	struct content there = content_at(f->image, address);
	uint64_t count, capacity;

	if (f->lang != DW_LANG_Go || !name || f->printed)
		return false;
	/* hash<K,V>: the map itself (runtime.hmap); map<K,V> since the Swiss tables of 1.24. */
	if ((!strncmp(name, "hash<", 5) && member_number(&there, type, "count", &count, NULL)) ||
	    (!strncmp(name, "map<", 4) && member_number(&there, type, "used", &count, NULL))) {
		out_fmt(&f->out, " (%llu element%s)", (unsigned long long)count,
			count == 1 ? "" : "s");
		return true;
	}
	if (strncmp(name, "hchan<", 6) != 0 ||
	    !member_number(&there, type, "qcount", &count, NULL) ||
	    !member_number(&there, type, "dataqsiz", &capacity, NULL))
		return false;
	out_fmt(&f->out, " (len %llu, cap %llu)", (unsigned long long)count,
		(unsigned long long)capacity);
	return true;
}

/* ---- interfaces ---- */

/* The beginning of runtime._type (abi.Type), the same since Go 1.7: two words, hash, tflag, two
 * alignments, kind, two words, offsets of the name and of the pointer to this. */
struct go_type {
	uint64_t kind;
	bool direct; /* the interface's data word is the value itself: a pointer */
	char name[128];
};

enum { KIND_MASK = 31, DIRECT = 32, FLAG_EXTRA_STAR = 2 };

/* A flag byte, the length as a varint (before 1.17: as two bytes, the high one first, which is 0
 * of all but monsters), the bytes. */
static bool read_name(struct image *image, uint64_t at, bool extra_star, char *ret, size_t room)
{
	uint8_t length, low;

	at++;
	if (!image_u8(image, at++, &length))
		return false;
	if (!length || length & 0x80) {
		if (!image_u8(image, at++, &low) || low > 1)
			return false;
		length = length & 0x80 ? (uint8_t)((length & 0x7f) | low << 7) : low;
	}
	if (extra_star && length) {
		at++;
		length--;
	}
	if (!length || length >= room || !image_get(image, at, ret, length))
		return false;
	ret[length] = '\0';
	return true;
}

static bool read_type(struct format *f, uint64_t at, struct go_type *ret)
{
	unsigned word = image_arch(f->image)->word;
	uint32_t name, module = image_module(f->image, at);
	uint64_t types, end, size;
	uint8_t flags, kind;

	if (!image_u8(f->image, at + 2 * word + 4, &flags) ||
	    !image_u8(f->image, at + 2 * word + 7, &kind) ||
	    !image_u32(f->image, at + 4 * word + 8, &name) || module == STK_NONE ||
	    !symbols_find(f->symbols, module, "runtime.types", &types, &size) ||
	    !symbols_find(f->symbols, module, "runtime.etypes", &end, &size) || at < types ||
	    at >= end)
		return false;
	ret->kind = kind & KIND_MASK;
	/* A bit of the kind until 1.25, of the flags since. */
	ret->direct = (kind | flags) & DIRECT;
	return read_name(f->image, types + name, flags & FLAG_EXTRA_STAR, ret->name,
			 sizeof(ret->name));
}

/* The values that need no debug information: sizes by kind, from bool (1) to uintptr (12). */
static bool put_number(struct format *f, uint64_t kind, uint64_t data)
{
	static const uint8_t sizes[] = { 0, 1, 0, 1, 2, 4, 8, 0, 1, 2, 4, 8, 0 };
	unsigned size, unused;
	struct content there = content_at(f->image, data);
	uint64_t value;

	if (kind < 1 || kind >= ARRAY_SIZE(sizes))
		return false;
	size = sizes[kind] ? sizes[kind] : image_arch(f->image)->word;
	if (!content_number(&there, size, &value))
		return false;
	unused = 64 - size * 8;
	if (kind == 1)
		out_str(&f->out, value ? "true" : "false");
	else if (kind <= 6)
		out_fmt(&f->out, "%lld", (long long)((int64_t)(value << unused) >> unused));
	else
		out_fmt(&f->out, "%llu", (unsigned long long)value);
	return true;
}

static bool put_string(struct format *f, const char *before, uint64_t at)
{
	uint64_t text, length;

	if (!image_word(f->image, at, &text) ||
	    !image_word(f->image, at + image_arch(f->image)->word, &length))
		return false;
	out_str(&f->out, before);
	format_string_at(f, text, length);
	return true;
}

enum { KIND_STRING = 24 };

static void put_dynamic(struct format *f, const struct go_type *type, uint64_t data)
{
	out_char(&f->out, '(');
	out_text(&f->out, type->name);
	out_str(&f->out, ") ");
	if (!type->direct && (put_number(f, type->kind, data) ||
			      (type->kind == KIND_STRING && put_string(f, "", data))))
		return;
	/* What is no pointer itself lies where the data word points. */
	out_fmt(&f->out, type->direct ? "0x%llx" : "@0x%llx", (unsigned long long)data);
	/* Most errors begin with their text. */
	if (data &&
	    (!strcmp(type->name, "*errors.errorString") || !strcmp(type->name, "*fmt.wrapError")))
		(void)put_string(f, " ", data);
}

static bool put_interface(struct format *f, uint64_t type, uint64_t data)
{
	struct go_type dynamic;

	if (!type)
		out_str(&f->out, "nil");
	else if (read_type(f, type, &dynamic))
		put_dynamic(f, &dynamic, data);
	else
		return false;
	return true;
}

static bool go_eface(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t dynamic, data;

	return member_number(c, type, "_type", &dynamic, NULL) &&
	       member_number(c, type, "data", &data, NULL) && put_interface(f, dynamic, data);
}

/* With methods: the second word of the table is the type. */
static bool go_iface(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t table, dynamic = 0, data;

	if (!member_number(c, type, "tab", &table, NULL) ||
	    !member_number(c, type, "data", &data, NULL) ||
	    (table && !image_word(f->image, table + image_arch(f->image)->word, &dynamic)))
		return false;
	return put_interface(f, dynamic, data);
}

const struct container containers_go[] = {
	{ "string", go_string },       { "[]", go_slice }, { "runtime.eface", go_eface },
	{ "runtime.iface", go_iface }, { NULL, NULL },
};
