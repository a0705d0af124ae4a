/* SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"

#include <dwarf.h>
#include <stdlib.h>

/* C and C++ define methods outside of their class; Rust, D and Swift inside. */
static bool is_c_family(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
		return true;
	default:
		return false;
	}
}

/* Can functions be inside? Those in functions and in types of C are searched only in a deep
 * walk: they are most of a unit, and hardly ever hold one. */
static bool is_entered(Dwarf_Die *die, bool deep, bool types)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_interface_type:
		return types;
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		return deep;
	default:
		return false;
	}
}

static void add_function(struct functions *functions, Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	bool any = false;

	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		if (!low) /* dropped by the linker */
			continue;
		ranges_add(&functions->ranges, low, high, (uint32_t)functions->count);
		if (any)
			continue;
		any = true;
		functions->items = grow(functions->items, &functions->cap, functions->count + 1,
					sizeof(*functions->items));
		functions->items[functions->count] = (struct function){ .die = *die, .entry = low };
	}
	functions->count += any;
}

static void walk_unit(struct functions *functions, bool deep)
{
	bool types = deep || !is_c_family(&functions->unit), enter = false;
	struct die_walk walk;

	die_walk_init(&walk, &functions->unit);
	while (die_walk_next(&walk, enter)) {
		if (dwarf_tag(&walk.at) == DW_TAG_subprogram)
			add_function(functions, &walk.at);
		enter = is_entered(&walk.at, deep, types);
	}
	ranges_sort(&functions->ranges);
}

void functions_init(struct functions *functions, const Dwarf_Die *unit)
{
	*functions = (struct functions){ .unit = *unit };
	walk_unit(functions, false);
}

static void drop(struct functions *functions)
{
	size_t i;

	for (i = 0; i < functions->count; i++) {
		free(functions->items[i].inlined);
		free(functions->items[i].ranges);
	}
	functions->count = 0;
	functions->ranges.count = 0;
}

void functions_deinit(struct functions *functions)
{
	drop(functions);
	free(functions->items);
	ranges_deinit(&functions->ranges);
}

/* The inlined calls that the walk is in. */
struct nesting {
	uint32_t open[LIMIT_INLINE_DEPTH];  /* indices */
	unsigned depth[LIMIT_INLINE_DEPTH]; /* of the walk, at each */
	unsigned count;
};

static void close_from(struct function *function, struct nesting *nesting, unsigned depth)
{
	while (nesting->count && nesting->depth[nesting->count - 1] >= depth)
		function->inlined[nesting->open[--nesting->count]].next =
			(uint32_t)function->ninlined;
}

static void add_inlined(struct function *function, Dwarf_Die *die)
{
	struct inlined *inlined;
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;

	function->inlined = grow(function->inlined, &function->cap_inlined, function->ninlined + 1,
				 sizeof(*function->inlined));
	inlined = &function->inlined[function->ninlined++];
	*inlined = (struct inlined){ .die = *die, .first_range = (uint32_t)function->nranges };
	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		function->ranges = grow(function->ranges, &function->cap_ranges,
					function->nranges + 1, sizeof(*function->ranges));
		function->ranges[function->nranges++] = (struct range){ .low = low, .high = high };
		inlined->nranges++;
	}
}

static void parse(struct function *function)
{
	struct nesting nesting = { .count = 0 };
	struct die_walk walk;
	bool enter = false;

	function->parsed = true;
	die_walk_init(&walk, &function->die);
	while (die_walk_next(&walk, enter)) {
		int tag = dwarf_tag(&walk.at);

		close_from(function, &nesting, walk.depth);
		enter = tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
			tag == DW_TAG_catch_block;
		if (tag != DW_TAG_inlined_subroutine || nesting.count == LIMIT_INLINE_DEPTH)
			continue;
		nesting.open[nesting.count] = (uint32_t)function->ninlined;
		nesting.depth[nesting.count++] = walk.depth;
		add_inlined(function, &walk.at);
		enter = true;
	}
	close_from(function, &nesting, 0);
}

static bool covers(const struct function *function, const struct inlined *inlined, uint64_t addr)
{
	uint32_t i;

	for (i = 0; i < inlined->nranges; i++) {
		const struct range *range = &function->ranges[inlined->first_range + i];

		if (addr >= range->low && addr < range->high)
			return true;
	}
	return false;
}

/* Goes inwards: into what covers addr, over what does not. */
static size_t descend(const struct function *function, uint64_t addr, Dwarf_Die *ret, size_t room)
{
	size_t count = 0;
	uint32_t i = 0, end = (uint32_t)function->ninlined;

	while (i < end && count < room) {
		const struct inlined *inlined = &function->inlined[i];

		if (covers(function, inlined, addr)) {
			ret[count++] = inlined->die;
			end = inlined->next;
			i++;
		} else {
			i = inlined->next;
		}
	}
	return count;
}

static struct function *find(struct functions *functions, uint64_t addr)
{
	size_t at = SIZE_MAX;
	const struct range *range = ranges_next(&functions->ranges, addr, &at);

	return range ? &functions->items[range->id] : NULL;
}

size_t functions_at(struct functions *functions, uint64_t addr, Dwarf_Die *ret, size_t room,
		    uint64_t *ret_entry)
{
	struct function *function = find(functions, addr);

	/* A function in a function (GNU C, Ada, Pascal) or in a class. */
	if (!function && !functions->deep) {
		functions->deep = true;
		drop(functions);
		walk_unit(functions, true);
		function = find(functions, addr);
	}
	if (!function || !room)
		return 0;
	if (!function->parsed)
		parse(function);
	ret[0] = function->die;
	*ret_entry = function->entry;
	return 1 + descend(function, addr, ret + 1, room - 1);
}
