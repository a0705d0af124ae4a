/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats of the Go runtime share. */
#ifndef INPUT_TEXT_FORMAT_GOTEXT_H
#define INPUT_TEXT_FORMAT_GOTEXT_H

#include "../text.h"

/* "goroutine 12 gp=0x.. m=3 mp=0x.. [chan receive, 12 minutes, locked to thread] {k: v}:" */
struct go_header {
	uint64_t id, g, mp, minutes, bubble; /* 0: not said */
	int64_t m;                           /* -1: not said, or nil */
	struct slice state;
	struct slice labels; /* between the braces; at NULL: none */
	bool scan, leaked, durable, locked;
	size_t size; /* of the line, up to the colon */
};

bool go_header(struct slice line, struct go_header *ret);
/* Is the goroutine the runtime's own, by the function that it was started with? */
bool go_is_system(struct trace *t, const struct stk_task *task);
/* `key: "value", ...` into the dump's memory; what cannot be read ends them. */
uint32_t go_labels(struct trace *t, struct slice labels, const struct stk_label **ret);

/* Reads "FUNC(ARGS)" and the line with its place, and pushes the frame; without brackets too
 * when the place leaves no doubt. false: they are no frame, nothing is consumed. */
bool go_call(struct trace *t);
/* The same question without taking anything. */
bool go_is_call(struct trace *t);
/* Do lines of others stand between a call and its place, which can be nothing else? */
bool go_is_split_call(struct trace *t);
/* Is this the line of a call, and no word or sentence? */
bool go_is_name(struct slice line);
/* "FUNC[ in goroutine N]" (what follows "created by ") and the next line. */
bool go_creator(struct trace *t, struct slice func, uint32_t *frame, uint64_t *id);
/* FRAME_RUNTIME for the runtime's own, as GOTRACEBACK hides them. */
uint16_t go_frame_flags(struct slice func);

/* Is the next line a header, or "runtime stack:"? */
bool go_at_part(struct trace *t);
/* Is it, and not a sentence that begins like one? */
bool go_at_goroutine(struct trace *t);

/* "panic: ", "fatal error: ", "SIGQUIT: ", ...: what may come before the first goroutine. */
bool go_is_preamble(struct slice line);
/* Reads all of it: title and cause. Returns the flag of the goroutine that comes first. */
uint16_t go_preamble(struct trace *t);
/* The title of a dump that a program has logged, from the line above it. */
void go_title_above(struct trace *t);

#endif
