/* SPDX-License-Identifier: Apache-2.0 */
/* Folded stacks, the input of flame graphs: the outermost function first.
 *	main;Store::find;compare_[i] 12
 * Suffixes tell inlined calls, and frames of the kernel and of compilers at run time (perf's
 * stackcollapse). A file that compares two (difffolded.pl) has two counts; one with a header
 * ("samples/count cpu/nanoseconds", of pprofutils) has as many values as that names. A line alone
 * could be any text; a file of such lines is read whole. */
#include "call.h"

#define LINES_TO_PROBE 8

static struct slice take_line(struct slice *bytes)
{
	struct slice line;

	if (!slice_until(bytes, "\n", &line)) {
		line = *bytes;
		*bytes = slice_from(*bytes, bytes->size);
	}
	slice_drop(&line, "\r");
	return line;
}

static bool parse_line(struct slice line, struct slice *stack, uint64_t *count)
{
	size_t blank = slice_rfind(line, ' ');
	struct slice number;

	if (blank == SIZE_MAX || !blank)
		return false;
	number = slice_from(line, blank + 1);
	*stack = slice_to(line, blank);
	return slice_dec(&number, count) && !number.size;
}

/* What the lines of a file have behind the stack. */
struct shape {
	bool header; /* the first line names the values */
	unsigned values;
	unsigned count; /* which of them is the number of samples */
};

/* "samples/count cpu/nanoseconds" */
static bool parse_header(struct slice line, struct shape *shape)
{
	struct slice token;
	bool counted = false;

	*shape = (struct shape){ .header = true };
	line = slice_trim(line);
	while (line.size && slice_find(line, ";") == SIZE_MAX) {
		if (!slice_until(&line, " ", &token)) {
			token = line;
			line.size = 0;
		}
		if (slice_find(token, "/") == SIZE_MAX || slice_starts(token, "/"))
			return false;
		if (!counted && slice_ends(token, "/count")) {
			shape->count = shape->values;
			counted = true;
		}
		shape->values++;
	}
	return shape->values && !line.size;
}

/* The numbers at the end, the last first; false: there are not as many. */
static bool parse_values(struct slice line, unsigned count, struct slice *stack, uint64_t *values)
{
	while (count--) {
		if (!parse_line(line, stack, &values[count]))
			return false;
		line = *stack;
	}
	return true;
}

#define MAX_VALUES 16

/* The first lines have stacks and as many numbers, and one of them has more than one frame. */
static bool fits(struct slice bytes, const struct shape *shape)
{
	uint64_t values[MAX_VALUES];
	struct slice line, stack;
	bool deep = false;
	unsigned lines;

	if (shape->header)
		take_line(&bytes);
	for (lines = 0; lines < LINES_TO_PROBE && bytes.size; lines++) {
		line = take_line(&bytes);
		if (!line.size)
			continue;
		if (!parse_values(line, shape->values, &stack, values) ||
		    slice_find(stack, "; ") != SIZE_MAX)
			return false;
		deep |= slice_find(stack, ";") != SIZE_MAX;
	}
	return deep;
}

static bool find_shape(struct slice bytes, struct shape *ret)
{
	struct slice rest = bytes;

	if (parse_header(take_line(&rest), ret))
		return ret->values <= MAX_VALUES && fits(bytes, ret);
	*ret = (struct shape){ .values = 2 };
	if (fits(bytes, ret))
		return true;
	ret->values = 1;
	return fits(bytes, ret);
}

static bool probe(struct slice bytes)
{
	struct shape shape;

	return find_shape(bytes, &shape);
}

/* "[libc.so.6]", how perf's scripts name what they do not know; "[unknown]" */
static bool parse_bracket(struct slice name, struct trace_frame *frame)
{
	if (!slice_skip(&name, "[") || !slice_drop(&name, "]") || !name.size)
		return false;
	if (!slice_is(name, "unknown"))
		frame->module = name;
	return true;
}

/* "(not in any module)" */
static bool is_unplaced(struct slice name)
{
	return slice_skip(&name, "(") && slice_drop(&name, ")") &&
	       slice_is(name, why_text[WHY_NO_MODULE]);
}

/* "MOD+0xOFF" is how stk names a function that it does not know. */
static void push_frame(struct trace *t, struct slice name)
{
	struct trace_frame frame = TRACE_FRAME_INIT;

	if (slice_is(name, "(left out)")) {
		trace_elided(t, STK_NONE);
		return;
	}
	frame.inlined = slice_drop(&name, "_[i]");
	if (slice_drop(&name, "_[k]"))
		frame.module = SLICE("[kernel]");
	else if (slice_drop(&name, "_[j]"))
		frame.module = SLICE("[jit]");
	if (slice_is(name, WORD_SIGNAL_FRAME))
		frame.flags = STK_FRAME_SIGNAL;
	else if (parse_bracket(name, &frame))
		frame.why = "the file has no name for it";
	else if (is_unplaced(name) || call_module(name, &frame))
		frame.why = "the file has no name for it";
	else
		frame.func = name;
	trace_push_frame(t, &frame);
}

static void push_stack(struct trace *t, struct slice stack)
{
	size_t at;

	if (slice_is(stack, "(no stack)"))
		return;
	while ((at = slice_rfind(stack, ';')) != SIZE_MAX) {
		push_frame(t, slice_from(stack, at + 1));
		stack.size = at;
	}
	push_frame(t, stack);
}

static const struct stk_more *label(struct trace *t, const char *value)
{
	struct stk_label *label = builder_alloc(trace_builder(t), sizeof(*label));
	struct stk_more *more = builder_alloc(trace_builder(t), sizeof(*more));

	label->key = builder_str(trace_builder(t), "profile");
	label->value = builder_str(trace_builder(t), value);
	more->labels = label;
	more->nlabels = 1;
	return more;
}

static bool read_folded(struct trace *t, struct slice bytes)
{
	const struct stk_more *before = NULL, *after = NULL;
	uint64_t values[MAX_VALUES];
	struct slice line, stack;
	struct shape shape;
	uint32_t number;

	if (!find_shape(bytes, &shape))
		return false;
	if (!shape.header && shape.values == 2) {
		before = label(t, "before");
		after = label(t, "after");
	}
	for (number = 1; bytes.size; number++) {
		line = take_line(&bytes);
		if (number == 1 && shape.header)
			continue;
		if (parse_values(line, shape.values, &stack, values)) {
			push_stack(t, stack);
			trace_tasks(t, STK_THREAD, values[shape.count], before);
			if (!after)
				continue;
			push_stack(t, stack);
			trace_tasks(t, STK_THREAD, values[1], after);
		} else if (slice_trim(line).size) {
			trace_unparsed(t, number, "not a folded stack");
		}
	}
	return true;
}

const struct trace_binary trace_folded = { "folded", probe, read_folded };
