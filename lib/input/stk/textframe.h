/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of stk's own text (text.c) has of its frames (textframe.c). `go`: the task is a
 * goroutine, whose frames may have the words of their arguments. */
#ifndef INPUT_STK_TEXTFRAME_H
#define INPUT_STK_TEXTFRAME_H

#include "../text/text.h"

/* The next line without the blanks around it; false when it is empty, or there is none. */
bool own_line(struct trace *t, struct slice *ret);
/* "0  0x45b1a1 in FUNC"; what stands in the lines below is not looked at. */
bool own_frame(struct trace *t, struct slice line, bool go, uint64_t *number,
	       struct trace_frame *frame);
/* FUNC with its marks, or what stands there when it has no name. */
void own_function(struct trace *t, struct slice s, bool go, struct trace_frame *frame);
/* Takes "at FILE:LINE" or "from MODULE" off. */
void own_place(struct trace *t, struct trace_frame *frame);
/* Takes all frames of a stack off, and why it ends. */
void own_frames(struct trace *t, bool go);

#endif
