/* SPDX-License-Identifier: Apache-2.0 */
/* Go's pcs as frames: functions, lines, inlined calls. */
#ifndef LANG_GO_SYM_H
#define LANG_GO_SYM_H

#include "state.h"

size_t gosym_frames(struct go *go, struct builder *b, const struct raw_frame *raw, uint32_t *ids);
bool gosym_find(struct go *go, const char *name, uint64_t *ret_addr, uint64_t *ret_size);
/* The pc that the tables are asked for: the call, not what follows it. */
uint64_t gosym_lookup(const struct gocode *code, const struct raw_frame *raw);
/* Names of the functions at a raw frame, inlined ones first (room for LIMIT_INLINE_DEPTH). */
size_t gosym_names(struct go *go, const struct raw_frame *raw, const char **ret);
/* Where in the function itself the calls inlined at pc stand. */
uint64_t gosym_outermost(struct go *go, const struct gocode *code, uint64_t pc);
/* Does the runtime show this function below level system, where it called no other? first: no frame
 * stands above it. */
bool gosym_shows(const struct gocode *code, bool first, unsigned minor);
/* The same stack, the frames that the runtime hides below level system marked. */
uint32_t gosym_mark_stack(struct go *go, struct builder *b, uint32_t stack, unsigned minor);

#endif
