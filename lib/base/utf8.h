/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, and text that may be none. A target's strings are bytes; JSON's are Unicode. The
 * mapping between them is MirBSD's OPTU-8 (a byte that is no UTF-8 becomes one private-use
 * character, U+EF80 for 0x80 to U+EFFF for 0xff), which is reversible because those characters
 * themselves, where a string really holds them, are mapped byte by byte too. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the well-formed character at text (RFC 3629: no surrogates, no overlong
 * forms), 0 when there is none. *ret is the code point, untouched when 0. */
size_t utf8_char(const char *text, size_t size, uint32_t *ret);

/* Writes a character to ret, which has room for 4 bytes; returns how many. Code points beyond Unicode,
 * and lone surrogates, become U+FFFD. */
size_t utf8_put(uint32_t c, char *ret);

/* The size of `size` bytes when mapped, and the mapping into `ret`, which has room for it. A
 * string of which the mapped size is its own size needs no mapping. */
size_t utf8_mapped_size(const char *bytes, size_t size);
void utf8_map(const char *bytes, size_t size, char *ret);
/* The way back, in place; returns the size, which is at most the former one. */
size_t utf8_unmap(char *text, size_t size);

#endif
