/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as debuggers and demanglers write them. */
#ifndef INPUT_TEXT_FORMAT_CALL_H
#define INPUT_TEXT_FORMAT_CALL_H

#include "../text.h"

/* Splits "NAME (ARGS)REST" or "NAME(ARGS)REST" (`blank`: the bracket has one before it). The
 * name is taken up to the bracket that is in no other one: operators, templates, lambdas and
 * "(anonymous namespace)" have their own. false: `s` holds none, and is where it was. */
bool call_split(struct slice *s, bool blank, struct slice *func, struct slice *args);
/* Moves over the "(...)" at the start of s, strings and nested brackets in it. */
bool call_brackets(struct slice *s, struct slice *inner);
/* "MOD+0xOFF" or "MOD + 0xOFF" into module and offset; false: it is none. */
bool call_module(struct slice s, struct trace_frame *frame);

#endif
