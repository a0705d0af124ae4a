/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "../die.h"

bool format_type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, ret);
}

bool format_peel(Dwarf_Die *type, Dwarf_Die *ret)
{
	return dwarf_peel_type(type, ret) == 0;
}

uint64_t format_size(Dwarf_Die *type)
{
	Dwarf_Word size;

	return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

static bool is_full(const struct format *f)
{
	return f->out.used > FORMAT_BYTES;
}

static void missing(struct format *f, enum content_state state, const struct content *c)
{
	if (state == CONTENT_GONE)
		out_str(&f->out, f->printed ? "<not printed>" : "<optimized out>");
	else
		out_fmt(&f->out, "<memory at 0x%llx is not available>",
			(unsigned long long)c->address);
}

/* ---- strings ---- */

void format_string(struct format *f, const char *text, size_t size, bool more)
{
	size_t i, n;

	out_char(&f->out, '"');
	for (i = 0; i < size; i += n) {
		n = out_printable(text + i, size - i);
		if (n == 1 && (text[i] == '"' || text[i] == '\\'))
			out_char(&f->out, '\\');
		out_textn(&f->out, text + i, n ? n : 1);
		n = n ? n : 1;
	}
	out_str(&f->out, more ? "\"..." : "\"");
}

void format_string_at(struct format *f, uint64_t address, uint64_t length)
{
	char text[FORMAT_STRING];
	size_t want = length < sizeof(text) ? (size_t)length : sizeof(text);
	size_t got = image_read(f->image, address, text, want);

	if (want && !got)
		out_fmt(&f->out, "<memory at 0x%llx is not available>",
			(unsigned long long)address);
	else
		format_string(f, text, got, length > got);
}

/* Up to the NUL. */
static void c_string_at(struct format *f, uint64_t address)
{
	char text[FORMAT_STRING];
	size_t got = image_read(f->image, address, text, sizeof(text));
	const char *end = memchr(text, 0, got);

	if (got)
		format_string(f, text, end ? (size_t)(end - text) : got, !end);
	else
		out_fmt(&f->out, "<memory at 0x%llx is not available>",
			(unsigned long long)address);
}

static bool is_char(Dwarf_Die *type)
{
	Dwarf_Die peeled;
	uint64_t encoding;

	return format_peel(type, &peeled) && dwarf_tag(&peeled) == DW_TAG_base_type &&
	       dwarf_bytesize(&peeled) == 1 && die_number(&peeled, DW_AT_encoding, &encoding) &&
	       (encoding == DW_ATE_signed_char || encoding == DW_ATE_unsigned_char);
}

/* ---- scalars ---- */

static int64_t sign_extend(uint64_t value, unsigned bits)
{
	return bits >= 64 ? (int64_t)value : (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static void floating(struct format *f, const unsigned char *bytes, uint64_t size)
{
	if (size == sizeof(float)) {
		float value;

		memcpy(&value, bytes, sizeof(value));
		out_fmt(&f->out, "%.9g", (double)value);
	} else if (size == sizeof(double)) {
		double value;

		memcpy(&value, bytes, sizeof(value));
		out_fmt(&f->out, "%.17g", value);
	} else if (size == sizeof(long double)) {
		long double value;

		memcpy(&value, bytes, sizeof(value));
		out_fmt(&f->out, "%.18Lg", value);
	} else {
		out_str(&f->out, "<a floating point number of an unknown size>");
	}
}

/* The number, and the character as C writes it. */
static void character(struct format *f, int64_t value)
{
	static const char escapes[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
	unsigned char c = (unsigned char)value;
	const char *escape = c ? strchr(escapes, c) : NULL;

	out_fmt(&f->out, "%lld '", (long long)value);
	if (escape)
		out_fmt(&f->out, "\\%c", letters[escape - escapes]);
	else if (c < 0x20 || c >= 0x7f)
		out_fmt(&f->out, "\\%03o", c);
	else
		out_fmt(&f->out, c == '\'' || c == '\\' ? "\\%c" : "%c", c);
	out_char(&f->out, '\'');
}

static void number(struct format *f, uint64_t value, unsigned bits, uint64_t encoding)
{
	switch (encoding) {
	case DW_ATE_boolean:
		out_str(&f->out, value == 0 ? "false" : value == 1 ? "true" : "");
		if (value > 1)
			out_fmt(&f->out, "true (%llu)", (unsigned long long)value);
		break;
	case DW_ATE_signed_char:
		character(f, sign_extend(value, bits));
		break;
	case DW_ATE_unsigned_char:
		character(f, (int64_t)value);
		break;
	case DW_ATE_UTF:
		out_fmt(&f->out, "U+%04llx", (unsigned long long)value);
		break;
	case DW_ATE_signed:
		out_fmt(&f->out, "%lld", (long long)sign_extend(value, bits));
		break;
	case DW_ATE_unsigned:
		out_fmt(&f->out, "%llu", (unsigned long long)value);
		break;
	default:
		out_hex(&f->out, value, 1);
	}
}

static void base_type(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t encoding = 0, size = format_size(type), value;
	unsigned char bytes[16];
	enum content_state state;

	(void)die_number(type, DW_AT_encoding, &encoding);
	if (size == 0 || size > sizeof(bytes)) {
		out_fmt(&f->out, "<a value of %llu bytes>", (unsigned long long)size);
		return;
	}
	state = content_get(c, bytes, size);
	if (state != CONTENT_HERE) {
		missing(f, state, c);
		return;
	}
	if (encoding == DW_ATE_float) {
		floating(f, bytes, size);
		return;
	}
	if (encoding == DW_ATE_complex_float) {
		floating(f, bytes, size / 2);
		out_str(&f->out, " + ");
		floating(f, bytes + size / 2, size / 2);
		out_char(&f->out, 'i');
		return;
	}
	value = image_number(f->image, bytes, size < 8 ? (unsigned)size : 8);
	if (size <= 8)
		number(f, value, (unsigned)size * 8, encoding);
	else
		out_fmt(&f->out, "0x%llx%016llx",
			(unsigned long long)image_number(f->image, bytes + 8, 8),
			(unsigned long long)value);
}

static void function_name(struct format *f, uint64_t address)
{
	uint64_t offset;
	const char *name = symbols_name(f->symbols, address, &offset);

	if (!name)
		return;
	out_str(&f->out, " <");
	out_text(&f->out, name);
	if (offset)
		out_fmt(&f->out, "+%llu", (unsigned long long)offset);
	out_char(&f->out, '>');
}

static void pointer(struct format *f, const struct content *c, Dwarf_Die *type)
{
	unsigned word = image_arch(f->image)->word;
	Dwarf_Die target, peeled;
	uint64_t address;

	if (!content_number(c, word, &address)) {
		missing(f, c->in_memory ? CONTENT_UNREADABLE : CONTENT_GONE, c);
		return;
	}
	out_hex(&f->out, address, 1);
	if (!address || !format_type_of(type, &target) || !format_peel(&target, &peeled))
		return;
	if (format_go_pointee(f, address, &peeled))
		return;
	if (dwarf_tag(&peeled) == DW_TAG_subroutine_type) {
		function_name(f, address);
	} else if (is_char(&peeled)) {
		out_char(&f->out, ' ');
		c_string_at(f, address);
	}
}

/* A function of Go is a pointer to an object that begins with the address of the code. */
static void closure(struct format *f, const struct content *c)
{
	uint64_t object, code;

	if (!content_number(c, image_arch(f->image)->word, &object)) {
		missing(f, c->in_memory ? CONTENT_UNREADABLE : CONTENT_GONE, c);
		return;
	}
	out_hex(&f->out, object, 1);
	if (object && image_word(f->image, object, &code))
		function_name(f, code);
}

static void reference(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die target;
	uint64_t address;
	struct content there;

	if (!content_number(c, image_arch(f->image)->word, &address)) {
		missing(f, c->in_memory ? CONTENT_UNREADABLE : CONTENT_GONE, c);
		return;
	}
	out_fmt(&f->out, "@0x%llx", (unsigned long long)address);
	if (!format_type_of(type, &target) || f->depth > FORMAT_DEPTH)
		return;
	out_str(&f->out, ": ");
	there = content_at(f->image, address);
	format_value(f, &there, &target);
}

/* ---- enumerations: by name, or as flags ---- */

static bool enumerator(struct format *f, Dwarf_Die *type, uint64_t value, uint64_t mask)
{
	Dwarf_Die child;
	uint64_t known;

	if (dwarf_child(type, &child) != 0)
		return false;
	do {
		Dwarf_Attribute attr;
		Dwarf_Sword sword;

		if (dwarf_tag(&child) != DW_TAG_enumerator ||
		    !dwarf_attr(&child, DW_AT_const_value, &attr))
			continue;
		known = dwarf_formsdata(&attr, &sword) == 0 ? (uint64_t)sword : 0;
		if ((known & mask) == value) {
			out_text(&f->out, dwarf_diename(&child));
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static void flags(struct format *f, Dwarf_Die *type, uint64_t value, uint64_t mask)
{
	const char *between = "(";
	uint64_t bit, rest = value;

	for (bit = 1; bit && bit <= mask; bit <<= 1) {
		size_t before = f->out.used;

		if (!(value & bit))
			continue;
		out_str(&f->out, between);
		if (enumerator(f, type, bit, mask)) {
			rest &= ~bit;
			between = " | ";
		} else {
			f->out.used = before;
		}
	}
	if (rest == value)
		out_fmt(&f->out, "%llu", (unsigned long long)value);
	else if (rest)
		out_fmt(&f->out, " | 0x%llx)", (unsigned long long)rest);
	else
		out_char(&f->out, ')');
}

static void enumeration(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t size = format_size(type), value, mask;

	if (size > 8 || !content_number(c, (unsigned)size, &value)) {
		missing(f, c->in_memory ? CONTENT_UNREADABLE : CONTENT_GONE, c);
		return;
	}
	mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << (size * 8)) - 1;
	if (!enumerator(f, type, value, mask))
		flags(f, type, value, mask);
}

/* ---- arrays ---- */

void format_elements(struct format *f, uint64_t address, uint64_t count, Dwarf_Die *type)
{
	uint64_t size = format_size(type), i;

	out_char(&f->out, '{');
	f->depth++;
	for (i = 0; i < count && i < FORMAT_ELEMENTS && !is_full(f); i++) {
		struct content element = content_at(f->image, address + i * size);

		out_str(&f->out, i ? ", " : "");
		format_value(f, &element, type);
	}
	f->depth--;
	out_str(&f->out, i < count ? "...}" : "}");
}

static uint64_t dimension(Dwarf_Die *subrange)
{
	uint64_t value;
	Dwarf_Attribute attr;
	Dwarf_Word word;

	if (die_number(subrange, DW_AT_count, &value))
		return value;
	/* Only constants: the length of a variable array is an expression of its own. */
	if (dwarf_attr_integrate(subrange, DW_AT_upper_bound, &attr) &&
	    dwarf_whatform(&attr) != DW_FORM_exprloc && dwarf_formudata(&attr, &word) == 0 &&
	    word != UINT64_MAX)
		return word + 1;
	return 0;
}

#define MAX_DIMENSIONS 8

static size_t dimensions(Dwarf_Die *type, uint64_t *ret)
{
	Dwarf_Die child;
	size_t n = 0;

	if (dwarf_child(type, &child) != 0)
		return 0;
	do
		if (dwarf_tag(&child) == DW_TAG_subrange_type && n < MAX_DIMENSIONS)
			ret[n++] = dimension(&child);
	while (dwarf_siblingof(&child, &child) == 0);
	return n;
}

static void array_level(struct format *f, const struct content *c, Dwarf_Die *element,
			const uint64_t *counts, size_t levels)
{
	uint64_t size = format_size(element), i;
	size_t j;

	for (j = 1; j < levels; j++)
		size *= counts[j] ? counts[j] : 1;
	out_char(&f->out, '{');
	for (i = 0; i < counts[0] && i < FORMAT_ELEMENTS && !is_full(f); i++) {
		struct content part = content_part(c, i * size);

		out_str(&f->out, i ? ", " : "");
		if (levels > 1)
			array_level(f, &part, element, counts + 1, levels - 1);
		else
			format_value(f, &part, element);
	}
	out_str(&f->out, i < counts[0] ? "...}" : "}");
}

static void array(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t counts[MAX_DIMENSIONS];
	size_t levels = dimensions(type, counts);
	Dwarf_Die element;

	if (!format_type_of(type, &element) || !levels) {
		out_str(&f->out, "{...}");
		return;
	}
	if (levels == 1 && is_char(&element)) {
		char text[FORMAT_STRING];
		size_t size = counts[0] < sizeof(text) ? (size_t)counts[0] : sizeof(text);
		enum content_state state = content_get(c, text, size);
		size_t used = strnlen(text, state == CONTENT_HERE ? size : 0);

		if (state != CONTENT_HERE)
			missing(f, state, c);
		else
			format_string(f, text, used, used == size && size < counts[0]);
		return;
	}
	f->depth++;
	array_level(f, c, &element, counts, levels);
	f->depth--;
}

/* ---- structures ---- */

static bool bit_field(struct format *f, const struct content *c, Dwarf_Die *member, Dwarf_Die *type)
{
	uint64_t bits, at, size = format_size(type), encoding = DW_ATE_unsigned, value;
	Dwarf_Die peeled;

	if (!die_number(member, DW_AT_bit_size, &bits) || bits == 0 || bits > 64 || size > 8 ||
	    !format_peel(type, &peeled))
		return false;
	if (die_number(member, DW_AT_data_bit_offset, &at)) {
		struct content part = content_part(c, at / 8);

		size = (at % 8 + bits + 7) / 8;
		if (size > 8 || !content_number(&part, (unsigned)size, &value)) {
			out_str(&f->out, "<optimized out>");
			return true;
		}
		value >>= at % 8;
	} else if (die_number(member, DW_AT_bit_offset, &at) && at + bits <= size * 8) {
		uint64_t offset = 0;
		struct content part;

		/* DWARF 3: counted from the most significant bit of the storage unit. */
		(void)die_number(member, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		if (!content_number(&part, (unsigned)size, &value)) {
			out_str(&f->out, "<optimized out>");
			return true;
		}
		value >>= size * 8 - at - bits;
	} else {
		return false;
	}
	if (bits < 64)
		value &= (UINT64_C(1) << bits) - 1;
	(void)die_number(&peeled, DW_AT_encoding, &encoding);
	number(f, value, (unsigned)bits, encoding);
	return true;
}

static void member_value(struct format *f, const struct content *c, Dwarf_Die *member)
{
	uint64_t offset = 0;
	struct content part;
	Dwarf_Die type;

	if (!format_type_of(member, &type))
		return;
	if (bit_field(f, c, member, &type))
		return;
	(void)die_number(member, DW_AT_data_member_location, &offset);
	part = content_part(c, offset);
	format_value(f, &part, &type);
}

static void member(struct format *f, const struct content *c, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	Dwarf_Die type;

	if (dwarf_tag(die) == DW_TAG_inheritance) {
		FREE_AT_END char *base = format_type_of(die, &type) ? format_type(&type) : NULL;

		out_char(&f->out, '<');
		out_text(&f->out, base ? base : "base");
		out_str(&f->out, "> = ");
	} else if (name) {
		out_text(&f->out, name);
		out_str(&f->out, " = ");
	}
	member_value(f, c, die);
}

static bool is_shown_member(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	if (dwarf_tag(die) == DW_TAG_inheritance)
		return true;
	/* Static members have no place in the object; a vtable pointer says nothing to the reader.
	 */
	if (dwarf_tag(die) != DW_TAG_member || dwarf_hasattr(die, DW_AT_external) ||
	    (name && !strncmp(name, "_vptr", 5)))
		return false;
	return !die_flag(die, DW_AT_artificial);
}

static void structure(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die child;
	unsigned n = 0;

	if (f->depth >= FORMAT_DEPTH) {
		out_str(&f->out, "{...}");
		return;
	}
	out_char(&f->out, '{');
	f->depth++;
	if (dwarf_child(type, &child) == 0)
		do {
			if (!is_shown_member(&child))
				continue;
			out_str(&f->out, n++ ? ", " : "");
			if (n > 2 * FORMAT_ELEMENTS || is_full(f)) {
				out_str(&f->out, "...");
				break;
			}
			member(f, c, &child);
		} while (dwarf_siblingof(&child, &child) == 0);
	f->depth--;
	out_char(&f->out, '}');
}

void format_value(struct format *f, const struct content *c, Dwarf_Die *declared)
{
	Dwarf_Die type;

	if (is_full(f)) {
		out_str(&f->out, "...");
		return;
	}
	if (!format_peel(declared, &type)) {
		out_str(&f->out, "<its type is not known>");
		return;
	}
	switch (dwarf_tag(&type)) {
	case DW_TAG_base_type:
		base_type(f, c, &type);
		break;
	case DW_TAG_pointer_type:
	case DW_TAG_ptr_to_member_type:
	case DW_TAG_unspecified_type:
		pointer(f, c, &type);
		break;
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		reference(f, c, &type);
		break;
	case DW_TAG_subroutine_type:
		closure(f, c);
		break;
	case DW_TAG_enumeration_type:
		enumeration(f, c, &type);
		break;
	case DW_TAG_array_type:
		array(f, c, &type);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		if (!format_container(f, c, &type))
			structure(f, c, &type);
		break;
	default:
		out_str(&f->out, "<a type that stk does not know>");
	}
}
