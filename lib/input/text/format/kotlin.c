/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of Kotlin/Native (Throwable.kt and ExecFormat.cpp of its runtime, 1.3 to 2.1); those of
 * Kotlin on the JVM are Java's.
 *	Uncaught Kotlin exception: kotlin.IllegalStateException: no such key
 *	    at 0   app.kexe       0x222d61      kfun:app.Store#find(kotlin.Int){} + 97 (/src/store.kt:12:5)
 *	    at 1   app.kexe       0x222e10      kfun:#main(){} + 16
 *	Caused by: kotlin.NumberFormatException: a
 *	    at 0   ... */
#include "exception.h"

static bool parse_frame(struct slice line, struct trace_frame *frame)
{
	struct slice rest = slice_trim(line), place;
	size_t open, plus;
	uint64_t number;

	*frame = (struct trace_frame)TRACE_FRAME_INIT;
	if (!slice_skip(&rest, "at ") || !slice_dec(&rest, &number) || !slice_starts(rest, "  "))
		return false;
	rest = slice_trim(rest);
	if (!slice_until(&rest, " ", &frame->module))
		return false;
	rest = slice_trim(rest);
	if (!slice_hex(&rest, &frame->pc) || !slice_starts(rest, " "))
		return false;
	rest = slice_trim(rest);
	open = slice_ends(rest, ")") ? slice_rfind(rest, '(') : SIZE_MAX;
	if (open != SIZE_MAX && open > 1 && rest.at[open - 1] == ' ') {
		place = slice_between(rest, open + 1, rest.size - 1);
		if (slice_place(place, &frame->file, &frame->line, &frame->column))
			rest = slice_trim(slice_to(rest, open));
	}
	plus = slice_rfind(rest, '+');
	if (plus != SIZE_MAX && plus > 1 && rest.at[plus - 1] == ' ') {
		place = slice_trim(slice_from(rest, plus + 1));
		if (slice_dec(&place, &number) && !place.size) {
			frame->func_offset = number;
			rest = slice_trim(slice_to(rest, plus));
		}
	}
	slice_skip(&rest, "kfun:");
	frame->func = rest;
	return rest.size > 0;
}

static bool is_frame(struct slice line)
{
	struct trace_frame frame;

	return parse_frame(line, &frame);
}

static bool is_type(struct slice s)
{
	return exception_is_name(s, ".$");
}

static bool parse_head(struct slice line, struct slice *type, struct slice *message, bool *fatal,
		       bool *cause)
{
	struct slice rest = slice_trim(line);

	*fatal = slice_skip(&rest, "Uncaught Kotlin exception: ");
	*cause = slice_skip(&rest, "Caused by: ");
	return exception_split(rest, is_type, type, message);
}

static bool is_head(struct slice line)
{
	struct slice type, message;
	bool fatal, cause;

	return parse_head(line, &type, &message, &fatal, &cause) &&
	       (fatal || cause || slice_find(type, ".") != SIZE_MAX);
}

static unsigned above(struct trace_above *above)
{
	struct slice line;
	unsigned own = 0;

	while (trace_above_line(above, own, &line) && is_frame(line))
		own++;
	return own + (trace_above_line(above, own, &line) && is_head(line));
}

static bool is_own(struct slice line)
{
	struct slice type, message;
	bool fatal, cause;

	return is_frame(line) || (parse_head(line, &type, &message, &fatal, &cause) && cause);
}

static void read_exception(struct trace *t)
{
	struct exception e = { 0 };
	struct exception_part *part = NULL;
	struct trace_frame frame;
	struct slice line, type, message;
	uint32_t number = trace_place(t).line;
	bool fatal, cause;

	do {
		if (!trace_peek(t, &line))
			break;
		if (!part || !is_frame(line)) {
			bool head = parse_head(line, &type, &message, &fatal, &cause) &&
				    !is_frame(line);

			part = exception_part(&e, head ? slice_trim(line) : NO_SLICE);
			if (!part)
				break;
			if (!head)
				continue;
			part->type = type;
			part->message = message;
			e.fatal |= fatal;
		} else if (parse_frame(line, &frame)) {
			exception_frame(t, &e, part, &frame);
		}
		trace_skip(t);
	} while (exception_goes_on(t, is_own, is_head));
	exception_emit(t, &e, e.count ? e.count - 1 : 0, number);
}

static bool probe(struct trace *t)
{
	struct slice line;

	return trace_next(t, &line) &&
	       (is_frame(line) || (is_head(line) && trace_next(t, &line) && is_frame(line)));
}

static const struct trace_mark marks[] = {
	{ "  at 0  ", " ", true },
	{ "  at 1  ", " ", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_kotlin = {
	.name = "kotlin",
	.marks = marks,
	.probe = probe,
	.read = read_exception,
	.above = above,
};
