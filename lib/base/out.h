/* SPDX-License-Identifier: Apache-2.0 */
/* The one writer. Text of the target goes through out_text() or out_json-like escapers built
 * on it: control bytes, bidirectional overrides and broken UTF-8 never reach a terminal.
 * Errors are sticky and asked for once, at the end. */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Colours by meaning; the bytes are in out.c. */
enum out_colour { OUT_PLAIN, OUT_BAD, OUT_FUNC, OUT_FILE, OUT_DIM, OUT_HEAD, OUT_GOOD };

struct out {
	int fd; /* -1: everything is kept in the buffer (tests, in-memory outputs) */
	bool colour;
	char *buffer;
	size_t used, cap;
	uint64_t total; /* bytes written so far, the buffered ones included */
	int errnum;     /* of the first failed write; 0 none */
};

void out_init(struct out *out, int fd);
void out_deinit(struct out *out);
/* Flushes and reports. A closed pipe is STK_FAILED with an empty message. */
struct stk_error *out_finish(struct out *out) STK_MUST;

/* stk's own text, trusted. */
void out_str(struct out *out, const char *text);
void out_char(struct out *out, char c);
void out_fmt(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes as they are: binary formats, and text that was escaped already. */
void out_bytes(struct out *out, const void *bytes, size_t size);
/* Text of the target: printable UTF-8 as it is; anything else as \xHH, \n, \t. NULL prints nothing. */
void out_text(struct out *out, const char *text);
void out_textn(struct out *out, const char *text, size_t size);
void out_dec(struct out *out, uint64_t value);
/* "0x" and at least `digits` hex digits. */
void out_hex(struct out *out, uint64_t value, unsigned digits);
void out_pad(struct out *out, size_t spaces);
/* Switches colour; nothing unless out->colour. OUT_PLAIN ends it. */
void out_paint(struct out *out, enum out_colour colour);

/* Length in bytes of the printable UTF-8 character at text, 0 when it must be escaped.
 * Controls (C0, DEL, C1), surrogates, overlong forms, bidi and line separators count as not
 * printable. For escapers of other formats. */
size_t out_printable(const char *text, size_t size);

#endif
