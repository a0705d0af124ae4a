/* Folded stacks, the input of flame graphs: the outermost function first.
 *	main;Store::find;compare 12
 * A line alone could be any text; a file of such lines is read whole. */
#include "native.h"

#define LINES_TO_PROBE 8

static struct slice take_line(struct slice *bytes)
{
	struct slice line;

	if (!slice_until(bytes, "\n", &line)) {
		line = *bytes;
		*bytes = (struct slice){ bytes->at + bytes->size, 0 };
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
	number = (struct slice){ line.at + blank + 1, line.size - blank - 1 };
	*stack = (struct slice){ line.at, blank };
	return slice_dec(&number, count) && !number.size;
}

/* The first lines have stacks and counts, and there is more than one frame in one of them. */
static bool probe(struct slice bytes)
{
	struct slice line, stack;
	uint64_t count;
	bool deep = false;
	unsigned lines;

	for (lines = 0; lines < LINES_TO_PROBE && bytes.size; lines++) {
		line = take_line(&bytes);
		if (!line.size)
			continue;
		if (!parse_line(line, &stack, &count) || slice_find(stack, "; ") != SIZE_MAX)
			return false;
		deep |= slice_find(stack, ";") != SIZE_MAX;
	}
	return deep;
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
	if (slice_is(name, "<signal handler called>"))
		frame.flags = STK_FRAME_SIGNAL;
	else if (slice_is(name, "(not in any module)") || native_module(name, &frame))
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
		push_frame(t, (struct slice){ stack.at + at + 1, stack.size - at - 1 });
		stack.size = at;
	}
	push_frame(t, stack);
}

static bool read_folded(struct trace *t, struct slice bytes)
{
	struct slice line, stack;
	uint64_t count;
	uint32_t number;

	for (number = 1; bytes.size; number++) {
		line = take_line(&bytes);
		if (parse_line(line, &stack, &count)) {
			push_stack(t, stack);
			trace_tasks(t, STK_THREAD, count, NULL);
		} else if (slice_trim(line).size) {
			trace_unparsed(t, number, "not a folded stack");
		}
	}
	return true;
}

const struct trace_binary trace_folded = { "folded", probe, read_folded };
