/* SPDX-License-Identifier: Apache-2.0 */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

__attribute__((format(printf, 1, 0))) static char *format_args(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return xstrdup("error while wording an error");
	return text;
}

static struct stk_error *make(enum stk_code code, char *message)
{
	struct stk_error *err = xmalloc(sizeof(*err));

	*err = (struct stk_error){ .code = code, .message = message, .subject = xstrdup("") };
	return err;
}

static enum stk_code code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
	case ESRCH:
	case ENXIO:
		return STK_NO_INPUT;
	case EACCES:
	case EPERM:
		return STK_NO_PERMISSION;
	default:
		return STK_FAILED;
	}
}

struct stk_error *error_create(enum stk_code code, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = format_args(format, args);
	va_end(args);
	return make(code, message);
}

struct stk_error *error_errno(int errnum, const char *format, ...)
{
	va_list args;
	char *subject, *message;

	va_start(args, format);
	subject = format_args(format, args);
	va_end(args);
	message = xasprintf("%s: %s", subject, strerror(errnum));
	free(subject);
	return make(code_of_errno(errnum), message);
}

struct stk_error *error_prefix(struct stk_error *err, const char *format, ...)
{
	va_list args;
	char *prefix, *message;

	if (!err)
		return NULL;
	va_start(args, format);
	prefix = format_args(format, args);
	va_end(args);
	message = xasprintf("%s: %s", prefix, err->message);
	free(prefix);
	free((char *)(uintptr_t)err->message);
	err->message = message;
	return err;
}

struct stk_error *error_remedy(struct stk_error *err, enum stk_remedy remedy, const char *subject)
{
	if (!err)
		return NULL;
	free((char *)(uintptr_t)err->subject);
	err->remedy = remedy;
	err->subject = xstrdup(subject);
	return err;
}

void error_drop(struct stk_error *err)
{
	if (!err)
		return;
	free((char *)(uintptr_t)err->message);
	free((char *)(uintptr_t)err->subject);
	free(err);
}
