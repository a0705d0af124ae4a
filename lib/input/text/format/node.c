/* SPDX-License-Identifier: Apache-2.0 */
/* What Node.js and V8 print when they die (node/src/node_errors.cc, debug_utils.cc; v8/src/base/logging.cc,
 * debug/stack_trace_posix.cc): a native stack, and since Node 12 the one of JavaScript.
 *	FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
 *	----- Native stack trace -----                    (since Node 20)
 *
 *	 1: 0xb78db3 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
 *	 4: 0x10fb205  [node]
 *
 *	----- JavaScript stack trace -----
 *
 *	1: [eval]:1:9
 *	2: runScriptInThisContext (node:internal/vm:209:10)
 * An assertion has "#  node[12]: void f() at ../src/x.cc:12" and "#  Assertion failed: ..." above them.
 * V8 alone:
 *	#
 *	# Fatal error in ../../src/objects/x.cc, line 12
 *	# Debug check failed: foo.
 *	#
 *	==== C stack trace ===============================
 *
 *	    /out/libv8_libbase.so(v8::base::debug::StackTrace::StackTrace()+0x1e) [0x7f12]
 *	 [0x5621a335653d] */
#include "listing.h"

#define MAX_HEAD 24u

/* ---- frames ---- */

/* " 1: 0xb78db3 node::Abort() [node]", " 1: node::Abort() [node]" of Node 8 */
static bool parse_native(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line);
	size_t open;
	bool address;

	if (!slice_dec(&rest, number) || !slice_skip(&rest, ": "))
		return false;
	address = slice_hex(&rest, &frame->pc);
	if (address && rest.size && rest.at[0] != ' ')
		return false;
	rest = slice_trim(rest);
	open = slice_rfind(rest, '[');
	if (slice_ends(rest, "]") && open != SIZE_MAX && (!open || rest.at[open - 1] == ' ')) {
		frame->module = (struct slice){ rest.at + open + 1, rest.size - open - 2 };
		rest = slice_trim((struct slice){ rest.at, open });
	} else if (!address) {
		return false;
	}
	if (rest.size)
		frame->func = rest;
	else
		frame->why = "the program exports no symbol for it";
	/* node is linked to its address: it is the one in the file */
	if (frame->module.at && frame->pc < TRACE_LINKED_BELOW * 16)
		frame->offset = frame->pc;
	if (!frame->module.size)
		frame->module = NO_SLICE;
	return true;
}

/* "2: runScriptInThisContext (node:internal/vm:209:10)", "1: [eval]:1:9" */
static bool parse_script(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	struct slice rest = slice_trim(line), place;
	size_t open;

	if (!slice_dec(&rest, number) || !slice_skip(&rest, ": "))
		return false;
	open = slice_rfind(rest, '(');
	place = rest;
	if (open != SIZE_MAX && open && rest.at[open - 1] == ' ' && slice_drop(&rest, ")")) {
		place = (struct slice){ rest.at + open + 1, rest.size - open - 1 };
		frame->func = slice_trim((struct slice){ rest.at, open });
	} else {
		frame->why = "the function has no name";
	}
	return slice_place(place, &frame->file, &frame->line, &frame->column) && frame->column;
}

static bool parse_symbols(struct slice line, struct trace_frame *frame, uint64_t *number)
{
	(void)number;
	return listing_symbols(line, false, frame);
}

/* ---- heads ---- */

static bool is_fatal(struct slice line)
{
	line = slice_trim(line);
	return slice_starts(line, "FATAL ERROR: ") || slice_starts(line, "# Fatal error in ");
}

static bool is_native_title(struct slice line)
{
	return slice_is(slice_trim(line), "----- Native stack trace -----");
}

static bool is_script_title(struct slice line)
{
	return slice_is(slice_trim(line), "----- JavaScript stack trace -----");
}

static bool is_c_title(struct slice line)
{
	return slice_starts(slice_trim(line), "==== C stack trace ====");
}

/* V8's words, each line behind a "#" */
static bool is_word(struct slice line)
{
	line = slice_trim(line);
	return slice_is(line, "#") ||
	       (slice_skip(&line, "# ") && !slice_starts(line, "Fatal error in ")) ||
	       slice_starts(line, "#FailureMessage Object: ");
}

static bool is_title(struct slice line)
{
	return is_native_title(line) || is_script_title(line) || is_c_title(line) || is_fatal(line);
}

static const struct listing native = { .frame = parse_native, .stops = is_title };
static const struct listing script = { .frame = parse_script, .stops = is_title };
static const struct listing symbols = { .frame = parse_symbols, .stops = is_title };

static bool is_native(struct slice line)
{
	return listing_is_frame(&native, line);
}

static bool is_symbols(struct slice line)
{
	return listing_is_frame(&symbols, line);
}

static bool is_frame(struct slice line)
{
	return is_native(line) || is_symbols(line) || listing_is_frame(&script, line);
}

static bool is_own(struct slice line)
{
	return is_title(line) || is_word(line) || is_frame(line);
}

static bool is_stack(struct slice line)
{
	return is_title(line) || is_frame(line);
}

static bool is_first(struct slice line)
{
	struct trace_frame frame = TRACE_FRAME_INIT;
	uint64_t number;

	return parse_native(line, &frame, &number) && number <= 1 && frame.module.at;
}

static bool probe(struct trace *t)
{
	struct slice line;

	if (!trace_next(t, &line))
		return false;
	if (is_title(line) || (is_word(line) && listing_follows(t, is_title, 8)))
		return listing_follows(t, is_frame, MAX_HEAD);
	return is_first(line) || (trace_next(t, &line) && is_first(line));
}

/* ---- a report ---- */

struct report {
	struct trace *t;
	struct slice header;
	uint32_t stacks;
	bool said;
};

static void say(struct report *r, struct slice line)
{
	struct stk_cause *cause;

	trace_title(r->t, line);
	r->said = true;
	if (!trace_cause(r->t, &cause))
		return;
	cause->text = trace_str(r->t, line);
	cause->message = trace_str(r->t, line);
}

static void set_header(struct report *r, struct slice line)
{
	/* the title of a stack that is missing */
	if (r->header.at)
		builder_statement(trace_builder(r->t), trace_str(r->t, r->header), "the report");
	r->header = line;
}

/* "# Fatal error in FILE, line 12": what failed is said by the next line that is not empty. */
static void read_head(struct report *r, struct slice line)
{
	/* "node[12]: void f() at ../src/x.cc:12": where, and the next line says what */
	bool where;

	line = slice_trim(line);
	slice_skip(&line, "# ");
	line = slice_trim(line);
	where = slice_find(line, "]: ") != SIZE_MAX && slice_find(line, " at ") != SIZE_MAX;
	if (is_fatal(line))
		say(r, line);
	else if (slice_starts(line, "Fatal error in ") || where)
		builder_statement(trace_builder(r->t), trace_str(r->t, line), "the report");
	else if (is_title(line))
		set_header(r, line);
	else if (!slice_starts(line, "#") && line.size && !r->said)
		say(r, line);
	else if (line.size && !slice_is(line, "#"))
		builder_statement(trace_builder(r->t), trace_str(r->t, line), "the report");
}

static void read_stack(struct report *r, struct slice first)
{
	bool natives = is_native(first) || is_symbols(first);
	bool scripts = slice_starts(r->header, "----- JavaScript") || !natives;
	struct builder *b = trace_builder(r->t);
	struct stk_task *task;

	(void)listing_read(r->t, scripts ? &script : is_native(first) ? &native : &symbols);
	task = trace_task(r->t, STK_TRACE);
	if (!r->stacks++)
		task->flags = STK_TASK_CRASHED;
	if (r->header.at)
		trace_more(r->t, builder_ntasks(b) - 1)->header = trace_str(r->t, r->header);
	r->header = NO_SLICE;
}

/* "node[12]: ../src/x.cc:12:void f(): Assertion `a' failed." above the frames */
static void read_above(struct report *r)
{
	struct slice line;

	if (trace_peek(r->t, &line) && !is_own(line) &&
	    slice_find(line, "Assertion `") != SIZE_MAX) {
		say(r, slice_trim(line));
		trace_skip(r->t);
	}
	listing_pass_above(r->t, is_own);
}

static void read_report(struct trace *t)
{
	struct report r = { .t = t };
	struct slice line;
	bool titled;

	read_above(&r);
	/* one native stack and one of JavaScript: what follows is another report */
	while (r.stacks < 2 && (r.stacks ? listing_find(t, is_stack, 4, &line)
					 : listing_find(t, is_own, MAX_HEAD, &line))) {
		titled = r.header.at != NULL;
		if (is_frame(line) && (titled || !r.stacks)) {
			read_stack(&r, line);
		} else if (r.stacks && !is_script_title(line)) {
			break;
		} else {
			trace_skip(t);
			read_head(&r, line);
		}
	}
	/* the title of a stack that is missing */
	if (r.header.at)
		builder_statement(trace_builder(t), trace_str(t, r.header), "the report");
}

/* What V8 and Node say behind "#" above the stacks: "#  Assertion failed: (func) != nullptr" */
static unsigned count_above(struct trace_above *above)
{
	unsigned n, count = 0;
	struct slice line;

	for (n = 0; n < 8 && trace_above_line(above, n, &line); n++) {
		if (is_fatal(line) || (is_word(line) && slice_trim(line).size > 2))
			count = n + 1;
		else if (slice_trim(line).size && !is_word(line) && !is_native_title(line))
			break;
		if (is_fatal(line))
			break;
	}
	/* one line may say it in its own way */
	if (!count && trace_above_line(above, 0, &line))
		count = slice_find(line, "Assertion `") != SIZE_MAX;
	return count;
}

static const struct trace_mark marks[] = {
	{ "FATAL ERROR: ", "", false },
	{ "# Fatal error in ", "", false },
	{ "----- Native stack trace -----", "", true },
	{ "----- JavaScript stack trace -----", "", false },
	{ "==== C stack trace ====", "", false },
	{ " 1: 0x", " ", true },
	{ NULL, NULL, false },
};

const struct trace_format trace_node = {
	.name = "node",
	.marks = marks,
	.probe = probe,
	.read = read_report,
	.above = count_above,
};
