#include "units.h"

#include <dwarf.h>
#include <stdlib.h>

/* Some linkers write 0, 1 or -1 as the start of code that they dropped (sections not used,
 * second copies of inline functions): only ranges that begin in code are real. */
static void read_text(struct units *units, Dwfl_Module *mod)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(mod, &bias);
	size_t count, i;
	GElf_Phdr phdr;

	if (!elf || elf_getphdrnum(elf, &count) != 0)
		return;
	for (i = 0; i < count && i < LIMIT_MAPPINGS; i++)
		if (gelf_getphdr(elf, (int)i, &phdr) && phdr.p_type == PT_LOAD &&
		    phdr.p_flags & PF_X)
			ranges_add(&units->text, phdr.p_vaddr + bias - units->bias,
				   phdr.p_vaddr + phdr.p_memsz + bias - units->bias, 0);
	ranges_sort(&units->text);
}

/* All ranges of an entry; returns how many. */
static size_t add_ranges(struct units *units, Dwarf_Die *die, uint32_t id)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	size_t added = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		size_t at = SIZE_MAX;

		added++;
		if (low && ranges_next(&units->text, low, &at))
			ranges_add(&units->ranges, low, high, id);
	}
	return added;
}

static void add_unit(struct units *units, const Dwarf_Die *die)
{
	struct unit *unit;

	units->items = grow(units->items, &units->cap, units->count + 1, sizeof(*units->items));
	unit = &units->items[units->count];
	*unit = (struct unit){ .die = *die };
	unit->no_ranges = !add_ranges(units, &unit->die, (uint32_t)units->count);
	units->count++;
}

void units_init(struct units *units, Dwfl_Module *mod)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	*units = (struct units){ 0 };
	units->dwarf = dwfl_module_getdwarf(mod, &units->bias);
	if (!units->dwarf)
		return;
	read_text(units, mod);
	while (dwarf_get_units(units->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0)
		if ((type == DW_UT_compile || type == DW_UT_skeleton) && die.addr)
			add_unit(units, &die);
	ranges_sort(&units->ranges);
}

void units_deinit(struct units *units)
{
	size_t i;

	for (i = 0; i < units->count; i++)
		functions_deinit(&units->items[i].functions);
	free(units->items);
	ranges_deinit(&units->ranges);
	ranges_deinit(&units->text);
}

/* The sequences of a unit's line table as its ranges. */
static void derive_ranges(struct units *units, uint32_t id)
{
	Dwarf_Lines *lines;
	Dwarf_Addr start = 0, addr;
	bool inside = false, end;
	size_t count, i;

	if (dwarf_getsrclines(&units->items[id].die, &lines, &count) != 0)
		return;
	for (i = 0; i < count; i++) {
		Dwarf_Line *line = dwarf_onesrcline(lines, i);

		if (dwarf_lineaddr(line, &addr) != 0 || dwarf_lineendsequence(line, &end) != 0)
			return;
		if (!inside && !end)
			start = addr;
		if (inside && end)
			ranges_add(&units->ranges, start, addr, id);
		inside = !end;
	}
}

/* Units may leave out their ranges (old assemblers, damaged files): only when an address is in
 * no other unit are their line tables read. */
static bool derive(struct units *units)
{
	size_t before = units->ranges.count, i;

	if (units->derived)
		return false;
	units->derived = true;
	for (i = 0; i < units->count; i++)
		if (units->items[i].no_ranges && dwarf_hasattr(&units->items[i].die, DW_AT_stmt_list))
			derive_ranges(units, (uint32_t)i);
	if (units->ranges.count == before)
		return false;
	ranges_sort(&units->ranges);
	return true;
}

/* Finds the .dwo file of a split unit (libdw looks beside the file and in DW_AT_comp_dir). */
static void touch(struct unit *unit)
{
	uint8_t type;
	Dwarf_Die split;

	if (unit->touched)
		return;
	unit->touched = true;
	unit->body = unit->die;
	if (dwarf_cu_info(unit->die.cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) == 0 &&
	    type == DW_UT_skeleton) {
		unit->no_dwo = dwarf_cu_info(unit->die.cu, NULL, NULL, NULL, &split, NULL, NULL,
					     NULL) != 0 || !split.addr;
		if (!unit->no_dwo)
			unit->body = split;
	}
	functions_init(&unit->functions, &unit->body);
}

struct unit *units_next(struct units *units, uint64_t addr, size_t *at)
{
	const struct range *range;

	addr -= units->bias;
	if (*at == SIZE_MAX && !ranges_next(&units->ranges, addr, &(size_t){ SIZE_MAX }))
		derive(units);
	range = ranges_next(&units->ranges, addr, at);
	if (!range)
		return NULL;
	touch(&units->items[range->id]);
	return &units->items[range->id];
}
