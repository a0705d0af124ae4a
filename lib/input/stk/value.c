/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of stk's own JSON. */
#include "stk.h"

#include <string.h>

/* Texts whose bytes were mapped (base/utf8.h) have them back; keys are the target's, too. */
static void unmap_texts(json_t *value)
{
	json_t *item;
	const char *key;
	void *next;
	size_t i;

	if (json_is_string(value)) {
		size_t size = json_string_length(value);
		FREE_AT_END char *bytes = xmalloc(size + 1);

		memcpy(bytes, json_string_value(value), size + 1);
		json_string_setn_nocheck(value, bytes, utf8_unmap(bytes, size));
	}
	json_array_foreach(value, i, item) unmap_texts(item);
	json_object_foreach_safe(value, next, key, item)
	{
		FREE_AT_END char *bytes = xstrdup(key);

		unmap_texts(item);
		bytes[utf8_unmap(bytes, strlen(bytes))] = 0;
		if (!strcmp(bytes, key))
			continue;
		json_object_set_nocheck(value, bytes, item);
		json_object_del(value, key);
	}
}

/* Most pieces have none, as stk escapes it, as others do, and as it is. */
static bool may_be_mapped(struct slice piece)
{
	static const char *const signs[] = { "\\uEF", "\\uef", "\356\276", "\356\277" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signs); i++)
		if (slice_find(piece, signs[i]) != SIZE_MAX)
			return true;
	return false;
}

json_t *json_parse(struct slice piece)
{
	json_t *value = json_loadb(piece.at, piece.size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);

	if (value && may_be_mapped(piece))
		unmap_texts(value);
	return value;
}

const char *text_of(struct trace *t, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? builder_strn(trace_builder(t), json_string_value(value),
						    json_string_length(value))
				     : NULL;
}

const char *text_or_empty(struct trace *t, const json_t *object, const char *key)
{
	const char *text = text_of(t, object, key);

	return text ? text : builder_str(trace_builder(t), "");
}

struct slice slice_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value)
		       ? (struct slice){ json_string_value(value), json_string_length(value) }
		       : NO_SLICE;
}

uint64_t number_of(const json_t *object, const char *key, uint64_t otherwise)
{
	const json_t *value = json_object_get(object, key);
	struct slice text = slice_of(object, key);
	uint64_t ret;

	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return (uint64_t)json_integer_value(value);
	return text.at && slice_hex(&text, &ret) ? ret : otherwise;
}

uint32_t small_of(const json_t *object, const char *key)
{
	uint64_t value = number_of(object, key, 0);

	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

bool flag_of(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}
