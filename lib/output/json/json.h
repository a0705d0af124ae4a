/* SPDX-License-Identifier: Apache-2.0 */
/* json_parts - the members that json, jsonl and html have in common, as stk-json(5) names them.
 * A member that is documented as always there is null where it is unknown; the others are left
 * out. Members are only ever added; anything else raises JSON_VERSION. */
#ifndef OUTPUT_JSON_H
#define OUTPUT_JSON_H

#include "writer.h"

#define JSON_VERSION 1

/* "version", "generator", "complete", "target", "cause", "facts", "modules", "reports" and
 * "spans": all that is known before the tasks, a line each when `lines`. */
void json_head(struct jsonw *w, const struct stk_dump *dump, bool lines);
/* "regs" */
void json_regs(struct jsonw *w, const struct stk_reg *regs, uint32_t count);
/* "notes" */
void json_notes(struct jsonw *w, const struct stk_dump *dump);

/* The members of frames, made once for each of the dump's and copied from then on. */
struct json_frames {
	const struct stk_dump *dump;
	struct out text;   /* the members of many frames, one after the other */
	struct jsonw w;    /* over text */
	size_t *at, *size; /* of frame i in text; size 0: not made */
};

void json_frames_init(struct json_frames *frames, const struct stk_dump *dump);
void json_frames_deinit(struct json_frames *frames);

/* The members of an element of "tasks", and of "groups". */
void json_task(struct jsonw *w, struct json_frames *frames, const struct stk_task *task);
void json_group(struct jsonw *w, struct json_frames *frames, const struct stk_group *group);

#endif
