/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats of debuggers and of native programs share. */
#ifndef INPUT_TEXT_FORMAT_NATIVE_H
#define INPUT_TEXT_FORMAT_NATIVE_H

#include "../text.h"

/* "SIGSEGV"; 0 when there is no such signal here. */
int native_signal(struct slice name);
/* The other way; NULL when it has no name. */
const char *native_signal_name(struct trace *t, int number);
/* Says in `cause` that this signal ended the program, `what` in words (may be none). */
void native_describe(struct trace *t, struct stk_cause *cause, int number, struct slice what);
/* The signal `name` ended the program, `what` in words: title and cause. Returns its number. */
int native_cause(struct trace *t, struct slice title, struct slice name, struct slice what);
/* When it happened, as a fact. */
void native_time(struct trace *t, const char *section, uint64_t seconds);
/* The number that stands behind `key`; 0 when there is none. */
uint64_t native_number(struct slice line, const char *key);

/* Splits "NAME (ARGS)REST" or "NAME(ARGS)REST" (`blank`: the bracket has one before it). The
 * name is taken up to the bracket that is in no other one: operators, templates, lambdas and
 * "(anonymous namespace)" have their own. false: `s` holds none, and is where it was. */
bool native_call(struct slice *s, bool blank, struct slice *func, struct slice *args);
/* Moves over the "(...)" at the start of s, strings and nested brackets in it. */
bool native_brackets(struct slice *s, struct slice *inner);
/* "MOD+0xOFF" or "MOD + 0xOFF" into module and offset; false: it is none. */
bool native_module(struct slice s, struct trace_frame *frame);

#endif
