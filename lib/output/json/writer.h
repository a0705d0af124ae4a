/* SPDX-License-Identifier: Apache-2.0 */
/* jsonw - JSON written as it comes: nothing is kept but the place where the next comma goes.
 * (jansson serialises trees only; what it is needed for, strings with something to escape, it
 * does.) Everything is ASCII: no byte of a target reaches a terminal through JSON. */
#ifndef OUTPUT_JSON_WRITER_H
#define OUTPUT_JSON_WRITER_H

#include "../../base/base.h"

/* Zeroed but for `out` is ready to use. */
struct jsonw {
	struct out *out;
	bool in_html;  /* '<' is escaped too: no "</script>" in the middle of a script */
	bool comma;    /* before the next value */
	bool new_line; /* before the next value */
};

/* `key` is stk's own text and needs no escaping; NULL within an array. */
void jsonw_open(struct jsonw *w, const char *key, char bracket);
void jsonw_close(struct jsonw *w, char bracket);
/* Text of the target; NULL becomes null. Bytes that are no UTF-8 are mapped (base/utf8.h). */
void jsonw_text(struct jsonw *w, const char *key, const char *text);
void jsonw_textn(struct jsonw *w, const char *key, const char *text, size_t size);
void jsonw_uint(struct jsonw *w, const char *key, uint64_t value);
void jsonw_int(struct jsonw *w, const char *key, int64_t value);
/* A string: JSON's numbers are doubles for most readers. */
void jsonw_hex(struct jsonw *w, const char *key, uint64_t value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
/* Members whose value may be unknown: null, or left out altogether. */
void jsonw_hex_or_null(struct jsonw *w, const char *key, uint64_t value, bool known);
void jsonw_uint_or_null(struct jsonw *w, const char *key, uint64_t value, bool known);
void jsonw_text_if(struct jsonw *w, const char *key, const char *text);
void jsonw_hex_if(struct jsonw *w, const char *key, uint64_t value);
void jsonw_uint_if(struct jsonw *w, const char *key, uint64_t value);
void jsonw_flag_if(struct jsonw *w, const char *key, bool value);
/* A key that the target chose. */
void jsonw_target_key(struct jsonw *w, const char *key);
/* Elements or members that this writer has written before. */
void jsonw_raw(struct jsonw *w, const char *bytes, size_t size);
/* The next value starts a line. */
void jsonw_line(struct jsonw *w);

#endif
