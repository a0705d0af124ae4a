/* SPDX-License-Identifier: Apache-2.0 */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* More notes than this of one code become one line. */
#define LIST_AT_MOST 3

/* Whatever is in the line came from a user or a target: it goes out escaped. */
static void line(const char *text)
{
	char *safe = stk_escape(text);

	fprintf(stderr, "stk: %s\n", safe);
	free(safe);
}

void say(const char *format, ...)
{
	va_list args;
	char *text;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0)
		say_out_of_memory();
	line(text);
	free(text);
}

/* What stk's user can do about it. Behind an error: "...; run it as root: sudo stk pid 12". */
static void say_with_remedy(const struct stk_error *err)
{
	switch (err->remedy) {
	case STK_REMEDY_ROOT:
		say("%s; run it as root: sudo stk pid %s", err->message, err->subject);
		return;
	case STK_REMEDY_HOST_ROOT:
		say("%s; run stk as root of the host", err->message);
		return;
	case STK_REMEDY_SECCOMP:
		say("%s; run stk outside of this container, or give the container "
		    "--security-opt seccomp=unconfined",
		    err->message);
		return;
	case STK_REMEDY_PTRACE:
		say("%s; start the container with --cap-add=SYS_PTRACE", err->message);
		return;
	case STK_REMEDY_NO_PAUSE:
		say("%s; end that first, or use --no-pause", err->message);
		return;
	case STK_REMEDY_PROCESS:
		say("%s (for a process: stk pid %s)", err->message, err->subject);
		return;
	case STK_REMEDY_CORE:
		say("%s (for a core: stk core %s)", err->message, err->subject);
		return;
	case STK_REMEDY_TEXT:
		say("%s (for the stacks in it: stk trace %s)", err->message, err->subject);
		return;
	case STK_REMEDY_UNPACK:
		say("%s (unpack it, and name the core in it)", err->message);
		return;
	case STK_REMEDY_MINIDUMP:
		say("%s (minidump-stackwalk does: its output is for stk trace)", err->message);
		return;
	case STK_REMEDY_LLDB:
		say("%s (on macOS: lldb -c %s; its output is for stk trace)", err->message,
		    err->subject);
		return;
	case STK_REMEDY_KERNEL:
		say("%s (crash or drgn read it)", err->message);
		return;
	default:
		line(err->message);
	}
}

int say_error(struct stk_error *err)
{
	int status = (int)err->code;

	if (err->message[0])
		say_with_remedy(err);
	stk_error_free(err);
	return status;
}

int say_failure(struct stk_error *err, bool quiet)
{
	if (!quiet || err->code != STK_FAILED)
		return say_error(err);
	stk_error_free(err);
	return STK_FAILED;
}

/* The same behind a note. */
static const char *remedy_of(const struct stk_note *note)
{
	switch (note->remedy) {
	case STK_REMEDY_MAX_PAUSE:
		return " (--max-pause allows more)";
	case STK_REMEDY_DEEP:
		return " (--deep copies all)";
	case STK_REMEDY_FORCE:
		return " (--force uses it)";
	case STK_REMEDY_EXE:
		return " (name the executable, or a --sysroot)";
	case STK_REMEDY_SOURCE_MAP:
		return " (--source-map FROM=TO says where it is)";
	default:
		return "";
	}
}

/* `others`: how many more of this code there are. */
static void say_note(const struct stk_note *note, uint32_t others)
{
	const char *kind = note->severity == STK_INFO ? "note" : "warning";
	const char *colon = note->subject[0] ? ": " : "";

	if (others)
		say("%s: %s%s%s%s, and %u more like this (-v lists them) [%s]", kind, note->subject,
		    colon, note->text, remedy_of(note), others, note->code);
	else
		say("%s: %s%s%s%s [%s]", kind, note->subject, colon, note->text, remedy_of(note),
		    note->code);
}

void say_notes(const struct stk_dump *dump, bool verbose)
{
	uint32_t total[STK_NOTE_COUNT] = { 0 }, i;
	bool said[STK_NOTE_COUNT] = { false };

	for (i = 0; i < dump->nnotes; i++)
		total[dump->notes[i].id]++;
	for (i = 0; i < dump->nnotes; i++) {
		const struct stk_note *note = &dump->notes[i];

		if (verbose || (note->severity != STK_INFO && total[note->id] <= LIST_AT_MOST))
			say_note(note, 0);
		else if (note->severity != STK_INFO && !said[note->id])
			say_note(note, total[note->id] - 1);
		said[note->id] = true;
	}
}

void say_out_of_memory(void)
{
	fputs("stk: out of memory\n", stderr);
	exit(STK_FAILED);
}
