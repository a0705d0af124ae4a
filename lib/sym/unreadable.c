/* SPDX-License-Identifier: Apache-2.0 */
#include "unreadable.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

/* Its .debug_info: false when there is none. */
static bool find_info(Elf *elf, GElf_Shdr *ret, Elf_Scn **ret_scn)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, ret) ? elf_strptr(elf, names, ret->sh_name) : NULL;

		if (name && ret->sh_type != SHT_NOBITS &&
		    (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info"))) {
			*ret_scn = scn;
			return true;
		}
	}
	return false;
}

static bool is_zstd(Elf_Scn *scn, const GElf_Shdr *shdr)
{
	GElf_Chdr chdr;

	return shdr->sh_flags & SHF_COMPRESSED && gelf_getchdr(scn, &chdr) &&
	       chdr.ch_type == ELFCOMPRESS_ZSTD;
}

static bool note_file(struct builder *b, Elf *elf, const char *path)
{
	GElf_Shdr shdr;
	Elf_Scn *scn;

	if (!elf || !find_info(elf, &shdr, &scn))
		return false;
	if (is_zstd(scn, &shdr))
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path, "its debug information is compressed "
			     "with zstd, which this stk cannot undo");
	else
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path, "its debug information is damaged");
	return true;
}

void unreadable_note(struct builder *b, Dwfl_Module *mod, const char *path)
{
	const char *debug = NULL;
	GElf_Addr bias;
	CLOSE_AT_END int fd = -1;
	Elf *elf;

	dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, &debug);
	if (note_file(b, dwfl_module_getelf(mod, &bias), path) || !debug)
		return;
	fd = open(debug, O_RDONLY | O_CLOEXEC);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	(void)note_file(b, elf, path);
	elf_end(elf);
}
