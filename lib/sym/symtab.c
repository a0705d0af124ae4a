/* SPDX-License-Identifier: Apache-2.0 */
#include "symtab.h"

#include <stdlib.h>
#include <string.h>

/* What a symbol's section says, looked up once for the run of symbols that share it. */
struct section {
	Elf *elf;
	size_t index;
	uint64_t end; /* target address */
};

static uint64_t section_end(struct section *section, Elf *elf, size_t index, uint64_t bias)
{
	GElf_Shdr shdr;

	if (section->elf == elf && section->index == index)
		return section->end;
	section->elf = elf;
	section->index = index;
	section->end = UINT64_MAX;
	if (elf && gelf_getshdr(elf_getscn(elf, index), &shdr) && shdr.sh_flags & SHF_ALLOC)
		section->end = shdr.sh_addr + shdr.sh_size + bias;
	return section->end;
}

/* "$x", "$d.3": marks of code and data on arm, aarch64 and riscv. */
static bool is_mapping_symbol(const char *name)
{
	return name[0] == '$' && name[1] && strchr("adtx", name[1]) &&
	       (!name[2] || name[2] == '.' || name[1] == 'x');
}

static bool is_wanted(const char *name, const GElf_Sym *sym, GElf_Word section)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return name && name[0] && section != SHN_UNDEF && section != SHN_ABS &&
	       type != STT_SECTION && type != STT_FILE && type != STT_TLS &&
	       !is_mapping_symbol(name);
}

static uint8_t rank_of(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_LOCAL:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

/* Where there are only exported symbols, functions of which nobody knows stand between them: behind one
 * without a size (of assembly: musl's memset) soon is another one. */
#define FAR_ENOUGH 128u

/* Symbols of unknown size go on to the next one, those that share an address all of them. */
static void cut_unsized(struct symtab *table)
{
	struct range *items = table->ranges.items;
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = table->ranges.count; i--;) {
		if (!table->symbols[items[i].id].size && items[i].high > next)
			items[i].high = next;
		if (!table->symbols[items[i].id].size && !table->full &&
		    items[i].high - items[i].low > FAR_ENOUGH)
			items[i].high = items[i].low + FAR_ENOUGH;
		if (i && items[i - 1].low != items[i].low)
			next = items[i].low;
	}
	ranges_sort(&table->ranges);
}

static void add(struct symtab *table, const char *name, const GElf_Sym *sym, uint64_t start,
		uint64_t limit)
{
	uint64_t end = sym->st_size ? start + sym->st_size : limit;

	ranges_add(&table->ranges, start, end < limit ? end : limit, (uint32_t)table->count);
	table->symbols[table->count++] = (struct symbol){ name, start, sym->st_size, rank_of(sym) };
	table->full |= rank_of(sym) == 0;
}

void symtab_init(struct symtab *table, Dwfl_Module *mod)
{
	int count = dwfl_module_getsymtab(mod), i;
	struct section section = { 0 };

	*table = (struct symtab){ 0 };
	if (count <= 0 || (unsigned)count > LIMIT_SYMBOLS)
		return;
	table->symbols = xcalloc((size_t)count, sizeof(*table->symbols));
	for (i = 0; i < count; i++) {
		GElf_Sym sym;
		GElf_Addr addr;
		GElf_Word index;
		Elf *elf;
		Dwarf_Addr bias;
		const char *name = dwfl_module_getsym_info(mod, i, &sym, &addr, &index, &elf,
							   &bias);

		if (is_wanted(name, &sym, index))
			add(table, name, &sym, addr, section_end(&section, elf, index, bias));
	}
	ranges_sort(&table->ranges);
	cut_unsized(table);
}

void symtab_deinit(struct symtab *table)
{
	free(table->symbols);
	ranges_deinit(&table->ranges);
}

/* Is a the better name for what both cover? Both start at the same address, or a starts before b.
 * Of glibc's aliases people know the plain one: pause, not __libc_pause. */
static bool is_better(const struct symbol *a, const struct symbol *b)
{
	size_t underscores_a = strspn(a->name, "_"), underscores_b = strspn(b->name, "_");

	if (!a->size != !b->size)
		return a->size != 0;
	if (a->start != b->start)
		return false;
	if (underscores_a != underscores_b)
		return underscores_a < underscores_b;
	return a->rank > b->rank;
}

const struct symbol *symtab_at(const struct symtab *table, uint64_t addr)
{
	const struct symbol *best = NULL;
	const struct range *range;
	size_t at = SIZE_MAX;

	while ((range = ranges_next(&table->ranges, addr, &at))) {
		const struct symbol *symbol = &table->symbols[range->id];

		if (best && best->size && symbol->start != best->start)
			break;
		if (!best || is_better(symbol, best))
			best = symbol;
	}
	return best;
}

size_t symbol_name_size(const struct symbol *symbol)
{
	return strcspn(symbol->name, "@");
}

const struct symbol *symtab_find(const struct symtab *table, const char *name)
{
	const struct symbol *best = NULL;
	size_t size = strlen(name), i;

	for (i = 0; i < table->count; i++) {
		const struct symbol *symbol = &table->symbols[i];

		if (!strncmp(symbol->name, name, size) && symbol_name_size(symbol) == size &&
		    (!best || symbol->rank > best->rank))
			best = symbol;
	}
	return best;
}
