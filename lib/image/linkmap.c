/* SPDX-License-Identifier: Apache-2.0 */
/* The dynamic linker's list of loaded objects: AT_PHDR -> PT_DYNAMIC -> DT_DEBUG -> r_debug
 * -> link_map (elf/link.h of glibc; musl has the same). Every pointer is the target's. */
#include "private.h"

#include <elf.h>
#include <stdlib.h>

#define MAX_DYNAMIC 4096

struct reader {
	struct image *image;
	unsigned word;
};

static bool get(const struct reader *r, uint64_t addr, unsigned index, uint64_t *ret)
{
	return image_word(r->image, addr + (uint64_t)index * r->word, ret);
}

/* DT_DEBUG of a dynamic section in memory. */
static bool find_debug(const struct reader *r, uint64_t dynamic, uint64_t *ret)
{
	uint64_t tag, value;
	unsigned i;

	for (i = 0; i < MAX_DYNAMIC; i++) {
		if (!get(r, dynamic, i * 2, &tag) || !get(r, dynamic, i * 2 + 1, &value) ||
		    tag == DT_NULL)
			return false;
		if (tag == DT_DEBUG && value) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* PT_DYNAMIC of the executable, by its program headers in memory: AT_PHDR, AT_PHNUM. */
static bool find_dynamic(const struct reader *r, uint64_t *ret)
{
	uint64_t phdr, phnum, i, vaddr, self = 0, dynamic = 0;
	unsigned size = r->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	unsigned vaddr_at = r->word == 8 ? 16 : 8;
	uint32_t type;
	bool has_self = false;

	if (!image_auxv(r->image, AT_PHDR, &phdr) || !image_auxv(r->image, AT_PHNUM, &phnum) ||
	    phnum > 4096)
		return false;
	for (i = 0; i < phnum; i++) {
		if (!image_u32(r->image, phdr + i * size, &type) ||
		    !image_word(r->image, phdr + i * size + vaddr_at, &vaddr))
			return false;
		if (type == PT_PHDR) {
			self = vaddr;
			has_self = true;
		}
		if (type == PT_DYNAMIC)
			dynamic = vaddr;
	}
	*ret = dynamic + (has_self ? phdr - self : 0);
	return dynamic != 0;
}

size_t linkmap_read(struct image *image, struct link **ret)
{
	struct reader r = { image, image->arch->word };
	uint64_t dynamic, debug, map, next, bias, name;
	struct link *links = NULL;
	size_t count = 0, cap = 0;

	*ret = NULL;
	if (!find_dynamic(&r, &dynamic) || !find_debug(&r, dynamic, &debug) ||
	    !get(&r, debug, 1, &map))
		return 0;
	while (map && count < LIMIT_MODULES) {
		if (!get(&r, map, 0, &bias) || !get(&r, map, 1, &name) || !get(&r, map, 3, &next))
			break;
		links = grow(links, &cap, count + 1, sizeof(*links));
		links[count++] = (struct link){ bias, image_string(image, name, LIMIT_STRING) };
		map = next;
	}
	*ret = links;
	return count;
}
