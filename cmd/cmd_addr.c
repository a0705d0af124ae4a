/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "run.h"
#include "say.h"

struct addresses {
	uint64_t *items;
	size_t count, cap;
};

/* Hexadecimal, with or without 0x. */
static int add(struct addresses *list, const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 16);
	if (end == text || *end || errno || strchr("+-", *text)) {
		say("'%s' is not an address (hexadecimal, with or without 0x)", text);
		return STK_USAGE;
	}
	if (list->count == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->items = reallocarray(list->items, list->cap, sizeof(*list->items));
		if (!list->items)
			say_out_of_memory();
	}
	list->items[list->count++] = value;
	return 0;
}

/* The words of standard input. */
static int add_input(struct addresses *list)
{
	char *line = NULL, *word, *rest;
	size_t cap = 0;
	int status = 0;

	while (!status && getline(&line, &cap, stdin) >= 0) {
		for (rest = line; !status && (word = strtok_r(rest, " \t\r\n", &rest)) != NULL;)
			status = add(list, word);
	}
	free(line);
	return status;
}

static int addr(struct options *o, int argc, char **argv)
{
	struct addresses list = { NULL, 0, 0 };
	struct stk_dump *dump = NULL;
	struct stk_error *err;
	struct run run;
	int status = argc == 1 ? add_input(&list) : 0, i;

	for (i = 1; i < argc && !status; i++)
		status = strcmp(argv[i], "-") == 0 ? add_input(&list) : add(&list, argv[i]);
	if (!status) {
		run_init(&run, o, "addr", 0);
		err = stk_addresses(argv[0], list.items, list.count, &run.files, &run.want, &dump);
		status = run_finish(&run, err, dump);
	}
	free(list.items);
	return status;
}

const struct command cmd_addr = {
	.name = "addr",
	.arguments = "EXE [ADDR]...",
	.summary = "functions and lines of addresses",
	.sets = SET_GENERAL | SET_PRINT | SET_FILES,
	.least = 1,
	.most = -1,
	.takes.kind = VALUE_FILE,
	.run = addr,
};
