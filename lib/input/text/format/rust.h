/* SPDX-License-Identifier: Apache-2.0 */
/* What the heads and the frames of Rust's backtraces share. */
#ifndef INPUT_TEXT_FORMAT_RUST_H
#define INPUT_TEXT_FORMAT_RUST_H

#include "../text.h"

/* "stack backtrace:" of panics, "Stack backtrace:" of anyhow and eyre. */
bool rust_is_backtrace(struct slice line);
/* The headings of color-eyre and color-backtrace: "━━━ BACKTRACE ━━━", "━━━ SPANTRACE ━━━". */
bool rust_is_box(struct slice line);
/* Is the next line a frame, and the one after it no denial of that? */
bool rust_is_frame(struct trace *t);
/* Is one soon, behind lines of others? */
bool rust_leads(struct trace *t);

/* Reads "stack backtrace:" and its frames, or only frames; what it says of them as well. false: there
 * is none here. */
bool rust_backtrace(struct trace *t);
bool rust_frames(struct trace *t);
/* Reads a box with its heading. */
bool rust_box(struct trace *t, struct slice *heading);

#endif
