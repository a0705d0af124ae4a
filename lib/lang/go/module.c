/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moduledata.h"

#define LIMIT_TABLE ((uint64_t)1 << 30)
#define LIMIT_CHAIN 1000u

/* ---- the table ---- */

struct search {
	struct gomem *mem;
	uint64_t start, end; /* of the image's module */
	uint64_t table;      /* that a moduledata must point to */
	uint64_t found;      /* 0: not yet */
};

static bool look_for_table(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	size_t at;

	for (at = 0; at + 8 <= size; at += 8)
		if (bytes[at + 1] == 0xff && gopclntab_magic(bytes + at)) {
			s->found = addr + at;
			return true;
		}
	return false;
}

/* Sections may be merged by other linkers, and are to be renamed: a name is only the quick way. */
static uint64_t table_by_section(Elf *elf, uint64_t bias, bool *ret_go)
{
	size_t names;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	uint64_t found = 0;
	bool any = false;

	*ret_go = true;
	if (elf_getshdrstrndx(elf, &names) != 0)
		return 0;
	*ret_go = false;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name)
							    : NULL;

		if (!name)
			continue;
		any = true;
		*ret_go = *ret_go || !strncmp(name, ".go.", 4) || !strncmp(name, ".note.go.", 9);
		if (strcmp(name, ".gopclntab") != 0 && strcmp(name, ".data.rel.ro.gopclntab") != 0)
			continue;
		if (shdr.sh_type != SHT_NOBITS && shdr.sh_addr)
			found = shdr.sh_addr + bias;
	}
	/* Of a file that is gone there is what the core has of its image: no sections. */
	*ret_go = *ret_go || found || !any;
	return found;
}

/* Scans the module's mappings that are not code, from `from` on. */
static uint64_t table_by_scan(struct search *s, uint64_t from)
{
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(s->mem->image, &count);

	s->found = 0;
	for (i = 0; i < count && !s->found; i++)
		if (ranges[i].end > from && ranges[i].start < s->end && ranges[i].start >= s->start)
			gomem_scan(s->mem, ranges[i].start > from ? ranges[i].start : from,
				   ranges[i].end, look_for_table, s);
	return s->found;
}

/* ---- moduledata ---- */

/* word n of moduledata points at the same place as offset n of the table's header. */
static bool is_moduledata(struct gomem *mem, uint64_t md, uint64_t table)
{
	uint64_t words[32], first, header[9];
	bool old;

	if (!gomem_get(mem, md, words, sizeof(words)) ||
	    !gomem_get(mem, table, header, sizeof(header)) || words[0] != table)
		return false;
	old = (uint32_t)header[0] == 0xfffffffa;
	first = old ? header[3] : header[4];
	return words[1] == table + first &&                         /* funcnametab */
	       words[4] == table + (old ? header[4] : header[5]) && /* cutab */
	       words[7] == table + (old ? header[5] : header[6]) && /* filetab */
	       words[20] < words[21] &&                             /* minpc < maxpc */
	       words[22] <= words[20];                              /* text <= minpc */
}

static bool look_for_moduledata(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	size_t at;

	for (at = 0; at + 8 <= size; at += 8)
		if (load64(bytes + at) == s->table && is_moduledata(s->mem, addr + at, s->table)) {
			s->found = addr + at;
			return true;
		}
	return false;
}

static uint64_t find_moduledata(struct search *s, uint64_t table)
{
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(s->mem->image, &count);
	int pass;

	s->table = table;
	s->found = 0;
	/* Writable first: it is in data, or (PIE) in what was writable while relocating. */
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < count && !s->found; i++)
			if (ranges[i].start >= s->start && ranges[i].start < s->end &&
			    !ranges[i].executable && ranges[i].writable == !pass)
				gomem_scan(s->mem, ranges[i].start, ranges[i].end,
					   look_for_moduledata, s);
	return s->found;
}

/* ---- one module ---- */

/* The table within the file that was mapped there; NULL when that is not at hand. */
static const unsigned char *bytes_of_file(struct gomem *mem, uint64_t addr, uint64_t size)
{
	const struct image_range *range = image_range_at(mem->image, addr);
	uint32_t module = image_module(mem->image, addr);
	struct mapping file;
	uint64_t offset;

	if (module == STK_NONE || !range || !range->path || range->end - addr < size)
		return NULL;
	file = image_module_file(mem->image, module);
	offset = range->offset + (addr - range->start);
	if (!file.size || offset > file.size || file.size - offset < size)
		return NULL;
	return file.bytes + offset;
}

/* The table at `bytes`, if it is this module's. A table says in its own first and last entries where
 * the code begins and ends, as moduledata does (moduledataverify1() of src/runtime/symtab.go holds
 * the one against the other): one of both that agrees is enough, since memory may be damaged, and
 * then the table is right about both. Before relocation a table of 1.17 has other entries, none of
 * which agrees: the file is then of no use. */
static bool open_table(struct gomodule *m, const unsigned char *bytes, size_t size, uint64_t text)
{
	struct gopclntab_func first, last;
	struct gopclntab table;

	if (!gopclntab_init(&table, bytes, size))
		return false;
	table.text = text;
	if (!gopclntab_nth(&table, 0, &first) || !gopclntab_nth(&table, table.nfunc - 1, &last) ||
	    (first.entry != m->minpc && last.end != m->maxpc))
		return false;
	m->table = table;
	m->minpc = first.entry;
	m->maxpc = last.end;
	return true;
}

static bool read_table(struct gomem *mem, struct gomodule *m, uint64_t size, uint64_t text)
{
	const unsigned char *bytes = bytes_of_file(mem, m->header, size);
	unsigned char *copy;

	if (bytes && open_table(m, bytes, (size_t)size, text))
		return true;
	copy = (unsigned char *)gomem_bytes(mem, m->header, size, LIMIT_TABLE);
	if (copy && open_table(m, copy, (size_t)size, text)) {
		m->copy = copy;
		return true;
	}
	free(copy);
	return false;
}

/* Reads the module at md; without a table when that is nowhere. */
static bool read_module(struct gomem *mem, uint64_t md, struct gomodule *ret)
{
	struct gomodule m = { .address = md };
	uint64_t words[32], table_end;

	if (!gomem_get(mem, md, words, sizeof(words)))
		return false;
	m.header = words[0];
	m.minpc = words[GO_MD_MINPC / 8];
	m.maxpc = words[GO_MD_MAXPC / 8];
	table_end = words[GO_MD_FUNCTAB / 8] + words[GO_MD_FUNCTAB / 8 + 1];
	if (table_end <= m.header || table_end - m.header > LIMIT_TABLE || m.minpc >= m.maxpc)
		return false;
	(void)read_table(mem, &m, table_end - m.header, words[GO_MD_TEXT / 8]);
	*ret = m;
	return true;
}

/* ---- one runtime ---- */

static void add_module(struct gomodules *g, const struct gomodule *m)
{
	g->items = xrealloc(g->items, (g->count + 1) * sizeof(*m));
	g->items[g->count++] = *m;
}

static bool has_module(const struct gomodules *g, uint64_t md)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (g->items[i].address == md)
			return true;
	return false;
}

static void follow_chain(struct gomodules *g, struct gomem *mem, const struct golayout *l)
{
	uint64_t md = g->items[0].address;
	struct gomodule m;

	while (g->count < LIMIT_CHAIN) {
		md = gomem_word_or_0(mem, md + l->md.next);
		if (!md || has_module(g, md) ||
		    (!is_moduledata(mem, md, gomem_word_or_0(mem, md)) &&
		     !gomoduledata_is(mem, md)) ||
		    !read_module(mem, md, &m))
			return;
		add_module(g, &m);
	}
}

void gomodules_relayout(struct gomodules *g, struct gomem *mem, const struct golayout *l)
{
	size_t i;

	g->minor = l->minor;
	if (g->count == 1)
		follow_chain(g, mem, l);
	for (i = 0; i < g->count; i++) {
		g->items[i].types = gomem_word_or_0(mem, g->items[i].address + l->md.types);
		g->items[i].gofunc =
			l->md.gofunc ? gomem_word_or_0(mem, g->items[i].address + l->md.gofunc) : 0;
	}
}

/* What the shape of moduledata and the table's magic say about the version. */
static unsigned guess_minor(struct gomem *mem, const struct gomodule *m)
{
	uint64_t end = gomem_word_or_0(mem, m->address + GO_MD_ENOPTRBSS);

	if (!m->table.nfunc)
		return gomoduledata_minor(mem, m->address);
	if (m->table.format == GOPCLNTAB_116)
		return 17;
	if (m->table.format == GOPCLNTAB_118)
		return 19;
	/* From 1.27 on etypes became a length. */
	if (gomem_word_or_0(mem, m->address + 304) < gomem_word_or_0(mem, m->address + 296))
		return 27;
	/* From 1.26 on the header does not know where the text is. */
	if (!gomem_word_or_0(mem, m->header + 24))
		return 26;
	return gomem_word_or_0(mem, m->address + 256) == end ? 22 : 20;
}

static bool open_runtime(struct gomem *mem, const struct search *s, uint64_t md,
			 struct gomodules *ret)
{
	struct gomodules g = { 0 };
	struct golayout layout;
	struct gomodule m;

	if (!read_module(mem, md, &m))
		return false;
	add_module(&g, &m);
	g.data = gomem_word_or_0(mem, md + GO_MD_DATA);
	g.edata = gomem_word_or_0(mem, md + GO_MD_EDATA);
	g.bss = gomem_word_or_0(mem, md + GO_MD_BSS);
	g.ebss = gomem_word_or_0(mem, md + GO_MD_EBSS);
	goversion_find(mem, s->start, s->end, g.data, g.edata, &g.own);
	g.minor = goversion_minor(g.own.version);
	if (!g.minor)
		g.minor = guess_minor(mem, &m);
	golayout_init(&layout, g.minor);
	gomodules_relayout(&g, mem, &layout);
	*ret = g;
	return true;
}

/* Is md a part of a runtime that was found already (a plugin)? */
static bool is_known(const struct gomodules *found, size_t count, uint64_t md)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (has_module(&found[i], md))
			return true;
	return false;
}

/* moduledata of the Go code in this module of the image; 0 when there is none. */
static uint64_t find_in(struct gomem *mem, uint32_t index, struct search *s)
{
	Dwfl_Module *mod = image_dwfl_module(mem->image, index);
	const struct stk_module *info = image_module_info(mem->image, index);
	GElf_Addr bias = 0;
	Elf *elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	bool is_go = !elf;
	uint64_t table = 0, md = 0;
	unsigned tries;

	*s = (struct search){ .mem = mem, .start = info->start, .end = info->end };
	if (elf)
		table = table_by_section(elf, bias, &is_go);
	if (table)
		md = find_moduledata(s, table);
	if (md || !is_go)
		return md;
	/* A magic may stand in unrelated bytes: a few tries. */
	for (table = s->start, tries = 0; tries < 16 && !md; tries++, table += 8) {
		table = table_by_scan(s, table);
		if (!table)
			break;
		md = find_moduledata(s, table);
	}
	return md ? md : gomoduledata_find(mem, s->start, s->end);
}

const char *gomodule_path(const struct gomodule *m, struct image *image)
{
	uint32_t index = image_module(image, m->address);

	return index == STK_NONE ? "Go" : image_module_info(image, index)->path;
}

void gomodules_deinit(struct gomodules *g)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		free(g->items[i].copy);
	free(g->items);
	free(g->own.version);
	free(g->own.build_info);
	memset(g, 0, sizeof(*g));
}

/* A program that is linked with a library of the runtime (-linkshared) comes after it in the chain,
 * and may come before it in memory: it is then no runtime of its own. */
static size_t drop_parts(struct gomodules *found, size_t count)
{
	const struct gomodules whole = found[count - 1];
	size_t i, kept = 0;

	for (i = 0; i + 1 < count; i++)
		if (has_module(&whole, found[i].items[0].address))
			gomodules_deinit(&found[i]);
		else
			found[kept++] = found[i];
	found[kept++] = whole;
	return kept;
}

static void note_bare(struct gomem *mem, struct builder *b, const struct gomodules *g)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (!g->items[i].table.nfunc)
			builder_note(
				b, STK_NOTE_RUNTIME_UNREADABLE,
				gomodule_path(&g->items[i], mem->image),
				"Go's function table is in neither the file nor memory: functions "
				"have no names, and stacks are followed by frame pointers");
}

size_t gomodule_find(struct gomem *mem, struct builder *b, struct gomodules *ret, size_t room)
{
	uint32_t count = image_nmodules(mem->image), i;
	struct search s;
	size_t found = 0;
	uint64_t md;

	for (i = 0; i < count && found < room; i++) {
		md = find_in(mem, i, &s);
		if (!md || is_known(ret, found, md))
			continue;
		if (open_runtime(mem, &s, md, &ret[found]))
			found = drop_parts(ret, found + 1);
	}
	for (i = 0; i < found; i++)
		note_bare(mem, b, &ret[i]);
	if (found > 1)
		builder_note(
			b, STK_NOTE_RUNTIME_FALLBACK, "Go",
			"%zu runtimes are in this process, and each counts its goroutines from 1",
			found);
	return found;
}

const struct gomodule *gomodules_at(const struct gomodules *g, uint64_t pc)
{
	size_t i;

	for (i = 0; i < g->count; i++)
		if (pc >= g->items[i].minpc && pc < g->items[i].maxpc)
			return &g->items[i];
	return NULL;
}
