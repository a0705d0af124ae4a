/* SPDX-License-Identifier: Apache-2.0 */
#include "complete.h"

#include <stdio.h>
#include <string.h>

enum value complete_value(const struct opt *opt)
{
	if (!opt->metavar)
		return VALUE_NONE;
	if (!opt->words)
		return VALUE_ANY;
	if (strcmp(opt->words, "@file") == 0)
		return VALUE_FILE;
	return strcmp(opt->words, "@dir") == 0 ? VALUE_DIR : VALUE_WORDS;
}

void complete_names(const struct command *c, const char *separator)
{
	printf("%s", c->name);
	if (c->alias)
		printf("%s%s", separator, c->alias);
}

void complete_commands(void)
{
	const struct command *const *c;

	for (c = commands; *c; c++)
		printf("%s%s", c == commands ? "" : " ", (*c)->name);
}

bool complete_print(const char *shell)
{
	static const struct { const char *name; void (*print)(void); } shells[] = {
		{ "bash", complete_bash }, { "zsh", complete_zsh }, { "fish", complete_fish },
	};
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print();
			return true;
		}
	}
	return false;
}
