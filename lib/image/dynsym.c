/* SPDX-License-Identifier: Apache-2.0 */
/* A symbol that a module exports, by its name, as the dynamic linker finds it: through the hash table
 * in memory. That costs a few reads, where a symbol table has to be sorted first, and works for stripped
 * files; what the core has left out comes from the module's file.
 *
 * DT_GNU_HASH: {buckets, index of the first symbol in it, words of the Bloom filter, its shift}, the filter,
 * the buckets (number of the first symbol of each), a word for each symbol: its hash, whose lowest bit
 * tells that it is the last of its bucket. DT_HASH: {buckets, chains}, heads, next ones. */
#include "private.h"

#include <elf.h>
#include <string.h>

#define MOST_TAGS 1024u
#define MOST_CHAIN 65536u
#define NAME_BYTES 256u

struct exports {
	struct image *image;
	uint64_t bias, gnu_hash, hash, symbols, strings;
	unsigned word;
};

struct export
{
	uint64_t address, size;
};

static bool number(const struct exports *e, uint64_t address, unsigned size, uint64_t *ret)
{
	unsigned char bytes[8];

	if (!image_get(e->image, address, bytes, size))
		return false;
	*ret = image_number(e->image, bytes, size);
	return true;
}

/* glibc makes addresses of them when it loads a module, other linkers leave them as in the file. */
static uint64_t pointer(const struct exports *e, uint64_t value)
{
	return value < e->bias ? value + e->bias : value;
}

static bool read_tags(struct exports *e, uint64_t dynamic)
{
	uint64_t tag, value;
	unsigned i;

	for (i = 0; i < MOST_TAGS; i++) {
		uint64_t at = dynamic + 2ull * i * e->word;

		if (!number(e, at, e->word, &tag) || !number(e, at + e->word, e->word, &value) ||
		    tag == DT_NULL)
			break;
		if (tag == DT_GNU_HASH)
			e->gnu_hash = pointer(e, value);
		else if (tag == DT_HASH)
			e->hash = pointer(e, value);
		else if (tag == DT_SYMTAB)
			e->symbols = pointer(e, value);
		else if (tag == DT_STRTAB)
			e->strings = pointer(e, value);
	}
	return e->symbols && e->strings && (e->gnu_hash || e->hash);
}

/* Is it the one, and defined here? */
static bool is_symbol(const struct exports *e, uint64_t index, const char *name, struct export *ret)
{
	uint64_t at = e->symbols + index * (e->word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
	unsigned shndx = e->word == 8 ? offsetof(Elf64_Sym, st_shndx)
				      : offsetof(Elf32_Sym, st_shndx);
	unsigned value = e->word == 8 ? offsetof(Elf64_Sym, st_value)
				      : offsetof(Elf32_Sym, st_value);
	unsigned extent = e->word == 8 ? offsetof(Elf64_Sym, st_size)
				       : offsetof(Elf32_Sym, st_size);
	char text[NAME_BYTES];
	uint64_t string, section;
	size_t size = strlen(name) + 1;

	if (!number(e, at, 4, &string) || !number(e, at + shndx, 2, &section) ||
	    section == SHN_UNDEF || !image_get(e->image, e->strings + string, text, size) ||
	    memcmp(text, name, size) != 0 || !number(e, at + value, e->word, &ret->address) ||
	    !number(e, at + extent, e->word, &ret->size))
		return false;
	ret->address += e->bias;
	return true;
}

static bool find_by_gnu_hash(const struct exports *e, const char *name, struct export *ret)
{
	uint64_t buckets, first, filter, index, at, word;
	uint32_t hash = 5381;
	const char *c;
	unsigned i;

	for (c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (!number(e, e->gnu_hash, 4, &buckets) || !buckets ||
	    !number(e, e->gnu_hash + 4, 4, &first) || !number(e, e->gnu_hash + 8, 4, &filter))
		return false;
	at = e->gnu_hash + 16 + filter * e->word;
	if (!number(e, at + hash % buckets * 4, 4, &index) || index < first)
		return false;
	at += buckets * 4;
	for (i = 0; i < MOST_CHAIN; i++, index++) {
		if (!number(e, at + (index - first) * 4, 4, &word))
			return false;
		if ((word | 1) == (hash | 1) && is_symbol(e, index, name, ret))
			return true;
		if (word & 1)
			return false;
	}
	return false;
}

static bool find_by_hash(const struct exports *e, const char *name, struct export *ret)
{
	uint64_t buckets, index;
	uint32_t hash = 0;
	const char *c;
	unsigned i;

	for (c = name; *c; c++) {
		hash = (hash << 4) + (unsigned char)*c;
		hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
	}
	if (!number(e, e->hash, 4, &buckets) || !buckets ||
	    !number(e, e->hash + 8 + hash % buckets * 4, 4, &index))
		return false;
	for (i = 0; i < MOST_CHAIN && index; i++) {
		if (is_symbol(e, index, name, ret))
			return true;
		if (!number(e, e->hash + 8 + (buckets + index) * 4, 4, &index))
			return false;
	}
	return false;
}

bool image_export(struct image *image, uint32_t module, const char *name, uint64_t *ret,
		  uint64_t *ret_size)
{
	const struct stk_module *info = image_module_info(image, module);
	struct exports e = { .image = image };
	struct export found;
	struct elf_info elf;

	if (!image->arch || strlen(name) >= NAME_BYTES)
		return false;
	elf = elf_of_memory(image, info->start);
	if (!elf.valid && image->modules[module].file.size)
		elf = elf_of_file(&image->modules[module].file, image->page);
	if (!elf.valid || !elf.dynamic)
		return false;
	e.word = elf.word;
	e.bias = info->start - elf.first_vaddr;
	if (!read_tags(&e, e.bias + elf.dynamic))
		return false;
	if (!(e.gnu_hash ? find_by_gnu_hash(&e, name, &found) : find_by_hash(&e, name, &found)))
		return false;
	*ret = found.address;
	if (ret_size)
		*ret_size = found.size;
	return true;
}
