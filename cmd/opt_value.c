/* SPDX-License-Identifier: Apache-2.0 */
/* The values of options: checked, and stored where the table says. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "say.h"

void options_init(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->group = o->level = o->kind = -1;
	o->source = -1;
}

static void *field_of(const struct opt *opt, struct options *o)
{
	return opt->to ? opt->to : (char *)o + opt->at;
}

void options_deinit(struct options *o, const struct opt *own)
{
	const struct opt *opt = NULL;

	while ((opt = opt_next(own, UINT_MAX, opt))) {
		if (opt->type == OPT_LIST)
			free(((struct list *)field_of(opt, o))->items);
	}
}

const char *opt_words(const struct opt *opt)
{
	static char names[512];
	const struct stk_format *format;
	size_t used = 0;

	if (opt->takes.kind != VALUE_FORMAT)
		return opt->takes.words;
	for (format = stk_formats(); format->name && used < sizeof(names); format++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? " " : "", format->name);
	return names;
}

static void list_add(struct list *list, const char *item)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		say_out_of_memory();
	items[list->count++] = item;
	list->items = items;
}

/* The index of the word of `size` bytes among words; -1 when it is none of them. */
static int word_index(const char *words, const char *word, size_t size)
{
	int index = 0;

	while (*words) {
		size_t length = strcspn(words, " ");

		if (length == size && strncmp(words, word, size) == 0)
			return index;
		words += length;
		words += *words == ' ';
		index++;
	}
	return -1;
}

static bool number(const char *value, uint32_t *ret)
{
	unsigned long n;
	char *end;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	n = strtoul(value, &end, 10);
	*ret = (uint32_t)n;
	return !errno && !*end && n <= UINT32_MAX;
}

/* Words between commas; one that the table has as "word=" has a number behind it. */
static bool words_set(unsigned *ret, uint32_t *ret_number, const char *words, const char *value)
{
	char word[32];

	do {
		size_t length = strcspn(value, ","), name;
		int index;

		if (length >= sizeof(word))
			return false;
		memcpy(word, value, length);
		word[length] = '\0';
		name = strcspn(word, "=");
		name += word[name] == '=';
		index = word_index(words, word, name);
		if (index < 0 || (name < length && !number(word + name, ret_number)) ||
		    (name == length && word[name - 1] == '='))
			return false;
		*ret |= 1u << index;
		value += length;
	} while (*value++ == ',');
	return true;
}

static bool lines(const char *value, unsigned absent, int64_t *ret)
{
	uint32_t n = absent;

	if (value && (!number(value, &n) || !n))
		return false;
	*ret = n;
	return true;
}

/* "5m", "90s", "1.5h": a number and its unit. */
static bool duration(const char *value, int64_t *ret)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {
		{ "ns", 1 },  { "us", 1e3 }, { "ms", 1e6 },
		{ "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
	};
	char *end;
	double amount;
	size_t i;

	if (*value < '0' || *value > '9')
		return false;
	amount = strtod(value, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double ns = amount * units[i].ns;

		if (strcmp(end, units[i].unit) == 0 && ns < 9e18) {
			*ret = (int64_t)ns;
			return true;
		}
	}
	return false;
}

static bool store_word(const struct opt *opt, const char *value, int *ret)
{
	const char *words = opt_words(opt);
	int index = value ? word_index(words, value, strlen(value)) : (int)opt->arg;

	*ret = index;
	return index >= 0;
}

static bool store_string(const struct opt *opt, const char *value, const char **ret)
{
	const char *words = opt_words(opt);

	*ret = value;
	return !words || word_index(words, value, strlen(value)) >= 0;
}

bool opt_store(const struct opt *opt, struct options *o, const char *value)
{
	void *field = field_of(opt, o);

	switch (opt->type) {
	case OPT_TRUE:
		*(bool *)field = true;
		return true;
	case OPT_WANT:
		*(unsigned *)field |= opt->arg;
		return true;
	case OPT_SET:
		*(int *)field = (int)opt->arg;
		return true;
	case OPT_STRING:
		return store_string(opt, value, field);
	case OPT_LIST:
		list_add(field, value);
		return true;
	case OPT_U32:
		return number(value, field);
	case OPT_LINES:
		return lines(value, opt->arg, field);
	case OPT_WORD:
		return store_word(opt, value, field);
	case OPT_WORDS:
		return words_set(field, &o->grown, opt->takes.words, value);
	case OPT_DURATION:
		return duration(value, field);
	}
	return false;
}
