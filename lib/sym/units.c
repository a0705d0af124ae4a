/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "aranges.h"
#include "die.h"
#include "split.h"

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

static bool is_text(const struct units *units, uint64_t addr)
{
	size_t at = SIZE_MAX;

	return addr && ranges_next(&units->text, addr, &at);
}

static uint32_t unit_at_offset(struct units *units, Dwarf_Off offset)
{
	uint64_t index;

	if (map_get(&units->offsets, offset, &index))
		return (uint32_t)index;
	units->items = grow(units->items, &units->cap, units->count + 1, sizeof(*units->items));
	units->items[units->count] = (struct unit){ .offset = offset };
	map_put(&units->offsets, offset, units->count);
	return (uint32_t)units->count++;
}

static bool is_aranges(Elf *elf, const GElf_Shdr *shdr)
{
	size_t strings;
	const char *name = elf_getshdrstrndx(elf, &strings) == 0
				   ? elf_strptr(elf, strings, shdr->sh_name)
				   : NULL;

	return name && (!strcmp(name, ".debug_aranges") || !strcmp(name, ".zdebug_aranges"));
}

/* As libdw holds it: decompressed, and relocated in a kernel module. */
static struct cursor aranges_of(Dwarf *dwarf)
{
	Elf *elf = dwarf_getelf(dwarf);
	struct cursor ret = cursor_over(NULL, 0);
	const char *ident = elf ? elf_getident(elf, NULL) : NULL;
	Elf_Data *data = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while (!data && elf && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type != SHT_NOBITS &&
		    is_aranges(elf, &shdr))
			data = elf_getdata(scn, NULL);
	if (data && data->d_buf)
		ret = cursor_over(data->d_buf, data->d_size);
	ret.big_endian = ident && ident[EI_DATA] == ELFDATA2MSB;
	return ret;
}

static bool add_hint(void *arg, uint64_t unit, uint64_t low, uint64_t high)
{
	struct units *units = arg;

	if (is_text(units, low))
		ranges_add(&units->claims, low, high, unit_at_offset(units, unit));
	return true;
}

/* .debug_aranges says which unit may cover an address, without a look at any unit: units have
 * to prove it, and where none can, all of them are asked (clang and Go do not write it).
 * dwarf_getaranges() would say the same, but first makes a Dwarf_CU of each unit that is named: in
 * glibc that is 2000 times 1 KiB, for the two units that are needed. */
static void read_hints(struct units *units)
{
	if (!aranges_read(aranges_of(units->dwarf), add_hint, units))
		units->claims.count = 0;
	ranges_sort(&units->claims);
}

/* Everything in front of it is there, too. */
static bool need(struct units *units, enum image_debug part, Dwarf_Off offset)
{
	bool good = image_debug_need(units->image, units->module, part, offset);

	units->damaged |= !good;
	return good;
}

/* Where the entry of the unit is whose header is at this offset. Where libdw could not map the file, it
 * has read it before it was unpacked, and sees zeros: a unit that is smaller than its header. */
static bool find_entry(struct units *units, Dwarf_Off offset, Dwarf_Off *ret)
{
	Dwarf_Off next;
	size_t header;

	if (!need(units, IMAGE_DEBUG_INFO, offset) ||
	    dwarf_next_unit(units->dwarf, offset, &next, &header, NULL, NULL, NULL, NULL, NULL,
			    NULL) ||
	    next < offset + header)
		return false;
	*ret = offset + header;
	return true;
}

void units_init(struct units *units, struct image *image, uint32_t module)
{
	Dwfl_Module *mod = image_dwfl_module(image, module);
	Dwarf_Off entry;

	*units = (struct units){ .image = image, .module = module };
	units->dwarf = dwfl_module_getdwarf(mod, &units->bias);
	if (units->dwarf)
		dwarf_new_oom_handler(units->dwarf, out_of_memory);
	else
		units->error = dwfl_errno();
	/* Where a section cannot be decompressed, libdw goes on as if it were not there. */
	if (units->dwarf && !find_entry(units, 0, &entry))
		units->dwarf = NULL;
	if (!units->dwarf)
		return;
	read_text(units, mod);
	read_hints(units);
}

void units_deinit(struct units *units)
{
	size_t i;

	for (i = 0; i < units->count; i++) {
		ranges_deinit(&units->items[i].ranges);
		functions_deinit(&units->items[i].functions);
		free(units->items[i].why);
	}
	free(units->items);
	map_deinit(&units->offsets);
	ranges_deinit(&units->claims);
	ranges_deinit(&units->text);
}

/* ---- one unit ---- */

static void need_lines(struct units *units, struct unit *unit)
{
	uint64_t offset;

	if (die_number(&unit->die, DW_AT_stmt_list, &offset))
		(void)need(units, IMAGE_DEBUG_LINE, offset);
}

/* The sequences of the line table are the ranges of a unit that has none (old assemblers). */
static void derive_ranges(struct units *units, struct unit *unit)
{
	Dwarf_Lines *lines;
	Dwarf_Addr start = 0, addr;
	bool inside = false, end;
	size_t count, i;

	need_lines(units, unit);
	if (!dwarf_hasattr(&unit->die, DW_AT_stmt_list) ||
	    dwarf_getsrclines(&unit->die, &lines, &count) != 0)
		return;
	for (i = 0; i < count; i++) {
		Dwarf_Line *line = dwarf_onesrcline(lines, i);

		if (dwarf_lineaddr(line, &addr) != 0 || dwarf_lineendsequence(line, &end) != 0)
			return;
		if (!inside && !end)
			start = addr;
		if (inside && end && is_text(units, start))
			ranges_add(&unit->ranges, start, addr, 0);
		inside = !end;
	}
}

/* Not by dwarf_getattrcnt(): in 0.188 it takes the values of implicit constants for attributes. */
static bool refers_by(Dwarf_Abbrev *abbrev)
{
	unsigned name, form;
	size_t i;

	for (i = 0; dwarf_getabbrevattr(abbrev, i, &name, &form, NULL) == 0; i++)
		if (form == DW_FORM_ref_addr || form == DW_FORM_ref_sig8 ||
		    form == DW_FORM_indirect)
			return true;
	return false;
}

/* May entries of the unit refer to other units? */
static bool refers_outwards(Dwarf_Die *die)
{
	Dwarf_Abbrev *abbrev;
	Dwarf_Off offset = 0;
	size_t length;

	while ((abbrev = dwarf_getabbrev(die, offset, &length)) && abbrev != DWARF_END_ABBREV) {
		if (refers_by(abbrev))
			return true;
		offset += length;
	}
	return !abbrev;
}

static void open_unit(struct units *units, struct unit *unit, const Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	bool any = false;

	unit->opened = true;
	unit->die = *die;
	while ((offset = dwarf_ranges(&unit->die, offset, &base, &low, &high)) > 0) {
		any = true;
		if (is_text(units, low))
			ranges_add(&unit->ranges, low, high, 0);
	}
	if (!any)
		derive_ranges(units, unit);
	ranges_sort(&unit->ranges);
}

static bool covers(struct units *units, struct unit *unit, uint64_t addr)
{
	size_t at = SIZE_MAX;
	Dwarf_Off entry;
	Dwarf_Die die, own;

	/* An offset from .debug_aranges may point anywhere. */
	if (!unit->opened && find_entry(units, unit->offset, &entry) &&
	    dwarf_offdie(units->dwarf, entry, &die) && dwarf_diecu(&die, &own, NULL, NULL) &&
	    own.addr == die.addr) {
		if (!image_debug_is_whole(units->image, units->module, IMAGE_DEBUG_INFO) &&
		    refers_outwards(&die))
			(void)need(units, IMAGE_DEBUG_INFO, IMAGE_DEBUG_ALL);
		open_unit(units, unit, &die);
	}
	return ranges_next(&unit->ranges, addr, &at);
}

/* Finds the .dwo file of a split unit. */
static void touch(struct units *units, struct unit *unit)
{
	uint8_t type;

	if (unit->touched)
		return;
	unit->touched = true;
	need_lines(units, unit);
	unit->body = unit->die;
	if (dwarf_cu_info(unit->die.cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) == 0 &&
	    type == DW_UT_skeleton)
		unit->no_dwo = !split_open(units->image, units->module, &unit->die, &unit->body,
					   &unit->why);
	functions_init(&unit->functions, &unit->body);
}

/* ---- all units ---- */

static void open_all(struct units *units)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;
	size_t i, k;

	units->all = true;
	(void)need(units, IMAGE_DEBUG_INFO, IMAGE_DEBUG_ALL);
	while (dwarf_get_units(units->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0)
		if ((type == DW_UT_compile || type == DW_UT_skeleton) && die.addr) {
			i = unit_at_offset(units, dwarf_dieoffset(&die) - dwarf_cuoffset(&die));
			if (!units->items[i].opened)
				open_unit(units, &units->items[i], &die);
		}
	units->claims.count = 0;
	for (i = 0; i < units->count; i++)
		for (k = 0; k < units->items[i].ranges.count; k++)
			ranges_add(&units->claims, units->items[i].ranges.items[k].low,
				   units->items[i].ranges.items[k].high, (uint32_t)i);
	ranges_sort(&units->claims);
}

static struct unit *next_covering(struct units *units, uint64_t addr, size_t *at)
{
	const struct range *range;

	while ((range = ranges_next(&units->claims, addr, at)))
		if (covers(units, &units->items[range->id], addr))
			return &units->items[range->id];
	return NULL;
}

struct unit *units_next(struct units *units, uint64_t addr, size_t *at)
{
	bool begins = *at == SIZE_MAX;
	struct unit *unit;

	if (!units->dwarf)
		return NULL;
	addr -= units->bias;
	unit = next_covering(units, addr, at);
	if (!unit && begins && !units->all) {
		open_all(units);
		*at = SIZE_MAX;
		unit = next_covering(units, addr, at);
	}
	if (unit)
		touch(units, unit);
	return unit;
}
