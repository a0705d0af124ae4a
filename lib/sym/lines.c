/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <dwarf.h>
#include <string.h>

#include "die.h"

/* Drops "./" and doubled slashes. ".." stays: what it means depends on symbolic links of the
 * machine that built the file. */
static char *tidy(char *path)
{
	char *from = path, *to = path;

	if (*from == '/')
		*to++ = *from++;
	while (*from) {
		size_t size = strcspn(from, "/");

		if (size && !(size == 1 && *from == '.')) {
			memmove(to, from, size);
			to += size;
			if (from[size])
				*to++ = '/';
		}
		from += size + (from[size] == '/');
	}
	*to = '\0';
	return path;
}

/* libdw has put the table's directory before the name; that may be relative to the directory
 * of the compilation. Where that one is relative, too (-ffile-prefix-map), the names were
 * mapped in the same way and stand for themselves. */
static const char *file_name(struct builder *b, Dwarf_Die *unit, const char *name)
{
	FREE_AT_END char *path = NULL;
	const char *dir;

	if (!name || !*name || !strcmp(name, "???"))
		return NULL;
	dir = *name == '/' ? NULL : die_string(unit, DW_AT_comp_dir);
	path = dir && *dir == '/' ? xasprintf("%s/%s", dir, name) : xstrdup(name);
	return builder_str(b, tidy(path));
}

static bool row_is_at_or_before(const void *list, size_t index, uint64_t addr)
{
	Dwarf_Lines *lines = (Dwarf_Lines *)(uintptr_t)list;
	Dwarf_Addr at;

	return dwarf_lineaddr(dwarf_onesrcline(lines, index), &at) == 0 && at <= addr;
}

/* The last row at or before addr. */
static Dwarf_Line *row_at(Dwarf_Lines *lines, size_t count, uint64_t addr)
{
	size_t behind = search_sorted(lines, count, row_is_at_or_before, addr);

	return behind ? dwarf_onesrcline(lines, behind - 1) : NULL;
}

struct line lines_at(struct builder *b, Dwarf_Die *unit, uint64_t addr)
{
	struct line ret = { 0 };
	Dwarf_Lines *lines;
	Dwarf_Line *row;
	size_t count;
	int line = 0, column = 0;
	bool end;

	if (dwarf_getsrclines(unit, &lines, &count) != 0) {
		ret.damaged = dwarf_hasattr(unit, DW_AT_stmt_list);
		return ret;
	}
	row = row_at(lines, count, addr);
	if (!row || dwarf_lineendsequence(row, &end) != 0 || end)
		return ret;
	ret.file = file_name(b, unit, dwarf_linesrc(row, NULL, NULL));
	if (dwarf_lineno(row, &line) == 0 && line > 0)
		ret.line = (uint32_t)line;
	if (ret.line && dwarf_linecol(row, &column) == 0 && column > 0)
		ret.column = (uint32_t)column;
	return ret;
}

static uint32_t number(Dwarf_Die *die, unsigned attribute)
{
	uint64_t value = 0;

	return die_number(die, attribute, &value) && value < UINT32_MAX ? (uint32_t)value : 0;
}

struct line lines_of_call(struct builder *b, Dwarf_Die *unit, Dwarf_Die *call)
{
	struct line ret = { 0 };
	Dwarf_Files *files;
	size_t count;
	uint64_t index;

	ret.line = number(call, DW_AT_call_line);
	ret.column = number(call, DW_AT_call_column);
	if (die_number(call, DW_AT_call_file, &index) &&
	    dwarf_getsrcfiles(unit, &files, &count) == 0 && index < count)
		ret.file = file_name(b, unit, dwarf_filesrc(files, index, NULL, NULL));
	return ret;
}
