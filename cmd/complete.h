/* SPDX-License-Identifier: Apache-2.0 */
/* complete - completion scripts, made from the tables: they cannot fall behind them. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "cmd.h"

/* The shells: a line here, complete_NAME() in complete_NAME.c, the Makefile's list. */
#define SHELLS(X) X(bash) X(zsh) X(fish)
#define SHELL_WORD(name) " " #name
/* "bash zsh fish" */
#define SHELL_WORDS (&(SHELLS(SHELL_WORD))[1])

/* "pid attach": the name of a command and its alias. */
void complete_names(const struct command *c, const char *separator);
/* The words that VALUE_WORDS, VALUE_FORMAT and VALUE_COMMAND stand for; "" of other kinds. */
void complete_words(const struct takes *takes);

#define SHELL_DECLARE(name) void complete_##name(void);
SHELLS(SHELL_DECLARE)

#endif
