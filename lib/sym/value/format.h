/* SPDX-License-Identifier: Apache-2.0 */
/* A value and its type become text: C's notation, with strings, enumerators and function names
 * in words, and the containers of C++, Rust and Go as their users see them. Bounded in depth, in
 * elements and in bytes; what is left out is marked with "...". */
#ifndef SYM_VALUE_FORMAT_H
#define SYM_VALUE_FORMAT_H

#include <elfutils/libdw.h>

#include "content.h"
#include "../sym.h"

struct format {
	struct symbols *symbols;
	struct image *image;
	struct out out; /* kept in memory */
	unsigned depth;
	int lang;     /* DW_LANG_* of the unit */
	bool printed; /* the value is from a text: there is no memory but the file's */
};

#define FORMAT_ELEMENTS 16u
#define FORMAT_DEPTH 5u
#define FORMAT_STRING 200u
#define FORMAT_BYTES 4096u

/* Appends the text of a value. */
void format_value(struct format *f, const struct content *c, Dwarf_Die *type);
/* A readable form of a library type: false when it is none of those, and nothing was appended. */
bool format_container(struct format *f, const struct content *c, Dwarf_Die *type);
/* Go's maps and channels are pointers to the runtime's structures: appends how many elements they
 * have. */
bool format_go_pointee(struct format *f, uint64_t address, Dwarf_Die *type);
/* "text" with escapes; `more`: it goes on behind. */
void format_string(struct format *f, const char *text, size_t size, bool more);
/* The string of `length` bytes at an address. */
void format_string_at(struct format *f, uint64_t address, uint64_t length);
/* `count` elements, one after another from address on. */
void format_elements(struct format *f, uint64_t address, uint64_t count, Dwarf_Die *type);

/* The name of a type as declared: "const char *", "struct point". malloc'ed. */
char *format_type(Dwarf_Die *type);
/* The type of an entry; false when it has none (void). */
bool format_type_of(Dwarf_Die *die, Dwarf_Die *ret);
/* Behind typedefs and qualifiers. */
bool format_peel(Dwarf_Die *type, Dwarf_Die *ret);
/* Bytes of a type; 0 unknown. */
uint64_t format_size(Dwarf_Die *type);

#endif
