/* SPDX-License-Identifier: Apache-2.0 */
#include "die.h"

/* Where the bytes of the entry's unit end. */
static const unsigned char *unit_end(const Dwarf_Die *die)
{
	Dwarf_Die copy = *die, unit;
	Dwarf_Off unit_offset, next;
	uint8_t address_size, offset_size;
	size_t header;
	const unsigned char *bytes;

	if (!dwarf_diecu(&copy, &unit, &address_size, &offset_size))
		return NULL;
	bytes = unit.addr;
	unit_offset = dwarf_dieoffset(&unit) - dwarf_cuoffset(&unit);
	if (dwarf_next_unit(dwarf_cu_getdwarf(unit.cu), unit_offset, &next, &header, NULL, NULL,
			    NULL, NULL, NULL, NULL) != 0)
		return NULL;
	return bytes + (next - dwarf_dieoffset(&unit));
}

void die_walk_init(struct die_walk *walk, const Dwarf_Die *root)
{
	*walk = (struct die_walk){ .at = *root, .fresh = true, .end = unit_end(root) };
}

/* `null` is the end marker of a chain of siblings: the parent's sibling follows it, or the end
 * marker of the parent's own chain. */
static bool climb(struct die_walk *walk, const unsigned char *null)
{
	struct Dwarf_CU *cu = walk->at.cu;

	while (walk->end && ++null < walk->end && walk->depth) {
		walk->depth--;
		if (*null) {
			walk->at = (Dwarf_Die){ .addr = (void *)(uintptr_t)null, .cu = cu };
			return true;
		}
	}
	return false;
}

static bool first(struct die_walk *walk)
{
	Dwarf_Die child;

	walk->fresh = false;
	if (dwarf_child(&walk->at, &child) != 0)
		return false;
	walk->at = child;
	return true;
}

bool die_walk_next(struct die_walk *walk, bool enter)
{
	Dwarf_Die next = { 0 };

	if (walk->fresh)
		return first(walk);
	if (enter && dwarf_child(&walk->at, &next) == 0) {
		walk->depth++;
		walk->at = next;
		return true;
	}
	next.addr = NULL;
	switch (dwarf_siblingof(&walk->at, &next)) {
	case 0:
		walk->at = next;
		return true;
	case 1: /* libdw leaves the address of the end marker in next.addr */
		return next.addr && climb(walk, next.addr);
	default:
		return false;
	}
}

bool die_ref(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, attribute, &attr) && dwarf_formref_die(&attr, ret);
}

bool die_number(Dwarf_Die *die, unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(die, attribute, &attr) || dwarf_formudata(&attr, &value) != 0)
		return false;
	*ret = value;
	return true;
}

bool die_flag(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	bool set = false;

	return dwarf_attr_integrate(die, attribute, &attr) && dwarf_formflag(&attr, &set) == 0 &&
	       set;
}

const char *die_string(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, attribute, &attr) ? dwarf_formstring(&attr) : NULL;
}
