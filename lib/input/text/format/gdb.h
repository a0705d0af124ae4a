/* SPDX-License-Identifier: Apache-2.0 */
/* What the session and the frames of gdb share. */
#ifndef INPUT_TEXT_FORMAT_GDB_H
#define INPUT_TEXT_FORMAT_GDB_H

#include "../text.h"

/* Zeroed to begin with. */
struct gdb_lines {
	struct {
		char *at;
		size_t size, cap;
	} line; /* a frame's lines, joined */
	struct stk_value *values;
	size_t nvalues, values_cap;
};

void gdb_lines_deinit(struct gdb_lines *lines);

/* Prompts stand before what a script printed. */
struct slice gdb_without_prompt(struct slice line);
/* trace_peek() without them. */
bool gdb_next_line(struct trace *t, struct slice *line);

/* "#12  " at the start of the line, which is skipped; gdb_is_frame() only asks. */
bool gdb_frame_number(struct slice *line, uint64_t *number);
bool gdb_is_frame(struct slice line, uint64_t *number);
/* What follows the number: "[0xPC in ]FUNC (ARGS)[ at FILE:LINE| from LIB]". */
bool gdb_parse_frame(struct slice line, struct trace_frame *frame);
/* Adds to the joined lines: this one, those that go on after four blanks. */
void gdb_take_line(struct gdb_lines *lines, struct slice line);
void gdb_take_wrapped(struct trace *t, struct gdb_lines *lines);
/* Pushes all frames of a stack, and why it ends. */
void gdb_read_frames(struct trace *t, struct gdb_lines *lines);

#endif
