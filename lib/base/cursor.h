/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded reading of untrusted bytes. Sticky: after the first overrun every read gives 0
 * and `failed` stays set, so that a parser checks once, at its end. Lengths are compared,
 * never sums of pointers. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const unsigned char *at;
	size_t left;
	bool big_endian;
	bool failed;
};

struct cursor cursor_over(const void *bytes, size_t size);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
/* An address of `size` bytes: 4 or 8. */
uint64_t cursor_word(struct cursor *c, unsigned size);
uint64_t cursor_uleb(struct cursor *c);
/* size bytes, or NULL (and failed). */
const void *cursor_bytes(struct cursor *c, size_t size);
void cursor_skip(struct cursor *c, size_t size);
/* A NUL-terminated string, or NULL (and failed) when no NUL is left. */
const char *cursor_string(struct cursor *c);

#endif
