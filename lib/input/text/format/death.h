/* SPDX-License-Identifier: Apache-2.0 */
/* What killed a program, as texts say it. */
#ifndef INPUT_TEXT_FORMAT_DEATH_H
#define INPUT_TEXT_FORMAT_DEATH_H

#include "../text.h"

/* The number of "SIGSEGV"; 0 when there is no such signal here. */
int death_signal(struct slice name);
/* That of "Segmentation fault", as strsignal() says it; 0 likewise. */
int death_signal_described(struct slice words);
/* The other way; NULL when it has no name. */
const char *death_signal_name(struct trace *t, int number);
/* Says in `cause` that this signal ended the program, `what` in words (may be none). */
void death_describe(struct trace *t, struct stk_cause *cause, int number, struct slice what);
/* The signal `name` ended the program, `what` in words: title and cause. Returns its number. */
int death_by_signal(struct trace *t, struct slice title, struct slice name, struct slice what);
/* The address that it could not get at, where a signal has been said to be the cause. */
void death_address(struct trace *t, uint64_t address);
/* When it happened, as a fact. */
void death_time(struct trace *t, const char *section, uint64_t seconds);

#endif
