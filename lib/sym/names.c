/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "sym.h"

/* Of the chain from a call to the function, to its declaration; also the bound for a cycle. */
#define CHAIN 16

void names_deinit(struct names *names)
{
	map_deinit(&names->dies);
	map_deinit(&names->symbols);
	free(names->items);
}

static struct name remember(struct names *names, struct map *map, const void *key, struct name name)
{
	names->items = grow(names->items, &names->cap, names->count + 1, sizeof(*names->items));
	names->items[names->count] = name;
	map_put(map, (uintptr_t)key, names->count++);
	return name;
}

/* A name as the linker knows it. */
static struct name name_of_linkage(struct names *names, const char *linkage, size_t size)
{
	const char *kept = builder_strn(names->b, linkage, size);
	FREE_AT_END char *text = demangle(kept);

	if (!text)
		return (struct name){ kept, NULL };
	return (struct name){ builder_str(names->b, text), kept };
}

struct name names_of_symbol(struct names *names, const char *symbol, size_t size)
{
	uint64_t index;

	if (map_get(&names->symbols, (uintptr_t)symbol, &index))
		return names->items[index];
	return remember(names, &names->symbols, symbol, name_of_linkage(names, symbol, size));
}

static const char *linkage_of(Dwarf_Die *die)
{
	const char *linkage = die_string(die, DW_AT_linkage_name);

	return linkage ? linkage : die_string(die, DW_AT_MIPS_linkage_name);
}

/* Follows an entry to where the function was first declared; on the way takes the first
 * mangled name and the first plain one. */
static void follow(Dwarf_Die *die, const char **linkage, const char **plain)
{
	unsigned i;

	*linkage = *plain = NULL;
	for (i = 0; i < CHAIN; i++) {
		if (!*linkage)
			*linkage = linkage_of(die);
		if (!*plain)
			*plain = die_string(die, DW_AT_name);
		if (!die_ref(die, DW_AT_abstract_origin, die) &&
		    !die_ref(die, DW_AT_specification, die))
			return;
	}
}

static bool is_c(const Dwarf_Die *die)
{
	Dwarf_Die copy = *die, unit;

	if (!dwarf_diecu(&copy, &unit, NULL, NULL))
		return false;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
		return true;
	default:
		return false;
	}
}

static const char *function_name(struct names *names, const Dwarf_Die *die)
{
	const char *name;

	names->nested++;
	name = names_of_die(names, die, NULL).func;
	names->nested--;
	return name;
}

/* *whole: the name says already what is around it. */
static const char *scope_name(struct names *names, Dwarf_Die *die, bool *whole)
{
	const char *name;

	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
		name = die_string(die, DW_AT_name);
		return name ? name : "(anonymous namespace)";
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_module:
		name = die_string(die, DW_AT_name);
		return name ? name : "(anonymous class)";
	case DW_TAG_subprogram:
		/* Its declaration may be elsewhere, in a namespace that is not around this entry. */
		*whole = names->nested < CHAIN;
		return *whole ? function_name(names, die) : dwarf_diename(die);
	default:
		return NULL;
	}
}

/* Puts "scope::" before the name. */
static void prepend(char **name, const char *scope)
{
	char *longer = xasprintf("%s::%s", scope, *name);

	free(*name);
	*name = longer;
}

/* There are no pointers to parents: goes down to the entry, always into the last sibling that
 * does not start after it. Returns how many scopes are around it. */
static size_t scopes_of(struct names *names, const Dwarf_Die *target, const char **scopes)
{
	Dwarf_Die root, copy = *target;
	struct die_walk walk, next;
	size_t count = 0;
	unsigned depth;

	if (!dwarf_diecu(&copy, &root, NULL, NULL))
		return 0;
	die_walk_init(&walk, &root);
	if (!die_walk_next(&walk, false))
		return 0;
	while (walk.at.addr < target->addr && count < LIMIT_DIE_DEPTH) {
		next = walk;
		const char *scope;
		bool whole = false;

		if (die_walk_next(&next, false) && next.depth == walk.depth &&
		    next.at.addr <= target->addr) {
			walk = next;
			continue;
		}
		scope = scope_name(names, &walk.at, &whole);
		count = whole && scope ? 0 : count;
		scopes[count] = scope;
		count += scope != NULL;
		depth = walk.depth;
		if (!die_walk_next(&walk, true) || walk.depth != depth + 1)
			return 0;
	}
	return walk.at.addr == target->addr ? count : 0;
}

static const char *qualify(struct names *names, const Dwarf_Die *die, const char *plain)
{
	const char *scopes[LIMIT_DIE_DEPTH];
	size_t count = scopes_of(names, die, scopes);
	char *text = xstrdup(plain);

	while (count)
		prepend(&text, scopes[--count]);
	plain = builder_str(names->b, text);
	free(text);
	return plain;
}

static struct name make(struct names *names, Dwarf_Die die, const char *symbol)
{
	const char *linkage, *plain;
	struct name name = { 0 };

	follow(&die, &linkage, &plain);
	if (linkage || symbol)
		name = names_of_symbol(names, linkage ? linkage : symbol,
				       strlen(linkage ? linkage : symbol));
	if (name.linkage || !plain)
		return name;
	/* A name that does not demangle (Fortran's __shapes_MOD_area) says less than the source's. */
	name.linkage = linkage ? name.func : NULL;
	name.func = is_c(&die) ? builder_str(names->b, plain) : qualify(names, &die, plain);
	if (name.linkage == name.func)
		name.linkage = NULL;
	return name;
}

bool names_want_symbol(const Dwarf_Die *function)
{
	const char *linkage, *plain;
	Dwarf_Die die = *function;

	if (is_c(function))
		return false;
	follow(&die, &linkage, &plain);
	return !linkage;
}

struct name names_of_die(struct names *names, const Dwarf_Die *die, const char *symbol)
{
	uint64_t index;

	if (map_get(&names->dies, (uintptr_t)die->addr, &index))
		return names->items[index];
	return remember(names, &names->dies, die->addr, make(names, *die, symbol));
}
