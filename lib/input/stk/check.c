/* SPDX-License-Identifier: Apache-2.0 */
/* What a document of stk's JSON promises is held against what it has: a word that this stk does not
 * know, a member that is missing or is something else, is never read as if it were what it is not.
 * Each makes a note of loss, with the word in it. */
#include "stk.h"

#include <stdarg.h>
#include <stdlib.h>

/* A document of nothing but strange words shall not become a list of notes. */
#define MAX_DOUBTS 100u

static void note(struct reading *r, const char *text)
{
	builder_note(trace_builder(r->t), STK_NOTE_WORD_UNKNOWN,
		     builder_fmt(trace_builder(r->t), "%s:%u", trace_source(r->t), r->line), "%s",
		     text);
}

void read_doubt(struct reading *r, const char *format, ...)
{
	FREE_AT_END char *text = NULL;
	va_list args;

	r->lost = true;
	if (r->doubts >= MAX_DOUBTS) {
		note(r, "more words and members are not as they should be");
		return;
	}
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	r->doubts++;
	note(r, text ? text : "");
}

const struct word *word_of(struct reading *r, const json_t *object, const char *key,
			   const struct word_list *words)
{
	const char *text = json_string_value(json_object_get(object, key));
	const struct word *word = words_find(words, text);

	if (text && !word)
		read_doubt(r, "unknown %s '%.100s'", words->what, text);
	return word;
}

unsigned flags_of(const json_t *object, const struct word_list *words)
{
	unsigned flags = 0, i;

	for (i = 0; i < words->count; i++)
		if (flag_of(object, words->list[i].word))
			flags |= words->list[i].value;
	return flags;
}

static bool is_hex(const json_t *value)
{
	struct slice text = { json_string_value(value), json_string_length(value) };
	uint64_t number;

	return text.at && slice_hex(&text, &number) && !text.size;
}

static bool is_number(const json_t *value, uint64_t max)
{
	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       (!max || (uint64_t)json_integer_value(value) <= max);
}

static bool is_of(const json_t *value, const struct member *member)
{
	const unsigned type = member->type;

	return (type & OR_NULL && json_is_null(value)) || (type & TEXT && json_is_string(value)) ||
	       (type & BOOL && json_is_boolean(value)) || (type & LIST && json_is_array(value)) ||
	       (type & OBJECT && json_is_object(value)) || (type & INT && json_is_integer(value)) ||
	       (type & NUMBER && is_number(value, member->max)) ||
	       (type & HEX && (is_hex(value) || is_number(value, 0)));
}

static const char *kind_of(unsigned type)
{
	return type & TEXT     ? "text"
	       : type & BOOL   ? "true or false"
	       : type & LIST   ? "list"
	       : type & OBJECT ? "object"
	       : type & HEX    ? "address"
			       : "number";
}

void check_members(struct reading *r, const char *what, const json_t *object,
		   const struct member *members)
{
	const struct member *member;

	if (!json_is_object(object)) {
		read_doubt(r, "%s is no object", what);
		return;
	}
	for (member = members; member->name; member++) {
		const json_t *value = json_object_get(object, member->name);

		if (!value && member->type & NEEDED)
			read_doubt(r, "%s lacks '%s'", what, member->name);
		else if (value && !is_of(value, member))
			read_doubt(r, "'%s' of %s is no %s that can be read", member->name, what,
				   kind_of(member->type));
	}
}

void check_texts(struct reading *r, const char *what, json_t *object, bool hex)
{
	const char *key;
	json_t *value;

	if (object && !json_is_object(object) && !json_is_null(object))
		read_doubt(r, "%s are no object", what);
	json_object_foreach(object, key, value) if (hex ? !is_hex(value) && !is_number(value, 0)
							: !json_is_string(value))
		read_doubt(r, "'%.100s' of %s cannot be read", key, what);
}
