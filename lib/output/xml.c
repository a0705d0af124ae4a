/* SPDX-License-Identifier: Apache-2.0 */
#include "xml.h"

#include <string.h>

static const char *entity(char c)
{
	switch (c) {
	/* clang-format off */
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '&': return "&amp;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
		/* clang-format on */
	}
}

/* U+FFFE and U+FFFF are no characters of XML. */
static bool is_forbidden(const char *text, size_t length)
{
	return length == 3 && !memcmp(text, "\357\277", 2) && (text[2] & 0x3e) == 0x3e;
}

void xml_textn(struct out *out, const char *text, size_t size)
{
	size_t at = 0;

	while (at < size) {
		size_t length = out_printable(text + at, size - at);

		if (length == 1 && entity(text[at])) {
			out_str(out, entity(text[at]));
		} else if (length && !is_forbidden(text + at, length)) {
			out_bytes(out, text + at, length);
		} else {
			/* a byte at a time: what follows is escaped in the same way */
			length = 1;
			if (out_printable(text + at, size - at))
				out_fmt(out, "\\x%02x", (unsigned char)text[at]);
			else
				out_textn(out, text + at, 1);
		}
		at += length;
	}
}

void xml_text(struct out *out, const char *text)
{
	if (text)
		xml_textn(out, text, strlen(text));
}
