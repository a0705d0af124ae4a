/* SPDX-License-Identifier: Apache-2.0 */
/* What looks like a stack and is none that any format reads: of languages that are not read, and frames of
 * those that are, in a shape that is not known. Nothing is taken, and the line is said.
 *	Fatal error: exception Not_found
 *	Raised at Store.find in file "store.ml", line 12, characters 4-19          OCaml
 *	CallStack (from HasCallStack):                                             Haskell
 *	  error, called at app.hs:3:5 in main:Main
 *	Traceback (most recent call last)                                          Nim
 *	app.nim(3) app */
#include "exception.h"

/* Two lines tell it: what the marked one has, and what the one below (NULL: anything). */
static const struct {
	const char *language, *here, *below;
} kinds[] = {
	{ "Haskell", "CallStack (from HasCallStack):", "called at " },
	{ "Haskell", "CallStack (from -prof):", "(" },
	{ "Nim", "Traceback (most recent call last)", ".nim(" },
	{ "D", "core.exception.", "----------------" },
	{ "D", "object.Exception@", "----------------" },
	{ "Crystal", "Unhandled exception: ", ".cr:" },
	{ "Ada", "Call stack traceback locations:", "0x" },
	{ "Pascal", "An unhandled exception occurred at $", NULL },
	{ "Zig", "panic: ", ".zig:" },
	{ "Tcl", "    while executing", "\"" },
	{ "R", "Calls: ", "Execution halted" },
	{ "Guile", "In ice-9/boot-9.scm:", "(" },
	{ "Emacs Lisp", "Debugger entered--Lisp error: ", "(" },
	{ "Common Lisp", "Backtrace for: #<SB-THREAD:THREAD", "0: " },
	{ "Octave", "error: called from", " line " },
	{ "PowerShell", " char:", "+ " },
	{ "WebAssembly", "wasm backtrace:", "0: " },
};

/* "at NAME(...": of the JVM, V8 and .NET */
static bool is_at(struct slice line)
{
	struct slice rest = slice_trim(line), name;

	return exception_indent(line) && slice_skip(&rest, "at ") &&
	       slice_until(&rest, "(", &name) && slice_find(name, ".") != SIZE_MAX &&
	       slice_find(slice_trim(name), " ") == SIZE_MAX && slice_find(rest, ")") != SIZE_MAX;
}

static bool is_ocaml(struct slice line)
{
	return slice_find(line, "aised ") != SIZE_MAX && slice_find(line, " file \"") != SIZE_MAX &&
	       slice_find(line, ", line ") != SIZE_MAX &&
	       slice_find(line, ", characters ") != SIZE_MAX;
}

/* Of whom the next lines look like a stack; NULL: they do not. */
static const char *language_of(struct trace *t)
{
	struct slice line, below, above;
	size_t i;

	if (!trace_peek(t, &line))
		return NULL;
	if (!trace_peek_at(t, 1, &below))
		below = (struct slice){ "", 0 };
	/* the first of several */
	if (is_at(line) && is_at(below) && !(trace_above(t, &above) && is_at(above)))
		return "Java, JavaScript or .NET";
	if (is_ocaml(line))
		return "OCaml";
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (slice_find(line, kinds[i].here) != SIZE_MAX &&
		    (!kinds[i].below || slice_find(below, kinds[i].below) != SIZE_MAX))
			return kinds[i].language;
	return NULL;
}

static bool probe(struct trace *t)
{
	return language_of(t) != NULL;
}

static void read_nothing(struct trace *t)
{
	trace_unread(t, trace_place(t).line, language_of(t));
}

static const struct trace_mark marks[] = {
	{ "\tat ", "\t", false },
	{ "  at ", " ", false },
	{ "Raised at ", "", false },
	{ "Raised by primitive operation ", "", false },
	{ "CallStack (from ", "", false },
	{ "Traceback (most recent call last)", "", false },
	{ "core.exception.", "", false },
	{ "object.Exception@", "", false },
	{ "Unhandled exception: ", "", false },
	{ "Call stack traceback locations:", "", false },
	{ "An unhandled exception occurred at $", "", false },
	{ ".zig:", "", true },
	{ "    while executing", "", false },
	{ "Calls: ", "", false },
	{ "In ice-9/boot-9.scm:", "", false },
	{ "Debugger entered--Lisp error: ", "", false },
	{ "Backtrace for: #<SB-THREAD:THREAD", "", false },
	{ "error: called from", "", false },
	{ "char:", " ", false },
	{ "wasm backtrace:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_unread_stack = {
	.name = "unread",
	.marks = marks,
	.probe = probe,
	.read = read_nothing,
};
