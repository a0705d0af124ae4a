/* SPDX-License-Identifier: Apache-2.0 */
#include "writer.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static void before_value(struct jsonw *w, const char *key)
{
	if (w->comma)
		out_char(w->out, ',');
	if (w->new_line)
		out_char(w->out, '\n');
	w->comma = true;
	w->new_line = false;
	if (key) {
		out_char(w->out, '"');
		out_str(w->out, key);
		out_bytes(w->out, "\":", 2);
	}
}

void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
	before_value(w, key);
	out_char(w->out, bracket);
	w->comma = false;
}

void jsonw_close(struct jsonw *w, char bracket)
{
	if (w->new_line)
		out_char(w->out, '\n');
	out_char(w->out, bracket);
	w->comma = true;
	w->new_line = false;
}

/* A string that is its own JSON: most are. */
static bool is_plain(const struct jsonw *w, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || (c == '<' && w->in_html))
			return false;
	}
	return true;
}

/* What jansson leaves as it is and we do not. Both stand only within strings. */
static int take_piece(const char *bytes, size_t size, void *arg)
{
	struct jsonw *w = arg;
	size_t i, plain = 0;

	for (i = 0; i < size; i++) {
		if (bytes[i] != 0x7f && !(bytes[i] == '<' && w->in_html))
			continue;
		out_bytes(w->out, bytes + plain, i - plain);
		out_str(w->out, bytes[i] == '<' ? "\\u003c" : "\\u007f");
		plain = i + 1;
	}
	out_bytes(w->out, bytes + plain, size - plain);
	return 0;
}

static void put_escaped(struct jsonw *w, const char *text, size_t size)
{
	size_t mapped_size = utf8_mapped_size(text, size);
	FREE_AT_END char *mapped = mapped_size == size ? NULL : xmalloc(mapped_size);
	json_t *string;

	if (mapped)
		utf8_map(text, size, mapped);
	string = json_stringn(mapped ? mapped : text, mapped_size);
	/* It is UTF-8 now, so that only memory can be the reason. */
	if (!string ||
	    json_dump_callback(string, take_piece, w, JSON_ENCODE_ANY | JSON_ENSURE_ASCII))
		w->out->errnum = w->out->errnum ? w->out->errnum : ENOMEM;
	json_decref(string);
}

static void put_string(struct jsonw *w, const char *text, size_t size)
{
	if (!is_plain(w, text, size)) {
		put_escaped(w, text, size);
		return;
	}
	out_char(w->out, '"');
	out_bytes(w->out, text, size);
	out_char(w->out, '"');
}

void jsonw_textn(struct jsonw *w, const char *key, const char *text, size_t size)
{
	before_value(w, key);
	put_string(w, text, size);
}

void jsonw_text(struct jsonw *w, const char *key, const char *text)
{
	if (text)
		jsonw_textn(w, key, text, strlen(text));
	else
		jsonw_null(w, key);
}

void jsonw_uint(struct jsonw *w, const char *key, uint64_t value)
{
	before_value(w, key);
	out_dec(w->out, value);
}

void jsonw_int(struct jsonw *w, const char *key, int64_t value)
{
	before_value(w, key);
	if (value < 0)
		out_char(w->out, '-');
	out_dec(w->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void jsonw_hex(struct jsonw *w, const char *key, uint64_t value)
{
	before_value(w, key);
	out_char(w->out, '"');
	out_hex(w->out, value, 1);
	out_char(w->out, '"');
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	before_value(w, key);
	out_str(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w, const char *key)
{
	before_value(w, key);
	out_str(w->out, "null");
}

void jsonw_hex_or_null(struct jsonw *w, const char *key, uint64_t value, bool known)
{
	if (known)
		jsonw_hex(w, key, value);
	else
		jsonw_null(w, key);
}

void jsonw_uint_or_null(struct jsonw *w, const char *key, uint64_t value, bool known)
{
	if (known)
		jsonw_uint(w, key, value);
	else
		jsonw_null(w, key);
}

void jsonw_text_if(struct jsonw *w, const char *key, const char *text)
{
	if (text)
		jsonw_text(w, key, text);
}

void jsonw_hex_if(struct jsonw *w, const char *key, uint64_t value)
{
	if (value)
		jsonw_hex(w, key, value);
}

void jsonw_uint_if(struct jsonw *w, const char *key, uint64_t value)
{
	if (value)
		jsonw_uint(w, key, value);
}

void jsonw_flag_if(struct jsonw *w, const char *key, bool value)
{
	if (value)
		jsonw_bool(w, key, true);
}

void jsonw_target_key(struct jsonw *w, const char *key)
{
	before_value(w, NULL);
	put_string(w, key, strlen(key));
	out_char(w->out, ':');
	w->comma = false;
}

void jsonw_raw(struct jsonw *w, const char *bytes, size_t size)
{
	before_value(w, NULL);
	out_bytes(w->out, bytes, size);
}

void jsonw_line(struct jsonw *w)
{
	w->new_line = true;
}
