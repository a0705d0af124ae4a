/* SPDX-License-Identifier: Apache-2.0 */
/* What a format writes, for the tests of outputs. */
#ifndef WRITTEN_H
#define WRITTEN_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/output/output.h"

/* The bytes, with a NUL behind them; free() them. */
static __attribute__((unused)) char *written(const char *format, const struct stk_dump *dump,
					     size_t *ret_size)
{
	struct stk_style style = { 0 };
	struct out out;

	out_init(&out, -1);
	output_find(format)->write(dump, &style, &out);
	*ret_size = out.used;
	out_char(&out, 0);
	return out.buffer;
}

/* The exit status of the shell's "BEFORE FILE AFTER", where FILE holds the bytes. */
static __attribute__((unused)) int written_status(const char *format, const struct stk_dump *dump,
						  const char *before, const char *after)
{
	char path[] = "/tmp/stk-test-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct stk_style style = { 0 };
	char *command = xasprintf("%s %s %s", before, path, after);
	struct out out;
	int status;

	out_init(&out, fileno(file));
	output_find(format)->write(dump, &style, &out);
	error_drop(out_finish(&out));
	out_deinit(&out);
	fclose(file);
	fflush(stdout);
	status = system(command);
	unlink(path);
	free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
