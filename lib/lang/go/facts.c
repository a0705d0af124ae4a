/* SPDX-License-Identifier: Apache-2.0 */
/* What stk info says of Go: the version, how the program was built, goroutines by state. */
#include "facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Splits off the next field of a line of tabs; "" when there is none. */
static char *field(char **line)
{
	char *start = *line, *tab = strchr(start, '\t');

	if (tab)
		*tab++ = '\0';
	*line = tab ? tab : start + strlen(start);
	return start;
}

/* A line of build information: its first field says what the others are. */
static void add_line(struct builder *b, char *line)
{
	const char *what = field(&line), *name = field(&line), *version = field(&line);
	char *both = xasprintf("%s%s%s", name, *version ? " " : "", version), *equals;

	if (!strcmp(what, "path"))
		builder_fact(b, "go", "main package", name);
	else if (!strcmp(what, "mod"))
		builder_fact(b, "go", "module", both);
	else if (!strcmp(what, "dep"))
		builder_fact(b, "go", "dependency", both);
	else if (!strcmp(what, "=>"))
		builder_fact(b, "go", "replaced by", both);
	equals = !strcmp(what, "build") ? strchr(both, '=') : NULL;
	if (equals) {
		*equals = '\0';
		builder_fact(b, "go build", both, equals + 1);
	}
	free(both);
}

static void add_build_info(struct builder *b, const char *info)
{
	char *copy = xstrdup(info), *line, *rest = copy;

	while ((line = strsep(&rest, "\n")))
		add_line(b, line);
	free(copy);
}

struct state {
	const char *name; /* interned */
	uint32_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct state *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void add_states(struct builder *b)
{
	struct state states[128];
	uint32_t count = builder_ntasks(b), i;
	size_t n = 0, j;
	char number[16];

	for (i = 0; i < count; i++) {
		const struct stk_task *task = builder_task_at(b, i);

		if (task->kind != STK_GOROUTINE)
			continue;
		for (j = 0; j < n && states[j].name != task->state; j++)
			;
		if (j == ARRAY_SIZE(states))
			continue;
		if (j == n)
			states[n++] = (struct state){ task->state, 0 };
		states[j].count++;
	}
	qsort(states, n, sizeof(*states), by_count);
	for (j = 0; j < n; j++) {
		snprintf(number, sizeof(number), "%u", states[j].count);
		builder_fact(b, "goroutines", states[j].name, number);
	}
}

void gofacts_add(struct go *go, struct builder *b)
{
	size_t i;

	for (i = 0; i < go->count; i++) {
		if (go->count > 1)
			builder_fact(b, "go", "runtime of",
				     gomodule_path(&go->modules[i].items[0], go->image));
		if (go->modules[i].own.version)
			builder_fact(b, "go", "version", go->modules[i].own.version);
		if (go->modules[i].own.build_info)
			add_build_info(b, go->modules[i].own.build_info);
	}
	add_states(b);
}
