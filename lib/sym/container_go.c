/* Strings, slices, maps and channels of Go. */
#include "container.h"

#include <dwarf.h>
#include <string.h>

static bool go_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;

	if (!member_number(c, type, "str", &text, NULL) ||
	    !member_number(c, type, "len", &length, NULL))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool go_slice(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t address, length, capacity;

	if (!member_number(c, type, "array", &address, &pointer) ||
	    !member_number(c, type, "len", &length, NULL) ||
	    !member_number(c, type, "cap", &capacity, NULL) || !member_pointee(&pointer, &element))
		return false;
	out_fmt(&f->out, "len %llu, cap %llu ", (unsigned long long)length,
		(unsigned long long)capacity);
	format_elements(f, address, length, &element);
	return true;
}

bool format_go_pointee(struct format *f, uint64_t address, Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);
	struct content there = content_at(f->image, address);
	uint64_t count, capacity;

	if (f->lang != DW_LANG_Go || !name)
		return false;
	/* hash<K,V>: the map itself (runtime.hmap); map<K,V> since the Swiss tables of 1.24. */
	if ((!strncmp(name, "hash<", 5) && member_number(&there, type, "count", &count, NULL)) ||
	    (!strncmp(name, "map<", 4) && member_number(&there, type, "used", &count, NULL))) {
		out_fmt(&f->out, " (%llu element%s)", (unsigned long long)count,
			count == 1 ? "" : "s");
		return true;
	}
	if (strncmp(name, "hchan<", 6) != 0 ||
	    !member_number(&there, type, "qcount", &count, NULL) ||
	    !member_number(&there, type, "dataqsiz", &capacity, NULL))
		return false;
	out_fmt(&f->out, " (len %llu, cap %llu)", (unsigned long long)count,
		(unsigned long long)capacity);
	return true;
}

const struct container containers_go[] = {
	{ "string", go_string },
	{ "[]", go_slice },
	{ NULL, NULL },
};
