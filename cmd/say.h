/* SPDX-License-Identifier: Apache-2.0 */
/* say - what stk says about its data, on standard error: one line each, "stk: ...". */
#ifndef SAY_H
#define SAY_H

#include <stk.h>

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says an error (nothing when its message is empty: a closed pipe), frees it, returns its code. */
int say_error(struct stk_error *err);
/* The same for a target that could not be read; when quiet, only a wrong name and a missing
 * permission are worth a word: else the exit status tells. */
int say_failure(struct stk_error *err, bool quiet);
/* The notes of a dump. Repeats of a code are summed up, and mere information is left out,
 * unless `verbose`. */
void say_notes(const struct stk_dump *dump, bool verbose);
void say_out_of_memory(void) __attribute__((noreturn));

#endif
