/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file lies in the target, and whether it is the one that was there, when no build id tells:
 * by its mappings, the auxiliary vector, and bytes that the target and the file both have. */
#include "private.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define COMPARED_PAGES 64u /* of each segment */

/* Every mapping must be a page-rounded piece of a PT_LOAD: how many are. */
static size_t fitting(const struct image *image, const struct candidate *c,
		      const struct elf_load *loads, size_t nloads, uint64_t bias)
{
	uint64_t mask = ~(image->page - 1);
	size_t i, j, n = 0;

	for (i = 0; i < c->nmapped; i++) {
		const struct mapped_file *m = &c->mapped[i];

		for (j = 0; j < nloads; j++)
			if (m->start - bias - m->offset ==
			    (loads[j].vaddr & mask) - (loads[j].offset & mask))
				break;
		n += j < nloads;
	}
	return n;
}

/* The kernel has told the program where it begins. */
static bool bias_of_entry(const struct image *image, const struct candidate *c,
			  const struct elf_info *info, uint64_t *ret)
{
	uint64_t entry, mask = image->page - 1;

	if (!c->main || !info->entry || !image_auxv(image, AT_ENTRY, &entry) ||
	    (entry & mask) != (info->entry & mask))
		return false;
	*ret = entry - info->entry;
	return true;
}

bool place_find(const struct image *image, const struct candidate *c, const struct mapping *file,
		const struct elf_info *info, uint64_t *ret_bias)
{
	uint64_t mask = ~(image->page - 1), bias;
	struct elf_load *loads = NULL;
	size_t nloads = elf_loads(file, info, &loads), j, n, best = 0;

	*ret_bias = c->start - info->first_vaddr;
	if (bias_of_entry(image, c, info, &bias)) {
		*ret_bias = bias;
		best = fitting(image, c, loads, nloads, bias);
	}
	for (j = 0; c->nmapped && j < nloads; j++) {
		if ((loads[j].offset & mask) != c->mapped[0].offset)
			continue;
		bias = c->mapped[0].start - (loads[j].vaddr & mask);
		n = fitting(image, c, loads, nloads, bias);
		if (n > best) {
			*ret_bias = bias;
			best = n;
		}
	}
	free(loads);
	return !nloads || best == c->nmapped;
}

/* A page of a file that the target has, too. The ELF header alone may differ: strip rewrites it. */
static bool compare_page(struct image *image, const struct mapping *file, uint64_t offset,
			 uint64_t addr, bool *ret_same)
{
	unsigned char page[4096];
	size_t skip = offset == 0 ? sizeof(Elf64_Ehdr) : 0, size = sizeof(page) - skip;

	if (offset + sizeof(page) > file->size || !image_get(image, addr + skip, page, size))
		return false;
	*ret_same = !memcmp(page, file->bytes + offset + skip, size);
	return true;
}

enum place_bytes place_compare(struct image *image, const struct mapping *file,
			       const struct elf_info *info, uint64_t bias)
{
	struct elf_load *loads = NULL;
	size_t nloads = elf_loads(file, info, &loads), j, same = 0, other = 0, code = 0;
	uint64_t mask = ~(uint64_t)4095, at;
	unsigned n;
	bool equal;

	for (j = 0; j < nloads; j++) {
		uint64_t start = loads[j].offset & mask, end = loads[j].offset + loads[j].filesz;

		if (loads[j].writable)
			continue;
		for (at = start, n = 0; at < end && n < COMPARED_PAGES; at += 4096, n++) {
			uint64_t addr = bias + (loads[j].vaddr & mask) + (at - start);

			if (!compare_page(image, file, at, addr, &equal))
				continue;
			*(equal ? &same : &other) += 1;
			code += equal && loads[j].executable;
		}
	}
	free(loads);
	/* Breakpoints and what programs patch in themselves are few. */
	if (other > same)
		return PLACE_OTHER;
	return code ? PLACE_SAME : PLACE_UNKNOWN;
}

/* Where the code of a file lies that nothing names: in a range of its own, byte for byte. */
bool place_search(struct image *image, const struct mapping *file, const struct elf_info *info,
		  uint64_t *ret_bias)
{
	uint64_t mask = ~(image->page - 1), bias;
	struct elf_load *loads = NULL;
	size_t nloads = elf_loads(file, info, &loads), i, j;
	bool found = false;

	for (j = 0; j < nloads && !found; j++)
		for (i = 0; loads[j].executable && i < image->nranges && !found; i++) {
			if (!image->ranges[i].executable)
				continue;
			bias = image->ranges[i].start - (loads[j].vaddr & mask);
			found = (info->type != ET_EXEC || !bias) &&
				place_compare(image, file, info, bias) == PLACE_SAME;
			if (found)
				*ret_bias = bias;
		}
	free(loads);
	return found;
}
