/* SPDX-License-Identifier: Apache-2.0 */
/* Library types are found by their name and read by the names of their members: a version that has
 * other members falls back to the plain structure, which is never wrong. */
#include "container.h"

#include <dwarf.h>
#include <string.h>

#include "../die.h"

static bool find_member(Dwarf_Die *type, const char *name, Dwarf_Die *ret)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do {
		const char *other = dwarf_diename(&child);

		if (dwarf_tag(&child) == DW_TAG_member && other && !strcmp(other, name)) {
			*ret = child;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Base classes hold many of libstdc++'s members. */
bool member_step(Dwarf_Die *type, struct content *c, const char *name, unsigned depth)
{
	Dwarf_Die member, child, base;
	struct content part;
	uint64_t offset = 0;

	if (find_member(type, name, &member)) {
		(void)die_number(&member, DW_AT_data_member_location, &offset);
		*c = content_part(c, offset);
		return format_type_of(&member, &base) && format_peel(&base, type);
	}
	if (depth > 8 || dwarf_child(type, &child) != 0)
		return false;
	do {
		if (dwarf_tag(&child) != DW_TAG_inheritance || !format_type_of(&child, &base) ||
		    !format_peel(&base, &base))
			continue;
		offset = 0;
		(void)die_number(&child, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		if (member_step(&base, &part, name, depth + 1)) {
			*type = base;
			*c = part;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Follows "_M_impl/_M_start" from *type at *c. */
bool member_follow(Dwarf_Die *type, struct content *c, const char *path)
{
	char name[64];

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length >= sizeof(name))
			return false;
		memcpy(name, path, length);
		name[length] = '\0';
		if (!member_step(type, c, name, 0))
			return false;
		path += length + (path[length] == '/');
	}
	return true;
}

bool member_number(const struct content *c, Dwarf_Die *type, const char *path, uint64_t *ret,
		   Dwarf_Die *ret_type)
{
	Dwarf_Die t = *type;
	struct content part = *c;
	uint64_t size;

	if (!member_follow(&t, &part, path))
		return false;
	size = format_size(&t);
	if (ret_type)
		*ret_type = t;
	return size <= 8 && content_number(&part, (unsigned)size, ret);
}

bool member_pointee(Dwarf_Die *pointer, Dwarf_Die *ret)
{
	return dwarf_tag(pointer) == DW_TAG_pointer_type && format_type_of(pointer, ret);
}

void member_list(struct format *f, const char *what, uint64_t address, uint64_t count,
		 Dwarf_Die *element)
{
	out_fmt(&f->out, "%s of %llu ", what, (unsigned long long)count);
	format_elements(f, address, count, element);
}

/* The first pointer within: libraries move it about from release to release, but there is only one.
 */
bool member_first_pointer(struct content *c, Dwarf_Die *type, unsigned depth)
{
	Dwarf_Die child, inner;

	if (dwarf_tag(type) == DW_TAG_pointer_type)
		return true;
	if (depth > 8 || dwarf_child(type, &child) != 0)
		return false;
	do {
		struct content part;
		uint64_t offset = 0;

		if ((dwarf_tag(&child) != DW_TAG_member &&
		     dwarf_tag(&child) != DW_TAG_inheritance) ||
		    !format_type_of(&child, &inner) || !format_peel(&inner, &inner))
			continue;
		(void)die_number(&child, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		if (member_first_pointer(&part, &inner, depth + 1)) {
			*c = part;
			*type = inner;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* The type that a template's argument names. */
bool member_template(Dwarf_Die *type, unsigned index, Dwarf_Die *ret)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do
		if (dwarf_tag(&child) == DW_TAG_template_type_parameter && index-- == 0)
			return format_type_of(&child, ret);
	while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static const struct container *containers_of(int lang)
{
	switch (lang) {
	case DW_LANG_Rust:
		return containers_rust;
	case DW_LANG_Go:
		return containers_go;
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case 0x2b: /* C++17; the header of elfutils 0.188 ends before it */
	case 0x2c: /* C++20 */
		return containers_cxx;
	default:
		return NULL;
	}
}

bool format_container(struct format *f, const struct content *c, Dwarf_Die *type)
{
	const struct container *row = containers_of(f->lang);
	const char *name = dwarf_diename(type);
	size_t before = f->out.used;

	for (; row && row->prefix; row++) {
		if (strncmp(name ? name : "", row->prefix, strlen(row->prefix)) != 0)
			continue;
		if (row->show(f, c, type))
			return true;
		f->out.used = before;
	}
	return false;
}
