/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and enums of Rust. */
#include "container.h"

#include <dwarf.h>
#include <string.h>

#include "../die.h"

static bool rust_slice(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t address, length;

	if (!member_number(c, type, "data_ptr", &address, &pointer) ||
	    !member_number(c, type, "length", &length, NULL) || !member_pointee(&pointer, &element))
		return false;
	if (!strcmp(dwarf_diename(type), "&str") || !strcmp(dwarf_diename(type), "&mut str"))
		format_string_at(f, address, length);
	else
		member_list(f, "slice", address, length, &element);
	return true;
}

static bool rust_vec_parts(struct format *f, const struct content *c, Dwarf_Die *type,
			   uint64_t *ret_address, uint64_t *ret_length, Dwarf_Die *ret_element)
{
	Dwarf_Die buffer = *type;
	struct content part = *c;

	return member_number(c, type, "len", ret_length, NULL) &&
	       member_step(&buffer, &part, "buf", 0) && member_first_pointer(&part, &buffer, 0) &&
	       content_number(&part, image_arch(f->image)->word, ret_address) &&
	       member_template(type, 0, ret_element);
}

static bool rust_vec(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die element;
	uint64_t address, length;

	if (!rust_vec_parts(f, c, type, &address, &length, &element))
		return false;
	member_list(f, "Vec", address, length, &element);
	return true;
}

static bool rust_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die vec = *type, element;
	struct content part = *c;
	uint64_t address, length;

	if (!member_step(&vec, &part, "vec", 0) ||
	    !rust_vec_parts(f, &part, &vec, &address, &length, &element))
		return false;
	format_string_at(f, address, length);
	return true;
}

static bool child_of_tag(Dwarf_Die *die, int tag, Dwarf_Die *ret)
{
	if (dwarf_child(die, ret) != 0)
		return false;
	do
		if (dwarf_tag(ret) == tag)
			return true;
	while (dwarf_siblingof(ret, ret) == 0);
	return false;
}

/* DW_TAG_variant of this discriminant, else the one without a value (a niche's "all others"). */
static bool find_variant(Dwarf_Die *part, uint64_t discriminant, uint64_t mask, Dwarf_Die *ret)
{
	Dwarf_Die child;
	uint64_t value;
	bool found = false;

	if (dwarf_child(part, &child) != 0)
		return false;
	do {
		if (dwarf_tag(&child) != DW_TAG_variant)
			continue;
		if (!die_number(&child, DW_AT_discr_value, &value)) {
			*ret = child;
			found = true;
		} else if ((value & mask) == (discriminant & mask)) {
			*ret = child;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return found;
}

static void rust_fields(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die child, inner;
	unsigned n = 0;

	if (dwarf_child(type, &child) != 0)
		return;
	do {
		const char *name = dwarf_diename(&child);
		struct content part;
		uint64_t offset = 0;

		if (dwarf_tag(&child) != DW_TAG_member || !name || !format_type_of(&child, &inner))
			continue;
		(void)die_number(&child, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		out_str(&f->out, n++ ? ", " : "(");
		if (name[0] != '_' || name[1] != '_') {
			out_text(&f->out, name);
			out_str(&f->out, " = ");
		}
		format_value(f, &part, &inner);
	} while (dwarf_siblingof(&child, &child) == 0);
	if (n)
		out_char(&f->out, ')');
}

static bool rust_enum(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die part, discr, discr_type, variant, member, inner;
	uint64_t offset = 0, value = 0, size = 0;
	struct content at;

	if (!child_of_tag(type, DW_TAG_variant_part, &part) || f->depth >= FORMAT_DEPTH)
		return false;
	if (die_ref(&part, DW_AT_discr, &discr) && format_type_of(&discr, &discr_type)) {
		size = format_size(&discr_type);
		(void)die_number(&discr, DW_AT_data_member_location, &offset);
		at = content_part(c, offset);
		if (size > 8 || !content_number(&at, (unsigned)size, &value))
			return false;
	}
	if (!find_variant(&part, value,
			  size && size < 8 ? (UINT64_C(1) << size * 8) - 1 : UINT64_MAX,
			  &variant) ||
	    !child_of_tag(&variant, DW_TAG_member, &member) || !format_type_of(&member, &inner))
		return false;
	out_text(&f->out, dwarf_diename(&inner));
	offset = 0;
	(void)die_number(&member, DW_AT_data_member_location, &offset);
	at = content_part(c, offset);
	f->depth++;
	rust_fields(f, &at, &inner);
	f->depth--;
	return true;
}

static bool rust_tuple(struct format *f, const struct content *c, Dwarf_Die *type)
{
	if (f->depth >= FORMAT_DEPTH)
		return false;
	f->depth++;
	rust_fields(f, c, type);
	f->depth--;
	return true;
}

const struct container containers_rust[] = {
	{ "&", rust_slice }, { "Vec<", rust_vec }, { "String", rust_string },
	{ "(", rust_tuple }, { "", rust_enum },    { NULL, NULL },
};
