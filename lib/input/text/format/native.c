/* SPDX-License-Identifier: Apache-2.0 */
/* Scanning of calls, addresses and signals as native tools write them. */
#include "native.h"

#include <signal.h>
#include <string.h>
#include <time.h>

int native_signal(struct slice name)
{
	const char *abbrev;
	int i;

	if (!slice_skip(&name, "SIG"))
		return 0;
	for (i = 1; i < NSIG; i++) {
		abbrev = sigabbrev_np(i);
		if (abbrev && slice_is(name, abbrev))
			return i;
	}
	return 0;
}

const char *native_signal_name(struct trace *t, int number)
{
	const char *abbrev = number > 0 && number < NSIG ? sigabbrev_np(number) : NULL;

	return abbrev ? builder_fmt(trace_builder(t), "SIG%s", abbrev) : NULL;
}

void native_describe(struct trace *t, struct stk_cause *cause, int number, struct slice what)
{
	struct builder *b = trace_builder(t);
	const char *name = native_signal_name(t, number);
	int size = (int)(what.size < LIMIT_STRING ? what.size : LIMIT_STRING);

	cause->signal = number;
	cause->signal_name = name ? name : builder_fmt(b, "signal %d", number);
	cause->text = builder_fmt(b, "%s%s%.*s", cause->signal_name, size ? ": " : "", size,
				  size ? what.at : "");
}

int native_cause(struct trace *t, struct slice title, struct slice name, struct slice what)
{
	int number = native_signal(name);
	struct stk_cause *cause;

	trace_title(t, title);
	if (!trace_cause(t, &cause))
		return number;
	if (number)
		native_describe(t, cause, number, what);
	else
		cause->text = trace_str(t, name);
	return number;
}

void native_time(struct trace *t, const char *section, uint64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[64];
	struct tm utc;

	if (gmtime_r(&when, &utc) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc))
		builder_fact(trace_builder(t), section, "time", text);
}

uint64_t native_number(struct slice line, const char *key)
{
	struct slice before;
	uint64_t value = 0;

	if (slice_until(&line, key, &before))
		slice_dec(&line, &value);
	return value;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of "operator<<" and its like at offset `at`: brackets in it open nothing. */
static size_t operator_size(struct slice s, size_t at)
{
	struct slice rest = { s.at + at, s.size - at };
	size_t size = 8;

	if ((at && is_word(s.at[at - 1])) || !slice_starts(rest, "operator"))
		return 0;
	rest = (struct slice){ rest.at + 8, rest.size - 8 };
	if (slice_starts(rest, "()") || slice_starts(rest, "[]"))
		return size + 2;
	while (rest.size && rest.at[0] && strchr("<>=-+*/%^&|~!,", rest.at[0])) {
		rest = (struct slice){ rest.at + 1, rest.size - 1 };
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
		    !slice_starts((struct slice){ s.at + at, s.size - at }, "(anonymous namespace)"))
			return at;
		if (c && strchr("(<[{", c))
			depth++;
		else if (c && strchr(")>]}", c) && depth && !(c == '>' && at && s.at[at - 1] == '-'))
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

bool native_brackets(struct slice *s, struct slice *inner)
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
			*inner = (struct slice){ s->at + 1, at - 1 };
			*s = (struct slice){ s->at + at + 1, s->size - at - 1 };
			return true;
		}
		at++;
	}
	return false;
}

bool native_call(struct slice *s, bool blank, struct slice *func, struct slice *args)
{
	size_t at = bracket_of_args(*s, blank);
	struct slice rest;

	if (at == SIZE_MAX)
		return false;
	rest = (struct slice){ s->at + at, s->size - at };
	if (!native_brackets(&rest, args))
		return false;
	*func = slice_trim((struct slice){ s->at, at });
	*s = rest;
	return func->size > 0;
}

bool native_module(struct slice s, struct trace_frame *frame)
{
	size_t plus = slice_rfind(s, '+');
	struct slice offset;
	uint64_t value;

	if (plus == SIZE_MAX)
		return false;
	offset = slice_trim((struct slice){ s.at + plus + 1, s.size - plus - 1 });
	if (!slice_hex(&offset, &value) || offset.size)
		return false;
	frame->module = slice_trim((struct slice){ s.at, plus });
	frame->offset = value;
	if (!frame->module.size)
		frame->module = NO_SLICE;
	return true;
}
