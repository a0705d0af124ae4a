/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks of Go without a header, as programs log them with their errors: "%+v" of pkg/errors,
 * "stacktrace" of zap, what is left of a dump that lost its beginning.
 *	main.run
 *		/src/main.go:41
 *	main.main
 *		/src/main.go:12 */
#include "gotext.h"

/* Lines of others between a call and its place. */
#define OTHERS 4u

/* No sentence that ends in "x.go:1" is to be taken for one: the call has no blanks, the place is
 * indented and a path. */
static bool is_strict(struct trace *t)
{
	struct slice call, place;

	if (!trace_peek(t, &call) || !trace_peek_at(t, 1, &place) || !place.size)
		return go_is_split_call(t);
	if (place.at[0] != ' ' && place.at[0] != '\t')
		return go_is_split_call(t);
	if (slice_rfind(call, '(') != SIZE_MAX)
		call.size = slice_rfind(call, '(');
	return slice_find(place, "/") != SIZE_MAX && slice_find(call, " ") == SIZE_MAX;
}

static bool probe(struct trace *t)
{
	return go_is_call(t) && is_strict(t);
}

static enum trace_line judge_call(struct trace *t, struct slice line, const void *arg)
{
	(void)arg;
	if (go_at_part(t) || slice_starts(slice_trim(line), "created by "))
		return TRACE_LINE_END;
	return go_is_call(t) && is_strict(t) ? TRACE_LINE_OWN : TRACE_LINE_OTHER;
}

/* The call stands in the line above its place; or, where others have written between, some above. */
static unsigned find_above(struct trace_above *above)
{
	struct slice line;
	unsigned n;

	for (n = 0; n < OTHERS && trace_above_line(above, n, &line); n++)
		if (go_is_name(slice_trim(line)))
			return n + 1;
	return 1;
}

static void read_stack(struct trace *t)
{
	struct slice above;
	struct stk_task *task;
	uint32_t creator = STK_NONE;
	struct slice line;
	uint64_t id = 0;

	if (trace_above(t, &above) && slice_trim(above).size)
		trace_title(t, slice_trim(above));
	do {
		while (go_is_call(t) && go_call(t))
			;
	} while (trace_small_gap(t, judge_call, NULL));
	if (trace_peek(t, &line) && (line = slice_trim(line), slice_skip(&line, "created by "))) {
		struct trace_place place = trace_place(t);

		trace_skip(t);
		if (!go_creator(t, line, &creator, &id))
			trace_return(t, place);
	}
	task = trace_task(t, STK_TRACE);
	task->creator = creator;
	task->creator_id = id;
}

#define PATH "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%~\t"

/* Loggers tell who calls them: "caller":"server/http.go:12", caller=http.go:12, "http.go:12] served".
 * A place of a stack is indented, and nothing of a value stands around it. */
static bool fits(struct slice line, size_t at)
{
	size_t end = at + sizeof(".go:") - 1, start = at;
	char before, after;

	while (start && !memchr(" \t\"=", line.at[start - 1], 4))
		start--;
	while (end < line.size && line.at[end] >= '0' && line.at[end] <= '9')
		end++;
	before = start ? line.at[start - 1] : '\n';
	after = end < line.size ? line.at[end] : '\n';
	if (memchr(line.at + start, '\\', at - start) || memchr(line.at + start, '#', at - start))
		return true;
	return after != ']' && before != '=' && (before != '"' || after != '"');
}

static const struct trace_mark marks[] = {
	{ ".go:", PATH, true },
	{ NULL, NULL, false },
};

const struct trace_format trace_goerror = {
	.name = "go-error",
	.marks = marks,
	.probe = probe,
	.read = read_stack,
	.above = find_above,
	.fits = fits,
};
