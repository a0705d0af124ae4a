/* SPDX-License-Identifier: Apache-2.0 */
#include "complete.h"

#include <stdio.h>
#include <string.h>

void complete_names(const struct command *c, const char *separator)
{
	printf("%s", c->name);
	if (c->alias)
		printf("%s%s", separator, c->alias);
}

static void commands_print(void)
{
	const struct command *const *c;

	for (c = commands; *c; c++)
		printf("%s%s", c == commands ? "" : " ", (*c)->name);
}

void complete_words(const struct takes *takes)
{
	const struct opt as_option = { .takes = *takes };
	const char *words = opt_words(&as_option);

	if (takes->kind == VALUE_COMMAND)
		commands_print();
	else if (words)
		printf("%s", words);
}

#define ROW(name) { #name, complete_##name },

bool complete_print(const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { SHELLS(ROW) };
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print();
			return true;
		}
	}
	return false;
}
