/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of Python, as they lie in memory: text, types. */
#include "python.h"

#include <stdlib.h>
#include <string.h>

#define NAME_LIMIT 256u

bool python_pointer(struct python *py, uint64_t address, uint64_t *ret)
{
	if (!image_u64(py->image, address, ret))
		return false;
	if (py->offsets.tagged)
		*ret &= ~UINT64_C(3);
	return true;
}

/* The bits of a str's state: how wide a character is, and where the text begins. Since the build
 * without a global lock of 3.14 the first of them, how it is interned, has a byte of its own. */
struct text_state {
	unsigned kind;
	bool compact, ascii;
};

static struct text_state state_of(const struct python_offsets *o, uint32_t bits)
{
	if (o->free_threaded && o->minor >= 14)
		bits = bits >> 8 << 2;
	return (struct text_state){ bits >> 2 & 7, bits >> 5 & 1, bits >> 6 & 1 };
}

/* A character of 1, 2 or 4 bytes; little endian. */
static uint32_t char_at(const unsigned char *bytes, size_t i, unsigned kind)
{
	uint32_t c = 0;
	unsigned n;

	for (n = 0; n < kind; n++)
		c |= (uint32_t)bytes[i * kind + n] << (8 * n);
	return c;
}

static char *to_utf8(const unsigned char *bytes, size_t count, unsigned kind)
{
	char *text = xmalloc(count * 4 + 1);
	size_t used = 0, i;

	for (i = 0; i < count; i++)
		used += utf8_put(char_at(bytes, i, kind), text + used);
	text[used] = '\0';
	return text;
}

char *python_text(struct python *py, uint64_t address, size_t limit, bool *ret_cut)
{
	const struct python_offsets *o = &py->offsets;
	FREE_AT_END unsigned char *bytes = NULL;
	struct text_state state;
	uint64_t length;
	uint32_t bits;

	if (!address || !image_u64(py->image, address + 16, &length) ||
	    !image_u32(py->image, address + o->text_state, &bits))
		return NULL;
	state = state_of(o, bits);
	if (!state.compact || (state.kind != 1 && state.kind != 2 && state.kind != 4))
		return NULL;
	if (ret_cut)
		*ret_cut = length > limit;
	if (length > limit)
		length = limit;
	bytes = xmalloc((size_t)length * state.kind + 1);
	if (!image_get(py->image, address + (state.ascii ? o->text_ascii : o->text_other), bytes,
		       (size_t)length * state.kind))
		return NULL;
	return to_utf8(bytes, (size_t)length, state.kind);
}

char *python_type_name(struct python *py, uint64_t object)
{
	uint64_t type, name;

	if (!object || !python_pointer(py, object + py->offsets.object_type, &type) ||
	    !image_u64(py->image, type + py->offsets.type_name, &name))
		return NULL;
	return image_string(py->image, name, NAME_LIMIT);
}
