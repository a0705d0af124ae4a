/* SPDX-License-Identifier: Apache-2.0 */
/* How outputs for people word things: tasks, places, waits, causes. Shared by the text
 * formats; every byte of the target goes through out_text(). */
#ifndef OUTPUT_TEXT_H
#define OUTPUT_TEXT_H

#include "output.h"
#include "../model/words.h"

/* ---- values of the dump that may be absent ---- */

/* NULL when the task has no creator that is known. */
const struct stk_loc *text_creator(const struct stk_dump *dump, const struct stk_task *task);
const struct stk_loc *text_frame_loc(const struct stk_dump *dump, uint32_t frame);
/* NULL when the location is in none. */
const struct stk_module *text_module(const struct stk_dump *dump, const struct stk_loc *loc);
/* "STOP" for 19; NULL for a number without a name. */
const char *text_signal_name(unsigned signal);
/* That name, or "signal 40"; nothing for 0. */
void text_signal(struct out *out, unsigned signal);
/* Whether a frame's pc is known: a text trace may have none. */
bool text_has_pc(const struct stk_frame *frame);

/* ---- pieces of lines ---- */

/* An address with all digits that the target's have: 8 or 16. */
void text_address(struct out *out, const struct stk_dump *dump, uint64_t address);
/* FUNC, or MODULE+0xOFF [why]; shortened to `columns` when that is not 0. */
void text_function(struct out *out, const struct stk_dump *dump, const struct stk_loc *loc,
		   uint32_t columns);
/* The same of a frame, which may be a signal's. */
void text_frame_function(struct out *out, const struct stk_dump *dump, uint32_t frame);
/* FILE:LINE; only where loc->file is known. */
void text_place(struct out *out, const struct stk_loc *loc);
/* "FUNC at FILE:LINE" on one line, whatever is known of it. */
void text_function_at(struct out *out, const struct stk_dump *dump, const struct stk_loc *loc,
		      uint32_t columns);
/* How wide UTF-8 text is, a column for each character. */
uint32_t text_columns(const char *text, size_t size);
/* Text of the target in at most `columns` (0: any), its middle replaced by "...". */
void text_shortened(struct out *out, const char *text, uint32_t columns);
/* "chan receive, 3 minutes, locked to thread": what stands in the brackets of a header. */
void text_state(struct out *out, const struct stk_task *task);
/* Whether text_state() has anything to say. */
bool text_has_state(const struct stk_task *task);
/* "12 threads, 3 goroutines"; "1 thread". */
void text_count(struct out *out, uint64_t count, const char *noun);
/* "4.2 ms", "3 minutes" */
void text_duration(struct out *out, int64_t ns);
/* Text of the target in double quotes; those in it get a backslash. */
void text_quoted(struct out *out, const char *text);
/* "k1":"v1", "k2":"v2" */
void text_labels(struct out *out, const struct stk_more *more);
/* The line about the whole: NAME: COMMAND (pid N) killed by ..., and what the program said. */
void text_summary(struct out *out, const struct stk_dump *dump);
/* Lines of a text of the target, each behind `indent` spaces and with a line end. */
void text_lines(struct out *out, const char *text, size_t indent);

/* ---- the frame that matters ---- */

/* The frame to show for a whole stack: the newest that is neither the language runtime's nor
 * the C library's; the first when all are. STK_NONE for an empty stack. */
uint32_t text_user_frame(const struct stk_dump *dump, const struct stk_stack *stack);

/* ---- more lines ---- */

/* The frames of a stack in the default format, folded, with its end (stack.c). `detail` is NULL
 * or parallel to the frames. */
void text_stack(struct out *out, const struct stk_dump *dump, const struct stk_stack *stack,
		const struct stk_detail *detail, const struct stk_style *style);
/* What a task waits for, its system call and its labels, a line each. */
void text_waits(struct out *out, const struct stk_more *more);
/* A line of source or disassembly, without line end: tabs become spaces. */
void text_source_line(struct out *out, const char *line);

/* What stood before `task` in a text and belongs to no trace, from span *next on. */
void text_spans(struct out *out, const struct stk_dump *dump, uint32_t task, uint32_t *next);

#endif
