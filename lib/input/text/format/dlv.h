/* SPDX-License-Identifier: Apache-2.0 */
/* What the heads and the frames of Delve share. */
#ifndef INPUT_TEXT_FORMAT_DLV_H
#define INPUT_TEXT_FORMAT_DLV_H

#include "gotext.h"

struct dlv_header {
	uint64_t id, tid, minutes, bubble;
	struct slice name, state, place, func;
	uint64_t pc;
	int signal;
	bool goroutine, marked, locked, leaked;
};

/* Prompts stand before what a command printed. */
struct slice dlv_without_prompt(struct slice line);
/* "* Goroutine 1 - User: ...", "  Thread 12 ..." */
bool dlv_header(struct slice line, struct dlv_header *ret);
/* "0  0x45b1a1 in runtime.gopark"; dlv_is_frame(): with an address, as no line of a log has it. */
bool dlv_parse_frame(struct slice line, uint64_t *number, struct trace_frame *frame);
bool dlv_is_frame(struct slice line, uint64_t *number);
/* "at FILE:LINE" of a frame, or of a creator. */
bool dlv_take_place(struct trace *t, struct trace_frame *frame);
/* Pushes all frames of a stack, and why it ends. */
void dlv_frames(struct trace *t);

#endif
