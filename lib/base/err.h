/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: NULL is success. Made where the fact is known, prefixed once a layer. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "../include/stk.h"

/* Lower case, 'quoted subject', cause last, no full stop, one line. */
struct stk_error *error_create(enum stk_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));
/* The same with ": strerror(errnum)"; the code is found from errnum (ENOENT, EPERM ...). */
struct stk_error *error_errno(int errnum, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull, warn_unused_result));
/* Puts "PREFIX: " before the message of err and returns it; NULL stays NULL. */
struct stk_error *error_prefix(struct stk_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));
/* Says what helps, and what to apply it to; err is returned (NULL stays NULL). */
struct stk_error *error_remedy(struct stk_error *err, enum stk_remedy remedy, const char *subject)
	__attribute__((warn_unused_result));
/* For a failure that becomes something else (a note, a fallback): frees it. */
void error_drop(struct stk_error *err);

#endif
