/* SPDX-License-Identifier: Apache-2.0 */
/* The names of types, as they are declared. */
#include "format.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static char *wrap(char *inner, const char *before, const char *after)
{
	char *text = xasprintf("%s%s%s", before, inner, after);

	free(inner);
	return text;
}

/* A name may be empty: producers of debug information need not be compilers. */
static bool is_pointer(const char *text)
{
	return *text && text[strlen(text) - 1] == '*';
}

static char *type_text(Dwarf_Die *type, unsigned depth)
{
	const char *name = dwarf_diename(type);
	Dwarf_Die target;
	char *inner;

	if (depth > 16)
		return xstrdup("...");
	switch (dwarf_tag(type)) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_base_type:
	case DW_TAG_typedef:
	case DW_TAG_unspecified_type:
		return xstrdup(name && *name ? name : "(anonymous)");
	}
	inner = format_type_of(type, &target) ? type_text(&target, depth + 1) : xstrdup("void");
	switch (dwarf_tag(type)) {
	case DW_TAG_pointer_type:
		if (name) { /* Rust and Go name their pointers */
			free(inner);
			return xstrdup(name);
		}
		return wrap(inner, "", is_pointer(inner) ? "*" : " *");
	case DW_TAG_reference_type:
		return wrap(inner, "", " &");
	case DW_TAG_rvalue_reference_type:
		return wrap(inner, "", " &&");
	case DW_TAG_const_type:
		return is_pointer(inner) ? wrap(inner, "", " const") : wrap(inner, "const ", "");
	case DW_TAG_volatile_type:
		return wrap(inner, "volatile ", "");
	case DW_TAG_array_type:
		return wrap(inner, "", " []");
	case DW_TAG_subroutine_type:
		return wrap(inner, "", " ()");
	default:
		return inner;
	}
}

char *format_type(Dwarf_Die *type)
{
	return type_text(type, 0);
}
