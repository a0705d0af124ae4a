/* SPDX-License-Identifier: Apache-2.0 */
/* complete - completion scripts, made from the tables: they cannot fall behind them. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "cmd.h"

enum value { VALUE_NONE, VALUE_WORDS, VALUE_FILE, VALUE_DIR, VALUE_ANY };

/* How the value of an option is completed. */
enum value complete_value(const struct opt *opt);
/* "pid attach": the name of a command and its alias. */
void complete_names(const struct command *c, const char *separator);
/* Names of all commands. */
void complete_commands(void);

void complete_bash(void);
void complete_zsh(void);
void complete_fish(void);

#endif
