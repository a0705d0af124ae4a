/* SPDX-License-Identifier: Apache-2.0 */
/* What the reports of the sanitizers share: their lines. */
#ifndef INPUT_TEXT_FORMAT_SANITIZER_H
#define INPUT_TEXT_FORMAT_SANITIZER_H

#include "death.h"

/* "#N [0xPC in ]FUNC[ FILE[:LINE[:COLUMN]]][ (MODULE+0xOFF)][ (BuildId: 93ac)]" */
bool sanitizer_frame(struct slice line, uint64_t *number, struct trace_frame *frame);
/* The same where nothing says that it is of a sanitizer: " in " or a module must be there. */
bool sanitizer_bare_frame(struct slice line, uint64_t *number, struct trace_frame *frame);
/* "SUMMARY: AddressSanitizer: heap-use-after-free /src/a.c:7:10 in use": where it was; false: it does
 * not say. */
bool sanitizer_summary(struct slice line, struct trace_frame *frame);

bool sanitizer_is_frame(struct slice line, uint64_t *number);
bool sanitizer_is_first(struct slice line); /* number 0 */
/* The first line of a report, the line that sums it up, and the one that ends it. */
bool sanitizer_is_head(struct slice line);
bool sanitizer_is_summary(struct slice line);
bool sanitizer_is_last(struct slice line);
/* The lines under which stacks stand. */
bool sanitizer_is_heading(struct slice line);

#endif
