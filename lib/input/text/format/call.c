/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as debuggers and demanglers write them: NAME (ARGS), and MODULE+0xOFFSET. */
#include "call.h"

#include <string.h>

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Length of "operator<<" and its like at offset `at`: brackets in it open nothing. */
static size_t operator_size(struct slice s, size_t at)
{
	struct slice rest = { s.at + at, s.size - at };
	size_t size = 8;

	if ((at && is_word(s.at[at - 1])) || !slice_starts(rest, "operator"))
		return 0;
	rest = slice_from(rest, 8);
	if (slice_starts(rest, "()") || slice_starts(rest, "[]"))
		return size + 2;
	while (rest.size && rest.at[0] && strchr("<>=-+*/%^&|~!,", rest.at[0])) {
		rest = slice_from(rest, 1);
		size++;
	}
	return size > 8 ? size : 0;
}

/* Where the arguments begin: at a bracket that is in no other. */
static size_t bracket_of_args(struct slice s, bool blank)
{
	size_t at = 0, depth = 0, size;

	while (at < s.size) {
		char c = s.at[at];

		size = operator_size(s, at);
		if (size) {
			at += size;
			continue;
		}
		if (c == '(' && !depth && at && (s.at[at - 1] == ' ') == blank &&
		    !slice_starts(slice_from(s, at), "(anonymous namespace)"))
			return at;
		if (c && strchr("(<[{", c))
			depth++;
		else if (c && strchr(")>]}", c) && depth &&
			 !(c == '>' && at && s.at[at - 1] == '-'))
			depth--;
		at++;
	}
	return SIZE_MAX;
}

/* Length of the string or character at `at`; 1 when the quote is only a quote. */
static size_t quoted_size(struct slice s, size_t at)
{
	char quote = s.at[at];
	size_t end;

	for (end = at + 1; end < s.size && s.at[end] != quote; end++) {
		/* characters are short: 'a', '\000' */
		if (quote == '\'' && end - at > 5)
			return 1;
		end += s.at[end] == '\\';
	}
	return end < s.size ? end + 1 - at : 1;
}

bool call_brackets(struct slice *s, struct slice *inner)
{
	size_t at = 0, depth = 0;

	if (!slice_starts(*s, "("))
		return false;
	while (at < s->size) {
		char c = s->at[at];

		if (c == '"' || c == '\'') {
			at += quoted_size(*s, at);
			continue;
		}
		depth += c == '(';
		if (c == ')' && !--depth) {
			*inner = slice_between(*s, 1, at);
			*s = slice_from(*s, at + 1);
			return true;
		}
		at++;
	}
	return false;
}

bool call_split(struct slice *s, bool blank, struct slice *func, struct slice *args)
{
	size_t at = bracket_of_args(*s, blank);
	struct slice rest;

	if (at == SIZE_MAX)
		return false;
	rest = slice_from(*s, at);
	if (!call_brackets(&rest, args))
		return false;
	*func = slice_trim(slice_to(*s, at));
	*s = rest;
	return func->size > 0;
}

bool call_module(struct slice s, struct trace_frame *frame)
{
	size_t plus = slice_rfind(s, '+');
	struct slice offset;
	uint64_t value;

	if (plus == SIZE_MAX)
		return false;
	offset = slice_trim(slice_from(s, plus + 1));
	if (!slice_hex(&offset, &value) || offset.size)
		return false;
	frame->module = slice_trim(slice_to(s, plus));
	frame->offset = value;
	if (!frame->module.size)
		frame->module = NO_SLICE;
	return true;
}
